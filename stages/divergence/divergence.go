// Package divergence says where two records of one training diverge. Equal
// parameters give equal bits on every machine, so the first difference shows
// where to look for the mistake, which may be in the code, the build or the
// machine.
package divergence

import (
	"fmt"
	"math"
	"slices"

	"sparsel/artifacts/runs"
)

// Difference is the first difference between two records.
type Difference struct {
	Epoch int    // from 1; 0 for an early point within the first epoch
	Step  int    // steps since the start of the training
	What  string // such as "the weights after it are others"
}

// String returns a clause such as "the first epoch that differs is 3: the
// weights after it are others".
func (d Difference) String() string {
	switch {
	case d.Epoch > 0:
		return fmt.Sprintf("the first epoch that differs is %d: %s", d.Epoch, d.What)
	case d.Step == 0:
		return "the first epoch that differs is 1, before any step: " + d.What
	}
	return fmt.Sprintf("the first epoch that differs is 1, after step %d: %s", d.Step, d.What)
}

// First returns the first difference between two records of a run, or false if
// there is none. It compares every column. All NaN values are equal, because a
// run that diverged and its repetition don't differ in that.
//
// Within an epoch, First reports what comes first in training. The training
// loss depends on the weights before and during the epoch, and the digest on
// those after it. Everything else was measured with the weights after it. If
// the digest before is equal and the one after differs, the mistake is in this
// epoch's steps. Then go test ./trainer -run TestFirstDifference -args
// -config=FILE names the step and the layer, provided that two kernel sets of
// one machine disagree.
func First(a, b []runs.Epoch) (Difference, bool) {
	for i := range min(len(a), len(b)) {
		if what := epoch(a[i], b[i]); what != "" {
			return Difference{a[i].Epoch, a[i].Step, what}, true
		}
	}
	if len(a) == len(b) {
		return Difference{}, false
	}
	longer := slices.MaxFunc([][]runs.Epoch{a, b}, func(x, y []runs.Epoch) int { return len(x) - len(y) })
	next := longer[min(len(a), len(b))]
	return Difference{next.Epoch, next.Step, fmt.Sprintf("one record ends before it (%d points and %d)", len(a), len(b))}, true
}

// epoch says what differs, or returns "".
func epoch(a, b runs.Epoch) string {
	switch {
	case a.Epoch != b.Epoch:
		return fmt.Sprintf("the other record has epoch %d in its place", b.Epoch)
	case a.Step != b.Step:
		return fmt.Sprintf("it ends after %d steps in one record and after %d in the other", a.Step, b.Step)
	case a.Digest != b.Digest && same(a.TrainLoss, b.TrainLoss):
		return "the weights after it are others, the losses of its steps add up to the same"
	case a.Digest != b.Digest:
		return fmt.Sprintf("the weights after it are others, and so is the training loss (%v and %v)", a.TrainLoss, b.TrainLoss)
	case !same(a.TrainLoss, b.TrainLoss):
		return fmt.Sprintf("the weights are the same, the training loss is not (%v and %v)", a.TrainLoss, b.TrainLoss)
	}
	for _, p := range passes {
		if x, y := p.of(a), p.of(b); x.samples != y.samples || x.correct != y.correct || !same(x.loss, y.loss) {
			return fmt.Sprintf("the weights are the same, the %s is not (%d of %d right with loss %v, and %d of %d with %v)",
				p.name, x.correct, x.samples, x.loss, y.correct, y.samples, y.loss)
		}
	}
	switch {
	case !slices.Equal(a.ClassSamples, b.ClassSamples) || !slices.Equal(a.ClassCorrect, b.ClassCorrect):
		return fmt.Sprintf("the weights are the same, the test pass by class is not (%v of %v right, and %v of %v)",
			a.ClassCorrect, a.ClassSamples, b.ClassCorrect, b.ClassSamples)
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

// outcome is the result of a pass over images.
type outcome struct {
	loss             float64
	correct, samples int
}

// passes lists the passes that are made with the weights after an epoch, in
// this order.
var passes = []struct {
	name string
	of   func(runs.Epoch) outcome
}{
	{"test pass", func(e runs.Epoch) outcome { return outcome{e.TestLoss, e.Correct, e.Samples} }},
	{"pass over the validation images", func(e runs.Epoch) outcome {
		return outcome{e.ValidationLoss, e.ValidationCorrect, e.ValidationSamples}
	}},
	{"pass over the training images", func(e runs.Epoch) outcome { return outcome{e.TrainLossAfter, e.TrainCorrect, e.TrainSamples} }},
}

// layer names the statistics that differ, or returns "".
func layer(a, b runs.Layer) string {
	switch {
	case a.Units != b.Units:
		return "the units"
	case a.Activation != b.Activation:
		return "the activation functions"
	case a.Samples != b.Samples || !slices.Equal(a.ClassCounts, b.ClassCounts):
		return "the measured samples"
	case !slices.EqualFunc(a.ClassSums, b.ClassSums, same):
		return "the class sums"
	case !slices.EqualFunc(a.Squares, b.Squares, same):
		return "the sums of squares"
	case !slices.EqualFunc(a.Least, b.Least, same) || !slices.EqualFunc(a.Most, b.Most, same):
		return "the least and largest activations"
	case !slices.EqualFunc(a.Thresholds, b.Thresholds, same) || !slices.Equal(a.Below, b.Below):
		return "the counts below thresholds"
	case !same(a.RatioSum, b.RatioSum) || !same(a.RatioSquares, b.RatioSquares) || !same(a.RatioFourths, b.RatioFourths):
		return "the norm ratios"
	case !same(a.RankSum, b.RankSum) || !same(a.RankSquares, b.RankSquares):
		return "the ranks"
	}
	return ""
}

// same compares bits, so that 0 and -0 differ. All NaN values are the same.
func same[T float32 | float64](a, b T) bool {
	return a == b && math.Signbit(float64(a)) == math.Signbit(float64(b)) || a != a && b != b
}
