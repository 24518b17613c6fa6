package pipeline

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store"
)

// letGo is a file that a collection removes although a record that stays names
// it; see Node.Release.
type letGo struct {
	content ContentID
	records []ActionID
}

// releasable adds to a collection the outputs that nodes of the graphs release
// and that every reader is current without. It leaves what another graph keeps
// and, if a second level was ever used, what was not pushed.
func (e *Engine) releasable(ctx context.Context, c *Collection, graphs []*Graph, all map[ActionID]*store.Record) error {
	type candidate struct {
		Garbage
		seconds float64
	}
	found := map[ContentID]candidate{}
	kept := map[ContentID]bool{}
	pushed, ever := e.pushed()
	for _, g := range graphs {
		if !slices.ContainsFunc(g.nodes, func(n *Node) bool { return len(n.Release) > 0 }) && len(found) == 0 && len(graphs) == 1 {
			return nil
		}
		p, err := e.plan(ctx, g, nil, store.TrustTimes)
		if err != nil {
			return err
		}
		busy := map[*Node]bool{}
		for i := range p.Steps {
			for _, in := range p.Steps[i].Node.Inputs {
				busy[in.From] = busy[in.From] || p.Steps[i].State != Current
			}
		}
		for i := range p.Steps {
			s := &p.Steps[i]
			for _, o := range s.Outputs {
				if !slices.Contains(s.Node.Release, o.Name) || busy[s.Node] || ever && !pushed[s.Action.String()] {
					kept[o.Content] = true
				} else if !o.Away {
					d, _ := p.Expected(s.Node)
					what := fmt.Sprintf("%s of %s, which can be made again", o.Name, s.Node.Name)
					found[o.Content] = candidate{Garbage{store.Garbage{Path: store.IDPath("blobs", o.Content), Bytes: o.Size}, what}, d.Seconds()}
				}
			}
		}
	}
	owners := map[ContentID][]ActionID{}
	for id, r := range all {
		for _, o := range r.Outputs {
			owners[o.Content] = append(owners[o.Content], id)
		}
	}
	var last []Garbage
	for content, f := range found {
		if kept[content] || slices.ContainsFunc(c.Garbage, func(g Garbage) bool { return g.Path == f.Path }) {
			continue
		}
		last = append(last, f.Garbage)
		c.release = append(c.release, letGo{content, owners[content]})
		c.Archives.Files, c.Archives.Bytes, c.Archives.Seconds = c.Archives.Files+1, c.Archives.Bytes+f.Bytes, c.Archives.Seconds+f.seconds
	}
	slices.SortFunc(last, func(a, b Garbage) int { return strings.Compare(a.Path, b.Path) })
	c.Garbage = append(c.Garbage, last...)
	return nil
}

// pushed returns the actions that are known to be in some second level. ever is
// false if none was ever used.
func (e *Engine) pushed() (actions map[string]bool, ever bool) {
	actions = map[string]bool{}
	lists, _ := filepath.Glob(filepath.Join(e.Store.Dir(), "cache", store.PushedList+"*"))
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		ever = true
		maps.Copy(actions, parsePushed(text).done)
	}
	return actions, ever
}

// letAllGo removes the files that a collection releases.
func (c *Collection) letAllGo(ctx context.Context, w *store.Writer) error {
	for _, l := range c.release {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.LetGo(l.content, l.records); err != nil {
			return fmt.Errorf("collect garbage: %w", err)
		}
	}
	return nil
}
