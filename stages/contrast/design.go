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
// last epoch that all of their runs have. If there is none, it is the last
// epoch that every group has, and the place's notes name the runs that are left
// out.
func (p Params) places(list []reading, groups []string) (places []place, notes map[place][]string, err error) {
	type run struct{ group, name string }
	has, all := map[place]map[run]bool{}, map[string]map[run]bool{} // by place, and by layer
	var order []place
	var layers []string
	for _, r := range list {
		if has[r.place] == nil {
			has[r.place] = map[run]bool{}
			order = append(order, r.place)
		}
		if all[r.layer] == nil {
			all[r.layer] = map[run]bool{}
			layers = append(layers, r.layer)
		}
		has[r.place][run{r.group, r.run}], all[r.layer][run{r.group, r.run}] = true, true
	}
	complete := func(at place) bool { return len(has[at]) == len(all[at.layer]) }
	notes = map[place][]string{}
	for _, layer := range layers {
		var best *place
		latest := int64(0)
		for i, at := range order {
			of := map[string]bool{}
			for r := range has[at] {
				of[r.group] = true
			}
			if at.layer != layer || len(of) < len(groups) {
				continue
			}
			latest = max(latest, at.epoch)
			if best == nil || complete(at) && !complete(*best) || complete(at) == complete(*best) && at.epoch > best.epoch {
				best = &order[i]
			}
		}
		if best == nil {
			continue
		}
		places = append(places, *best)
		name := ""
		if layer != "" {
			name = "layer " + layer + ": "
		}
		if !complete(*best) {
			var out []string
			for r := range all[layer] {
				if !has[*best][r] {
					out = append(out, fmt.Sprintf("%q of %s", r.name, r.group))
				}
			}
			slices.Sort(out)
			notes[*best] = append(notes[*best], fmt.Sprintf("%sno epoch is there in all runs; epoch %d is compared, which these runs lack: %s",
				name, best.epoch, strings.Join(out, ", ")))
		} else if latest > best.epoch {
			notes[*best] = append(notes[*best], fmt.Sprintf("%sepoch %d is compared, the last that all runs have, and some go on to epoch %d",
				name, best.epoch, latest))
		}
	}
	if len(places) == 0 {
		return nil, nil, fmt.Errorf("no layer is there at one epoch in all of %q: layers are compared by their names", groups)
	}
	return places, notes, nil
}

// pairs reports whether runs with the same name are compared with one another.
// Readings of one network always are.
func (p Params) pairs() bool { return p.Paired || p.By == ByLayer || p.By == ByEpoch }
