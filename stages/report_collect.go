package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/analysis/claim"
	"sparsel/pipeline"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/params"
	"sparsel/stages/report"
	"sparsel/stages/table"
	"sparsel/stages/train"
)

// collector builds a report from the state of the study's nodes.
type collector struct {
	*workspace
	shown  map[string]place // by the node's name
	report report.Report
}

// place says where the report shows a node's outputs.
type place struct{ kind, id string }

func (p place) String() string { return p.kind + "/" + p.id }

// collect describes the current results of the study, and says why everything
// else is not current.
func (w *workspace) collect(ctx context.Context) (report.Report, error) {
	status, err := w.engine.Known(ctx, w.Graph, nil)
	if err != nil {
		return report.Report{}, err
	}
	c := &collector{workspace: w, shown: w.places(), report: report.Report{
		Title: w.Params.Study.Title, Source: w.Params.Repeats(), OfThesis: w.Params.Repeats() == finding.Thesis, Mark: w.Mark,
		Whole: w.Params.Repeats() != finding.Thesis && w.Params.Profile == nil && w.Params.Try() == "",
		Plan:  plan(w.Study), Layer: w.Layer, ParamsName: filepath.Base(w.o.params()), Params: w.setup.Text,
		Further: w.Params.Profile.Own(),
		Local:   report.Local{Absent: map[string]report.Absence{}, Links: map[string]string{}},
	}}
	for _, n := range status.Nodes {
		c.add(ctx, n)
	}
	if l := c.report.Layer; len(c.report.Findings) > 0 && (l == finding.Reproduces || l == finding.Holds) {
		if err := c.addFixed(); err != nil {
			return c.report, err
		}
		if !c.report.Further {
			if err := c.addLayers(ctx); err != nil {
				return c.report, err
			}
		}
	}
	if c.report.Code, err = w.codes(ctx); err != nil {
		return c.report, err
	}
	if err := c.addLocal(status); err != nil {
		return c.report, err
	}
	return c.report, nil
}

// places maps the names of the nodes that the report shows to their places.
func (w *workspace) places() map[string]place {
	places := map[string]place{}
	for _, kind := range w.Results() {
		for id, n := range kind.Nodes {
			places[n.Name] = place{kind.Kind, id}
		}
	}
	return places
}

// add adds a node to the report if the report shows it.
func (c *collector) add(ctx context.Context, n pipeline.NodeStatus) {
	if n.Stage == train.Kind {
		c.report.Trainings++
	}
	at, ok := c.shown[n.Name]
	if !ok {
		return
	}
	item := c.item(at.id, n)
	if !item.Current {
		c.report.Local.Absent[at.String()] = c.whyAbsent(at, n)
	}
	var err error
	switch at.kind {
	case figure.Kind:
		asked := c.asked(at.id)
		f := report.Figure{Item: item, Title: asked.Title}
		if item.Current {
			f, err = c.figure(ctx, item, n)
		}
		f.Item, f.Experiments = c.unreadable(item, at, err), asked.Experiments
		c.report.Figures = append(c.report.Figures, f)
	case table.Kind:
		t := report.Table{Item: item}
		if item.Current && slices.Contains(c.Graph.Node(n.Name).Stage.Outputs, table.JSON) {
			t, err = c.table(ctx, item, n)
		}
		t.Item = c.unreadable(item, at, err)
		c.report.Tables = append(c.report.Tables, t)
	case finding.Kind:
		claimed, _ := finding.Find(at.id) // which the graph has found
		f := report.Finding{Item: item, Result: undecided(at.id)}
		if item.Current {
			f, err = c.finding(ctx, item, n)
		}
		f.Item, f.Experiments = c.unreadable(item, at, err), claimed.Experiments
		c.report.Findings = append(c.report.Findings, f)
	}
}

// asked returns what the parameters say about a figure.
func (c *collector) asked(id string) params.Figure {
	i := slices.IndexFunc(c.Params.Figures, func(f params.Figure) bool { return f.ID == id })
	return c.Params.Figures[i]
}

// undecided returns what is known about a finding before it is decided.
func undecided(id string) claim.Result {
	f, err := finding.Find(id)
	if err != nil {
		return claim.Result{ID: id}
	}
	return claim.Result{ID: id, Source: f.Source, Claim: f.Words, Figure: f.Figure}
}

