package stages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/canon"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
	"sparsel/stages/embedded"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/lock"
	"sparsel/stages/metrics"
	"sparsel/stages/table"
	"sparsel/stages/train"
)

// namedLock is a lock and its file.
type namedLock struct {
	path string
	*lock.Lock
}

// allLocks reads the locks of the study and its profiles. It reports a lock
// that cannot be read, and leaves it out.
func (w *workspace) allLocks(out io.Writer) []namedLock {
	var locks []namedLock
	for _, profile := range w.Profiles() {
		one := w.o.withProfile(profile)
		switch l, err := one.readLock(); {
		case err != nil:
			quote.Fprintf(out, "%s\n", err)
		case l != nil:
			locks = append(locks, namedLock{one.lockPath(), l})
		}
	}
	return locks
}

// identify says which result the file is or claims to be. If no store knows the
// file, genuine tells whether the lock does.
func (f foundFile) identify(out io.Writer, p *pipeline.Provenance, locks []namedLock, w *workspace) (made *pipeline.Made, genuine bool) {
	if makers := p.Makers(f.content); len(makers) > 0 {
		made = makers[0]
		quote.Fprintf(out, "is, byte for byte, %s of %s: action %s, first done in run %s\n",
			outputOf(made, f.content).Name, made.Node, made.Action.Short(), made.Run)
		for _, m := range makers[1:] {
			quote.Fprintf(out, "  so is %s of %s: action %s, run %s\n", outputOf(m, f.content).Name, m.Node, m.Action.Short(), m.Run)
		}
		f.sayLocked(out, locks, made.Node, outputOf(made, f.content).Name)
		return made, true
	}
	quote.Fprintf(out, "these bytes are no result in %s\n", w.store.Dir())
	if f.inLock(out, locks) {
		return nil, true
	}
	for _, b := range f.says.Broken {
		quote.Fprintf(out, "  the file is damaged: %s\n", b)
	}
	claim, list := f.claims(p)
	if claim == "" {
		return f.samePicture(out, p, w.store), false
	}
	fmt.Fprintln(out, "it says that it is", claim)
	if len(list) == 0 {
		fmt.Fprintln(out, "the store has no such thing: it may be another store's; try -out=DIR")
		f.sayLocked(out, locks, f.says.Node(), "")
		return nil, false
	}
	c := list[0]
	quote.Fprintf(out, "the store has that: %s of %s, SHA-256 %s\n", c.output.Name, c.made.Node, c.output.Content)
	fmt.Fprintln(out, "ALTERED: this file has other bytes than what it says it is")
	if original, err := w.store.ReadBlob(c.output.Content); err == nil && f.says.Format == "PNG" {
		quote.Fprintf(out, "  %s\n", embedded.ComparePictures(original, f.data))
	}
	return c.made, false
}

// inLock looks for the file's contents in the locks.
func (f foundFile) inLock(out io.Writer, locks []namedLock) (found bool) {
	for _, l := range locks {
		for _, o := range l.Sorted() {
			if pipeline.ContentID(l.Outputs[o].Content) == f.content {
				quote.Fprintf(out, "is, byte for byte, %s of %s by %s, which was written with %s, parameters %s\n",
					o.Name, o.Node, l.path, l.Go, l.Params.String()[:12])
				found = true
			}
		}
	}
	return found
}

