// Package contrast is the stage that compares groups of measured layers over
// runs. It gives each group's mean and its difference from a reference, with
// 95 % intervals from analysis/claim, as a table and a forest plot.
package contrast

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/measured"
)

// The kinds of groups that are compared.
const (
	ByFile  = "file"  // files, or named groups of files, whose runs are compared
	ByRun   = "run"   // runs named GROUP/RUN in one file
	ByLayer = "layer" // the layers of each run
	ByEpoch = "epoch" // the epochs of each run
)

// Ways lists all of them.
var Ways = []string{ByFile, ByRun, ByLayer, ByEpoch}

// Params are the parameters that the comparison depends on, besides the layers.
type Params struct {
	Files     []string // names without folders, in order
	Groups    []string // of each file; the file's name if none was given
	By        string
	Paired    bool   // runs with the same name started alike
	Reference string // the group that the others are compared with; if empty, the first
}

// place is what all groups of a comparison share: a layer and an epoch, unless
// the groups are layers or epochs.
type place struct {
	layer string
	epoch int64
}

// reading is one layer of one run, with its group and place.
type reading struct {
	group, run string
	place
	*measured.Layer
}

// readings assigns every layer to its group.
func (p Params) readings(files [][]measured.Layer) ([]reading, error) {
	of := map[string]int{} // number of files in each group
	for _, group := range p.Groups {
		of[group]++
	}
	nth := map[string]int{}
	var list []reading
	for i, layers := range files {
		group := p.Groups[i]
		nth[group]++
		for k := range layers {
			l := &layers[k]
			r := reading{group, l.Run, place{l.Key.Layer, l.Epoch}, l}
			switch {
			case p.By == ByFile && of[group] > 1:
				// The files of a group are its runs, in order. A file may hold
				// several runs.
				if r.run = fmt.Sprintf("file %04d", nth[group]); l.Run != "" {
					r.run += ", run " + l.Run
				}
			case p.By == ByRun:
				at := strings.LastIndex(l.Run, "/")
				if at < 0 {
					return nil, fmt.Errorf("run %q has no /: to compare runs, name them GROUP/RUN in the column run, such as sgd/1", l.Run)
				}
				r.group, r.run = l.Run[:at], l.Run[at+1:]
			case p.By == ByLayer:
				r.group, r.layer = cmp.Or(l.Key.Layer, "the layer"), ""
			case p.By == ByEpoch:
				r.group, r.epoch = strconv.FormatInt(l.Epoch, 10), 0
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// groups lists the groups, the reference first and the others in the order of
// their first reading.
func (p Params) groups(list []reading) ([]string, error) {
	var groups []string
	for _, r := range list {
		if !slices.Contains(groups, r.group) {
			groups = append(groups, r.group)
		}
	}
	if len(groups) < 2 {
		return nil, fmt.Errorf("there is one %s, %q, and nothing to compare it with", p.By, groups[0])
	}
	reference := cmp.Or(p.Reference, groups[0])
	at := slices.Index(groups, reference)
	if at < 0 {
		return nil, fmt.Errorf("-against=%s is none of the groups, which are %q", reference, groups)
	}
	return append([]string{reference}, slices.Delete(groups, at, at+1)...), nil
}

// places lists what can be compared: each layer that all groups have, at the
// last epoch that all of them have.
func (p Params) places(list []reading, groups []string) ([]place, error) {
	has := map[place]map[string]bool{}
	var order []place
	for _, r := range list {
		if has[r.place] == nil {
			has[r.place] = map[string]bool{}
			order = append(order, r.place)
		}
		has[r.place][r.group] = true
	}
	last := map[string]place{}
	var layers []string
	for _, at := range order {
		if len(has[at]) < len(groups) {
			continue
		}
		before, known := last[at.layer]
		if !known {
			layers = append(layers, at.layer)
		}
		if !known || at.epoch > before.epoch {
			last[at.layer] = at
		}
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("no layer is there at one epoch in all of %q: layers are compared by their names", groups)
	}
	var places []place
	for _, layer := range layers {
		places = append(places, last[layer])
	}
	return places, nil
}

// pairs reports whether runs with the same name are compared with one another.
// Readings of one network always are.
func (p Params) pairs() bool { return p.Paired || p.By == ByLayer || p.By == ByEpoch }
