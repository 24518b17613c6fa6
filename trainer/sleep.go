package trainer

import (
	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A sleeper updates the first layer of a network when batches are small. Then
// most pixels are 0 throughout the batch, their weights have a gradient of
// exactly 0, and only the rows of lit pixels are touched. A row that is not
// updated sleeps. The steps that it misses are made up for when its pixel is
// lit again or when all rows are woken. This does not change a bit of the
// result; see kernel.Set.AdamRows and similar methods.
type sleeper struct {
	layer *layer
	rule  sleepingRule

	now   int32       // steps since all rows were awake
	since []int32     // by row: the step after which it fell asleep
	lit   []bool      // by row: whether its pixel has been lit in any step
	rows  kernel.Rows // all rows of this step, in all panels
	part  kernel.Rows // rows in one panel
	calm  bool        // whether the rows of this step may sleep again

	// For a batch of one: the pixels of the rows, and delta.
	values, delta []float32

	// apply updates the rows in one panel. It is created once, so that a step
	// allocates nothing.
	apply func(panel int, g []float32)
}

// A sleepingRule is a rule that can also update only some rows.
type sleepingRule interface {
	rule
	// sleeps reports whether the constants let rows sleep, and prepares for it.
	sleeps() bool
	// drifts reports whether weights change in missed steps.
	drifts() bool
	// updateRows makes the missed steps of the rows and one step with their
	// gradients, and reports whether they may sleep again.
	updateRows(p *parameter, rows *kernel.Rows) bool
	// wakeRows makes the missed steps of the rows. made is the number of steps
	// made since all rows were awake; one more may have been announced by
	// advance.
	wakeRows(p *parameter, rows *kernel.Rows, made int32)
	// woken tells the rule that all rows are awake, and whether they will sleep
	// again.
	woken(again bool)
}

// sleepingBatch is the largest batch with which rows sleep. In a larger batch
// most pixels are lit in some image.
const sleepingBatch = 16

// newSleeper returns nil if rows had better not sleep: if the first layer's
// input is not an image, batches are large, or the rule or its constants do not
// permit it.
func newSleeper(n *network, batch int) *sleeper {
	r, ok := n.rule.(sleepingRule)
	if n.stem != nil || batch > sleepingBatch || !ok || !r.sleeps() {
		return nil
	}
	first := n.full[0]
	s := &sleeper{layer: first, rule: r, since: make([]int32, first.in), lit: make([]bool, first.in)}
	s.rows = kernel.Rows{
		Panels: first.weights.Count(), Panel: first.in * kernel.Width,
		Index: make([]int32, 0, first.in), Sleeps: make([]int32, 0, first.in),
	}
	s.values, s.delta = make([]float32, 0, first.in), make([]float32, first.stride)
	s.apply = func(q int, g []float32) {
		s.part = s.rows
		s.part.Panels, s.part.G = 1, g
		calm := s.rule.updateRows(&s.layer.panels[q], &s.part)
		s.calm = s.calm && calm
	}
	return s
}

// rouse finds the rows that the batch lights. It is called before the step's
// forward pass and, if weights change in missed steps, it wakes those rows.
func (s *sleeper) rouse(x *images) {
	s.rows.Index = x.sparse.Lit(s.rows.Index[:0])
	s.rows.Sleeps = s.rows.Sleeps[:0]
	for _, r := range s.rows.Index {
		missed := s.now - s.since[r]
		if !s.lit[r] {
			missed = 0 // its state is 0, so missed steps changed nothing
		}
		s.rows.Sleeps = append(s.rows.Sleeps, missed)
	}
	if s.rule.drifts() {
		s.rule.wakeRows(&s.layer.whole, &s.rows, s.now)
		clear(s.rows.Sleeps)
	}
}

// step is layer.step for the rows of the lit pixels. If delta is not finite, it
// makes no step and returns false twice. calm reports whether rows may go on
// sleeping. If not, all rows have been woken and must all be updated from then
// on.
func (s *sleeper) step(e *gemm.Engine, x *images, m int) (made, calm bool) {
	l := s.layer
	set, delta := e.Kernel(), l.delta[:m*l.stride]
	set.ColumnSums(l.sums, delta, l.stride, m)
	if !set.Finite(l.sums) && !set.Finite(delta) {
		for _, r := range s.rows.Index {
			if s.rule.drifts() {
				s.since[r] = s.now // rouse has woken these rows
			}
		}
		s.wake(false)
		return false, false
	}
	s.now++
	for _, r := range s.rows.Index {
		s.since[r], s.lit[r] = s.now, true
	}
	s.calm = true
	if m == 1 {
		s.updateProduct(x, delta)
	} else {
		e.GradientRows(&x.sparse, delta, l.stride, l.out, s.rows.Index, s.apply)
	}
	s.rule.update(l.bias, l.sums)
	if !s.calm {
		s.wake(false)
		l.finite = set.Finite(l.weights.Data)
	}
	return true, s.calm
}

// updateProduct updates the rows after a batch of one, whose gradient is the
// product of its pixels and delta.
func (s *sleeper) updateProduct(x *images, delta []float32) {
	copy(s.delta[:s.layer.out], delta) // the padding stays zero
	s.values = x.sparse.Values(s.values[:0])
	s.rows.G, s.rows.Values = s.delta, s.values
	s.calm = s.rule.updateRows(&s.layer.whole, &s.rows)
	s.rows.G, s.rows.Values = nil, nil
}

// wake makes all steps that rows have missed. again says that rows will sleep
// afterwards.
func (s *sleeper) wake(again bool) {
	rows := &s.rows
	rows.Index, rows.Sleeps = rows.Index[:0], rows.Sleeps[:0]
	for r, since := range s.since {
		if s.lit[r] && since < s.now {
			rows.Index, rows.Sleeps = append(rows.Index, int32(r)), append(rows.Sleeps, s.now-since)
		}
	}
	s.rule.wakeRows(&s.layer.whole, rows, s.now)
	clear(s.since)
	s.now = 0
	s.rule.woken(again)
}
