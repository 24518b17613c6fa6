package foreign

import (
	"fmt"
	"math"
)

// integer converts a label or epoch that may have been written as a float, as R
// does. ok is false if v is not an integer.
func integer(v float64) (int64, bool) {
	const exact = 1 << 53
	return int64(v), v == math.Trunc(v) && math.Abs(v) <= exact
}

// narrow rounds a float64 to float32. A finite number beyond float32 is an
// error; an infinity is not.
func narrow(v float64) (float32, error) {
	f := float32(v)
	if math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
		return 0, fmt.Errorf("is %v, beyond what float32 holds, in which metrics are computed; scale the activations", v)
	}
	return f, nil
}

// widen converts float16 (IEEE 754 binary16) to float32, which can represent
// all of them.
func widen(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10)&0x1f, uint32(bits&0x3ff)
	switch exponent {
	case 0: // subnormal: fraction times 2^-24
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
