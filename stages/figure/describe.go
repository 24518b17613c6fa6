package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// description is a figure being described, and what its caption has to say about the numbers met on the way.
type description struct {
	Params
	numbers numbers
	epoch   int // at which values are read, and the last along x
	gaps    gaps
	low     int // fewest runs behind a number
	high    int // most
}

// Describe turns the summaries of the experiments, by name, into the description of the figure.
func Describe(p Params, experiments map[string][]measures.Summary) (chart.Figure, error) {
	n := numbers{}
	for experiment, summaries := range experiments {
		n.add(experiment, summaries)
	}
	f, err := p.describe(n)
	if err != nil {
		return f, fmt.Errorf("figure %s: %w", p.ID, err)
	}
	return f, nil
}

// describe is Describe for numbers by place.
func (p Params) describe(n numbers) (chart.Figure, error) {
	d := &description{Params: p, numbers: n, epoch: p.Epoch, low: math.MaxInt}
	if d.epoch == 0 {
		d.epoch = d.commonEpoch()
	}
	f := chart.Figure{ID: p.ID, Title: p.Title, Mark: p.Mark}
	rows, _ := p.spread(p.first(), p.Rows)
	for i, at := range rows {
		row := chart.Row{ShareY: p.Columns != "metric", ShareX: i < len(rows)-1}
		columns, titles := p.spread(at, p.Columns)
		for j, at := range columns {
			panel, err := d.panel(at)
			if err != nil {
				return f, err
			}
			switch {
			case p.Columns == "optimizer" && i == 0:
				panel.Title = titles[j]
			case p.Columns == "experiment":
				panel.Title = at.optimizer.Name
			}
			row.Panels = append(row.Panels, panel)
		}
		f.Rows = append(f.Rows, row)
	}
	f.Note, f.Caption = d.note(), d.caption()
	return f, nil
}

// commonEpoch is the last epoch that every shown condition has.
func (d *description) commonEpoch() int {
	common := math.MaxInt
	for _, s := range d.Sources {
		for _, e := range s.Entries {
			for _, c := range e.Conditions {
				common = min(common, d.numbers.lastEpoch(s.Experiment, c.Name))
			}
		}
	}
	if r := d.Reference; r != nil {
		common = min(common, d.numbers.lastEpoch(r.Experiment, r.Condition))
	}
	return common
}

// panel describes the panel at a place.
func (d *description) panel(at place) (chart.Panel, error) {
	panel := chart.Panel{X: d.axis(at), Y: chart.Axis{Label: at.panel.words(), Min: at.panel.Min, Max: at.panel.Max}}
	if slices.Contains(d.Lines, "metric") {
		panel.Y.Label = "value"
	}
	if strings.HasPrefix(d.X.Kind, "condition ") {
		panel.Y.Label += ", " + d.X.Names[1]
	}
	if at.panel.Zoom {
		panel.Y.Label += ", enlarged"
	}
	lines, err := d.lines(at)
	if err != nil {
		return panel, err
	}
	for _, l := range lines {
		s, err := d.series(l, panel.X)
		if err != nil {
			return panel, err
		}
		panel.Series = append(panel.Series, s)
	}
	if strings.HasPrefix(d.X.Kind, "condition ") {
		alike(&panel)
	}
	if err := d.addRules(&panel, at, lines); err != nil {
		return panel, err
	}
	return panel, nil
}

// alike gives both axes the same limits: the two sides of a comparison.
func alike(p *chart.Panel) {
	if p.Y.Min == 0 && p.Y.Max == 0 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, s := range p.Series {
			for i := range s.X {
				if v := s.Y[i]; !math.IsNaN(v) {
					low, high = min(low, v, s.X[i]), max(high, v, s.X[i])
				}
			}
		}
		if low < high {
			margin := float64(0.05 * (high - low))
			p.Y.Min, p.Y.Max = low-margin, high+margin
		}
	}
	p.X.Min, p.X.Max = p.Y.Min, p.Y.Max
	p.Rules = append(p.Rules, chart.Rule{Kind: chart.Diagonal, Label: "equal"})
}

