package stages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/canon"
	"sparsel/pipeline/store"
	"sparsel/stages/train"
)

// lost is a file somebody asks about.
type lost struct {
	path     string
	content  pipeline.ContentID
	size     int64
	embedded embedded
}

// AuditFile says what a file is, where it came from and whether it can be trusted: by its contents, or, where
// nobody knows those, by what it says about itself. It writes nothing. Its error is nil only for a file whose
// bytes are a result and whose whole chain is sound.
func AuditFile(ctx context.Context, file string, o Options) error {
	scratch, err := os.MkdirTemp("", "sparsel-audit-")
	if err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	defer os.RemoveAll(scratch)
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	f := lost{path: file, size: int64(len(data)), embedded: readEmbedded(data)}
	if f.content, _, err = store.HashFile(file); err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	w, err := o.openReadOnly(scratch)
	if err != nil {
		return err
	}
	p, faults, err := pipeline.ReadProvenance(ctx, w.store)
	if err != nil {
		return err
	}
	resolved, err := w.engine.Resolve(ctx, w.graph, p)
	if err != nil {
		return err
	}
	out := o.stdout()
	fmt.Fprintf(out, "%s: %s, %d bytes, SHA-256 %s\n", file, orNone(f.embedded.format, "no format known here"), f.size, f.content)
	for _, fault := range faults {
		fmt.Fprintln(out, "the store:", fault)
	}
	made, genuine := f.identify(out, p, o.out())
	if made == nil {
		return fmt.Errorf("audit file: nothing is known about %s", file)
	}
	sayCurrent(out, made, resolved)
	chain, missing := p.Upstream(made)
	printChain(out, p, chain)
	sound, err := w.checkChain(ctx, out, chain, missing)
	switch {
	case err != nil:
		return err
	case !genuine:
		return fmt.Errorf("audit file: %s is not what it says it is: do not trust it; the genuine one is named above", file)
	case !sound:
		return fmt.Errorf("audit file: %s is genuine, but not all that it was made from is there to prove it", file)
	}
	_, err = fmt.Fprintf(out, "verdict: genuine. `audit -level=2` derives it again from the archived activations, -level=3 trains again\n")
	return err
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// identify says which result the file is, or claims to be.
func (f lost) identify(out io.Writer, p *pipeline.Provenance, dir string) (made *pipeline.Made, genuine bool) {
	if makers := p.Makers(f.content); len(makers) > 0 {
		made = makers[0]
		fmt.Fprintf(out, "is, byte for byte, %s of %s: action %s, first done in run %s\n", outputOf(made, f.content).Name, made.Node, made.Action.Short(), made.Run)
		for _, m := range makers[1:] {
			fmt.Fprintf(out, "  so is %s of %s: action %s, run %s\n", outputOf(m, f.content).Name, m.Node, m.Action.Short(), m.Run)
		}
		return made, true
	}
	fmt.Fprintf(out, "these bytes are no result in %s\n", filepath.Join(dir, "store"))
	for _, b := range f.embedded.broken {
		fmt.Fprintln(out, "  the file is damaged:", b)
	}
	claim, candidates := f.claims(p)
	if claim == "" {
		fmt.Fprintln(out, "and the file says nothing about itself")
		return nil, false
	}
	fmt.Fprintln(out, "it says that it is", claim)
	if len(candidates) == 0 {
		fmt.Fprintln(out, "the store has no such thing: it may be another store's; try -out=DIR")
		return nil, false
	}
	c := candidates[0]
	fmt.Fprintf(out, "the store has that: %s of %s, SHA-256 %s\n", c.output.Name, c.made.Node, c.output.Content)
	fmt.Fprintln(out, "ALTERED: this file has other bytes than what it says it is")
	return c.made, false
}

func outputOf(m *pipeline.Made, id pipeline.ContentID) store.Output {
	i := slices.IndexFunc(m.Outputs, func(o store.Output) bool { return o.Content == id })
	return m.Outputs[i]
}

// candidate is a result that a file may claim to be.
type candidate struct {
	made   *pipeline.Made
	output store.Output
}

// claims says in words what the file says it is, and lists the results that fit, newest first.
func (f lost) claims(p *pipeline.Provenance) (claim string, list []candidate) {
	v := f.embedded.values
	for _, kind := range []string{"figure", "table", "finding"} {
		if id := v[kind]; id != "" {
			claim = kind + " " + id
			var sums []string
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if experiment, ok := strings.CutPrefix(key, "summaries-sha256-"); ok {
					claim += fmt.Sprintf(", drawn from the summaries of %s with SHA-256 %s", experiment, v[key])
					sums = append(sums, v[key])
				}
			}
			return claim, candidates(p, "."+strings.ToLower(f.embedded.format), func(m *pipeline.Made) bool {
				return isNode(m, kind, id) && !slices.ContainsFunc(sums, func(sum string) bool { return !reads(m, sum) })
			})
		}
	}
	format := v["sparsel.format"]
	switch text := v["params"] + v["run"]; {
	case format == "summaries":
		name := v["experiment"]
		return "the summaries of experiment " + name, candidates(p, "summaries.parquet", func(m *pipeline.Made) bool { return isNode(m, "aggregate", name) })
	case format != "" && text != "":
		return fmt.Sprintf("a %s of the run %s", format, text), f.claimsRun(p, format, text)
	case format != "":
		return "a " + format, nil
	}
	return "", nil
}

