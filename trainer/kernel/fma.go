package kernel

import "math"

// FMA returns x*y + z with a single rounding to float32. Its result has the
// same bits as the processor's fused multiply-add (apart from NaN payloads).
//
// The product of two float32 is exact in float64 (48 of 53 bits; exponents down
// to 2^-298 fit). The float64 sum is rounded once. Rounding it again to float32
// can only go wrong if the sum lies on the boundary between two float32 values,
// that is, if its low 29 bits are 100…0, or if the result is subnormal in
// float32 and the boundary is elsewhere. These cases, and exact zeros, take the
// careful path.
func FMA(x, y, z float32) float32 {
	// A fused float64 operation here would give the same sum: the product is
	// exact.
	s := float64(x)*float64(y) + float64(z)
	if roundsOnce(s) {
		return float32(s)
	}
	return fmaCareful(x, y, z, s)
}

// fmaRow computes acc[j] = FMA(x, row[j], acc[j]), the inner loop of the
// portable products. It has the common path of FMA, which is too large to be
// inlined, in line.
func fmaRow(acc *[Width]float32, x float32, row *[Width]float32) {
	for j := range acc {
		s := float64(x)*float64(row[j]) + float64(acc[j])
		if roundsOnce(s) {
			acc[j] = float32(s)
		} else {
			acc[j] = fmaCareful(x, row[j], acc[j], s)
		}
	}
}

// roundsOnce reports whether s is clear of every boundary between two float32
// values: its low 29 bits are not 100…0 and it is at least 2^-126, the smallest
// normal float32 (exponent field 897 of float64).
func roundsOnce(s float64) bool {
	b := math.Float64bits(s)
	return b<<35 != 1<<63 && b<<1 >= 897<<53
}

// fmaCareful rounds the float64 sum s of x*y and z to odd, after which rounding
// to float32 is correct: 53 bits are more than 24+2 (Boldo and Melquiond,
// "Emulation of FMA and correctly rounded sums: proved algorithms using
// rounding to odd", IEEE Trans. Comput. 57(4), 2008).
func fmaCareful(x, y, z float32, s float64) float32 {
	p, q := float64(x)*float64(y), float64(z)
	// Knuth's TwoSum: e is exactly p+q-s. Nothing here overflows or underflows:
	// |p| and |q| are zero or within 2^±298. Inf and NaN give a NaN e.
	t := s - p
	e := (p - (s - t)) + (q - t)
	if e != 0 && e == e {
		b := math.Float64bits(s)
		if b&1 == 0 {
			// The exact sum lies strictly between s and its neighbour in the
			// direction of e; s is even, so that neighbour is the odd one.
			if (e > 0) == (s > 0) {
				b++
			} else {
				b--
			}
		}
		s = math.Float64frombits(b)
	}
	return float32(s)
}

// Bits returns the IEEE 754 representation of x, with 0x7fc00000 for every NaN.
// Only this form of a value is the same in every kernel set.
func Bits(x float32) uint32 {
	if x != x {
		return 0x7fc00000
	}
	return math.Float32bits(x)
}
