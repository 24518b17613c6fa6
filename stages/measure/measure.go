// Package measure is the stage that measures activations which other programs
// wrote. It reads one file with artifacts/foreign, measures it with
// analysis/activity, and writes an archive with the numbers of each layer.
// Other stages use that archive.
package measure

import (
	"context"
	"fmt"
	"math"

	"sparsel/analysis/activity"
	"sparsel/artifacts/foreign"
	"sparsel/stages/measured"
	"sparsel/trainer/rng"
)

// maxMemory limits the memory of the layers that are measured at the same time.
const maxMemory = 512 << 20

// Settings are the parameters that the numbers depend on, besides the files.
type Settings struct {
	Epsilon      float64 // of CCMAS
	Permutations int     // for the chance level
	Function     string  // activation function of the units; empty if unknown
	NotFinite    bool    // measure rows with NaN or infinities instead of refusing them
}

// group is a layer that is being read.
type group struct {
	classes activity.Classes
	left    int64
	layer   *activity.Layer // nil until its first row
	at      int             // index in the results
}

// File measures every layer of a file, in the order of their first rows. It
// reports the number of rows to progress unless that is nil.
func File(ctx context.Context, path string, s Settings, progress func(done, all int64)) ([]measured.Layer, error) {
	layers, err := file(ctx, path, s, progress)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	return layers, nil
}

func file(ctx context.Context, path string, s Settings, progress func(done, all int64)) ([]measured.Layer, error) {
	f, err := foreign.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	groups, all, err := count(ctx, f)
	if err != nil {
		return nil, err
	}
	if all == 0 {
		return nil, fmt.Errorf("read %s: there are no rows", path)
	}
	if all > math.MaxUint32 {
		return nil, fmt.Errorf("read %s: %d rows, more than %d; divide the file", path, all, uint32(math.MaxUint32))
	}
	for key, g := range groups {
		if len(g.classes) < 2 {
			return nil, fmt.Errorf("read %s: column %q: all %d rows of %s are of one class, and selectivity compares at least 2",
				path, foreign.Label, g.left, key)
		}
	}
	layers := make([]measured.Layer, len(groups))
	var memory int64
	done := int64(0)
	err = f.Scan(foreign.Options{Values: true, NotFinite: s.NotFinite}, func(b *foreign.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range b.Rows() {
			g, row := groups[b.Keys[i]], b.Row(i)
			takes := activity.Memory(len(row), len(g.classes), s.Permutations)
			if g.layer == nil {
				if memory += takes; memory > maxMemory {
					if memory == takes { // alone, so that no order of the rows helps
						return fmt.Errorf("read %s: row %d: %s has %d units and %d classes, which take %d MB, more than %d; "+
							"give fewer -permutations, such as -permutations=%d",
							path, b.First+int64(i), b.Keys[i], len(row), len(g.classes), memory>>20, maxMemory>>20,
							permutations(len(row), len(g.classes), s.Permutations))
					}
					return fmt.Errorf("read %s: row %d: the layers that are being read take %d MB, more than %d; sort the rows by run, epoch and "+
						"layer, or give fewer -permutations",
						path, b.First+int64(i), memory>>20, maxMemory>>20)
				}
				if g.layer, err = activity.NewLayer(len(row), g.classes, s.Function, streams(s.Permutations)); err != nil {
					return err
				}
			}
			if err := g.layer.Add(row, b.Labels[i]); err != nil {
				return err
			}
			if f.Predicts() {
				g.layer.Predict(b.Predictions[i] == b.Labels[i])
			}
			if g.left--; g.left > 0 {
				continue
			}
			r, err := g.layer.Result(s.Epsilon)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", b.Keys[i], path, err)
			}
			if !f.Predicts() {
				r.Accuracy = math.NaN()
			}
			if math.IsNaN(r.Selectivity) {
				r.P = math.NaN() // there is nothing that permutations could reach
			}
			layers[g.at] = measured.Layer{Key: b.Keys[i], Predicts: f.Predicts(), Result: r}
			g.layer, memory = nil, memory-takes
		}
		if done += int64(b.Rows()); progress != nil {
			progress(done, all)
		}
		return nil
	})
	return layers, err
}

// permutations returns the largest number of permutations below n with which a
// layer fits into memory, or 0.
func permutations(units, classes, n int) int {
	for n > 0 && activity.Memory(units, classes, n) > maxMemory {
		n--
	}
	return n
}

// count reads everything except the activations.
func count(ctx context.Context, f *foreign.File) (map[foreign.Key]*group, int64, error) {
	groups, all := map[foreign.Key]*group{}, int64(0)
	err := f.Scan(foreign.Options{}, func(b *foreign.Batch) error {
		for i, label := range b.Labels {
			g := groups[b.Keys[i]]
			if g == nil {
				if len(groups) == maxGroups {
					return fmt.Errorf("more than %d layers; does a column of another meaning have the name run, epoch or layer?", maxGroups)
				}
				g = &group{classes: activity.Classes{}, at: len(groups)}
				groups[b.Keys[i]] = g
			}
			g.classes.Count(label)
			if g.left++; len(g.classes) > maxClasses {
				return fmt.Errorf("row %d, column %q: more than %d classes in %s; are these the labels?",
					b.First+int64(i), foreign.Label, maxClasses, b.Keys[i])
			}
		}
		all += int64(b.Rows())
		return ctx.Err()
	})
	return groups, all, err
}

const (
	maxGroups  = 10000
	maxClasses = 1 << 16
)

// streams returns the random numbers for the permutations, which are the same
// for every layer.
func streams(n int) []activity.Source {
	list := make([]activity.Source, n)
	for i := range list {
		list[i] = rng.Named(0, "measure: permuted labels", uint64(i))
	}
	return list
}
