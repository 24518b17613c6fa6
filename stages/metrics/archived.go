package metrics

import (
	"fmt"
	"math"
	"strconv"

	"sparsel/analysis/ablation"
	"sparsel/analysis/activity"
	"sparsel/analysis/metric"
	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
	"sparsel/trainer/rng"
)

// permutations is how often the labels are permuted for the chance level, and
// orders is the number of random orders in which units are removed. Both are
// the same for every network, so that they cause no difference between two
// networks.
const (
	permutations = 20
	orders       = 5
)

// streams returns random numbers for permutations.
func streams(n int, label string) []*rng.Source {
	list := make([]*rng.Source, n)
	for i := range list {
		list[i] = rng.Named(0, label, uint64(i))
	}
	return list
}

// archived holds the metrics that need activations, for the layers whose
// activations are archived. It is indexed by epoch, and by layer from 0.
type archived map[int][]further

type further struct {
	chance                float64
	sparsity, selectivity float64 // of the units that are neither dead nor saturated
	metric.Tuning
	ablation *removal
}

// add measures an archived layer, of which recorded is what the record has. It
// also removes its units if there are weights and the layer is the last before
// the output.
func (a archived) add(b runs.Block, recorded metric.Statistics, epsilon float64, weights []runs.Tensor) error {
	classes := len(recorded.ClassCounts)
	var sources []activity.Source
	for _, s := range streams(permutations, "metrics: permuted labels") {
		sources = append(sources, s)
	}
	f := further{chance: activity.Chance(b.Values, b.Units, b.Labels, classes, epsilon, sources)}
	f.Tuning = metric.MeanTuning(metric.Tunings(b.Values, b.Units, b.Labels, classes))
	varying, err := onlyVarying(b, recorded)
	if err != nil {
		return err
	}
	f.sparsity, f.selectivity = varying.Sparsity(), math.NaN()
	if varying.Units > 0 {
		f.selectivity, _ = metric.MeanStd(varying.Selectivity(epsilon))
	}
	if len(weights) > 0 {
		if f.ablation, err = ablate(b, classes, epsilon, weights); err != nil {
			return err
		}
	}
	a[b.Epoch] = append(a[b.Epoch], f)
	return nil
}

// onlyVarying returns the statistics of a layer as if it had no other units than
// those that are neither dead nor saturated. recorded are those of all.
func onlyVarying(b runs.Block, recorded metric.Statistics) (metric.Statistics, error) {
	units, err := recorded.Varying()
	switch {
	case err != nil || len(units) == 0:
		return metric.Statistics{}, err
	case len(units) == b.Units:
		return recorded, nil
	}
	values := make([]float32, 0, len(b.Labels)*len(units))
	for i := range b.Labels {
		row := b.Values[i*b.Units:][:b.Units]
		for _, u := range units {
			values = append(values, row[u])
		}
	}
	return metric.FromActivations(values, len(units), b.Labels, len(recorded.ClassCounts), nil)
}

// removal is the result of removing the units of a network's only hidden layer.
// A removed unit is replaced by its mean.
type removal struct {
	selective, unselective, random float64 // areas under the accuracy curve
	matched                        float64 // mean area of orders matched for activity, minus that of the most selective first
	impact                         float64 // Spearman's correlation of selectivity and the accuracy that a unit's absence costs
}

func ablate(b runs.Block, classes int, epsilon float64, weights []runs.Tensor) (*removal, error) {
	o := ablation.Output{Units: b.Units, Classes: classes, Absent: make([]float64, b.Units)}
	for _, t := range weights {
		switch t.Name {
		case "output.weight":
			o.Weights = wide(t.Values)
		case "output.bias":
			o.Bias = wide(t.Values)
		case "hidden2.weight":
			return nil, fmt.Errorf("take units out: the network has several hidden layers")
		}
	}
	for i, v := range b.Values {
		o.Absent[i%b.Units] += float64(v) / float64(len(b.Labels))
	}
	s, err := metric.FromActivations(b.Values, b.Units, b.Labels, classes, nil)
	if err != nil {
		return nil, err
	}
	selectivity := s.Selectivity(epsilon)
	most := ablation.MostFirst(selectivity)
	list, strata := [][]int{most, ablation.Reversed(most)}, ablation.Strata(o.Absent)
	for _, s := range streams(orders, "metrics: order of units") {
		list = append(list, ablation.Random(b.Units, s), ablation.Matched(most, strata, s))
	}
	run, err := ablation.Begin(o, list)
	if err != nil {
		return nil, err
	}
	labels := make([]int, len(b.Labels))
	for i, l := range b.Labels {
		labels[i] = int(l)
	}
	run.Add(b.Values, labels)
	c := run.Counts()
	area := func(k int) float64 { return ablation.Area(c.Accuracies(c.Removed[k])) }
	r := &removal{selective: area(0), unselective: area(1)}
	for k := range orders {
		r.random += area(2+2*k) / orders
		r.matched += (area(3+2*k) - r.selective) / orders
	}
	cost := make([]float64, b.Units)
	for u, n := range c.Without {
		cost[u] = float64(c.Intact - n)
	}
	r.impact = ablation.Spearman(selectivity, cost)
	return r, nil
}

