package runs

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"sparsel/artifacts"
)

// recordRows is one row group of the record, stored by column.
type recordRows struct {
	epoch                     []int32
	step                      []int64
	layer                     []int32
	trainLoss, testLoss       []float64
	correct, samples          []int64
	trainAfter                []float64
	trainCorrect, trainSample []int64
	validationLoss            []float64
	validationCorrect         []int64
	validationSamples         []int64
	classCorrect              artifacts.List[int64]
	classSamples              artifacts.List[int64]
	digest                    []string
	units                     []int32
	activation                []string
	classCounts               artifacts.List[int64]
	classSums, squares        artifacts.List[float64]
	least, most, thresholds   artifacts.List[float32]
	below                     artifacts.List[int64]
	sums                      [5][]float64 // in the order of Layer.sums
	layerSamples              []int64
}

func (l *Layer) sums() [5]*float64 {
	return [5]*float64{&l.RatioSum, &l.RatioSquares, &l.RatioFourths, &l.RankSum, &l.RankSquares}
}

func (r *recordRows) columns() []any {
	return []any{
		r.epoch, r.step, r.layer, r.trainLoss, r.testLoss, r.correct, r.samples, r.trainAfter, r.trainCorrect, r.trainSample,
		r.validationLoss, r.validationCorrect, r.validationSamples, r.classCorrect, r.classSamples, r.digest,
		r.units, r.activation, r.classCounts, r.classSums, r.squares, r.least, r.most, r.thresholds, r.below,
		r.sums[0], r.sums[1], r.sums[2], r.sums[3], r.sums[4], r.layerSamples,
	}
}

func (r *recordRows) pointers() []any {
	return []any{
		&r.epoch, &r.step, &r.layer, &r.trainLoss, &r.testLoss, &r.correct, &r.samples, &r.trainAfter, &r.trainCorrect, &r.trainSample,
		&r.validationLoss, &r.validationCorrect, &r.validationSamples, &r.classCorrect, &r.classSamples,
		&r.digest, &r.units, &r.activation, &r.classCounts, &r.classSums, &r.squares, &r.least, &r.most, &r.thresholds, &r.below,
		&r.sums[0], &r.sums[1], &r.sums[2], &r.sums[3], &r.sums[4], &r.layerSamples,
	}
}

// add appends a row to a list column.
func add[T int64 | float32 | float64](list *artifacts.List[T], values []T) {
	list.Lengths = append(list.Lengths, int32(len(values)))
	list.Values = append(list.Values, values...)
}

// take returns the row with the given number in a list column.
func take[T int64 | float32 | float64](list *artifacts.List[T], row int) []T {
	n := list.Lengths[row]
	values := list.Values[:n:n]
	list.Values = list.Values[n:]
	return values
}

// append adds the rows of an epoch.
func (r *recordRows) append(e *Epoch) {
	for i := range e.Layers {
		l := &e.Layers[i]
		r.epoch = append(r.epoch, int32(e.Epoch))
		r.step = append(r.step, int64(e.Step))
		r.layer = append(r.layer, int32(i+1))
		r.trainLoss = append(r.trainLoss, e.TrainLoss)
		r.testLoss = append(r.testLoss, e.TestLoss)
		r.correct = append(r.correct, int64(e.Correct))
		r.samples = append(r.samples, int64(e.Samples))
		r.trainAfter = append(r.trainAfter, e.TrainLossAfter)
		r.trainCorrect = append(r.trainCorrect, int64(e.TrainCorrect))
		r.trainSample = append(r.trainSample, int64(e.TrainSamples))
		r.validationLoss = append(r.validationLoss, e.ValidationLoss)
		r.validationCorrect = append(r.validationCorrect, int64(e.ValidationCorrect))
		r.validationSamples = append(r.validationSamples, int64(e.ValidationSamples))
		add(&r.classCorrect, e.ClassCorrect)
		add(&r.classSamples, e.ClassSamples)
		r.digest = append(r.digest, hex.EncodeToString(e.Digest[:]))
		r.units = append(r.units, int32(l.Units))
		r.activation = append(r.activation, l.Activation)
		add(&r.classCounts, l.ClassCounts)
		add(&r.classSums, l.ClassSums)
		add(&r.squares, l.Squares)
		add(&r.least, l.Least)
		add(&r.most, l.Most)
		add(&r.thresholds, l.Thresholds)
		add(&r.below, l.Below)
		for k, sum := range l.sums() {
			r.sums[k] = append(r.sums[k], *sum)
		}
		r.layerSamples = append(r.layerSamples, l.Samples)
	}
}

