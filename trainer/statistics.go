package trainer

import (
	"math"
	"slices"

	"sparsel/trainer/kernel"
)

// A Layer holds sums over the measured samples of one hidden layer. Metrics of
// sparsity and selectivity are functions of these sums; no metric is computed
// here. All sums are about the absolute value |a| of an activation.
type Layer struct {
	Units       int
	ClassSums   []float64 // [classes][Units]: sums over the samples of a class
	ClassCounts []int64   // [classes]: samples of each class
	Squares     []float64 // [Units]: sums of squares over all samples
	Least, Most []float32 // [Units]: the smallest and the largest over all samples; NaN counts as the largest
	Below       []int64   // [len(Thresholds)][Units]: samples below each threshold
	// RatioSum is the sum over all samples of the ratio of the L1 norm to the
	// L2 norm of the sample's activations. RatioSquares and RatioFourths are
	// the sums of its squares and of its fourth powers.
	RatioSum, RatioSquares, RatioFourths float64
	// RankSum is the sum over all samples of Σ k·|a| / Σ |a| over the units,
	// where k is the rank of |a| and the smallest has rank 1. RankSquares is
	// the sum of the squares.
	RankSum, RankSquares float64
	Samples              int64
}

// Thresholds returns the thresholds of [Layer.Below]. The first is the smallest
// number above 0, so that only 0 is below it.
func Thresholds() []float32 { return slices.Clone(kernel.Thresholds[:]) }

// stretch is the number of samples that are measured at a time: enough to sort
// 16 side by side, and few enough for their activations to stay in cache.
const stretch = 64

// A meter computes the statistics of one layer.
type meter struct {
	set            *kernel.Set
	units, classes int
	panels         int
	activations    []float32 // panels×stretch×16: samples not measured yet; 0 where there is no unit
	labels         []uint8   // labels of these samples
	tally          *kernel.Tally
	layer          Layer
	l1, l2         [stretch]float32
	sorted         []float32
	ranked         kernel.Ranked
}

func newMeter(set *kernel.Set, units, classes int) *meter {
	panels := padded(units) / kernel.Width
	return &meter{
		set: set, units: units, classes: classes, panels: panels,
		activations: make([]float32, panels*stretch*kernel.Width), labels: make([]uint8, 0, stretch),
		sorted: make([]float32, max(panels*kernel.Width, kernel.RankRows(units))*kernel.Width),
		tally:  kernel.NewTally(panels, classes), layer: Layer{Units: units, ClassCounts: make([]int64, classes)},
	}
}

// add adds one sample. All sums over samples are taken in float64 in the order
// of the calls.
func (m *meter) add(a []float32, class uint8) {
	to := m.activations[len(m.labels)*kernel.Width:]
	const panel = stretch * kernel.Width
	p := 0
	for ; len(a) >= kernel.Width; a = a[kernel.Width:] {
		*(*[kernel.Width]float32)(to[p*panel:]) = [kernel.Width]float32(a)
		p++
	}
	if len(a) > 0 {
		copy(to[p*panel:], a)
	}
	m.labels = append(m.labels, class)
	if len(m.labels) == stretch {
		m.measure()
	}
}

// measure processes the samples that were added.
func (m *meter) measure() {
	l, rows := &m.layer, len(m.labels)
	const panel = stretch * kernel.Width
	m.set.Tally(m.tally, m.activations, panel, m.labels)
	for _, class := range m.labels {
		l.ClassCounts[class]++
	}
	m.set.Norms(m.l1[:rows], m.l2[:rows], m.activations, panel, m.panels)
	for i := range rows {
		// If all activations underflow, the ratio does not exist (NaN). If only
		// their squares do, it is +Inf, as in the float32 arithmetic of the
		// original study.
		ratio := float64(m.l1[i] / float32(math.Sqrt(float64(m.l2[i]))))
		square := float64(ratio * ratio)
		l.RatioSum += ratio
		l.RatioSquares += square
		l.RatioFourths += float64(square * square)
	}
	for from := 0; from < rows; from += kernel.Width {
		const block = kernel.Width * kernel.Width
		m.set.TransposeBlocks(m.sorted, m.activations[from*kernel.Width:], m.panels, block, panel)
		m.set.RankSums(&m.ranked, m.sorted, m.units)
		for i := range min(kernel.Width, rows-from) {
			rank := m.ranked.Ranks[i] / m.ranked.Totals[i]
			l.RankSum += rank
			l.RankSquares += float64(rank * rank)
		}
	}
	l.Samples += int64(rows)
	m.labels = m.labels[:0]
}

// finish returns the statistics of the samples added since the last call, and
// starts over.
func (m *meter) finish() Layer {
	m.measure()
	l, t, n := m.layer, m.tally, m.panels*kernel.Width
	for c := range m.classes {
		l.ClassSums = append(l.ClassSums, t.Sums[c*n:][:m.units]...)
	}
	l.Squares = slices.Clone(t.Squares[:m.units])
	for j := range m.units {
		l.Least = append(l.Least, math.Float32frombits(t.Least[j]))
		l.Most = append(l.Most, math.Float32frombits(t.Most[j]))
	}
	for k := range kernel.Thresholds {
		for _, below := range t.Below[k*n:][:m.units] {
			l.Below = append(l.Below, int64(below))
		}
	}
	m.tally = kernel.NewTally(m.panels, m.classes)
	m.layer = Layer{Units: m.units, ClassCounts: make([]int64, m.classes)}
	return l
}