// unreadable marks an item that could not be read as absent, with the error as
// the reason.
func (c *collector) unreadable(item report.Item, at place, err error) report.Item {
	if err != nil {
		item.Current = false
		a := report.Absence{Reason: err.Error(), Failed: !errors.Is(err, errElsewhere)}
		if !a.Failed {
			a.Command = c.o.command(at.kind + " " + word(at.id))
		}
		c.report.Local.Absent[at.String()] = a
	}
	return item
}

// whyAbsent returns the most telling reason why a node is not current, and what
// to do about it.
func (c *collector) whyAbsent(at place, n pipeline.NodeStatus) report.Absence {
	reason, failed := strings.CutPrefix(ownReasons(n)[0], "failed before: ")
	if reason == readsOthers {
		reason = "results that it is made from are missing"
	}
	return report.Absence{Reason: reason, Failed: failed || n.State == pipeline.Broken, Command: c.o.command(at.kind + " " + word(at.id))}
}

func (c *collector) item(id string, n pipeline.NodeStatus) report.Item {
	item := report.Item{ID: id, Current: n.State == pipeline.Current}
	publish := c.Graph.Node(n.Name).Publish
	prefix := ""
	if p := filepath.ToSlash(c.o.prefix()); p != "" {
		prefix = p + "/" // where the page is
	}
	for _, output := range slices.Sorted(maps.Keys(publish)) {
		f := report.File{Path: filepath.ToSlash(publish[output])}
		if content, ok := n.Outputs[output]; ok {
			f.Content = content.String()
			if info, err := os.Stat(c.store.BlobPath(content)); err == nil {
				f.Bytes = info.Size()
			}
			if !slices.Contains(n.Restore, publish[output]) {
				c.report.Local.Links[f.Path] = strings.TrimPrefix(f.Path, prefix)
			}
		}
		item.Files = append(item.Files, f)
	}
	return item
}

func (c *collector) figure(ctx context.Context, item report.Item, n pipeline.NodeStatus) (report.Figure, error) {
	text, err := c.read(ctx, n, figure.JSON)
	if err != nil {
		return report.Figure{}, err
	}
	svg, err := c.read(ctx, n, figure.SVG)
	if err != nil {
		return report.Figure{}, err
	}
	return report.ReadFigure(item, text, svg)
}

func (c *collector) table(ctx context.Context, item report.Item, n pipeline.NodeStatus) (report.Table, error) {
	text, err := c.read(ctx, n, table.JSON)
	if err != nil {
		return report.Table{}, err
	}
	return report.ReadTable(item, text)
}

func (c *collector) finding(ctx context.Context, item report.Item, n pipeline.NodeStatus) (report.Finding, error) {
	text, err := c.read(ctx, n, finding.JSON)
	if err != nil {
		return report.Finding{}, err
	}
	f, err := report.ReadFinding(item, text)
	f.Artefacts = finding.Artefacts(item.ID)
	return f, err
}

// read returns the bytes of an output. The status trusts sizes and times of
// files; whatever is shown is hashed again.
func (c *collector) read(ctx context.Context, n pipeline.NodeStatus, output string) ([]byte, error) {
	content, ok := n.Outputs[output]
	if !ok {
		return nil, fmt.Errorf("%s has no output %s", n.Name, output)
	}
	data, err := c.engine.Content(ctx, content)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errElsewhere
	}
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", output, err)
	}
	return data, nil
}

// errElsewhere means that a result is known from its record alone.
var errElsewhere = errors.New("its record is here, but its files are not")

// codes lists the identity of the code of every stage of the graph.
func (w *workspace) codes(ctx context.Context) ([]report.Code, error) {
	found, err := w.engine.CodeOf(ctx, w.Graph)
	if err != nil {
		return nil, err
	}
	var list []report.Code
	listed := map[*pipeline.Stage]bool{}
	for _, n := range w.Graph.Nodes() {
		s := n.Stage
		if listed[s] {
			continue
		}
		listed[s] = true
		id := found[s.Name]
		list = append(list, report.Code{
			Stage: s.Name, Package: s.Package, ID: id.ID.String(), Packages: len(id.Packages), Modules: len(id.Modules),
			Go: id.Go, Contract: s.Contract,
		})
	}
	return list, nil
}
