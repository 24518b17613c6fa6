package trainer

import "sparsel/trainer/kernel"

// lists are the rows of a sparse matrix that is written entry by entry.
type lists struct {
	size    int     // entries that a row has space for
	entries []entry // rows × size
	counts  []int32 // entries of each row

	order  []int32 // rows, longest first
	starts []int32
	groups []kernel.Group
	steps  []kernel.Step
}

// An entry is a factor of one row, as in kernel.Step.
type entry struct {
	offset uint32
	value  float32
}

func newLists(rows, size int) lists {
	groups := (rows + kernel.Lanes - 1) / kernel.Lanes
	return lists{
		size: size, entries: make([]entry, rows*size), counts: make([]int32, rows),
		order: make([]int32, rows), starts: make([]int32, size+2),
		groups: make([]kernel.Group, groups), steps: make([]kernel.Step, groups*size),
	}
}

// reset empties all rows.
func (l *lists) reset() { clear(l.counts) }

// add appends an entry to a row.
func (l *lists) add(row int, offset uint32, value float32) {
	n := l.counts[row]
	l.counts[row] = n + 1
	l.entries[row*l.size+int(n)] = entry{offset, value}
}

// close returns the matrix as groups, which are valid until the next reset.
// Rows of similar length are grouped, because all rows of a group take as long
// as the longest. In the order of the places or channels the work would double.
func (l *lists) close() []kernel.Group {
	l.sort()
	free := l.steps
	for i := range l.groups {
		rows := l.order[i*kernel.Lanes : min((i+1)*kernel.Lanes, len(l.order))]
		g := &l.groups[i]
		longest := l.counts[rows[0]]
		g.Steps, free = free[:longest], free[longest:]
		for lane := range kernel.Lanes {
			g.Rows[lane] = -1
			n := 0
			if lane < len(rows) {
				g.Rows[lane] = rows[lane]
				at, count := int(rows[lane])*l.size, int(l.counts[rows[lane]])
				for _, e := range l.entries[at : at+count] {
					s := &g.Steps[n]
					s.Offset[lane], s.Value[lane] = e.offset, e.value
					n++
				}
			}
			for ; n < len(g.Steps); n++ {
				g.Steps[n].Offset[lane], g.Steps[n].Value[lane] = 0, 0
			}
		}
	}
	return l.groups
}

// sort orders the rows by length, and rows of equal length by their numbers.
func (l *lists) sort() {
	clear(l.starts)
	for _, n := range l.counts {
		l.starts[l.size-int(n)+1]++
	}
	for i := 1; i < len(l.starts); i++ {
		l.starts[i] += l.starts[i-1]
	}
	for row, n := range l.counts {
		start := &l.starts[l.size-int(n)]
		l.order[*start] = int32(row)
		*start++
	}
}
