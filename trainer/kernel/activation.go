package kernel

import "math"

// BiasReLU adds the bias to every row and applies the rectifier, in place:
//
//	z[i*ld+j] = ReLU(z[i*ld+j] + bias[j])   for i < m, j < len(bias)
func (s *Set) BiasReLU(z []float32, ld, m int, bias []float32) {
	checkRows(len(z), ld, m, len(bias))
	for i := range m {
		row := z[i*ld:][:len(bias)]
		for j, b := range bias {
			row[j] = ReLU(row[j] + b)
		}
	}
}

// ReLU returns x if it is positive or NaN, and otherwise +0.
func ReLU(x float32) float32 {
	if x <= 0 {
		return 0
	}
	return x
}

// ReLUBackward turns the gradient d of the loss with respect to the activations
// a into the gradient with respect to the rectifier's arguments, in place: d[i]
// = 0 where a[i] <= 0. As in PyTorch, a NaN among the activations passes its
// gradient on.
func (s *Set) ReLUBackward(d, a []float32) {
	checkSame(len(d), len(a))
	for i, x := range a {
		if x <= 0 {
			d[i] = 0
		}
	}
}

// BiasTanh adds the bias to every row and applies the hyperbolic tangent, in
// place: z[i*ld+j] = Tanh(z[i*ld+j] + bias[j]) for i < m, j < len(bias).
func (s *Set) BiasTanh(z []float32, ld, m int, bias []float32) {
	checkRows(len(z), ld, m, len(bias))
	for i := range m {
		row := z[i*ld:][:len(bias)]
		for j, b := range bias {
			row[j] = Tanh(row[j] + b)
		}
	}
}

// TanhBackward turns the gradient d of the loss with respect to the activations
// a into the gradient with respect to the arguments of the hyperbolic tangent,
// in place and fused as in PyTorch's vector loop:
//
//	d[i] = d[i] * fma(-a[i], a[i], 1)
func (s *Set) TanhBackward(d, a []float32) {
	checkSame(len(d), len(a))
	for i, x := range a {
		d[i] *= FMA(-x, x, 1)
	}
}

// Taylor coefficients of tanh: tanh x = x + x³·(t3 + x²·(t5 + …)). The terms
// shrink like 0.81·(2x/π)^2n, so below tanhSmall the first omitted one, of
// x^21, is less than 0.81·0.1584^10·x < 2^-26·x.
const (
	tanhSmall  = 0.625
	tanhTerm3  = -1.0 / 3
	tanhTerm5  = 2.0 / 15
	tanhTerm7  = -17.0 / 315
	tanhTerm9  = 62.0 / 2835
	tanhTerm11 = -1382.0 / 155925
	tanhTerm13 = 21844.0 / 6081075
	tanhTerm15 = -929569.0 / 638512875
	tanhTerm17 = 6404582.0 / 10854718875
	tanhTerm19 = -443861162.0 / 1856156927625
)

// Tanh returns the hyperbolic tangent of x. The error is below 2 units in the
// last place. Up to tanhSmall it consists of the last addition (half a unit)
// and of the rounding of a correction that is an eighth of x. Beyond tanhSmall
// the result is 1 - 2/(1+e^2x). There, relative errors of 2^-23 in e^2x (see
// Exp) and of 2^-24 in the sum and the quotient add up to 2^-22.4 of at most
// 0.45, which is 1.3 units of a result above 0.55, before the last subtraction
// rounds by half a unit.
func Tanh(x float32) float32 {
	const sign = 1 << 31
	bits := math.Float32bits(x)
	size := math.Float32frombits(bits &^ sign)
	var y float32
	if size < tanhSmall {
		z := float32(size * size)
		p := float32(tanhTerm19)
		p = FMA(p, z, tanhTerm17)
		p = FMA(p, z, tanhTerm15)
		p = FMA(p, z, tanhTerm13)
		p = FMA(p, z, tanhTerm11)
		p = FMA(p, z, tanhTerm9)
		p = FMA(p, z, tanhTerm7)
		p = FMA(p, z, tanhTerm5)
		p = FMA(p, z, tanhTerm3)
		y = FMA(float32(p*z), size, size)
	} else {
		y = 1 - 2/(1+Exp(size+size))
	}
	return math.Float32frombits(math.Float32bits(y) | bits&sign)
}
