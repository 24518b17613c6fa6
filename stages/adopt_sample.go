package stages

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/stages/train"
)

// adoption is one run of adopt.
type adoption struct {
	*workspace
	provenance *pipeline.Provenance
	byName     map[string]*pipeline.Resolved
	trainings  []*pipeline.Resolved // of the study, in execution order
	candidates []*pipeline.Resolved // have an adoptable result of other code
	sample     []*pipeline.Resolved // to be repeated, or repeated already
	reasons    map[string]string    // why a training is in the sample, by name
	codes      []codeid.Hash        // code of the adoptable results when the session began
	foreign    int                  // trainings whose only results have other contracts
}

func (w *workspace) newAdoption(ctx context.Context, k int) (*adoption, error) {
	a := &adoption{workspace: w, reasons: map[string]string{}}
	if err := a.resolve(ctx); err != nil {
		return nil, err
	}
	a.codes = a.origins()
	a.choose(k)
	return a, nil
}

// resolve looks up what the store has.
func (a *adoption) resolve(ctx context.Context) error {
	p, resolved, faults, err := a.workspace.resolve(ctx)
	if err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	for _, f := range faults {
		fmt.Fprintf(a.o.stdout(), "not looked at: %s\n", f)
	}
	a.provenance, a.byName, a.trainings, a.candidates, a.foreign = p, map[string]*pipeline.Resolved{}, nil, nil, 0
	for _, r := range resolved {
		a.byName[r.Node.Name] = r
		if r.Node.Stage.Name != train.Kind {
			continue
		}
		a.trainings = append(a.trainings, r)
		switch {
		case r.Exact():
		case r.Other() != nil:
			a.candidates = append(a.candidates, r)
		case len(r.Others) > 0:
			a.foreign++
		}
	}
	return nil
}

func (a *adoption) sayForeign() error {
	if a.foreign == 0 {
		return nil
	}
	_, err := fmt.Fprintf(a.o.stdout(), "%s have results of another contract or with other outputs only, which are not adopted: %s\n",
		countOf(a.foreign, train.Kind), "somebody said that results change")
	return err
}

// originOf returns the code that made the result a training could adopt.
func originOf(r *pipeline.Resolved) codeid.Hash {
	_, code := r.Other().Origin()
	return code
}

// origins lists the code of all candidates.
func (a *adoption) origins() []codeid.Hash {
	found := map[codeid.Hash]bool{}
	for _, r := range a.candidates {
		found[originOf(r)] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(x, y codeid.Hash) int { return strings.Compare(x.String(), y.String()) })
}

// goOf names the compiler that built a code, as far as its manifest tells.
func (a *adoption) goOf(code codeid.Hash) string {
	if c, err := a.provenance.Code(code); err == nil {
		compiler, _, _ := strings.Cut(c.Go, ",") // the language version of go.mod follows
		return ", compiled by " + compiler
	}
	return ""
}

// speaks reports whether repeating a training gives evidence about results of
// that code.
func speaks(r *pipeline.Resolved, code codeid.Hash) bool {
	return (!r.Exact() || r.Repeated()) && r.MadeBy(code) != nil
}

// evidence lists the trainings that both codes have made.
func (a *adoption) evidence() []*pipeline.Resolved {
	var list []*pipeline.Resolved
	for _, r := range a.trainings {
		if r.Agrees() && slices.ContainsFunc(a.codes, func(code codeid.Hash) bool { return r.MadeBy(code) != nil }) {
			list = append(list, r)
		}
	}
	return list
}

// targets lists the trainings of the sample that the present code has not made
// yet.
func (a *adoption) targets() []string {
	var names []string
	for _, r := range a.sample {
		if !r.Exact() {
			names = append(names, r.Node.Name)
		}
	}
	return names
}

// byCost orders nodes by cost, the cheapest first.
func byCost(x, y *pipeline.Resolved) int {
	return cmp.Or(cmp.Compare(x.Node.Cost, y.Node.Cost), strings.Compare(x.Node.Name, y.Node.Name))
}

// byDraw orders nodes independently of the file's order, and in the same way
// every time.
func byDraw(x, y *pipeline.Resolved) int {
	draw := func(r *pipeline.Resolved) string {
		sum := sha256.Sum256([]byte(r.Node.Name))
		return string(sum[:])
	}
	return strings.Compare(draw(x), draw(y))
}

