package gemm

import (
	"math/bits"

	"sparsel/trainer/kernel"
)

// Sparse is one batch of byte images as the sparse matrix A (samples × pixels)
// with A(s, k) = float32(byte)/255, as kernel.Set.Pixels has it. The zero value
// is an empty batch. Like an Engine it keeps its memory, so loading batches of
// one shape again and again allocates nothing.
type Sparse struct {
	pixels, words int
	images        []byte   // samples×pixels, the batch
	masks         []uint64 // samples×words: bit k of a row: pixel k is not 0
	lengths       []int32  // nonzero pixels of each sample

	groups []kernel.Group // A by rows
	steps  []kernel.Step
	order  []int32
	counts []int32

	blocks    []block // A by columns, if made
	columns   []uint64
	positions []int32
}

// block is A by columns for at most kernel.ColumnSamples rows from first on.
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

// LoadSparse makes s the batch of the images data[r*pixels:(r+1)*pixels] for r
// in rows, in that order. s keeps neither slice.
func (e *Engine) LoadSparse(s *Sparse, data []byte, pixels int, rows []int32) {
	if pixels <= 0 {
		panic("gemm: images without pixels")
	}
	m := len(rows)
	s.pixels, s.words, s.blocks = pixels, (pixels+63)/64, s.blocks[:0]
	s.images = resized(s.images, m*pixels)
	s.masks = resized(s.masks, m*s.words)
	s.lengths = resized(s.lengths, m)
	for i, r := range rows {
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
	s.byRow()
}

// byRow makes the groups: rows of like length go side by side, the shorter ones
// padded with zeros.
func (s *Sparse) byRow() {
	m := len(s.lengths)
	s.order = resized(s.order, m)
	s.counts = sortByCount(s.order, s.lengths, s.pixels, s.counts)
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
			s.fill(g.Steps, l, int(g.Rows[l]))
		}
		s.groups = append(s.groups, g)
		free = free[n:]
	}
}

// fill writes the nonzero pixels of row r, none if it is negative, to lane l.
func (s *Sparse) fill(steps []kernel.Step, l, r int) {
	const rowBytes = 4 * kernel.Width
	n := 0
	if r >= 0 {
		image := s.images[r*s.pixels:][:s.pixels]
		for w, m := range s.masks[r*s.words:][:s.words] {
			for ; m != 0; m &= m - 1 {
				k := 64*w + bits.TrailingZeros64(m)
				steps[n].Offset[l&3] = uint32(rowBytes * k)
				steps[n].Value[l&3] = scale[image[k]]
				n++
			}
		}
	}
	for ; n < len(steps); n++ {
		steps[n].Offset[l&3] = 0
		steps[n].Value[l&3] = 0
	}
}

// byColumn makes the blocks.
func (s *Sparse) byColumn() []block {
	m := len(s.lengths)
	if len(s.blocks) > 0 || m == 0 {
		return s.blocks
	}
	size := split(m, kernel.ColumnSamples)
	n := (m + size - 1) / size
	s.columns = resized(s.columns, n*s.words*64)
	s.positions = resized(s.positions, n*s.pixels)
	for b := range n {
		c := block{
			first: b * size, samples: min(size, m-b*size),
			masks: s.columns[b*s.words*64:][:s.words*64],
			order: s.positions[b*s.pixels:][:s.pixels],
		}
		s.transpose(&c)
		// order by number of samples
		s.order = resized(s.order, s.pixels)
		for k := range s.order {
			s.order[k] = int32(bits.OnesCount64(c.masks[k]))
		}
		s.counts = sortByCount(c.order, s.order, c.samples, s.counts)
		s.blocks = append(s.blocks, c)
	}
	return s.blocks
}

// transpose turns the masks by row of a block into masks by column.
func (s *Sparse) transpose(b *block) {
	for w := range s.words {
		t := (*[64]uint64)(b.masks[64*w:])
		for i := range b.samples {
			t[i] = s.masks[(b.first+i)*s.words+w]
		}
		clear(t[b.samples:])
		transpose64(t)
	}
}

// transpose64 transposes a matrix of 64×64 bits, bit j of t[i] being element
// (i, j), by swapping quadrants of halving size (Warren, Hacker's Delight, 7-3).
func transpose64(t *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for h := 32; h > 0; h >>= 1 {
		for i := 0; i < 64; i = (i + h + 1) &^ h {
			x := (t[i]>>h ^ t[(i+h)&63]) & mask
			t[i] ^= x << h
			t[(i+h)&63] ^= x
		}
		mask ^= mask << (h / 2 & 63)
	}
}

// sortByCount writes to order the indices of counts, none above limit, by
// ascending count, equal ones in ascending order of index. It returns its scratch memory for the
// next call.
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
