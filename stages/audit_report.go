package stages

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// auditReport is what an audit found, in a form for JSON.
type auditReport struct {
	Level  int           `json:"level"`
	Files  int           `json:"files"`
	Bytes  int64         `json:"bytes"`
	Faults []store.Fault `json:"faults"`
	Notes  []string      `json:"notes"`
	TimeUp bool          `json:"time_up"` // it ended before everything was done
	Proven []proven      `json:"proven"`
}

// print prints the report for people. Statements that hold for several figures,
// tables or findings are made once, unless verbose is set.
func (r *auditReport) print(w io.Writer, out string, verbose bool) error {
	for _, f := range r.Faults {
		quote.Fprintf(w, "%s\n", f)
	}
	for _, n := range r.Notes {
		quote.Fprintf(w, "note: %s\n", n)
	}
	if r.TimeUp {
		fmt.Fprintln(w, "note: it ended before everything was done; with -state=FILE the next session continues from here")
	}
	quote.Fprintf(w, "%s: read %s, %.1f MB; %s\n", out, words.Counted(r.Files, "file"), float64(r.Bytes)/1e6, words.Counted(len(r.Faults), "fault"))
	for _, group := range alike(r.Proven, r.Level, verbose) {
		if _, err := fmt.Fprintln(w, group); err != nil {
			return err
		}
	}
	return nil
}

// manyNames is how many ids a line lists.
const manyNames = 8

// first lists names, up to manyNames of them: "a, b and 3 more".
func first(names []string) string {
	text := strings.Join(names[:min(len(names), manyNames)], ", ")
	if more := len(names) - manyNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// alike says what is proven, in one line for all results of a kind to which the
// same applies, in the order of the first of each.
func alike(list []proven, level int, verbose bool) []string {
	type key struct{ kind, profile, text, id string }
	ids, order := map[key][]string{}, []key{}
	for _, p := range list {
		parts := strings.Split(p.Node, "/")
		k, id := key{text: p.text(level)}, parts[len(parts)-1]
		if k.kind = parts[len(parts)-2]; len(parts) > 2 {
			k.profile = " of " + parts[0]
		}
		if verbose {
			k.id = id // gives each its own line
		}
		if ids[k] == nil {
			order = append(order, k)
		}
		ids[k] = append(ids[k], id)
	}
	var lines []string
	for _, k := range order {
		kind, names := k.kind, ids[k]
		if len(names) > 1 {
			kind += "s"
		}
		lines = append(lines, fmt.Sprintf("%s %s%s: %s", kind, first(names), k.profile, k.text))
	}
	return lines
}

// share is a count out of a total.
type share struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

// proven says how much of one figure, table or finding an audit has proven.
type proven struct {
	Node  string `json:"node"`
	There bool   `json:"there"` // there is a result at all
	// Sound counts the results that this one was made from, itself included,
	// whose bytes were all verified.
	Sound share `json:"sound"`
	// Away counts the unverified ones whose bytes are merely not kept here.
	Away int `json:"away,omitempty"`
	// Derived counts, by stage, the results that were repeated and came out the
	// same. Trained does so for trainings.
	Derived map[string]share `json:"derived"`
	Trained share            `json:"trained"`
	// Unlocked counts the repeated trainings that the lock does not have. They
	// were compared with the store's records alone.
	Unlocked int `json:"unlocked,omitempty"`
	// Other counts the results that were made by other code than the present.
	Other int `json:"other_code"`
	// Adopted counts the results of other code that were adopted for the
	// present one.
	Adopted int `json:"adopted"`
	// Locked is the outcome of the comparison with the lock: "same", "differs",
	// "other" if it differs from a lock of other parameters, or "" if the lock
	// does not have the result.
	Locked string `json:"locked"`
}

// text describes p without naming it.
func (p proven) text(level int) string {
	if !p.There && p.Trained.Done > 0 {
		as := "locked"
		if p.Unlocked > 0 {
			as = "recorded"
		}
		return fmt.Sprintf("not in this store; %d of its %d trainings repeated, as %s", p.Trained.Done, p.Trained.Of, as)
	}
	if !p.There {
		return "not made yet, nothing to prove"
	}
	parts := []string{"bytes verified"}
	switch gone := p.Sound.Of - p.Sound.Done; {
	case gone > 0 && gone == p.Away:
		parts[0] = fmt.Sprintf("bytes verified of %d of the %d results that it is made from, %d %s not kept here",
			p.Sound.Done, p.Sound.Of, gone, be(gone))
	case gone > 0:
		parts[0] = fmt.Sprintf("NOT PROVEN, %d of the %d results that it is made from %s damaged or gone", gone, p.Sound.Of, be(gone))
	}
	if level >= 2 {
		stages := slices.SortedFunc(maps.Keys(p.Derived), func(x, y string) int { // the largest group first
			return cmp.Or(p.Derived[y].Of-p.Derived[x].Of, strings.Compare(x, y))
		})
		for _, stage := range stages {
			s := p.Derived[stage]
			parts = append(parts, fmt.Sprintf("%d of %d %s re-derived", s.Done, s.Of, nounOf(s.Of, stage)))
		}
	}
	if level >= 3 {
		parts = append(parts, fmt.Sprintf("%d of %d trainings repeated", p.Trained.Done, p.Trained.Of))
	}
	if p.Other > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d made by other code than the present", p.Other, p.Sound.Of))
	}
	if p.Adopted > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d adopted", p.Adopted, p.Sound.Of))
	}
	switch p.Locked {
	case "same":
		parts = append(parts, "as locked")
	case "differs":
		parts = append(parts, "NOT AS LOCKED")
	case "other":
		parts = append(parts, "not as locked, from other parameters")
	}
	return strings.Join(parts, ", ")
}

