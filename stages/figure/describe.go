package figure

import (
	"fmt"
	"math"
	"slices"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// description is a figure that is being described, together with what its
// caption has to say about the numbers.
type description struct {
	Params
	source source
	look   func(first, second string) look
	seeds  bool // each run is shown beside the mean
	modal  bool // each run is shown where runs have two modes
	modes  bool // a series has runs of two modes
	banded bool // a series has a band
	open   bool // a number over fewer runs than planned is drawn
	fewer  bool // a number lacks runs, or is a gap
	within bool // a number within the first epoch is shown
	gaps   gaps
	low    int  // fewest runs behind a number
	high   int  // most runs behind a number
	fewest int  // fewest runs behind a band
	most   int  // most runs behind a band
	marked bool // a vertical line is within its panel
	beyond bool // a line leaves its panel
	common bool // a dot leaves out runs that have one of its numbers but not the other

	letter  rune     // of the panel that is being described
	hidden  []string // how many values lie beyond the limits of which panels
	spilled bool     // values of single runs lie beyond the limits of a panel
	undrawn []string // the marker lines that lie beyond the limits of their panel
	offAxis []string // the baseline's values without a place along x
	whose   []whose  // what several vertical lines of one panel belong to
	starts  []string // what several starts of one panel belong to
}

// Describe turns the numbers of the experiments, which are given by name, into
// the description of the figure.
func Describe(p Params, experiments map[string]Numbers) (chart.Figure, error) {
	f, err := p.describe(newNumbers(experiments))
	if err != nil {
		return f, fmt.Errorf("figure %s: %w", p.ID, err)
	}
	return f, nil
}

// describe is Describe for any source of numbers.
func (p Params) describe(from source) (chart.Figure, error) {
	d := &description{Params: p, source: from, seeds: p.showsSeeds(), modal: p.mayShowSeeds(), low: math.MaxInt, letter: 'a'}
	f := chart.Figure{
		ID: p.ID, Title: p.Title, Mark: p.Mark,
		AlignX: p.X.Kind == AgainstMetric && len(p.X.Limits) == 0, AlignY: p.Rows == "condition",
	}
	var err error
	if d.look, err = p.looks(); err != nil {
		return f, err
	}
	rows, rowTitles := p.spread(p.first(), p.Rows)
	for i, at := range rows {
		row := chart.Row{ShareY: p.Columns != "metric", ShareX: i < len(rows)-1 || p.Difference}
		columns, titles := p.spread(at, p.Columns)
		for j, at := range columns {
			panel, err := d.panel(at)
			if err != nil {
				return f, err
			}
			panel.Title = p.panelTitle(i, rowTitles[i], titles[j], at)
			row.Panels = append(row.Panels, panel)
		}
		f.Rows = append(f.Rows, row)
	}
	if p.Difference {
		row := chart.Row{}
		for _, panel := range p.Panels {
			panel.Difference, panel.Min, panel.Max = true, 0, 0
			described, err := d.panel(p.of(p.Sources[0], panel))
			if err != nil {
				return f, err
			}
			described.Rules = append(described.Rules, chart.Rule{Kind: chart.Horizontal, Label: "no difference"})
			row.Panels = append(row.Panels, described)
		}
		f.Rows = append(f.Rows, row)
	}
	if _, ok := from.(longest); ok && d.modal {
		d.modes = true
		d.band(2)
		d.band(max(2, d.high))
	}
	f.Note, f.Caption = d.note(), d.caption()
	return f, nil
}

// panelTitle names what distinguishes a panel's place in the grid, except for
// what its axes show. An optimizer is named once in each column.
func (p Params) panelTitle(row int, rowTitle, title string, at place) string {
	var parts []string
	if p.Rows == "condition" {
		parts = append(parts, rowTitle)
	}
	switch {
	case p.Columns == "optimizer" && (row == 0 || len(parts) > 0):
		parts = append(parts, title)
	case p.Columns == "experiment" && p.Rows == "metric" && len(p.Sources) == 1 && len(at.source.Optimizers) > 1:
		parts = append(parts, at.panel.words())
	case p.Columns == "experiment" && len(at.source.Optimizers) == 1:
		parts = append(parts, at.optimizer.Name)
	case p.Columns == "experiment":
		parts = append(parts, title)
	}
	return listed(parts)
}

// sharedAxis is the label of an axis that several metrics share. It names the
// units of those that are no shares.
func (p Params) sharedAxis() string {
	for _, panel := range p.Panels {
		if panel.Metric == "information" {
			return "value; information in bits"
		}
	}
	return "value"
}

// panel describes the panel at a place.
func (d *description) panel(at place) (chart.Panel, error) {
	panel := chart.Panel{X: d.axis(at), Y: chart.Axis{Label: at.panel.words(), Min: at.panel.Min, Max: at.panel.Max}}
	panel.Y.Least, panel.Y.Most = at.panel.bounds()
	if slices.Contains(d.Lines, "metric") {
		panel.Y.Label = d.sharedAxis()
		panel.Y.Least, panel.Y.Most = 0, 0 // of several metrics
	}
	if entries := at.source.Entries; at.panel.Difference {
		panel.Y.Label = "Δ " + panel.Y.Label
	} else if d.X.Kind == AgainstCondition && len(entries) == 1 {
		panel.Y.Label += ", " + entries[0].Label
	}
	if at.panel.Zoom {
		panel.Y.Label += ", enlarged"
	}
	lines := d.lines(at)
	for _, l := range lines {
		s, err := d.series(l, at)
		if err != nil {
			return panel, err
		}
		panel.Series = append(panel.Series, s)
		d.beyond = d.beyond || !d.X.against() && leaves(s, panel.Y)
	}
	if d.X.Kind == AgainstCondition { // the comparison's two conditions
		panel.Equal = true
		panel.X.Min, panel.X.Max = panel.Y.Min, panel.Y.Max
		panel.Rules = append(panel.Rules, chart.Rule{Kind: chart.Diagonal, Label: "equal"})
	}
	if err := d.addRules(&panel, at, lines); err != nil {
		return panel, err
	}
	d.addHidden(panel)
	d.letter++
	return panel, nil
}

// addHidden records what lies beyond the limits of a panel. A line that leaves
// it above or below has arrows; nothing else shows.
func (d *description) addHidden(panel chart.Panel) {
	hidden, count := 0, 0
	for _, s := range panel.Series {
		for i, y := range s.Y {
			if !finite(y) {
				continue
			}
			count++
			d.open = d.open || s.N[i] < s.Expected[i] && panel.X.Includes(s.X[i]) && panel.Y.Includes(y)
			if !panel.X.Includes(s.X[i]) || s.Marks == chart.Points && !panel.Y.Includes(y) {
				hidden++
			}
			for _, r := range s.Runs {
				// Where the mean is beyond, too, the line has an arrow.
				d.spilled = d.spilled || panel.X.Includes(s.X[i]) && panel.Y.Includes(y) && finite(r.Y[i]) && !panel.Y.Includes(r.Y[i])
			}
		}
	}
	if hidden > 0 {
		d.hidden = append(d.hidden, fmt.Sprintf("%d of %d values in panel %c", hidden, count, d.letter))
	}
	for _, r := range panel.Rules {
		axis := panel.X
		if r.Kind == chart.Horizontal {
			axis = panel.Y
		}
		switch {
		case r.Kind == chart.Diagonal:
		case !axis.Includes(r.At):
			of := ""
			if r.Name != "" {
				of = " of " + r.Name
			}
			d.undrawn = append(d.undrawn, fmt.Sprintf("%s%s (%.4g in panel %c)", r.Label, of, r.At, d.letter))
		case r.Kind == chart.Vertical:
			d.marked = true
		}
	}
}

// leaves reports whether a series has a value beyond the limits of its axis.
func leaves(s chart.Series, y chart.Axis) bool {
	return slices.ContainsFunc(s.Y, func(v float64) bool { return finite(v) && !y.Includes(v) })
}

// point is a position along x of a series, with its place.
type point struct {
	x     float64
	place place
	epoch int
	name  string  // for the CSV if x does not identify it
	y     *number // if it is known already
}

// series describes one line of the panel at a place.
func (d *description) series(l line, at place) (chart.Series, error) {
	s := chart.Series{Label: l.label, Role: l.role, Dash: l.dash, Marker: l.marker, Hollow: l.hollow, Marks: chart.LinePoints}
	points, err := d.points(l, at)
	if err != nil {
		return s, err
	}
	switch {
	case d.X.against():
		s.Marks, s.Alpha = chart.Points, 0.6
	case d.crowded():
		s.Marks = chart.LineMarks
	}
	modes := d.modal && slices.ContainsFunc(points, d.twoModes)
	d.modes = d.modes || modes
	for i, p := range points {
		if p.y == nil {
			n, err := d.number(p.place, p.epoch)
			if err != nil {
				return s, err
			}
			p.y = &n
		}
		n := *p.y
		s.X, s.Y = append(s.X, p.x), append(s.Y, n.mean)
		s.N, s.Expected, s.Names = append(s.N, n.n), append(s.Expected, n.expected), append(s.Names, p.name)
		if s.Marks != chart.Points && !modes {
			s.Lo, s.Hi = append(s.Lo, n.low), append(s.Hi, n.high)
			if finite(n.low) {
				d.band(n.n)
			}
		}
		if d.seeds || modes {
			addRuns(&s, p.place, n, i, len(points))
		}
	}
	if len(s.X) == 0 { // a dot that is not drawn stands for the whole series
		s.X, s.Y, s.N, s.Expected, s.Names = []float64{0}, []float64{math.NaN()}, []int{0}, []int{0}, []string{""}
		if d.X.Kind == Steps { // 0 has no place on a logarithmic axis
			s.X[0] = 1
		}
	}
	return s, nil
}

// twoModes reports whether some of the runs behind a point have learnt and
// others have stayed near chance. Within the first epoch some are only earlier
// than others.
func (d *description) twoModes(p point) bool {
	if p.epoch == 0 {
		return false
	}
	conditions := []Condition{p.place.condition}
	if p.place.panel.Difference {
		conditions = nil
		for _, e := range p.place.source.Entries {
			conditions = append(conditions, e.Conditions...)
		}
	}
	for _, c := range conditions {
		p.place.condition = c
		chance, learnt := false, false
		for _, seed := range c.of(p.place.optimizer.Name).Seeds {
			if v, ok := d.source.run(p.place.key("accuracy", p.epoch), seed); ok {
				chance, learnt = chance || v < chanceBelow, learnt || v > learntAbove
			}
		}
		if chance && learnt {
			return true
		}
	}
	return false
}

// addRuns adds the values of the single runs behind value i of a series that
// has count values.
func addRuns(s *chart.Series, at place, n number, i, count int) {
	for _, seed := range at.condition.of(at.optimizer.Name).Seeds {
		name := fmt.Sprintf("seed %d", seed)
		k := slices.IndexFunc(s.Runs, func(r chart.Run) bool { return r.Name == name })
		if k < 0 {
			k = len(s.Runs)
			s.Runs = append(s.Runs, chart.Run{Name: name, Y: slices.Repeat([]float64{math.NaN()}, count)})
		}
		if v, ok := n.runs[seed]; ok {
			s.Runs[k].Y[i] = v
		}
	}
}

// points lists the values of a line in the order of x.
func (d *description) points(l line, at place) ([]point, error) {
	var list []point
	switch d.X.Kind {
	case Epochs:
		for epoch := 1; epoch <= d.Epoch; epoch++ {
			list = append(list, point{x: float64(epoch), place: l.place, epoch: epoch})
		}
	case Steps:
		for _, m := range d.source.moments(l.cell(), d.Epoch) {
			if m.step > 0 { // a line stands for the network before its first step
				p := point{x: float64(m.step), place: l.place, epoch: m.epoch}
				p.place.step = m.step
				d.within = d.within || m.epoch == 0
				list = append(list, p)
			}
		}
	case Conditions, Layers:
		places, _ := d.spread(l.place, string(d.X.Kind))
		for i, p := range places {
			list = append(list, point{x: float64(i), place: p, epoch: d.Epoch})
		}
	case Values:
		categories := d.categories(at)
		for _, c := range l.entry.Conditions {
			p := l.place
			p.condition = c
			x := p.value()
			if d.X.Scale == "equal" {
				x = float64(slices.Index(categories, x))
			}
			list = append(list, point{x: x, place: p, epoch: d.Epoch})
		}
		slices.SortStableFunc(list, func(a, b point) int { return int(math.Copysign(1, a.x-b.x)) })
	default: // one number against another, epoch by epoch
		for epoch := 1; epoch <= d.Epoch; epoch++ {
			x, y, err := d.pair(l.place, epoch)
			if err != nil {
				return nil, err
			}
			if !math.IsNaN(x.mean) { // otherwise it is named as a gap; a dot needs both numbers
				name := "epoch"
				if l.condition.of(l.optimizer.Name).Updates > 0 {
					name = "measurement"
				}
				list = append(list, point{x.mean, l.place, epoch, fmt.Sprintf("%s %d", name, epoch), &y})
			}
		}
	}
	return list, nil
}

// value returns the value of the varied parameter, which may differ between
// optimizers.
func (at place) value() float64 { return at.condition.of(at.optimizer.Name).Value }

// against returns the place of the number along x in a scatter plot.
func (d *description) against(at place) place {
	if d.X.Kind == AgainstMetric {
		at.panel = Panel{Metric: d.X.Metric}
		return at
	}
	return at.in(Entry{d.X.Name, []Condition{*d.X.Condition}})
}

// pair looks up the numbers along both axes of a dot. Both are means over the
// runs that have both, because a dot of different runs would belong to none.
func (d *description) pair(at place, epoch int) (x, y number, err error) {
	if x, err = d.named(d.against(at), epoch); err != nil {
		return x, y, err
	}
	if y, err = d.named(at, epoch); err != nil {
		return x, y, err
	}
	if len(x.early)+len(y.early) > 0 { // there is no dot yet
		return x, y, nil
	}
	gone := slices.Concat(x.missing, x.nonFinite)
	if lacks := slices.Concat(y.missing, y.nonFinite); !sameElements(gone, lacks) {
		gone = append(gone, lacks...)
		d.common = true
		x, y = d.without(d.against(at), epoch, gone), d.without(at, epoch, gone)
	}
	d.behind(y.n)
	return x, y, nil
}

// sameElements reports whether two lists without repetitions have the same
// elements.
func sameElements(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// number looks up a number and records what the caption has to say about it.
func (d *description) number(at place, epoch int) (number, error) {
	n, err := d.named(at, epoch)
	if err == nil && len(n.early) == 0 {
		d.behind(n.n)
	}
	return n, err
}

// named looks up a number and records the runs that it leaves out.
func (d *description) named(at place, epoch int) (number, error) {
	n, err := d.at(at, epoch)
	if err != nil {
		return n, err
	}
	if !at.panel.Difference {
		d.record(at, epoch, n)
		return n, nil
	}
	at.panel.Difference = false
	for _, e := range at.source.Entries { // a run is left out if it lacks one of the two
		d.record(at.in(e), epoch, d.derived(at.in(e), epoch))
	}
	return n, nil
}

// record notes the runs that a number leaves out.
func (d *description) record(at place, epoch int, n number) {
	where, metric, when := d.where(at), at.panel.Metric, moment{epoch, at.step}
	d.gaps.look(where, metric, when)
	d.gaps.add(where, metric, nonFinite, when, n.nonFinite)
	d.gaps.add(where, metric, early, when, n.early)
	at.layer = measures.AllLayers // a run that failed has none
	d.gaps.add(d.where(at), metric, failed, when, n.missing)
	d.fewer = d.fewer || len(n.missing)+len(n.nonFinite) > 0
}

// where names the place of a gap.
func (d *description) where(at place) string {
	name := at.optimizer.Name
	own := func(e Entry) bool {
		return e.Label == at.entry.Label && e.Conditions[0].Name == at.entry.Conditions[0].Name
	}
	switch shown := at.experiment == at.source.Experiment && slices.ContainsFunc(at.source.Entries, own); {
	case d.X.Kind == Values && shown:
		name += fmt.Sprintf(", %s %s", at.source.Parameter, at.source.label(at.value()))
		if len(at.source.Entries) > 1 {
			name += ", " + at.entry.Label
		}
	case len(at.source.Entries) > 1 || !shown:
		name += ", " + at.entry.Label
	}
	if at.layer != measures.AllLayers && !at.panel.ofNetwork() {
		name += ", layer " + at.layer
	}
	if len(d.Sources) > 1 {
		name = at.experiment + ", " + name
	}
	return name
}

// label returns the label of a value along x.
func (s Source) label(v float64) string {
	for _, e := range s.Entries {
		for _, c := range e.Conditions {
			for _, r := range c.Runs {
				if r.Value == v {
					return r.Label
				}
			}
		}
	}
	return ""
}

// values returns the values along x of all conditions of a source and all of
// its optimizers, each once, in ascending order.
func (d *description) values(s Source) []float64 {
	var list []float64
	for _, e := range s.Entries {
		for _, c := range e.Conditions {
			for _, o := range s.Optimizers {
				list = append(list, c.of(o.Name).Value)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
