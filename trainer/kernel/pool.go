package kernel

import "math"

// NoArgument marks a window that BiasReLUPool found to have no positive value.
const NoArgument = 4

// BiasReLUPool adds the bias to a row of 2×2 windows, applies the ReLU, and
// takes the largest value of each window. The values of window w are
//
//	top[2*w*ld+c], top[(2*w+1)*ld+c], bottom[2*w*ld+c], bottom[(2*w+1)*ld+c]
//
// in this order, each plus bias[c], for c < channels. dst[w*ldd+c] receives the
// largest if it is positive and otherwise +0. arg[w*channels+c] receives its
// place in the window (0 to 3), or [NoArgument] for a 0.
//
// Of equal largest values the first counts. As in PyTorch's max_pool2d, a NaN
// is larger than every number, and the last NaN of a window is its result. As
// in PyTorch's ReLU, a NaN stays NaN. Only windows with a positive value (or
// NaN) pass gradients on, so it does not matter that PyTorch applies the ReLU
// first.
func (s *Set) BiasReLUPool(dst []float32, ldd int, arg []uint8, top, bottom []float32, ld, windows, channels int, bias []float32) {
	checkRows(len(dst), ldd, windows, channels)
	checkRows(len(top), ld, 2*windows, channels)
	checkRows(len(bottom), ld, 2*windows, channels)
	if len(bias) < channels || len(arg) < windows*channels {
		panic("kernel: matrix does not fit its slice")
	}
	if windows == 0 {
		return
	}
	bias = bias[:channels]
	used := (2*windows-1)*ld + channels
	numbers := s.Finite(bias) && s.Finite(top[:used]) && s.Finite(bottom[:used])
	if numbers && s.loops.pool != nil && channels > 0 && channels == body(channels) {
		s.loops.pool(&dst[0], ldd, &arg[0], &top[0], &bottom[0], ld, windows, channels, &bias[0])
		return
	}
	for w := range windows {
		at := 2 * w * ld
		window := [4][]float32{top[at:], top[at+ld:], bottom[at:], bottom[at+ld:]}
		if numbers {
			poolNumbers(dst[w*ldd:], arg[w*channels:], &window, bias)
		} else {
			poolAny(dst[w*ldd:], arg[w*channels:], &window, bias)
		}
	}
}

// poolNumbers processes one window without branches, which would be
// mispredicted half of the time. Positive float32 have the same order as their
// representations as integers, and negative ones are negative as integers, too.
// With 3 minus the place in the two lowest bits, the greatest integer belongs
// to the first greatest value.
func poolNumbers(dst []float32, arg []uint8, window *[4][]float32, bias []float32) {
	n := len(bias)
	dst, arg = dst[:n], arg[:n]
	a, b, c, d := window[0][:n], window[1][:n], window[2][:n], window[3][:n]
	for j, x := range bias {
		best := max(poolKey(a[j]+x)|3, poolKey(b[j]+x)|2, poolKey(c[j]+x)|1, poolKey(d[j]+x))
		place := uint8(3 - best&3)
		if best < 4 { // the value is not above +0
			best, place = 0, NoArgument
		}
		dst[j], arg[j] = math.Float32frombits(uint32(best>>2)), place
	}
}

func poolKey(x float32) int64 { return int64(int32(math.Float32bits(x))) << 2 }

func poolAny(dst []float32, arg []uint8, window *[4][]float32, bias []float32) {
	for j, x := range bias {
		best, place := float32(0), uint8(NoArgument)
		for i, values := range window {
			if v := values[j] + x; v > best || v != v {
				best, place = v, uint8(i)
			}
		}
		dst[j], arg[j] = best, place
	}
}
