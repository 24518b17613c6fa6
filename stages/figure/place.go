package figure

import (
	"fmt"

	"sparsel/artifacts/measures"
)

// place says which numbers: everything that tells them apart but the epoch.
type place struct {
	source     Source
	experiment string // the source's, but for a reference
	optimizer  Optimizer
	entry      Entry
	condition  Condition
	panel      Panel
	layer      string
}

// first is the place before anything is told apart.
func (p Params) first() place {
	return p.of(p.Sources[0], p.Panels[0])
}

func (p Params) of(s Source, panel Panel) place {
	at := place{source: s, experiment: s.Experiment, optimizer: s.Optimizers[0], panel: panel, layer: measures.AllLayers}
	return at.in(s.Entries[0])
}

func (at place) in(e Entry) place {
	at.entry, at.condition = e, e.Conditions[0]
	return at
}

// spread lists the places that differ from one in a dimension, in the figure's order, with what each is called.
func (p Params) spread(from place, dimension string) (places []place, labels []string) {
	add := func(at place, label string) {
		places, labels = append(places, at), append(labels, label)
	}
	switch dimension {
	case "metric":
		for _, panel := range p.Panels {
			at := from
			at.panel = panel
			add(at, panel.Metric)
		}
	case "optimizer":
		for _, o := range from.source.Optimizers {
			at := from
			at.optimizer = o
			add(at, o.Name)
		}
	case "condition":
		for _, e := range from.source.Entries {
			add(from.in(e), e.Label)
		}
	case "layer":
		if ofNetwork(from.panel.Metric) { // which has one value for all layers
			add(from, "whole network")
			break
		}
		for k := range from.source.Layers {
			at := from
			at.layer = fmt.Sprint(k + 1)
			add(at, fmt.Sprintf("layer %d", k+1))
		}
	case "experiment":
		for _, s := range p.Sources {
			add(p.of(s, from.panel), s.Experiment)
		}
	default:
		add(from, "")
	}
	return places, labels
}

// line is one series: its place, name and look.
type line struct {
	place
	label  string
	role   string
	dash   string // empty: the role's
	hollow bool
}

// Levels is how many lines of one panel can be told apart by an ordered colour: the roles level1, level2 and so on.
const Levels = 7

// levels are the roles of ordered lines, by how many there are: far apart in lightness, and the lightest last.
var levels = map[int][]int{1: {1}, 2: {1, 5}, 3: {1, 4, 6}, 4: {1, 3, 5, 6}, 5: {1, 3, 4, 5, 6}, 6: {1, 2, 3, 4, 5, 6}, 7: {1, 2, 3, 4, 5, 6, 7}}

// lines lists the series of a panel.
func (p Params) lines(from place) ([]line, error) {
	var first, second string
	if len(p.Lines) > 0 {
		first = p.Lines[0]
	}
	if len(p.Lines) > 1 {
		second = p.Lines[1]
	}
	var lines []line
	dashed, dashLabels := p.spread(from, second)
	for j, outer := range dashed {
		places, labels := p.spread(outer, first)
		for i, at := range places {
			l := line{place: at, label: labels[i], role: "accuracy"}
			switch {
			case first == "optimizer":
				l.role = at.optimizer.Name
			case first == "metric" && len(at.panel.factors()) == 1:
				l.role = at.panel.Metric
			case first == "layer" && ofNetwork(at.panel.Metric) || first == "":
			case levels[len(places)] == nil:
				return nil, fmt.Errorf("%d lines in one panel: %d can be told apart", len(places), len(levels))
			default:
				l.role = fmt.Sprintf("level%d", levels[len(places)][i])
			}
			if second != "" {
				l.dash, l.hollow = []string{"solid", "dashed", "dotted", "dashdot"}[j%4], j%2 == 1
				l.label += ", " + dashLabels[j]
			}
			lines = append(lines, l)
		}
	}
	return lines, nil
}
