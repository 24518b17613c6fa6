package activity

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"

	"sparsel/analysis/metric"
)

// Source is what random numbers come from.
type Source interface {
	// Bounded returns a number of [0, limit], limit included.
	Bounded(limit uint32) uint32
}

// Bins is the number of equal steps in which sparsity is counted, from 0 to 1.
const Bins = 50

// pending is the number of values after which rows are added: 1 MB.
const pending = 1 << 18

// thresholds are those that metric.Shares asks for.
var thresholds = []float32{math.SmallestNonzeroFloat32, 0.05, 0.1, 0.95}

// Layer adds up the activations of one layer.
type Layer struct {
	classes []int64 // the labels, ascending
	counts  []int64
	index   map[int64]int

	function string
	stats    metric.Statistics
	bins     [Bins]int64
	correct  int64

	draws  []*draw
	values []float32 // rows not handed over yet
	rows   []int     // and their classes

	adding       sync.WaitGroup // of the rows before those
	added        []float32      // their memory, which is used again
	classesAdded []int
}

// Classes is how often each label occurs among a layer's rows.
type Classes map[int64]int64

// Count adds a row's label.
func (c Classes) Count(label int64) { c[label]++ }

// NewLayer begins a layer. The function is that of the units, sigmoid, relu or tanh, or empty if it is not known. Each of the
// sources gives one permutation of the labels.
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

// Memory is how many bytes a layer takes.
func Memory(units, classes, permutations int) int64 {
	return 8*int64(units)*int64(classes)*int64(1+permutations) + 8*pending + 64*int64(units)
}

// Add adds a row, which is not kept.
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

// flush hands over the rows that wait, once those before them were added, and goes on without waiting.
func (l *Layer) flush() {
	l.adding.Wait()
	values, rows := l.values, l.rows
	l.values, l.rows = l.added[:0], l.classesAdded[:0]
	l.added, l.classesAdded = values, rows
	l.adding.Go(func() { l.add(values, rows) })
}

// add adds rows. Goroutines share the rows for what is of one sample and the units for what is summed over samples: so every
// sum is taken in the order of the rows.
func (l *Layer) add(values []float32, rows []int) {
	units, n := l.stats.Units, len(rows)
	permuted := make([][]int, len(l.draws))
	for p, d := range l.draws {
		permuted[p] = d.take(n)
	}
	row := func(i int) []float32 { return values[i*units : (i+1)*units] }
	ratios, ranks := make([]float32, n), make([]float64, n)
	share(n, func(from, to int) {
		for i := from; i < to; i++ {
			ratios[i], ranks[i] = metric.Ratio(row(i)), metric.Rank(row(i))
		}
	})
	share(units, func(from, to int) {
		sizes := make([]float64, to-from)
		for i, class := range rows {
			l.stats.AddUnits(row(i), class, from, to)
			if len(l.draws) == 0 {
				continue
			}
			for j, v := range row(i)[from:to] {
				sizes[j] = math.Abs(float64(v))
			}
			for p, d := range l.draws {
				floats.Add(d.sums[permuted[p][i]*units+from:permuted[p][i]*units+to], sizes)
			}
		}
	})
	root := math.Sqrt(float64(units))
	for i, class := range rows {
		l.stats.AddSample(class, ratios[i], ranks[i])
		if s := float64((float32(root) - ratios[i]) / float32(root-1)); s == s { // as metric.Hoyer
			l.bins[int(max(0, min(Bins-1, math.Floor(s*Bins))))]++
		}
	}
}

// share divides 0 to n among as many goroutines as there are processors.
func share(n int, do func(from, to int)) {
	parts := min(n, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() { do(p*n/parts, (p+1)*n/parts) })
	}
	wait.Wait()
}
