package kernel

import (
	"math/bits"
	"unsafe"
)

// Prefetch requests that src be brought into the cache. It changes nothing.
func (s *Set) Prefetch(src []byte) {
	const line = 64
	if s.loops.prefetch != nil && len(src) > 0 {
		s.loops.prefetch(&src[0], (len(src)+line-1)/line)
	}
}

// Nonzero sets bit i%64 of mask[i/64] if src[i] is not 0, and clears the other
// bits of mask[:ceil(len(src)/64)].
func (s *Set) Nonzero(mask []uint64, src []byte) {
	mask = mask[:(len(src)+63)/64]
	n := 0
	if s.loops.nonzero != nil && len(src) >= 64 {
		n = len(src) / 64
		s.loops.nonzero((*uint32)(unsafe.Pointer(&mask[0])), &src[0], 2*n)
	}
	for w := n; w < len(mask); w++ {
		part := src[64*w : min(64*w+64, len(src))]
		m := uint64(0)
		for i, b := range part {
			// This has no branches, because the edges of strokes are hard to
			// predict.
			m |= uint64((uint32(b)+255)>>8) << i
		}
		mask[w] = m
	}
}

// Gather writes the nonzero pixels of image, whose bits are set in mask, to
// lane l of steps, in ascending order. For the t-th of them, pixel k,
//
//	steps[t].Offset[l] = 64*k
//	steps[t].Value[l] = scale[image[k]]
//	columns[k] |= 1 << bit
//
// steps must have room for all of them.
func (s *Set) Gather(steps []Step, l int, columns []uint64, bit int, image []byte, mask []uint64, scale *[256]float32) {
	n := 0
	for w := range mask[:(len(image)+63)/64] {
		n += bits.OnesCount64(mask[w])
	}
	if n == 0 {
		return
	}
	if len(steps) < n || uint(l) >= Lanes || uint(bit) > 63 || len(columns) < len(image) {
		panic("kernel: pixels do not fit their slices")
	}
	if last := len(image) % 64; last > 0 && mask[len(image)/64]>>last != 0 {
		panic("kernel: mask has bits behind its image")
	}
	if s.loops.gather != nil {
		lane := unsafe.Add(unsafe.Pointer(&steps[0]), 4*l)
		s.loops.gather((*byte)(lane), &columns[0], 1<<bit, &image[0], &mask[0], (len(image)+63)/64, &scale[0])
		return
	}
	t := 0
	for w, m := range mask[:(len(image)+63)/64] {
		for ; m != 0; m &= m - 1 {
			k := 64*w + bits.TrailingZeros64(m)
			steps[t].Offset[l] = uint32(64 * k)
			steps[t].Value[l] = scale[image[k]]
			columns[k] |= 1 << bit
			t++
		}
	}
}