// brief joins the first labels and counts the rest.
func brief(labels []string) string {
	const most = 3
	text := strings.Join(labels[:min(most, len(labels))], "; ")
	if more := len(labels) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// choose fills the sample with the cheapest training of each experiment, k
// more, and, for the results of each code, as many as it takes to cover every
// label that one of these results has.
func (a *adoption) choose(k int) {
	add := func(r *pipeline.Resolved, why string) {
		if !slices.Contains(a.sample, r) {
			a.sample = append(a.sample, r)
			a.reasons[r.Node.Name] = why
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Aggregates)) {
		var of []*pipeline.Resolved
		for _, n := range upstream(a.Aggregates[name]) {
			if r := a.byName[n.Name]; slices.Contains(a.candidates, r) {
				of = append(of, r)
			}
		}
		if len(of) > 0 {
			add(slices.MinFunc(of, byCost), "the cheapest of "+name)
		}
	}
	for _, r := range slices.SortedFunc(slices.Values(a.candidates), byDraw) {
		if k == 0 {
			break
		}
		if !slices.Contains(a.sample, r) {
			add(r, "drawn")
			k--
		}
	}
	labels := map[*pipeline.Resolved][]string{}
	for _, r := range a.trainings {
		labels[r] = labelsOf(r.Node.Params.(train.Params))
	}
	for _, code := range a.origins() {
		missing := a.lacking(code)
		for len(missing) > 0 {
			var best *pipeline.Resolved
			most := 0.0
			for _, r := range slices.SortedFunc(slices.Values(a.candidates), byCost) {
				gain := 0
				for _, label := range labels[r] {
					if missing[label] {
						gain++
					}
				}
				if worth := float64(gain) / max(1e-9, r.Node.Cost); gain > 0 && worth > most && r.MadeBy(code) != nil {
					best, most = r, worth
				}
			}
			var news []string
			for _, label := range labels[best] {
				if missing[label] {
					news = append(news, label)
					delete(missing, label)
				}
			}
			add(best, "the first chosen with "+brief(news))
		}
	}
}

// lacking returns the labels of results that one code made and that are to be
// adopted, as far as no repeated training, or training to be repeated, has
// them.
func (a *adoption) lacking(code codeid.Hash) map[string]bool {
	missing := map[string]bool{}
	for _, r := range a.candidates {
		if originOf(r) == code {
			for _, label := range labelsOf(r.Node.Params.(train.Params)) {
				missing[label] = true
			}
		}
	}
	for _, r := range slices.Concat(a.sample, a.trainings) {
		if (slices.Contains(a.sample, r) || r.Repeated()) && speaks(r, code) {
			for _, label := range labelsOf(r.Node.Params.(train.Params)) {
				delete(missing, label)
			}
		}
	}
	return missing
}

// uncovered returns the labels that the evidence lacks although the sample was
// to be repeated.
func (a *adoption) uncovered() []string {
	found := map[string]bool{}
	a.sample = slices.DeleteFunc(a.sample, func(r *pipeline.Resolved) bool { return !r.Repeated() })
	for _, code := range a.origins() {
		maps.Copy(found, a.lacking(code))
	}
	return slices.Sorted(maps.Keys(found))
}

// cheapestOfAll returns the cheapest training of the sample and the evidence.
func (a *adoption) cheapestOfAll() *pipeline.Resolved {
	list := slices.Concat(a.sample, a.evidence())
	if len(list) == 0 {
		return nil
	}
	return slices.MinFunc(list, byCost)
}

// differences returns an error if the present code has made a training with
// other bytes than the code whose results could be adopted. It prints which
// trainings differ, the first epoch that does, and what the differing trainings
// have in common.
func (a *adoption) differences() error {
	var differing, agreeing []*pipeline.Resolved
	out := a.o.stdout()
	for _, r := range a.trainings {
		var other *pipeline.Made
		for _, code := range a.codes {
			if other = r.Contradicts(code); other != nil {
				break
			}
		}
		if other == nil {
			if r.Agrees() {
				agreeing = append(agreeing, r)
			}
			continue
		}
		differing = append(differing, r)
		for _, was := range other.Outputs {
			is := r.Made.Output(was.Name)
			if is == nil || is.Content == was.Content {
				continue
			}
			text := ""
			if was.Name == train.Record {
				text = "; " + firstEpoch(a.store.BlobPath(was.Content), a.store.BlobPath(is.Content))
			}
			fmt.Fprintf(out, "differs %s %s: made again it has the SHA-256 %s, other code gave %s%s\n",
				r.Node.Name, was.Name, is.Content, was.Content, text)
		}
	}
	if len(differing) == 0 {
		return nil
	}
	shared := inCommon(differing, agreeing)
	if plain := slices.DeleteFunc(slices.Clone(shared), combined); len(plain) > 0 {
		shared = plain // a combination adds nothing if one of its parts is shared
	}
	if len(shared) > 0 {
		fmt.Fprintf(out, "what differs has in common, and no other repeated training has: %s\n", strings.Join(shared, "; "))
	}
	return fmt.Errorf("adopt: nothing is adopted: %d of %d repeated trainings have other bytes by the present code; `%s` makes them all",
		len(differing), len(differing)+len(agreeing), a.o.command("all"))
}

// inCommon returns the labels that all of the first trainings have and none of
// the others.
func inCommon(these, others []*pipeline.Resolved) []string {
	var list []string
	for _, label := range labelsOf(these[0].Node.Params.(train.Params)) {
		has := func(r *pipeline.Resolved) bool { return slices.Contains(labelsOf(r.Node.Params.(train.Params)), label) }
		if !slices.ContainsFunc(these, func(r *pipeline.Resolved) bool { return !has(r) }) && !slices.ContainsFunc(others, has) {
			list = append(list, label)
		}
	}
	return list
}
