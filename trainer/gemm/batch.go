package gemm

import (
	"math/bits"

	"sparsel/trainer/kernel"
)

// Sparse is one batch of byte images as the sparse matrix A (samples × pixels)
// with A(s, k) = float32(byte)/255, as in kernel.Set.Pixels. The zero value is
// an empty batch. Like an Engine it keeps its memory, so repeatedly loading
// batches of one shape allocates nothing.
type Sparse struct {
	pixels, words int
	images        []byte   // samples×pixels, the batch
	masks         []uint64 // samples×words: bit k of a row is set if pixel k is not 0
	lengths       []int32  // nonzero pixels of each sample

	groups []kernel.Group // A by rows
	steps  []kernel.Step
	order  []int32
	counts []int32

	// A by columns in blocks of size rows. The order is computed when needed.
	size      int
	columns   []uint64 // blocks×pixels
	positions []int32
	blocks    []block
}

// block is A by columns for at most kernel.ColumnSamples rows, beginning with
// first.
type block struct {
	first, samples int
	masks          []uint64 // bit s of masks[k]: row first+s has pixel k
	order          []int32  // pixels by number of samples
}

// scale is the value of each byte.
var scale = func() (t [256]float32) {
	for b := range t {
		t[b] = float32(b) / 255
	}
	return t
}()

// Len returns the number of rows of the batch.
func (s *Sparse) Len() int { return len(s.lengths) }

// Lit appends to list the pixels that are not 0 in every image of the batch, in
// ascending order. The batch must not exceed [kernel.ColumnSamples] rows.
func (s *Sparse) Lit(list []int32) []int32 {
	if s.Len() > kernel.ColumnSamples {
		panic("gemm: a batch of several blocks")
	}
	if s.Len() == 1 {
		for i := range s.steps {
			list = append(list, int32(s.steps[i].Offset[0]/(4*kernel.Width)))
		}
		return list
	}
	for k, mask := range s.columns {
		if mask != 0 {
			list = append(list, int32(k))
		}
	}
	return list
}

// Values appends to list the values of the pixels that Lit lists, for a batch
// of one image.
func (s *Sparse) Values(list []float32) []float32 {
	if s.Len() != 1 {
		panic("gemm: not one image")
	}
	for i := range s.steps {
		list = append(list, s.steps[i].Value[0])
	}
	return list
}

// LoadSparse makes s the batch of the images data[r*pixels:(r+1)*pixels] for r
// in rows, in that order. s keeps neither slice.
func (e *Engine) LoadSparse(s *Sparse, data []byte, pixels int, rows []int32) {
	if pixels <= 0 {
		panic("gemm: images without pixels")
	}
	m := len(rows)
	s.size = split(m, kernel.ColumnSamples)
	s.columns = resized(s.columns, (m+s.size-1)/s.size*pixels)
	clear(s.columns)
	s.pixels, s.words, s.blocks = pixels, (pixels+63)/64, s.blocks[:0]
	s.images = resized(s.images, m*pixels)
	s.masks = resized(s.masks, m*s.words)
	s.lengths = resized(s.lengths, m)
	for i, r := range rows {
		if ahead := i + 3; ahead < m { // hides the latency of memory
			e.set.Prefetch(data[int(rows[ahead])*pixels:][:pixels])
		}
		image := s.images[i*pixels:][:pixels]
		copy(image, data[int(r)*pixels:][:pixels])
		mask := s.masks[i*s.words:][:s.words]
		e.set.Nonzero(mask, image)
		n := 0
		for _, w := range mask {
			n += bits.OnesCount64(w)
		}
		s.lengths[i] = int32(n)
	}
	s.byRow(e.set)
}

// byRow makes the groups, with rows of similar length side by side, and the
// masks of the columns.
func (s *Sparse) byRow(set *kernel.Set) {
	m := len(s.lengths)
	s.order = resized(s.order, m)
	if m == 1 {
		s.order[0] = 0 // already sorted; counting would cost as much as the products of an image
	} else {
		s.counts = sortByCount(s.order, s.lengths, s.pixels, s.counts)
	}
	total := 0
	for i := kernel.Lanes - 1; i < m+kernel.Lanes-1; i += kernel.Lanes {
		total += int(s.lengths[s.order[min(i, m-1)]])
	}
	s.steps = resized(s.steps, total)
	s.groups = s.groups[:0]
	free := s.steps
	for i := 0; i < m; i += kernel.Lanes {
		rows := s.order[i:min(i+kernel.Lanes, m)]
		n := s.lengths[rows[len(rows)-1]]
		g := kernel.Group{Steps: free[:n:n], Rows: [kernel.Lanes]int32{-1, -1, -1, -1}}
		copy(g.Rows[:], rows)
		for l := range kernel.Lanes {
			s.fill(set, g.Steps, l, int(g.Rows[l]))
		}
		s.groups = append(s.groups, g)
		free = free[n:]
	}
}

// fill writes the nonzero pixels of row r to lane l, followed by zeros. A
// negative r has no pixels.
func (s *Sparse) fill(set *kernel.Set, steps []kernel.Step, l, r int) {
	n := 0
	if r >= 0 {
		n = int(s.lengths[r])
		set.Gather(steps, l, s.columns[r/s.size*s.pixels:][:s.pixels], r%s.size,
			s.images[r*s.pixels:][:s.pixels], s.masks[r*s.words:][:s.words], &scale)
	}
	for n < len(steps) {
		steps[n].Offset[l] = 0
		steps[n].Value[l] = 0
		n++
	}
}

// byColumn completes the blocks.
func (s *Sparse) byColumn() []block {
	m := len(s.lengths)
	if len(s.blocks) > 0 {
		return s.blocks
	}
	n := len(s.columns) / s.pixels
	s.positions = resized(s.positions, n*s.pixels)
	s.order = resized(s.order, s.pixels)
	for b := range n {
		c := block{
			first: b * s.size, samples: min(s.size, m-b*s.size),
			masks: s.columns[b*s.pixels:][:s.pixels],
			order: s.positions[b*s.pixels:][:s.pixels],
		}
		if m == 1 {
			for k := range c.order {
				c.order[k] = int32(k)
			}
		} else {
			for k, mask := range c.masks {
				s.order[k] = int32(bits.OnesCount64(mask))
			}
			s.counts = sortByCount(c.order, s.order, c.samples, s.counts)
		}
		s.blocks = append(s.blocks, c)
	}
	return s.blocks
}

// sortByCount writes to order the indices of counts by ascending count. No
// count may exceed limit, and indices of equal counts are in ascending order.
// It returns its scratch memory for the next call.
func sortByCount(order, counts []int32, limit int, scratch []int32) []int32 {
	scratch = resized(scratch, limit+1)
	clear(scratch)
	for _, n := range counts {
		scratch[n]++
	}
	sum := int32(0)
	for n, c := range scratch {
		scratch[n] = sum
		sum += c
	}
	for i, n := range counts {
		order[scratch[n]] = int32(i)
		scratch[n]++
	}
	return scratch
}

// resized returns s with n elements of unspecified value.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
