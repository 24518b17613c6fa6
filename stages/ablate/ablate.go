package ablate

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"sparsel/analysis/ablation"
	"sparsel/artifacts/foreign"
	"sparsel/artifacts/runs"
	"sparsel/stages/measured"
	"sparsel/trainer/rng"
)

// result is the outcome of removing units.
type result struct {
	params   Params
	layer    measured.Layer
	intact   float64
	without  []float64 // accuracy without one unit
	impact   []float64 // accuracy lost without it
	spearman float64   // correlation of selectivity and impact
	sets     []set
}

// The kinds of orders in which units are removed.
const (
	mostFirst = iota
	leastFirst
	atRandom
	likeMost
	likeLeast
)

// set holds the curves of one kind of order.
type set struct {
	name   string
	curves []curve
}

type curve struct {
	order    []int
	accuracy []float64 // [units+1]
	area     float64
}

// areas returns the area under each curve.
func (s set) areas() []float64 {
	var list []float64
	for _, c := range s.curves {
		list = append(list, c.area)
	}
	return list
}

func ablate(ctx context.Context, p Params, path, behind string, layers []measured.Layer, progress func(done, all int64)) (*result, error) {
	layer, err := p.choose(layers)
	if err != nil {
		return nil, err
	}
	output, err := readOutput(behind)
	if err != nil {
		return nil, err
	}
	if output.Units != len(layer.Units) {
		return nil, fmt.Errorf("%s has %d units, and the weights are for %d; name the layer in front of the output with -layer",
			layer.Key, len(layer.Units), output.Units)
	}
	for _, class := range layer.Classes {
		if class < 0 || class >= int64(output.Classes) {
			return nil, fmt.Errorf("there are samples of class %d, and the weights have the classes 0 to %d", class, output.Classes-1)
		}
	}
	r := &result{params: p, layer: layer}
	orders := r.orders()
	run, err := ablation.Begin(output, orders)
	if err != nil {
		return nil, err
	}
	if err := scan(ctx, path, layer, output, run, progress); err != nil {
		return nil, err
	}
	r.take(run.Counts(), orders)
	return r, nil
}

// choose returns the layer that the parameters name, at its last epoch.
func (p Params) choose(layers []measured.Layer) (measured.Layer, error) {
	runs := map[string]bool{}
	var names []string
	for _, l := range layers {
		if runs[l.Run] = true; !slices.Contains(names, l.Key.Layer) {
			names = append(names, l.Key.Layer)
		}
	}
	if len(runs) > 1 {
		return measured.Layer{}, fmt.Errorf("the file holds %d runs, and weights are one network's; "+
			"write the rows of that run to a file of their own", len(runs))
	}
	name := p.Layer
	if p.Last {
		name = names[len(names)-1]
	}
	var chosen *measured.Layer
	for i, l := range layers {
		if l.Key.Layer == name && (chosen == nil || l.Epoch > chosen.Epoch) {
			chosen = &layers[i]
		}
	}
	if chosen == nil {
		return measured.Layer{}, fmt.Errorf("there is no layer %q; the file has %q", name, names)
	}
	return *chosen, nil
}

