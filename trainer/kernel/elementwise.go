package kernel

import "math"

// BiasSigmoid adds the bias to every row and applies the sigmoid, in place:
//
//	for i := range m {
//		for j := range bias {
//			z[i*ld+j] = Sigmoid(z[i*ld+j] + bias[j])
//		}
//	}
func (s *Set) BiasSigmoid(z []float32, ld, m int, bias []float32) {
	checkRows(len(z), ld, m, len(bias))
	for i := range m {
		row := z[i*ld:][:len(bias)]
		n := 0
		if s.loops.biasSigmoid != nil && body(len(row)) > 0 {
			n = body(len(row))
			s.loops.biasSigmoid(&row[0], &bias[0], n)
		}
		for j := n; j < len(row); j++ {
			row[j] = Sigmoid(row[j] + bias[j])
		}
	}
}

// AddBias adds the bias to every row, in place: z[i*ld+j] += bias[j].
func (s *Set) AddBias(z []float32, ld, m int, bias []float32) {
	checkRows(len(z), ld, m, len(bias))
	for i := range m {
		s.add(z[i*ld:][:len(bias)], bias)
	}
}

// ColumnSums sums the m rows of d, first to last, starting with row 0 itself:
//
//	dst[j] = ((d[j] + d[ld+j]) + d[2*ld+j]) + …   for j < len(dst)
//
// With m = 0 it sets dst to 0.
func (s *Set) ColumnSums(dst, d []float32, ld, m int) {
	checkRows(len(d), ld, m, len(dst))
	if m == 0 {
		clear(dst)
		return
	}
	copy(dst, d)
	for i := 1; i < m; i++ {
		s.add(dst, d[i*ld:][:len(dst)])
	}
}

// add computes dst[j] += x[j].
func (s *Set) add(dst, x []float32) {
	n := 0
	if s.loops.add != nil && body(len(dst)) > 0 {
		n = body(len(dst))
		s.loops.add(&dst[0], &x[0], n)
	}
	for j := n; j < len(dst); j++ {
		dst[j] += x[j]
	}
}

// SigmoidBackward turns the gradient d of the loss with respect to the
// activations a into the gradient with respect to the sigmoid's arguments, in
// place, in PyTorch's order:
//
//	d[i] = (d[i] * (1 - a[i])) * a[i]
func (s *Set) SigmoidBackward(d, a []float32) {
	checkSame(len(d), len(a))
	n := 0
	if s.loops.sigmoidBackward != nil && body(len(d)) > 0 {
		n = body(len(d))
		s.loops.sigmoidBackward(&d[0], &a[0], n)
	}
	for i := n; i < len(d); i++ {
		d[i] = float32(d[i]*(1-a[i])) * a[i]
	}
}

// Pixels scales bytes to [0, 1]: dst[i] = float32(src[i]) / 255, a correctly
// rounded division as in torchvision's ToTensor.
func (s *Set) Pixels(dst []float32, src []byte) {
	checkSame(len(dst), len(src))
	n := 0
	if s.loops.pixels != nil && body(len(dst)) > 0 {
		n = body(len(dst))
		s.loops.pixels(&dst[0], &src[0], n)
	}
	for i := n; i < len(dst); i++ {
		dst[i] = float32(src[i]) / 255
	}
}

// Finite reports whether no element of x is infinite or NaN.
func (s *Set) Finite(x []float32) bool {
	n, ok := 0, true
	if s.loops.finite != nil && body(len(x)) > 0 {
		n = body(len(x))
		ok = s.loops.finite(&x[0], n)
	}
	for _, v := range x[n:] {
		ok = ok && finite(v)
	}
	return ok
}

func finite(x float32) bool { return x-x == 0 }

func sqrt32(x float32) float32 {
	// Rounding the float64 root is correct: 53 >= 2*24+2 bits (Figueroa, "When
	// is double rounding innocuous?", 1995). The compiler emits SQRTSS for it.
	return float32(math.Sqrt(float64(x)))
}

func checkSame(n int, others ...int) {
	for _, o := range others {
		if o != n {
			panic("kernel: slices of different lengths")
		}
	}
}

func checkRows(have, ld, m, width int) {
	if m < 0 || ld < width || m > 0 && have < (m-1)*ld+width {
		panic("kernel: matrix does not fit its slice")
	}
}