// isNode reports whether an action was done for a node of that kind and id, of whatever profile.
func isNode(m *pipeline.Made, kind, id string) bool {
	return strings.HasSuffix("/"+m.Node, "/"+kind+"/"+id)
}

func reads(m *pipeline.Made, sum string) bool {
	return slices.ContainsFunc(m.Inputs, func(in pipeline.MadeFrom) bool { return in.Content != nil && in.Content.String() == sum })
}

// candidates lists the outputs of that suffix of the actions that fit.
func candidates(p *pipeline.Provenance, suffix string, fits func(*pipeline.Made) bool) []candidate {
	var list []candidate
	for _, m := range p.All() {
		for _, o := range m.Outputs {
			if fits(m) && strings.HasSuffix(o.Name, suffix) {
				list = append(list, candidate{m, o})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return strings.Compare(b.made.Run, a.made.Run) })
	return list
}

// claimsRun finds the training of those parameters and what belongs to it.
func (f lost) claimsRun(p *pipeline.Provenance, format, text string) []candidate {
	var params train.Params
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&params) != nil {
		return nil // another version's
	}
	fields, err := canon.Flatten(params)
	if err != nil {
		return nil
	}
	same := func(m *pipeline.Made) bool {
		return m.Stage == "train" && slices.EqualFunc(m.Params, fields, func(a, b canon.Field) bool {
			return a.Name == b.Name && a.Kind == b.Kind && a.Value == b.Value
		})
	}
	suffix, ok := map[string]string{"run-record": train.Record, "activations": train.Activations}[format]
	if ok {
		return candidates(p, suffix, same)
	}
	return candidates(p, ".parquet", func(m *pipeline.Made) bool {
		return m.Stage == "metrics" && slices.ContainsFunc(m.Inputs, func(in pipeline.MadeFrom) bool {
			from := p.Maker(*in.Content, in.Node)
			return from != nil && same(from)
		})
	})
}

// sayCurrent says how a result relates to what the parameters and the code give now.
func sayCurrent(out io.Writer, made *pipeline.Made, resolved []*pipeline.Resolved) {
	for _, r := range resolved {
		if r.Node.Name != made.Node {
			continue
		}
		switch {
		case r.Made == nil:
			fmt.Fprintf(out, "it is an earlier version: with the present parameters and data %s was not made yet\n", made.Node)
		case r.Made.Action != made.Action && !slices.Equal(r.Made.Outputs, made.Outputs):
			fmt.Fprintf(out, "it is another version than the present parameters give: that is action %s\n", r.Made.Action.Short())
		case !r.Exact():
			fmt.Fprintln(out, "it is what the present parameters give, made by other code than the present; `audit -level=2` says whether that matters")
		default:
			fmt.Fprintln(out, "it is what the present parameters and code give")
		}
		return
	}
	fmt.Fprintf(out, "the present parameters have no %s\n", made.Node)
}

// checkChain hashes everything that a result is made from.
func (w *workspace) checkChain(ctx context.Context, out io.Writer, chain []*pipeline.Made, missing []pipeline.MadeFrom) (sound bool, err error) {
	checker := w.store.NewChecker()
	files, bytes := 0, int64(0)
	sound = len(missing) == 0
	for _, in := range missing {
		fmt.Fprintf(out, "the store does not say what made %s of %s\n", in.Output, in.Node)
	}
	for _, m := range chain {
		for _, o := range m.Outputs {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			files, bytes = files+1, bytes+o.Size
			if err := checker.Blob(o.Content, o.Size, store.TrustNothing); err != nil {
				sound = false
				fmt.Fprintf(out, "%s of %s: %v\n", o.Name, m.Node, err)
			}
		}
	}
	if len(chain) == 0 {
		return false, errors.New("audit file: the chain is empty")
	}
	if sound {
		fmt.Fprintf(out, "all %d files of the %d results in this chain were hashed just now, %.1f MB: every one is what its record says\n", files, len(chain), float64(bytes)/1e6)
	}
	return sound, nil
}