// series describes one line.
func (d *description) series(l line, axis chart.Axis) (chart.Series, error) {
	s := chart.Series{Label: l.label, Role: l.role, Dash: l.dash, Hollow: l.hollow, Marks: chart.LinePoints}
	add := func(x float64, at place, epoch int, name string) error {
		n, err := d.number(at, epoch)
		if err != nil {
			return err
		}
		s.X, s.Y = append(s.X, x), append(s.Y, n.mean)
		s.N, s.Expected, s.Names = append(s.N, n.n), append(s.Expected, n.expected), append(s.Names, name)
		if s.Marks != chart.Points {
			s.Lo, s.Hi = append(s.Lo, n.low), append(s.Hi, n.high)
		}
		return nil
	}
	switch d.X.Kind {
	case "epoch":
		s.Marks = chart.LineMarks
		for epoch := 1; epoch <= d.epoch; epoch++ {
			if err := add(float64(epoch), l.place, epoch, ""); err != nil {
				return s, err
			}
		}
	case "condition", "layer":
		places, _ := d.spread(l.place, d.X.Kind)
		for i, at := range places {
			if err := add(float64(i), at, d.epoch, ""); err != nil {
				return s, err
			}
		}
	case "value":
		for _, c := range l.entry.Conditions {
			at, x := l.place, c.Value
			at.condition = c
			if axis.Scale == chart.Categorical {
				x = float64(slices.Index(axis.Categories, short(c.Value)))
			}
			if err := add(x, at, d.epoch, ""); err != nil {
				return s, err
			}
		}
	default: // each number against another, epoch by epoch
		s.Marks, s.Alpha = chart.Points, 0.6
		for epoch := 1; epoch <= d.epoch; epoch++ {
			other, err := d.number(d.against(l.place), epoch)
			if err != nil {
				return s, err
			}
			if math.IsNaN(other.mean) { // named as a gap; a dot needs both
				continue
			}
			if err := add(other.mean, l.place, epoch, fmt.Sprintf("epoch %d", epoch)); err != nil {
				return s, err
			}
		}
		if len(s.X) == 0 { // a dot that is not drawn stands for all
			s.X, s.Y, s.N, s.Expected, s.Names = []float64{0}, []float64{math.NaN()}, []int{0}, []int{0}, []string{""}
		}
	}
	return s, nil
}

// against is the place of the number along x of a scatter.
func (d *description) against(at place) place {
	kind, name, _ := strings.Cut(d.X.Kind, " ")
	if kind == "metric" {
		at.panel = Panel{Metric: name}
	} else {
		at.condition = Condition{Name: name}
	}
	return at
}

// number looks a number up and keeps what the caption has to say about it.
func (d *description) number(at place, epoch int) (number, error) {
	n, err := d.numbers.at(at, epoch, d.Error)
	if err != nil {
		return n, err
	}
	d.low, d.high = min(d.low, n.n), max(d.high, n.n)
	d.gaps.add(d.where(at), at.panel.Metric, "missing", n.missing)
	d.gaps.add(d.where(at), at.panel.Metric, "not finite", n.nonFinite)
	return n, nil
}

// where names the place of a gap.
func (d *description) where(at place) string {
	name := at.optimizer.Name
	if d.X.Kind == "value" && at.experiment == at.source.Experiment {
		name += fmt.Sprintf(", %s %s", at.source.Parameter, short(at.condition.Value))
	} else if len(at.source.Entries) > 1 {
		name += ", " + at.entry.Label
	}
	return name
}

// short writes a value with three digits, as people say it.
func short(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		panic(err) // FormatFloat writes what ParseFloat reads
	}
	return strconv.FormatFloat(rounded, 'g', -1, 64)
}
