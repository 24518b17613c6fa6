//go:build !noasm

package kernel

import (
	"math"
	"testing"
)

// The routines of avx512 compute square roots from an approximate reciprocal
// root and multiply-adds; see roots in trainer/_asm. For most x a bound proves
// that the result is the correctly rounded root. The others are all tried.
//
// Let y = (1+δ)/√x with |δ| <= 2^-14, and e <= 2^-24 the relative error of a
// rounding; g, h and r are what is s, y and t there. A factor of 4 in x changes
// nothing, so let x be in [1,4). If x is too small for that, the routines use
// the instruction. Up to terms of higher order,
//
//   - g·h is (1+δ)²·(1+e)/2, so r is -δ - δ²/2 - e/2;
//   - g·(1+r) is √x·(1 - 3δ²/2 + e/2), and h·(1+r) is (1 - 3δ²/2 - e/2)/(2√x):
//     with the rounding that follows, g is off by ε and h by η, both below
//     1.7·2^-24;
//   - d is x - g·g, except for a rounding of its own, which counts as if it
//     were h's;
//   - g + d·h, before it is rounded, is √x·(1 - ε²/2 - ε·(η+e)): within 2^-44
//     of √x.
//
// That rounds to a different number than √x only if a number halfway between
// two float32 is that close to √x. Write X = x·2^48, a whole number in [2^48,
// 2^50) and a multiple of 2^25, of 2^26 from 2^49 on. Halfway numbers are odd M
// in [2^24, 2^25), and |X-M²| <= 2·2^-44·2^50 = 128. hardRoots finds all such X
// and more, and for each of them TestSqrt tries every y within its bounds.

// hardRoots calls f with every x in [1,4) whose root is near a halfway number.
func hardRoots(f func(x float32)) {
	for m := uint64(1<<24 + 1); m < 1<<25; m += 2 {
		if rest := m * m % (1 << 25); rest <= 256 || rest >= 1<<25-256 {
			if x := (m*m + 256) >> 25 << 25; x>>25 < 1<<24 || x>>26<<26 == x {
				f(float32(float64(x) * 0x1p-48))
			}
		}
	}
}

// iterateRoot makes the steps of roots in trainer/_asm, given x and an
// approximation y of 1/√x.
func iterateRoot(x, y float32) float32 {
	g, h := x*y, y*0.5
	r := FMA(-g, h, 0.5)
	g, h = FMA(g, r, g), FMA(h, r, h)
	return FMA(FMA(-g, g, x), h, g)
}

// reciprocalRoots returns the smallest and the largest permitted approximation
// of 1/√x.
func reciprocalRoots(x float32) (low, high float32) {
	exact := 1 / math.Sqrt(float64(x))
	low, high = float32(exact*(1-0x1p-14)), float32(exact*(1+0x1p-14))
	if float64(low) < exact*(1-0x1p-14) {
		low = math.Nextafter32(low, 2)
	}
	if float64(high) > exact*(1+0x1p-14) {
		high = math.Nextafter32(high, 0)
	}
	return low, high
}

// worstRootReciprocal returns an approximation as coarse as is permitted. That
// of processors is better, and differs between them.
func worstRootReciprocal(x float32) float32 {
	switch {
	case x == 0:
		return float32(math.Inf(1))
	case x < 0 || math.IsNaN(float64(x)):
		return float32(math.NaN())
	case math.IsInf(float64(x), 1):
		return 0
	}
	low, high := reciprocalRoots(x)
	if math.Float32bits(x)&1 == 0 {
		return low
	}
	return high
}

func TestSqrt(t *testing.T) {
	hard := 0
	hardRoots(func(x float32) {
		hard++
		low, high := reciprocalRoots(x)
		for y := low; y <= high; y = math.Nextafter32(y, 2) {
			if got := iterateRoot(x, y); got != sqrt32(x) {
				t.Fatalf("√%b from %b is %b, want %b", x, y, got, sqrt32(x))
			}
		}
	})
	t.Logf("%d numbers whose root is nearly halfway", hard)
	if hard < 50 {
		t.Errorf("only %d hard cases", hard)
	}
}