// isParquet reports whether a file begins like a Parquet file.
func isParquet(path string) (bool, error) {
	f, err := foreign.Regular(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	start := make([]byte, 4)
	_, err = f.ReadAt(start, 0)
	return err == nil && bytes.Equal(start, []byte("PAR1")), nil
}

// Parts lists the files that make up the output layer at path.
func Parts(path string) ([]foreign.Part, error) {
	if one, err := isParquet(path); err != nil || one {
		return []foreign.Part{{Path: path}}, err
	}
	o, err := foreign.ReadOutput(path)
	if err != nil {
		return nil, err
	}
	return o.Parts, nil
}

// readOutput reads the output layer, either from weights.parquet of this
// project or from NumPy arrays.
func readOutput(path string) (ablation.Output, error) {
	if one, err := isParquet(path); err != nil {
		return ablation.Output{}, err
	} else if !one {
		o, err := foreign.ReadOutput(path)
		if err != nil {
			return ablation.Output{}, err
		}
		return ablation.Output{Units: o.Units, Classes: o.Classes, Weights: o.Weights, Bias: o.Bias}, nil
	}
	_, tensors, err := runs.ReadWeights(path)
	if err != nil {
		return ablation.Output{}, err
	}
	var o ablation.Output
	for _, t := range tensors {
		var values []float64
		for _, v := range t.Values {
			values = append(values, float64(v))
		}
		switch {
		case t.Name == "output.weight" && len(t.Shape) == 2:
			o.Classes, o.Units, o.Weights = t.Shape[0], t.Shape[1], values
		case t.Name == "output.bias" && len(t.Shape) == 1:
			o.Bias = values
		}
	}
	if o.Weights == nil || len(o.Bias) != o.Classes {
		return o, fmt.Errorf("read weights %s: no output.weight of [classes][units] with an output.bias of [classes]", path)
	}
	return o, nil
}

// orders returns the orders of all sets, one set after the other.
func (r *result) orders() [][]int {
	var selectivity, activity []float64
	for _, u := range r.layer.Units {
		selectivity, activity = append(selectivity, u.Selectivity), append(activity, u.Mean)
	}
	n := len(selectivity)
	strata := ablation.Strata(activity)
	most := ablation.MostFirst(selectivity)
	least := ablation.Reversed(most)
	r.sets = []set{
		mostFirst: {name: "most selective first"}, leastFirst: {name: "least selective first"}, atRandom: {name: "at random"},
		likeMost: {name: "like most selective first"}, likeLeast: {name: "like least selective first"},
	}
	add := func(set int, order []int) { r.sets[set].curves = append(r.sets[set].curves, curve{order: order}) }
	add(mostFirst, most)
	add(leastFirst, least)
	for i := range r.params.Orders {
		draw := func(set string) *rng.Source { return rng.Named(0, "ablate: order "+set, uint64(i)) }
		add(atRandom, ablation.Random(n, draw("at random")))
		add(likeMost, ablation.Matched(most, strata, draw("like most")))
		add(likeLeast, ablation.Matched(least, strata, draw("like least")))
	}
	var all [][]int
	for _, s := range r.sets {
		for _, c := range s.curves {
			all = append(all, c.order)
		}
	}
	return all
}

// scan passes the layer's samples to the run.
func scan(ctx context.Context, path string, layer measured.Layer, output ablation.Output, run *ablation.Run,
	progress func(done, all int64)) error {
	f, err := foreign.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var rows []float32
	var labels []int
	done := int64(0)
	return f.Scan(foreign.Options{Values: true}, func(b *foreign.Batch) error {
		rows, labels = rows[:0], labels[:0]
		for i, key := range b.Keys {
			if key != layer.Key {
				continue
			}
			if len(b.Row(i)) != output.Units || b.Labels[i] < 0 || b.Labels[i] >= int64(output.Classes) {
				return fmt.Errorf("row %d is another than was measured; measure the file again", b.First+int64(i))
			}
			if f.Predicts() {
				if err := agrees(output, b.Row(i), b.Predictions[i]); err != nil {
					return fmt.Errorf("read %s: row %d, column %q: %w", path, b.First+int64(i), foreign.Prediction, err)
				}
			}
			rows, labels = append(rows, b.Row(i)...), append(labels, int(b.Labels[i]))
		}
		run.Add(rows, labels)
		done += int64(len(labels))
		progress(done, layer.Samples)
		return ctx.Err()
	})
}

// agrees compares a prediction in the file with the one that the weights give.
// They may differ where two logits are so close that rounding in the other
// program can have exchanged them. The bound assumes products rounded to
// bfloat16, with a relative error of 2^-9 for each factor and for the product,
// and sums in float32, in which n additions have a relative error of at most
// n·2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, section
// 4.2).
func agrees(o ablation.Output, row []float32, predicted int64) error {
	class, logits, sizes := o.Predict(row)
	if predicted == int64(class) {
		return nil
	}
	if predicted >= 0 && predicted < int64(o.Classes) {
		relative := 3*math.Ldexp(1, -9) + float64(len(row)+1)*math.Ldexp(1, -24)
		if logits[class]-logits[predicted] <= relative*(sizes[class]+sizes[predicted]) {
			return nil
		}
	}
	return fmt.Errorf("it says %d, and the weights with the row's activations say %d: they are another network's, or the layer is not "+
		"the one in front of the output; name it with -layer",
		predicted, class)
}

// take computes accuracies from the counts.
func (r *result) take(c ablation.Counts, orders [][]int) {
	r.intact = float64(c.Intact) / float64(c.Samples)
	r.without = c.Accuracies(c.Without)
	var selectivity []float64
	for j, a := range r.without {
		r.impact, selectivity = append(r.impact, r.intact-a), append(selectivity, r.layer.Units[j].Selectivity)
	}
	r.spearman = ablation.Spearman(selectivity, r.impact)
	at := 0
	for i := range r.sets {
		for k := range r.sets[i].curves {
			one := &r.sets[i].curves[k]
			one.accuracy = c.Accuracies(c.Removed[at])
			one.area = ablation.Area(one.accuracy)
			at++
		}
	}
}
