package activity

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"sparsel/analysis/metric"
)

// Source supplies random numbers.
type Source interface {
	// Bounded returns a number in [0, limit], including limit.
	Bounded(limit uint32) uint32
}

// Bins is the number of equal bins from 0 to 1 in which sparsity is counted.
const Bins = 50

// pending is the number of values that are collected before rows are added: 1
// MB.
const pending = 1 << 18

// thresholds are the ones that metric.Shares needs.
var thresholds = []float32{math.SmallestNonzeroFloat32, 0.05, 0.1, 0.95}

// Layer accumulates the activations of one layer.
type Layer struct {
	classes []int64 // the labels, ascending
	counts  []int64
	index   map[int64]int

	function string
	stats    metric.Statistics
	bins     [Bins]int64
	correct  int64

	draws  []*draw
	values []float32 // rows not handed to add yet
	rows   []int     // the classes of those rows

	adding       sync.WaitGroup // the rows handed over before, still being added
	added        []float32      // the memory of those rows, to be reused
	classesAdded []int
}

// Classes counts how often each label occurs among a layer's rows.
type Classes map[int64]int64

// Count counts a row's label.
func (c Classes) Count(label int64) { c[label]++ }

// NewLayer begins a layer. The function is the activation function of the
// units: sigmoid, relu, tanh, or empty if it is not known. Each source gives
// one permutation of the labels.
func NewLayer(units int, classes Classes, function string, sources []Source) (*Layer, error) {
	if len(classes) < 2 {
		return nil, fmt.Errorf("measure layer: all rows are of one class: selectivity compares at least 2")
	}
	l := &Layer{index: map[int64]int{}, function: function}
	for label := range classes {
		l.classes = append(l.classes, label)
	}
	slices.Sort(l.classes)
	for i, label := range l.classes {
		l.index[label] = i
		l.counts = append(l.counts, classes[label])
	}
	l.stats = metric.Begin(units, len(l.classes), thresholds)
	for _, s := range sources {
		l.draws = append(l.draws, newDraw(s, l.counts, units))
	}
	return l, nil
}

// Memory returns the number of bytes that a layer takes.
func Memory(units, classes, permutations int) int64 {
	filled := (int64(units) + beside - 1) / beside * beside
	sums := 8 * int64(classes) * (int64(units) + filled*int64(permutations))
	taken := 12 * int64(permutations) * (pending/int64(units) + 1)
	return sums + taken + 8*pending + 64*int64(units)
}

// Add adds a row and does not keep it.
func (l *Layer) Add(row []float32, label int64) error {
	class, ok := l.index[label]
	if !ok {
		return fmt.Errorf("measure layer: label %d was not counted", label)
	}
	l.values = append(l.values, row...)
	if l.rows = append(l.rows, class); len(l.values) >= pending {
		l.flush()
	}
	return nil
}

// Predict counts a prediction.
func (l *Layer) Predict(right bool) {
	if right {
		l.correct++
	}
}

// flush waits until the rows handed over before are added, hands over the
// collected rows, and returns without waiting for them.
func (l *Layer) flush() {
	l.adding.Wait()
	values, rows := l.values, l.rows
	l.values, l.rows = l.added[:0], l.classesAdded[:0]
	l.added, l.classesAdded = values, rows
	l.adding.Go(func() { l.add(values, rows) })
}

// add adds rows. For what is computed per sample, goroutines divide the rows
// among them; for sums over samples they divide the units. So every sum is
// taken in the order of the rows.
func (l *Layer) add(values []float32, rows []int) {
	units, n := l.stats.Units, len(rows)
	share(len(l.draws), func(from, to int) {
		for _, d := range l.draws[from:to] {
			d.take(n)
		}
	})
	row := func(i int) []float32 { return values[i*units : (i+1)*units] }
	ratios, ranks := make([]float32, n), make([]float64, n)
	share(n, func(from, to int) {
		for i := from; i < to; i++ {
			ratios[i], ranks[i] = metric.Ratio(row(i)), metric.Rank(row(i))
		}
	})
	share((units+beside-1)/beside, func(first, last int) {
		sizes := make([]float64, together*beside)
		for from := first * beside; from < last*beside && from < units; from += beside {
			l.addUnits(values, rows, sizes, from, min(from+beside, units))
		}
	})
	root := math.Sqrt(float64(units))
	for i, class := range rows {
		l.stats.AddSample(class, ratios[i], ranks[i])
		if s := float64((float32(root) - ratios[i]) / float32(root-1)); s == s { // the arithmetic of metric.Hoyer
			l.bins[int(max(0, min(Bins-1, math.Floor(s*Bins))))]++
		}
	}
}

// addUnits adds the units in [from, to) of the rows. Sizes is room for the
// absolute values of together rows of beside units.
func (l *Layer) addUnits(values []float32, rows []int, sizes []float64, from, to int) {
	units := l.stats.Units
	for first := 0; first < len(rows); first += together {
		some := rows[first:min(first+together, len(rows))]
		for i, class := range some {
			row := values[(first+i)*units:][:units]
			l.stats.AddUnits(row, class, from, to)
			if len(l.draws) == 0 {
				continue
			}
			for j, v := range row[from:to] {
				sizes[i*beside+j] = math.Abs(float64(v))
			}
		}
		for _, d := range l.draws {
			d.add(sizes, first/together, from/beside)
		}
	}
}

// share divides the numbers from 0 to n among as many goroutines as there are
// processors.
func share(n int, do func(from, to int)) {
	parts := min(n, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() { do(p*n/parts, (p+1)*n/parts) })
	}
	wait.Wait()
}
