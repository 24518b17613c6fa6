package ablation

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Output is the layer after the units. Its logits are Weights·activations +
// Bias.
type Output struct {
	Units, Classes int
	Weights        []float64 // [Classes][Units], row-major
	Bias           []float64 // [Classes]
	Absent         []float64 // [Units]: the activation of a removed unit; nil means 0
}

func (o Output) check() error {
	if o.Units < 1 || o.Classes < 2 || len(o.Weights) != o.Units*o.Classes || len(o.Bias) != o.Classes {
		return fmt.Errorf("ablate: %d weights and %d biases for %d units and %d classes", len(o.Weights), len(o.Bias), o.Units, o.Classes)
	}
	if o.Absent != nil && len(o.Absent) != o.Units {
		return fmt.Errorf("ablate: %d activations of removed units for %d units", len(o.Absent), o.Units)
	}
	for _, list := range [][]float64{o.Weights, o.Bias, o.Absent} {
		if i := slices.IndexFunc(list, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
			return fmt.Errorf("ablate: weight or activation %d is %v", i, list[i])
		}
	}
	return nil
}

// Counts are numbers of samples that were classified correctly.
type Counts struct {
	Samples int64
	Intact  int64
	Removed [][]int64 // [orders][Units+1]: after removing that many of the order's units
	Without []int64   // [Units]: after removing only this unit
}

// Run removes units in given orders as samples arrive.
type Run struct {
	output Output
	orders [][]int
	counts Counts
}

// Begin begins a run. Each order names every unit once.
func Begin(o Output, orders [][]int) (*Run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	for _, order := range orders {
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		if !slices.Equal(sorted, ascending(o.Units)) {
			return nil, fmt.Errorf("ablate: an order of %d units does not name each of %d once", len(order), o.Units)
		}
	}
	return &Run{o, orders, newCounts(o, len(orders))}, nil
}

func newCounts(o Output, orders int) Counts {
	c := Counts{Removed: make([][]int64, orders), Without: make([]int64, o.Units)}
	for i := range c.Removed {
		c.Removed[i] = make([]int64, o.Units+1)
	}
	return c
}

func (c *Counts) add(other Counts) {
	c.Samples, c.Intact = c.Samples+other.Samples, c.Intact+other.Intact
	for i, n := range other.Without {
		c.Without[i] += n
	}
	for k, list := range other.Removed {
		for i, n := range list {
			c.Removed[k][i] += n
		}
	}
}

// Counts returns the counts for the samples added so far.
func (r *Run) Counts() Counts { return r.counts }

// Add adds samples: rows of activations, [len(labels)][Units], and their
// classes, which must be below Classes.
func (r *Run) Add(rows []float32, labels []int) {
	n := len(labels)
	parts := make([]Counts, min(n, runtime.GOMAXPROCS(0)))
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() {
			w := r.worker()
			for i := p * n / len(parts); i < (p+1)*n/len(parts); i++ {
				w.sample(rows[i*r.output.Units:(i+1)*r.output.Units], labels[i])
			}
			parts[p] = w.counts
		})
	}
	wait.Wait()
	for _, c := range parts {
		r.counts.add(c)
	}
}

// worker holds the working memory for one sample at a time.
type worker struct {
	*Run
	counts Counts
	none   []float64 // [Classes]: the logits when all units are removed
	parts  []float64 // [Units][Classes]: what each unit adds to each logit while present
	before []float64 // [Units+1][Classes]: the logits from none and all units before this one
	behind []float64 // [Classes]: what the units after this one contribute
	logits []float64
}

func (r *Run) worker() *worker {
	u, c := r.output.Units, r.output.Classes
	return &worker{r, newCounts(r.output, len(r.orders)), r.output.none(), make([]float64, u*c), make([]float64, (u+1)*c),
		make([]float64, c), make([]float64, c)}
}

// none returns the logits when all units are removed.
func (o Output) none() []float64 {
	logits := slices.Clone(o.Bias)
	for u, a := range o.Absent {
		for c := range logits {
			logits[c] += float64(o.Weights[c*o.Units+u] * a)
		}
	}
	return logits
}

func (w *worker) sample(row []float32, label int) {
	o := w.output
	copy(w.before, w.none)
	for u, a := range row {
		there := float64(a)
		if o.Absent != nil {
			there -= o.Absent[u]
		}
		for c := range o.Classes {
			part := float64(o.Weights[c*o.Units+u] * there)
			w.parts[u*o.Classes+c] = part
			w.before[(u+1)*o.Classes+c] = w.before[u*o.Classes+c] + part
		}
	}
	w.counts.Samples++
	w.counts.Intact += right(w.before[o.Units*o.Classes:], label)
	clear(w.behind)
	for u := o.Units - 1; u >= 0; u-- {
		for c, b := range w.behind {
			w.logits[c] = w.before[u*o.Classes+c] + b
			w.behind[c] = b + w.parts[u*o.Classes+c]
		}
		w.counts.Without[u] += right(w.logits, label)
	}
	for k, order := range w.orders {
		removed := w.counts.Removed[k]
		copy(w.logits, w.none)
		removed[o.Units] += right(w.logits, label)
		for i := o.Units - 1; i >= 0; i-- {
			part := w.parts[order[i]*o.Classes:][:len(w.logits)]
			for c, p := range part {
				w.logits[c] += p
			}
			removed[i] += right(w.logits, label)
		}
	}
}

// Predict returns the class of the largest logit of a row, the first of equal
// ones, with the logits and, for each, the sum of the absolute values of its
// terms. The sizes bound the rounding errors, so a caller can tell whether
// rounding could have decided between two classes.
func (o Output) Predict(row []float32) (class int, logits, sizes []float64) {
	logits, sizes = slices.Clone(o.Bias), make([]float64, o.Classes)
	for c := range logits {
		sizes[c] = math.Abs(o.Bias[c])
		for u, a := range row {
			part := float64(o.Weights[c*o.Units+u] * float64(a))
			logits[c] += part
			sizes[c] += math.Abs(part)
		}
		if logits[c] > logits[class] {
			class = c
		}
	}
	return class, logits, sizes
}

// right returns 1 if the label's logit is the largest or the first of equal
// largest ones, and 0 otherwise.
func right(logits []float64, label int) int64 {
	most := logits[label]
	for _, v := range logits[:label] {
		if !(v < most) {
			return 0
		}
	}
	for _, v := range logits[label+1:] {
		if !(v <= most) {
			return 0
		}
	}
	return 1
}
