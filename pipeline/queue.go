package pipeline

// A queue orders ready nodes: longest first, and equal ones in the order of the
// graph.
type queue []*progress

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
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
