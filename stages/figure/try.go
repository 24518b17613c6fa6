package figure

import (
	"fmt"
	"math"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/analysis/summary"
	"sparsel/artifacts/measures"
)

// Try describes and lays out the figure with made-up numbers, using the code
// that draws it. It returns an error if the figure's parameters make drawing
// impossible: too many lines, a text for which the font has no glyphs, labels
// that leave no room. key is the key of the parameter file that is to blame,
// such as "lines", or empty if there is no single one. A figure that Try
// accepts can be drawn whatever the numbers are.
func Try(p Params) (key string, err error) {
	for _, panel := range p.Panels {
		if p.X.Kind == Layers && panel.ofNetwork() {
			return "metrics", fmt.Errorf("name %s, which belongs to the whole network and has no value of each layer along x", panel.words())
		}
	}
	if _, err := p.looks(); err != nil {
		return "lines", err
	}
	for _, t := range p.texts() {
		if err := chart.CheckText(t.text); err != nil {
			return t.key, err
		}
	}
	sums := map[string]string{}
	for _, experiment := range p.Experiments() {
		sums[experiment] = fmt.Sprintf("%064x", 0)
	}
	p.Epoch = min(p.Epoch, fewEpochs+1) // more would change nothing
	for i, made := range append(dummies, p.huge()) {
		var from source = made
		if i == 0 {
			from = longest{made}
		}
		f, err := p.describe(from)
		if err != nil {
			return "", err
		}
		if key, err := p.checkLabels(f); err != nil {
			return key, err
		}
		f.Metadata = p.metadata(sums)
		check := chart.Figure.Validate
		if i == 0 { // the layout depends on the numbers only through the labels of ticks
			check = chart.Check
			drawRules(f)
			unbound(f)
		}
		if err := check(f, p.Style); err != nil {
			return "", err
		}
	}
	return "", nil
}

// checkLabels refuses a marker line that is called like a line, because the
// legend would have two entries of one name.
func (p Params) checkLabels(f chart.Figure) (key string, err error) {
	lines := map[string]bool{"": true}
	for _, row := range f.Rows {
		for _, panel := range row.Panels {
			for _, s := range panel.Series {
				lines[s.Label] = true
			}
		}
	}
	for _, row := range f.Rows {
		for _, panel := range row.Panels {
			for _, r := range panel.Rules {
				switch {
				case r.Label == "" || !lines[r.Label]:
				case p.Reference != nil && strings.HasPrefix(r.Label, p.Reference.Label):
					return "reference.label", fmt.Errorf("gives the reference the name %q, which a line of the figure has; choose another", r.Label)
				default:
					return "names", fmt.Errorf("must give the line %q another name, which the figure's marker line has", r.Label)
				}
			}
		}
	}
	return "", nil
}

// unbound takes the bounds of metrics off the axes, whose made-up numbers lie
// beyond them: if they were equal, the limits would be the bounds, which have
// shorter labels.
func unbound(f chart.Figure) {
	for _, row := range f.Rows {
		for j := range row.Panels {
			for _, axis := range []*chart.Axis{&row.Panels[j].X, &row.Panels[j].Y} {
				axis.Least, axis.Most = 0, 0
			}
		}
	}
}

// drawRules moves marker lines into the limits of their panels, so that the
// legend is laid out with every entry that it may have.
func drawRules(f chart.Figure) {
	for _, row := range f.Rows {
		for _, panel := range row.Panels {
			for i := range panel.Rules {
				axis := panel.X
				if panel.Rules[i].Kind == chart.Horizontal {
					axis = panel.Y
				}
				if r := &panel.Rules[i]; r.Kind != chart.Diagonal && !axis.Includes(r.At) {
					r.At = axis.Max
				}
			}
		}
	}
}

// text is a text that is drawn, and the key of the parameter file that holds
// it.
type text struct{ key, text string }

// texts lists the texts that come from the parameter file.
func (p Params) texts() []text {
	list := []text{{"title", p.Title}, {"x_label", p.X.Label}, {"x", p.X.Name}, {"remark", sentence(p.Remark)}}
	for _, s := range p.Sources {
		list = append(list, text{"experiments", s.Parameter})
		for _, e := range s.Entries {
			list = append(list, text{"names", e.Label})
		}
	}
	if p.Reference != nil {
		list = append(list, text{"reference.label", p.Reference.Label})
	}
	return list
}

// dummies are made-up numbers of every kind that runs may have, except the
// largest. The first ones have the longest labels of ticks.
var dummies = []dummy{
	func(u float64, seed int) float64 { return 1234567 + float64(1e-3*u) },
	func(u float64, seed int) float64 { return u + float64(0.01*float64(seed)) },
	func(u float64, seed int) float64 { return 0.5 },
	func(u float64, seed int) float64 { return math.NaN() },
	func(u float64, seed int) float64 {
		if u < 0.3 || seed > 0 && u < 0.6 {
			return math.Inf(1)
		}
		return u
	},
}

// huge returns made-up numbers as large as those of runs may be, or less if
// their product would be larger than what an axis shows.
func (p Params) huge() dummy {
	most := 1
	for _, panel := range p.Panels {
		most = max(most, len(panel.factors()))
	}
	size := math.Min(1e38, math.Pow(1e99, 1/float64(most)))
	return func(u float64, seed int) float64 { return size * (u - 0.5) }
}

// dummy returns a made-up number of a run. u is a number in [0, 1) that stands
// for the place.
type dummy func(u float64, seed int) float64

// longest is a source of made-up numbers for which the note says everything
// that it may say, so that it has room.
type longest struct{ dummy }

// dummyRuns is the number of runs in a summary of made-up numbers, whatever the
// seeds. Summaries of few and of many runs have the same form.
const dummyRuns = 3

func (make dummy) at(k key, i int) float64 {
	h := uint32(2166136261) // FNV-1a
	for _, text := range []string{k.condition, k.optimizer, k.layer, k.metric, string(rune(k.epoch)), fmt.Sprint(k.step)} {
		for _, b := range []byte(text) {
			h = (h ^ uint32(b)) * 16777619
		}
	}
	return make(float64(h)/(1<<32), i)
}

func (make dummy) summary(k key) (measures.Summary, bool) {
	var values []float64
	s := measures.Summary{Expected: dummyRuns}
	for i := range dummyRuns {
		if v := make.at(k, i); finite(v) {
			values = append(values, v)
		} else {
			s.NonFinite += fmt.Sprintf("seed %d;", i)
		}
	}
	d := summary.Describe(values)
	s.N, s.Mean, s.SE, s.SEPopulation, s.CILow, s.CIHigh = d.N, d.Mean, d.SE, d.SEPopulation, d.CILow, d.CIHigh
	return s, true
}

func (make dummy) run(k key, seed uint32) (float64, bool) {
	return make.at(k, int(seed%dummyRuns)), true
}

func (make dummy) moments(_ cell, epochs int) []moment {
	list := []moment{{0, 0}, {0, 10}, {0, 1000}}
	for epoch := 1; epoch <= epochs; epoch++ {
		list = append(list, moment{epoch, 1200 * epoch})
	}
	return list
}
