// Package differ says where two records of one training part. Equal parameters give equal bits on every machine, so
// that the first difference is where to look for the mistake: in the code, the build or the machine.
package differ

import (
	"fmt"
	"math"
	"slices"

	"sparsel/artifacts/runs"
)

// Difference is the first one between two records.
type Difference struct {
	Epoch int    // from 1
	What  string // such as "the weights after it are others"
}

// String is a clause such as "the first epoch that differs is 3: the weights after it are others".
func (d Difference) String() string {
	return fmt.Sprintf("the first epoch that differs is %d: %s", d.Epoch, d.What)
}

// First returns the first difference between two records of a run, and false if there is none. All NaN are equal: a run
// that diverged and its repetition don't differ in that.
//
// Within an epoch what comes first in training comes first here: the training loss is about the weights before and
// during the epoch, the digest about those after it, everything else was measured with them. An equal digest before
// and another one after it place the mistake in this epoch's steps; go test ./trainer -run TestFirstDifference -args
// -config=FILE then names step and layer, where two kernel sets of one machine disagree.
func First(a, b []runs.Epoch) (Difference, bool) {
	for i := range min(len(a), len(b)) {
		if what := epoch(a[i], b[i]); what != "" {
			return Difference{a[i].Epoch, what}, true
		}
	}
	if len(a) == len(b) {
		return Difference{}, false
	}
	longer := slices.MaxFunc([][]runs.Epoch{a, b}, func(x, y []runs.Epoch) int { return len(x) - len(y) })
	return Difference{longer[min(len(a), len(b))].Epoch, fmt.Sprintf("one record ends before it (%d epochs and %d)", len(a), len(b))}, true
}

// epoch says what differs, or "".
func epoch(a, b runs.Epoch) string {
	switch {
	case a.Epoch != b.Epoch:
		return fmt.Sprintf("the other record has epoch %d in its place", b.Epoch)
	case a.Digest != b.Digest && same(a.TrainLoss, b.TrainLoss):
		return "the weights after it are others, the losses of its steps add up to the same"
	case a.Digest != b.Digest:
		return fmt.Sprintf("the weights after it are others, and so is the training loss (%v and %v)", a.TrainLoss, b.TrainLoss)
	case !same(a.TrainLoss, b.TrainLoss):
		return fmt.Sprintf("the weights are the same, the training loss is not (%v and %v)", a.TrainLoss, b.TrainLoss)
	case a.Samples != b.Samples || a.Correct != b.Correct || !same(a.TestLoss, b.TestLoss):
		return fmt.Sprintf("the weights are the same, the test pass is not (%d of %d right with loss %v, and %d of %d with %v)",
			a.Correct, a.Samples, a.TestLoss, b.Correct, b.Samples, b.TestLoss)
	case len(a.Layers) != len(b.Layers):
		return fmt.Sprintf("the records have %d and %d hidden layers", len(a.Layers), len(b.Layers))
	}
	for i := range a.Layers {
		if what := layer(a.Layers[i], b.Layers[i]); what != "" {
			return fmt.Sprintf("the weights are the same, %s of layer %d are not", what, i+1)
		}
	}
	return ""
}

// layer names the statistics that differ, or returns "".
func layer(a, b runs.Layer) string {
	switch {
	case a.Units != b.Units:
		return "the units"
	case a.Samples != b.Samples || !slices.Equal(a.ClassCounts, b.ClassCounts):
		return "the measured samples"
	case !slices.EqualFunc(a.ClassSums, b.ClassSums, same):
		return "the class sums"
	case !same(a.RatioSum, b.RatioSum) || !same(a.RatioSquares, b.RatioSquares):
		return "the norm ratios"
	}
	return ""
}

// same compares bits, so that 0 and -0 differ, but for NaN.
func same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}
