package kernel

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

// exactFMA rounds the exact x*y+z once, by math/big.
func exactFMA(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	if math.IsNaN(s) || math.IsInf(s, 0) || s == 0 {
		return float32(s) // exact: no float32 input overflows float64
	}
	const prec = 1100 // from 2^256 down to 2^-298, and more
	f := func(x float32) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(float64(x)) }
	p := new(big.Float).SetPrec(prec).Mul(f(x), f(y))
	r, _ := p.Add(p, f(z)).Float32()
	return r
}

// hardFMA calls f with operands that make rounding difficult.
func hardFMA(r source, n int, f func(x, y, z float32)) {
	for _, x := range special {
		for _, y := range special {
			for _, z := range special {
				f(x, y, z)
			}
		}
	}
	tiny := []float32{0, 0x1p-149, -0x1p-149, 0x1p-126, -0x1p-100, 0x1p-60, -0x1p-40}
	for range n {
		f(r.any(), r.any(), r.any())
		f(math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()))
		// With 12 and 13 bits, products have 25 bits and are half-way cases. A
		// z far below decides them, if anything does.
		x := float32(1<<11|r.IntN(1<<11)) * 0x1p-11
		y := float32(1<<12|r.IntN(1<<12)|1) * 0x1p-12
		f(x, y, tiny[r.IntN(len(tiny))])
		// The same with half-way cases among the subnormals.
		f(x*0x1p-70, y*float32(math.Ldexp(1, -60-r.IntN(22))), tiny[r.IntN(3)])
		// The same at the upper end.
		f(x*0x1p64, y*0x1p62, math.MaxFloat32*float32(r.IntN(3)-1))
		// Near-cancellation, exact zeros included.
		f(x, y, -float32(float64(x)*float64(y)))
		// A float64 sum that rounding moves to a float32 boundary.
		a := r.ordinary()
		f(a, 1+0x1p-23*float32(r.IntN(8)), float32(math.Ldexp(float64(a), -20-r.IntN(12))))
		f(a, float32(math.Ldexp(1, -24-r.IntN(3))), math.Nextafter32(1, float32(r.IntN(3))))
	}
}

func TestFMAIsExact(t *testing.T) {
	hardFMA(newSource(1), 20000, func(x, y, z float32) {
		if got, want := FMA(x, y, z), exactFMA(x, y, z); Bits(got) != Bits(want) {
			t.Fatalf("FMA(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	})
}

// fmaByMultiply computes a fused multiply-add with a set, as a product with K =
// 1 that continues C.
func fmaByMultiply(s *Set, x, y, z float32) float32 {
	var b, c [Width]float32
	b[5], c[5] = y, z
	s.Multiply(&Product{M: 1, K: 1, Panels: 1, C: c[:], CRow: Width, A: []float32{x}, B: b[:], More: true})
	return c[5]
}

func TestFMAEqualsHardware(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		if slices.Contains(emulated, s) {
			t.Skip("its fused multiply-add is FMA")
		}
		n := 300000
		if testing.Short() {
			n = 10000
		}
		hardFMA(newSource(2), n, func(x, y, z float32) {
			if got, want := FMA(x, y, z), fmaByMultiply(s, x, y, z); Bits(got) != Bits(want) {
				t.Fatalf("FMA(%x, %x, %x) = %x, hardware %x", x, y, z, got, want)
			}
		})
	})
}

func TestBits(t *testing.T) {
	for _, b := range []uint32{0, 1 << 31, 1, 0x3f800000, 0x7f800000, 0xff800000} {
		if got := Bits(math.Float32frombits(b)); got != b {
			t.Errorf("Bits of %#08x is %#08x", b, got)
		}
	}
	for _, b := range []uint32{0x7f800001, 0x7fc00000, 0xffc00000, 0xffffffff} {
		if got := Bits(math.Float32frombits(b)); got != 0x7fc00000 {
			t.Errorf("Bits of NaN %#08x is %#08x", b, got)
		}
	}
}
