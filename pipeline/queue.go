package pipeline

// A queue orders ready nodes: first those with the most steps behind them, so
// that what was begun gets finished. A run that is cut off then leaves whole
// results rather than many halves, and outputs that are released (Node.Release)
// do not pile up. Among equals the longest goes first, then the order of the
// graph.
type queue []*progress

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].depth != q[j].depth {
		return q[i].depth > q[j].depth
	}
	if q[i].seconds != q[j].seconds {
		return q[i].seconds > q[j].seconds
	}
	return q[i].step.order < q[j].step.order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(*progress)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
