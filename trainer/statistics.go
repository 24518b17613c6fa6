package trainer

import "math"

// A Layer holds what the measured samples say about one hidden layer. Sparsity
// and selectivity are functions of it; none is computed here.
type Layer struct {
	Units       int
	ClassSums   []float64 // [classes][Units]: sums of absolute activations over the samples of a class
	ClassCounts []int64   // [classes]: samples of each class
	// RatioSum is the sum over all samples of the ratio of the l1 and the l2
	// norm of the sample's activations, RatioSquares that of its squares.
	RatioSum, RatioSquares float64
	Samples                int64
}

func newLayerStatistics(units, classes int) Layer {
	return Layer{Units: units, ClassSums: make([]float64, classes*units), ClassCounts: make([]int64, classes)}
}

// add accounts for one sample more. Sums over samples are taken in float64 in
// the order of the calls.
func (s *Layer) add(a []float32, class uint8) {
	sums := s.ClassSums[int(class)*s.Units:][:len(a)]
	for j, v := range a {
		sums[j] += math.Abs(float64(v))
	}
	s.ClassCounts[class]++
	ratio := float64(normRatio(a))
	s.RatioSum += ratio
	s.RatioSquares += float64(ratio * ratio)
	s.Samples++
}

// lanes is the number of partial sums of a norm. It is part of the definition
// of the statistics, not of a machine.
const lanes = 16

// normRatio returns the l1 norm of a divided by its l2 norm, in float32: unit
// j is added to partial sum j mod 16, in ascending j, and the partial sums
// pairwise, halves onto halves. Activations that all underflow have no ratio
// (NaN), and where only their squares do the ratio is +Inf, as in the float32
// arithmetic of the original study.
func normRatio(a []float32) float32 {
	var l1, l2 [lanes]float32
	for ; len(a) >= lanes; a = a[lanes:] {
		for i, v := range (*[lanes]float32)(a) {
			l1[i] += float32(math.Abs(float64(v)))
			l2[i] += float32(v * v)
		}
	}
	for i, v := range a {
		l1[i] += float32(math.Abs(float64(v)))
		l2[i] += float32(v * v)
	}
	for w := lanes / 2; w > 0; w /= 2 {
		for i := range w {
			l1[i] += l1[i+w]
			l2[i] += l2[i+w]
		}
	}
	return l1[0] / float32(math.Sqrt(float64(l2[0])))
}
