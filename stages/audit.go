package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// AuditFlags are the flags of Audit. A nil flag was not given.
type AuditFlags struct {
	Level *int // 1: rehash everything; 2: and derive again; 3: and train again
}

// auditReport is what an audit found, in a form made for JSON.
type auditReport struct {
	Level  int           `json:"level"`
	Files  int           `json:"files"`
	Bytes  int64         `json:"bytes"`
	Faults []store.Fault `json:"faults"`
	Notes  []string      `json:"notes"`
	Proven []proven      `json:"proven"`
}

// Audit holds everything under out against everything else and says what is wrong, all of it, and how much is
// proven. It writes nothing into out and takes no lock, so a read-only copy will do.
func Audit(ctx context.Context, f AuditFlags, o Options) error {
	level := orDefault(f.Level, 1)
	if level < 1 || level > 3 {
		return fmt.Errorf("audit: -level=%d: must be 1 (rehash everything), 2 (and derive all results again) or 3 (and repeat trainings)", level)
	}
	scratch, err := os.MkdirTemp("", "sparsel-audit-")
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer os.RemoveAll(scratch)
	w, err := o.openReadOnly(scratch)
	if err != nil {
		return err
	}
	audit, err := w.engine.Rehash(ctx, w.graph, store.ScanOptions{})
	if err != nil {
		return err
	}
	report := auditReport{Level: level, Files: audit.Files, Bytes: audit.Bytes, Faults: audit.Faults, Notes: audit.Notes}
	if err := w.auditData(ctx, o, &report, scratch); err != nil {
		return err
	}
	report.Proven = w.proven(audit)
	if orDefault(o.JSON, false) {
		err = printJSON(o.stdout(), report)
	} else {
		err = report.print(o.stdout(), o.out())
	}
	if err == nil && len(report.Faults) > 0 {
		err = fmt.Errorf("audit: %s under %s", counted(len(report.Faults), "fault"), o.out())
	}
	return err
}

// openReadOnly is open for targets that promise to write nothing below out, not even a cache.
func (o Options) openReadOnly(scratch string) (*workspace, error) {
	w, err := o.open(nil)
	if err != nil {
		return nil, err
	}
	aside, err := pipeline.OpenStore(filepath.Join(scratch, "store"))
	if err != nil {
		return nil, err
	}
	// What the cache knows is taken along: it checks itself, and asking the go command takes a second.
	err = os.CopyFS(filepath.Join(aside.Dir(), "cache"), os.DirFS(filepath.Join(w.store.Dir(), "cache")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	w.engine.Code = pipeline.Code("", aside)
	return w, nil
}

func (r *auditReport) print(w io.Writer, out string) error {
	for _, f := range r.Faults {
		fmt.Fprintln(w, f)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	fmt.Fprintf(w, "%s: read %s, %.1f MB; %s\n", out, counted(r.Files, "file"), float64(r.Bytes)/1e6, counted(len(r.Faults), "fault"))
	var err error
	for _, p := range r.Proven {
		_, err = fmt.Fprintln(w, p)
	}
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// proven is how much an audit has proven of one published node.
type proven struct {
	Node  string `json:"node"`
	There bool   `json:"there"` // there is a result at all
	// Sound counts the results among the Needed ones whose bytes were all verified; Other those that other code than
	// the present made.
	Needed, Sound, Other int
}

func (p proven) String() string {
	name := strings.Replace(p.Node, "/", " ", 1)
	if !p.There {
		return name + ": not made yet, nothing to prove"
	}
	text := fmt.Sprintf("%s: bytes verified", name)
	if p.Sound < p.Needed {
		text = fmt.Sprintf("%s: NOT PROVEN, %d of the %d results it is made from are damaged or gone", name, p.Needed-p.Sound, p.Needed)
	}
	if p.Other > 0 {
		text += fmt.Sprintf(", %d of %d results are other code's", p.Other, p.Needed)
	}
	return text
}

// proven says it of every figure, table and finding.
func (w *workspace) proven(a *pipeline.Audit) []proven {
	resolved := map[string]*pipeline.Resolved{}
	for _, r := range a.Resolved {
		resolved[r.Node.Name] = r
	}
	var list []proven
	for _, name := range w.targets() {
		p := proven{Node: name, There: resolved[name].Made != nil}
		for _, n := range upstream(resolved[name].Node) {
			r := resolved[n.Name]
			if r.Made == nil && p.There {
				continue // an optional input that the result was made without
			}
			p.Needed++
			if a.Sound(r) {
				p.Sound++
			}
			if !r.Exact() {
				p.Other++
			}
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b proven) int { return strings.Compare(a.Node, b.Node) })
	return list
}

// upstream lists a node and all that it is made from, each once.
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