// sayLocked says what the locks have under a node's name. An empty output means
// all outputs of the node.
func (f foundFile) sayLocked(out io.Writer, locks []namedLock, node, output string) {
	for _, l := range locks {
		for _, o := range l.Sorted() {
			if o.Node != node || output != "" && o.Name != output {
				continue
			}
			is := "other bytes"
			if pipeline.ContentID(l.Outputs[o].Content) == f.content {
				is = "the same bytes"
			}
			quote.Fprintf(out, "%s has %s for %s of %s: SHA-256 %s\n", filepath.Base(l.path), is, o.Name, o.Node, l.Outputs[o].Content)
		}
	}
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

// claims says in words what the file claims to be, and lists the results that
// fit, newest first.
func (f foundFile) claims(p *pipeline.Provenance) (claim string, list []candidate) {
	v := f.says.Values
	for _, kind := range []string{figure.Kind, table.Kind, finding.Kind} {
		if id := v[kind]; id != "" {
			claim = kind + " " + quote.Text(id)
			var sums []string
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if experiment, ok := strings.CutPrefix(key, "summaries-sha256-"); ok {
					claim += quote.Sprintf(", drawn from the summaries of %s with SHA-256 %s", experiment, v[key])
					sums = append(sums, v[key])
				}
			}
			return claim, candidates(p, "."+strings.ToLower(f.says.Format), func(m *pipeline.Made) bool {
				return isNode(m, kind, id) && !slices.ContainsFunc(sums, func(sum string) bool { return !reads(m, sum) })
			})
		}
	}
	format := v["sparsel.format"]
	switch text := v["params"] + v["run"]; {
	case format == "summaries":
		name := v["experiment"]
		return "the summaries of experiment " + quote.Text(name), candidates(p, "summaries.parquet", func(m *pipeline.Made) bool {
			return isNode(m, "aggregate", name)
		})
	case format != "" && text != "":
		return quote.Sprintf("a %s of the run %s", format, text), f.claimsRun(p, format, text)
	case format != "":
		return "a " + quote.Text(format), nil
	}
	return "", nil
}

// isNode reports whether an action belongs to a node of the given kind and id,
// in any profile.
func isNode(m *pipeline.Made, kind, id string) bool {
	return strings.HasSuffix("/"+m.Node, "/"+kind+"/"+id)
}

func reads(m *pipeline.Made, sum string) bool {
	return slices.ContainsFunc(m.Inputs, func(in pipeline.MadeFrom) bool { return in.Content != nil && in.Content.String() == sum })
}

// candidates lists the outputs with the given suffix of the actions that fit.
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

// claimsRun finds the training with the given parameters and the results that
// belong to it.
func (f foundFile) claimsRun(p *pipeline.Provenance, format, text string) []candidate {
	var params train.Params
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&params) != nil {
		return nil // written by another version
	}
	fields, err := canon.Flatten(params)
	if err != nil {
		return nil
	}
	same := func(m *pipeline.Made) bool {
		return m.Stage == train.Kind && slices.EqualFunc(m.Params, fields, func(a, b canon.Field) bool {
			return a.Name == b.Name && a.Kind == b.Kind && a.Value == b.Value
		})
	}
	suffix, ok := map[string]string{"run-record": train.Record, "activations": train.Activations}[format]
	if ok {
		return candidates(p, suffix, same)
	}
	return candidates(p, ".parquet", func(m *pipeline.Made) bool {
		return m.Stage == metrics.Kind && slices.ContainsFunc(m.Inputs, func(in pipeline.MadeFrom) bool {
			from := p.Maker(*in.Content, in.Node)
			return from != nil && same(from)
		})
	})
}

// samePicture looks for a figure that shows the same picture as a PNG file
// without metadata, such as one that a web site has re-encoded. It returns the
// action that made the figure, or nil.
func (f foundFile) samePicture(out io.Writer, p *pipeline.Provenance, s *store.Store) *pipeline.Made {
	fmt.Fprintln(out, "and the file says nothing about itself")
	size, err := png.DecodeConfig(bytes.NewReader(f.data))
	if err != nil {
		return nil
	}
	for _, m := range p.All() {
		for _, o := range m.Outputs {
			if !strings.HasSuffix(o.Name, ".png") {
				continue
			}
			original, err := s.ReadBlob(o.Content)
			if err != nil {
				continue
			}
			c, err := png.DecodeConfig(bytes.NewReader(original))
			if err != nil || c.Width != size.Width || c.Height != size.Height {
				continue
			}
			if a, err := png.Decode(bytes.NewReader(original)); err == nil {
				if b, err := png.Decode(bytes.NewReader(f.data)); err == nil {
					if n, _ := embedded.DifferingPixels(a, b); n == 0 {
						quote.Fprintf(out, "it shows the same picture, pixel by pixel, as %s of %s, SHA-256 %s\n", o.Name, m.Node, o.Content)
						return m
					}
				}
			}
		}
	}
	return nil
}