// proven describes every figure, table and finding.
func (a *auditor) proven() []proven {
	var list []proven
	for _, name := range a.Targets() {
		list = append(list, a.provenOf(a.byName[name]))
	}
	slices.SortFunc(list, func(x, y proven) int { return strings.Compare(x.Node, y.Node) })
	return list
}

func (a *auditor) provenOf(target *pipeline.Resolved) proven {
	p := proven{Node: target.Node.Name, There: target.Made != nil, Derived: map[string]share{}, Locked: a.asLocked(target)}
	for _, n := range upstream(target.Node) {
		r := a.byName[n.Name]
		if r.Made == nil && p.There {
			continue // an optional input that the result was made without
		}
		p.Sound.Of++
		if a.audit.Sound(r) {
			p.Sound.Done++
		} else if a.audit.Away(r) {
			p.Away++
		}
		if !r.Exact() {
			p.Other++
		}
		if adopted(r) {
			p.Adopted++
		}
		done := 0
		if a.redone[n] {
			done = 1
		}
		switch {
		case n.Stage.Name == train.Kind:
			p.Trained = share{p.Trained.Done + done, p.Trained.Of + 1}
			if _, locked := a.lockedContent(n, n.Stage.Outputs[0]); !locked {
				p.Unlocked += done
			}
		case derived(n):
			s := p.Derived[n.Stage.Name]
			p.Derived[n.Stage.Name] = share{s.Done + done, s.Of + 1}
		}
	}
	return p
}

func (a *auditor) asLocked(r *pipeline.Resolved) string {
	if r.Made == nil {
		return ""
	}
	text := ""
	for _, o := range r.Made.Outputs {
		switch id, ok := a.lockedContent(r.Node, o.Name); {
		case ok && id != o.Content && a.locked:
			return "differs"
		case ok && id != o.Content:
			return "other"
		case ok:
			text = "same"
		}
	}
	return text
}

// upstream lists a node and everything it is made from, each node once.
func upstream(n *pipeline.Node) []*pipeline.Node {
	list := []*pipeline.Node{n}
	seen := map[*pipeline.Node]bool{n: true}
	for i := 0; i < len(list); i++ {
		for _, in := range list[i].Inputs {
			if !seen[in.From] {
				seen[in.From] = true
				list = append(list, in.From)
			}
		}
	}
	return list
}

// sayEvery is how often an audit reports its progress.
const sayEvery = 10 * time.Second

func (a *auditor) say(format string, args ...any) {
	quote.Fprintf(os.Stderr, "audit: "+format+"\n", args...)
}

// hashing receives the number of bytes hashed so far.
func (a *auditor) hashing(done, total int64) {
	if time.Since(a.said) > sayEvery {
		a.said = time.Now()
		a.say("hash: %d of %d MB", done/1e6, total/1e6)
	}
}

// tick counts a repeated result.
func (a *auditor) tick(what string, total int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ticks++; time.Since(a.said) > sayEvery {
		a.said = time.Now()
		a.say("%s: %d of %d, %s so far", what, a.ticks, total, words.Counted(len(a.report.Faults), "fault"))
	}
}
