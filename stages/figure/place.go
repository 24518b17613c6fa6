package figure

import (
	"fmt"
	"slices"

	"sparsel/artifacts/measures"
)

// place identifies numbers by everything except the epoch.
type place struct {
	source     Source
	experiment string // the source's, except for a reference
	optimizer  Optimizer
	entry      Entry
	condition  Condition
	panel      Panel
	layer      string
	step       int // within the first epoch, if the epoch is 0
}

// first returns the place before any dimension has been spread.
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

// spread lists the places that differ from the given one in a dimension, in the
// figure's order, with their labels.
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
		if from.panel.ofNetwork() { // it has one value for all layers
			add(from, wholeNetwork)
			break
		}
		for k := range from.source.Layers {
			at := from
			at.layer = fmt.Sprint(k + 1)
			add(at, layerLabel(k))
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

// wholeNetwork is the label of the only line if lines stand for layers and the
// metric belongs to the network.
const wholeNetwork = "whole network"

func layerLabel(k int) string { return fmt.Sprintf("layer %d", k+1) }

// levels lists the labels that the lines of all panels have in one dimension.
// They may differ between panels of different experiments.
func (p Params) levels(dimension string) []string {
	var list []string
	add := func(label string) {
		if !slices.Contains(list, label) {
			list = append(list, label)
		}
	}
	for _, s := range p.Sources {
		switch dimension {
		case "optimizer":
			for _, o := range s.Optimizers {
				add(o.Name)
			}
		case "condition":
			for _, e := range s.Entries {
				add(e.Label)
			}
		case "layer":
			for k := range s.Layers {
				add(layerLabel(k))
			}
		}
	}
	for _, panel := range p.Panels {
		switch {
		case dimension == "metric":
			add(panel.Metric)
		case dimension == "layer" && panel.ofNetwork():
			add(wholeNetwork)
		}
	}
	return list
}

// cell returns the runs at a place.
func (at place) cell() cell { return cell{at.experiment, at.condition.Name, at.optimizer.Name} }
