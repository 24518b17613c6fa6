package kernel

import (
	"math"
	"testing"
)

// ulps returns the error of got in units in the last place of float32 at exact.
func ulps(got float32, exact float64) float64 {
	_, e := math.Frexp(exact) // exact in [½, 1)·2^e
	return math.Abs(float64(got)-exact) / math.Ldexp(1, max(e-24, -149))
}

// stride over all float32. It is prime, so that all low bits occur.
func stride() int {
	if testing.Short() {
		return 25013
	}
	return 251
}

func TestExpError(t *testing.T) {
	worst, worstSubnormal := 0.0, 0.0
	for b := 0; b < 1<<32; b += stride() {
		x := math.Float32frombits(uint32(b))
		got, exact := Exp(x), math.Exp(float64(x))
		switch {
		case x != x:
			if got == got {
				t.Fatalf("Exp(NaN) = %g", got)
			}
		case float64(float32(exact)) == 0 || math.IsInf(float64(float32(exact)), 0):
			if got != float32(exact) {
				t.Fatalf("Exp(%x) = %x, want %x", x, got, float32(exact))
			}
		case exact < 0x1p-126:
			worstSubnormal = max(worstSubnormal, ulps(got, exact))
		default:
			worst = max(worst, ulps(got, exact))
		}
	}
	t.Logf("largest error %.3f ulp, subnormal %.3f ulp", worst, worstSubnormal)
	if worst >= 1.1 || worstSubnormal >= 1.1 {
		t.Errorf("errors of %.3f and %.3f (subnormal) ulp, want below 1.1", worst, worstSubnormal)
	}
}

func TestLogError(t *testing.T) {
	worst, at := 0.0, float32(0)
	check := func(x float32) {
		got, exact := Log(x), math.Log(float64(x))
		switch {
		case exact != exact || math.IsInf(exact, 0) || exact == 0:
			if Bits(got) != Bits(float32(exact)) {
				t.Fatalf("Log(%x) = %x, want %g", x, got, exact)
			}
		case ulps(got, exact) > worst:
			worst, at = ulps(got, exact), x
		}
	}
	for b := 0; b < 1<<32; b += stride() {
		check(math.Float32frombits(uint32(b)))
	}
	for _, x := range special {
		check(x)
	}
	for d := range 1 << 16 { // near 1, where the logarithm vanishes
		check(math.Float32frombits(0x3f800000 + uint32(d)))
		check(math.Float32frombits(0x3f800000 - uint32(d)))
	}
	t.Logf("largest error %.3f ulp at %x", worst, at)
	if worst >= 1 {
		t.Errorf("error of %.3f ulp at %x, want below 1", worst, at)
	}
}

func TestSigmoid(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{
		{0, 0.5}, {float32(math.Copysign(0, -1)), 0.5}, {inf, 1}, {-inf, 0},
		{17.5, 1}, {1000, 1}, {-88.73, 0}, {-89, 0}, {-1e30, 0},
	} {
		if got := Sigmoid(c.x); Bits(got) != Bits(c.want) {
			t.Errorf("Sigmoid(%g) = %g, want %g", c.x, got, c.want)
		}
	}
	if x := Sigmoid(float32(math.NaN())); x == x {
		t.Errorf("Sigmoid(NaN) = %g", x)
	}
	// PyTorch's values on either side of the cliff: 1/(1+e^88.72) is subnormal,
	// and e^88.73 is Inf.
	if x := Sigmoid(-88.72); x < 2.9e-39 || x > 3e-39 {
		t.Errorf("Sigmoid(-88.72) = %g, want about 2.95e-39", x)
	}
	r := newSource(1)
	for range 200000 {
		x := max(r.ordinary()*20, -88.7)
		exact := 1 / (1 + math.Exp(-float64(x)))
		// e^-x (< 1.1 ulp), the sum and the quotient are each rounded once, and
		// a quotient just above a power of two doubles the first two errors.
		if e := ulps(Sigmoid(x), exact); e > 4 {
			t.Fatalf("Sigmoid(%g) is %.2f ulp off", x, e)
		}
	}
}

// Exp computed in float64 equals Exp computed with fused multiply-adds.
func TestExpCareful(t *testing.T) {
	check := func(x float32) {
		limited := min(max(x, expLow), expHigh) // NaN stays NaN
		if got, want := Exp(x), expCareful(limited); Bits(got) != Bits(want) {
			t.Fatalf("Exp(%b) = %b, want %b", x, got, want)
		}
	}
	for _, x := range special {
		check(x)
	}
	for b := uint64(0); b < 1<<32; b += 397 {
		check(math.Float32frombits(uint32(b)))
	}
	r := newSource(9)
	for range 2_000_000 { // where softmax has them
		check(-20 * r.Float32())
	}
}