func wide(values []float32) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = float64(v)
	}
	return list
}

// complete adds the metrics of archived layers to the rows: those of each
// layer, and their mean over the layers.
func (a archived) complete(rows []measures.Row) {
	for i := range rows {
		r := &rows[i]
		layers := a[r.Epoch]
		if k, err := strconv.Atoi(r.Layer); err == nil && k <= len(layers) {
			layers = layers[k-1 : k]
		}
		if r.Epoch == 0 || len(layers) == 0 {
			continue
		}
		n := float64(len(layers))
		var mean further
		var tunings []metric.Tuning
		for _, f := range layers {
			mean.chance += f.chance / n
			mean.sparsity += f.sparsity / n
			mean.selectivity += f.selectivity / n
			tunings = append(tunings, f.Tuning)
		}
		mean.Tuning = metric.MeanTuning(tunings)
		r.CCMASChance, r.ROC, r.Precision, r.Information, r.Informedness = mean.chance, mean.ROC, mean.Precision, mean.Information,
			mean.Informedness
		r.SparsityVarying, r.SelectivityVarying = mean.sparsity, mean.selectivity
		if b := layers[len(layers)-1].ablation; b != nil {
			r.AblationSelective, r.AblationUnselective, r.AblationRandom = b.selective, b.unselective, b.random
			r.AblationMatched, r.Impact = b.matched, b.impact
		}
	}
}

// complete adds the metrics of a training in phases to the rows.
func (p Params) complete(rows []measures.Row, epochs []runs.Epoch) {
	if len(p.Phases) < 2 {
		return
	}
	first, second := p.Phases[0], p.Phases[1]
	learnt := math.NaN() // accuracy on the first phase's classes at its end
	at := map[int]runs.Epoch{}
	for _, e := range epochs {
		if e.Epoch > 0 {
			at[e.Epoch] = e
		}
	}
	if e, ok := at[first.Epochs]; ok {
		learnt = accuracyOn(e, first.Classes)
	}
	for i := range rows {
		r := &rows[i]
		e, ok := at[r.Epoch]
		if !ok {
			continue
		}
		r.PhaseAccuracy = accuracyOn(e, first.Classes)
		if r.Epoch >= first.Epochs {
			r.Forgetting = learnt - r.PhaseAccuracy
		}
		layers := e.Layers
		if k, err := strconv.Atoi(r.Layer); err == nil {
			layers = layers[k-1 : k]
		}
		r.Overlap = 0
		for _, l := range layers {
			r.Overlap += overlap(l, first.Classes, second.Classes) / float64(len(layers))
		}
	}
}

// accuracyOn returns the share of the test samples of some classes that are
// classified correctly.
func accuracyOn(e runs.Epoch, classes []int) float64 {
	var correct, samples int64
	for _, c := range classes {
		correct, samples = correct+e.ClassCorrect[c], samples+e.ClassSamples[c]
	}
	return float64(correct) / float64(samples)
}

// overlap returns the share of activation that units have in common for two
// sets of classes. For each unit it takes the mean activation for either set.
// The result is the sum of the smaller means over the sum of the larger ones.
// It is 1 if each unit is as active for one set as for the other, and 0 if each
// is silent for one of them (French, 1991, adds up the smaller ones).
func overlap(l runs.Layer, a, b []int) float64 {
	var smaller, larger float64
	for j := range l.Units {
		x, y := meanOver(l, a, j), meanOver(l, b, j)
		smaller, larger = smaller+math.Min(x, y), larger+math.Max(x, y)
	}
	return smaller / larger
}

// meanOver returns a unit's mean activation over the samples of some classes.
func meanOver(l runs.Layer, classes []int, unit int) float64 {
	var sum float64
	var n int64
	for _, c := range classes {
		sum, n = sum+l.ClassSums[c*l.Units+unit], n+l.ClassCounts[c]
	}
	return sum / float64(n)
}