// epochs appends the epochs of a row group. A row of layer 1 begins an epoch.
// The result shares the memory of a row group that was read.
func (r *recordRows) epochs(epochs []Epoch) ([]Epoch, error) {
	for i := range r.epoch {
		e := Epoch{
			Epoch: int(r.epoch[i]), Step: int(r.step[i]), TrainLoss: r.trainLoss[i], TestLoss: r.testLoss[i],
			Correct: int(r.correct[i]), Samples: int(r.samples[i]),
			TrainLossAfter: r.trainAfter[i], TrainCorrect: int(r.trainCorrect[i]), TrainSamples: int(r.trainSample[i]),
			ValidationLoss: r.validationLoss[i], ValidationCorrect: int(r.validationCorrect[i]), ValidationSamples: int(r.validationSamples[i]),
			ClassCorrect: take(&r.classCorrect, i), ClassSamples: take(&r.classSamples, i),
		}
		sum, err := hex.DecodeString(r.digest[i])
		if err != nil || copy(e.Digest[:], sum) != len(sum) || len(sum) != len(e.Digest) {
			return nil, fmt.Errorf("digest %q of epoch %d is not 64 hex digits", r.digest[i], e.Epoch)
		}
		if r.layer[i] == 1 {
			epochs = append(epochs, e)
		}
		if len(epochs) == 0 || !epochs[len(epochs)-1].same(&e) || int(r.layer[i]) != len(epochs[len(epochs)-1].Layers)+1 {
			return nil, fmt.Errorf("row of epoch %d, layer %d does not belong after the one before it", e.Epoch, r.layer[i])
		}
		l := Layer{
			Units: int(r.units[i]), Activation: r.activation[i], ClassCounts: take(&r.classCounts, i), ClassSums: take(&r.classSums, i),
			Squares: take(&r.squares, i), Least: take(&r.least, i), Most: take(&r.most, i),
			Thresholds: take(&r.thresholds, i), Below: take(&r.below, i), Samples: r.layerSamples[i],
		}
		for k, sum := range l.sums() {
			*sum = r.sums[k][i]
		}
		last := &epochs[len(epochs)-1]
		last.Layers = append(last.Layers, l)
	}
	return epochs, nil
}

// same reports whether two rows have the same epoch, bit for bit.
func (e *Epoch) same(o *Epoch) bool {
	bits := math.Float64bits
	return e.Epoch == o.Epoch && e.Step == o.Step && e.Correct == o.Correct && e.Samples == o.Samples && e.Digest == o.Digest &&
		e.TrainCorrect == o.TrainCorrect && e.TrainSamples == o.TrainSamples && bits(e.TrainLoss) == bits(o.TrainLoss) &&
		bits(e.TestLoss) == bits(o.TestLoss) && bits(e.TrainLossAfter) == bits(o.TrainLossAfter) &&
		bits(e.ValidationLoss) == bits(o.ValidationLoss) && e.ValidationCorrect == o.ValidationCorrect &&
		e.ValidationSamples == o.ValidationSamples && slices.Equal(e.ClassCorrect, o.ClassCorrect) && slices.Equal(e.ClassSamples, o.ClassSamples)
}
