package gemm

import (
	"sparsel/trainer/kernel"
)

// Images is a set of byte images kept as the lists of their nonzero pixels,
// scaled to [0, 1]. It is read-only once made and may be shared by engines on
// several goroutines. It takes 8 bytes per nonzero pixel: 72 MB for the 60,000
// training images of MNIST, of which 19 % of the pixels are nonzero.
type Images struct {
	pixels  int
	starts  []int // image i is entries[starts[i]:starts[i+1]]
	entries []kernel.Entry
}

// Compress makes Images of len(data)/pixels images of the given number of
// pixels each. Pixel value b stands for float32(b)/255, as kernel.Set.Pixels
// has it.
func Compress(data []byte, pixels int) *Images {
	if pixels <= 0 || len(data)%pixels != 0 {
		panic("gemm: data is not a whole number of images")
	}
	var scale [256]float32
	for b := range scale {
		scale[b] = float32(b) / 255
	}
	nonzero := 0
	for _, b := range data {
		// Branch-free: strokes make this bit hard to predict.
		nonzero += (int(b) + 255) >> 8
	}
	im := &Images{
		pixels:  pixels,
		starts:  make([]int, 1, len(data)/pixels+1),
		entries: make([]kernel.Entry, nonzero),
	}
	n := 0
	for len(data) > 0 {
		for k, b := range data[:pixels] {
			if b != 0 {
				im.entries[n] = kernel.Entry{Row: int32(k), Value: scale[b]}
				n++
			}
		}
		im.starts = append(im.starts, n)
		data = data[pixels:]
	}
	return im
}

// Pixels returns the number of pixels of an image.
func (im *Images) Pixels() int { return im.pixels }

// Len returns the number of images.
func (im *Images) Len() int { return len(im.starts) - 1 }

func (im *Images) image(i int32) []kernel.Entry {
	return im.entries[im.starts[i]:im.starts[i+1]]
}

// Sparse is one batch of images as the sparse matrix A (samples × pixels), by
// rows and, for gradients, by columns. The zero value is an empty batch.
type Sparse struct {
	pixels int
	lists  [][]kernel.Entry // the rows of A by length, so that neighbours are alike
	order  []int32          // lists[l] is row order[l]
	rows   []int32          // images of the batch, in its order
	images *Images

	// By columns, in blocks of at most blockSamples rows, made on demand.
	byColumn bool
	starts   []int32
	entries  []kernel.Entry
	next     []int32
	scratch  []int32
}

// Load makes s the batch of the given images, in that order. It keeps references
// to im, not to rows. The form by columns is made by the first GradientSparse.
func (s *Sparse) Load(im *Images, rows []int32) {
	s.pixels, s.images, s.byColumn = im.pixels, im, false
	s.rows = append(s.rows[:0], rows...)
	// A counting sort by the bit length of… the number of nonzero pixels over
	// 16: pairs in a product run until the shorter list ends.
	const bucket = 16
	n := im.pixels/bucket + 2
	s.scratch = zeroed(s.scratch, n)
	for _, i := range rows {
		s.scratch[len(im.image(i))/bucket+1]++
	}
	for b := 1; b < n; b++ {
		s.scratch[b] += s.scratch[b-1]
	}
	s.lists = resized(s.lists, len(rows))
	s.order = resized(s.order, len(rows))
	for r, i := range rows {
		list := im.image(i)
		at := &s.scratch[len(list)/bucket]
		s.lists[*at], s.order[*at] = list, int32(r)
		*at++
	}
}

// Len returns the number of rows of the batch.
func (s *Sparse) Len() int { return len(s.rows) }
