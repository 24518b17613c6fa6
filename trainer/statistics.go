package trainer

import (
	"math"
	"slices"

	"sparsel/trainer/kernel"
)

// A Layer holds what the measured samples say about one hidden layer, in sums that
// metrics of sparsity and selectivity are functions of; no metric is computed here.
// All is about the absolute value |a| of an activation.
type Layer struct {
	Units       int
	ClassSums   []float64 // [classes][Units]: sums over the samples of a class
	ClassCounts []int64   // [classes]: samples of each class
	Squares     []float64 // [Units]: sums of squares over all samples
	Least, Most []float32 // [Units]: the smallest and the largest of all samples; NaN exceeds all
	Below       []int64   // [len(Thresholds)][Units]: samples below each of Thresholds
	// RatioSum is the sum over all samples of the ratio of the l1 and the l2
	// norm of the sample's activations, RatioSquares that of its squares and
	// RatioFourths that of its fourth powers.
	RatioSum, RatioSquares, RatioFourths float64
	// RankSum is the sum over all samples of Σ k·|a| / Σ |a| over the units,
	// where the k-th smallest is taken k times, RankSquares that of its squares.
	RankSum, RankSquares float64
	Samples              int64
}

// Thresholds are what [Layer.Below] counts against. The first is the smallest number
// above 0: only 0 is below it.
func Thresholds() []float32 { return slices.Clone(kernel.Thresholds[:]) }

// stretch is how many samples are measured at a time: enough for the sorting of 16
// side by side, and few enough for their activations to stay in cache.
const stretch = 64

// A meter makes the statistics of one layer.
type meter struct {
	set            *kernel.Set
	units, classes int
	panels         int
	activations    []float32 // panels×stretch×16: of samples not measured yet; 0 where there is no unit
	labels         []uint8   // of these samples
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

// add accounts for one sample more. All sums over samples are taken in float64 in
// the order of the calls.
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

// measure takes in the samples that were added.
func (m *meter) measure() {
	l, rows := &m.layer, len(m.labels)
	const panel = stretch * kernel.Width
	m.set.Tally(m.tally, m.activations, panel, m.labels)
	for _, class := range m.labels {
		l.ClassCounts[class]++
	}
	m.set.Norms(m.l1[:rows], m.l2[:rows], m.activations, panel, m.panels)
	for i := range rows {
		// Activations that all underflow have no ratio (NaN), and where only
		// their squares do it is +Inf, as in the float32 arithmetic of the
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

// finish returns the statistics of the samples added since the last time, and
// begins anew.
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
