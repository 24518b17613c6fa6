package kernel

import "math"

// Constants of Exp. The reduced argument r lies within ±ln2/2 = ±0.3466
// (slightly beyond if x/ln2 is rounded in the other direction). There the
// Taylor remainder after r^7 is below r^8/8!·1.05 < 5.5e-9, a tenth of a unit
// in the last place of the result.
const (
	expLow   = -104.5 // e^-104.5 < 2^-150 rounds to 0
	expHigh  = 89     // e^89 > the largest float32
	log2E    = 1.44269504088896340736
	shifter  = 3 << 22                      // adding it leaves the integer part in the low bits
	ln2High  = 0.693147182464599609375      // float32(ln 2)
	ln2Low   = -1.904654299957767878541e-09 // ln 2 - ln2High
	expTerm2 = 1.0 / 2
	expTerm3 = 1.0 / 6
	expTerm4 = 1.0 / 24
	expTerm5 = 1.0 / 120
	expTerm6 = 1.0 / 720
	expTerm7 = 1.0 / 5040
)

// Exp returns e^x. The error is below 1.1 units in the last place (u). Before
// scaling, the result lies in [0.70, 1.42]. For the lower part of that range,
// where u = 2^-24, the last addition contributes 0.5u, the roundings of r and
// of e^r-1 (both below 0.5) 0.25u each, and the series 0.1u. The scaling of
// subnormal results rounds once more, by 0.5u of a much larger u. Results above
// the largest float32 are +Inf, and those below half the smallest subnormal are
// 0. NaN gives NaN.
func Exp(x float32) float32 {
	// Clamp as MAXPS and MINPS do, which pass a NaN in x.
	if x < expLow {
		x = expLow
	}
	if x > expHigh {
		x = expHigh
	}
	if x == 0 {
		return 1 // common in a softmax, and not certain to round once below
	}
	// These are the operations of expCareful in float64, where they are exact
	// except for sums. With FMA they would take five times as long.
	clear := true
	t := fused(float64(x), float64(float32(log2E)), shifter, &clear)
	n := t - shifter
	r := fused(n, -ln2High, float64(x), &clear)
	r = fused(n, float64(float32(-ln2Low)), r, &clear)
	p := fused(float64(float32(expTerm7)), r, float64(float32(expTerm6)), &clear)
	p = fused(p, r, float64(float32(expTerm5)), &clear)
	p = fused(p, r, float64(float32(expTerm4)), &clear)
	p = fused(p, r, float64(float32(expTerm3)), &clear)
	p = fused(p, r, expTerm2, &clear)
	p = fused(float64(float32(p*r)), r, r, &clear)
	if !clear {
		return expCareful(x)
	}
	return expScaled(float32(t), float32(p))
}

// fused returns FMA(x, y, z) of float32 values, or sets clear to false if the
// result might be wrong: see roundsOnce.
func fused(x, y, z float64, clear *bool) float64 {
	s := x*y + z
	if !roundsOnce(s) {
		*clear = false
	}
	return float64(float32(s))
}

// expCareful is Exp for arguments within its limits, operation by operation.
func expCareful(x float32) float32 {
	t := FMA(x, log2E, shifter)
	n := t - shifter // round(x/ln 2), in [-151, 128]
	r := FMA(n, -ln2High, x)
	r = FMA(n, -ln2Low, r)
	p := float32(expTerm7)
	p = FMA(p, r, expTerm6)
	p = FMA(p, r, expTerm5)
	p = FMA(p, r, expTerm4)
	p = FMA(p, r, expTerm3)
	p = FMA(p, r, expTerm2)
	return expScaled(t, FMA(float32(p*r), r, r))
}

// expScaled returns (1+p)·2^n, where t is n + shifter.
func expScaled(t, p float32) float32 {
	p += 1
	// Scale by 2^n in two factors, because 2^128 and 2^-151 are out of range.
	// Only the second multiplication can round.
	i := int32(math.Float32bits(t)) - shifterBits
	h := i >> 1
	p = float32(p * power2(h))
	return float32(p * power2(i-h))
}

// shifterBits is the representation of shifter; the difference of the two
// representations is the integer that was added.
const shifterBits = 0x4b400000

// power2 returns 2^i for -126 <= i <= 127. (For the garbage that a NaN leaves
// in i it returns an arbitrary number, which is then multiplied by that NaN.)
func power2(i int32) float32 { return math.Float32frombits(uint32(i+127) << 23) }

// Sigmoid returns 1/(1+Exp(-x)). For x below about -88.72 Exp overflows and
// the result is exactly 0, as in PyTorch.
func Sigmoid(x float32) float32 { return 1 / (1 + Exp(-x)) }

// Log returns the natural logarithm of x. The error is below 1 unit in the last
// place (tested against float64 over every 251st float32). Log(±0) = -Inf, and
// Log of a negative value or NaN is NaN.
//
// The method is that of FDLIBM's log: x = 2^k·(1+f) with 1+f in [√½, √2), s =
// f/(2+f), log(1+f) = 2·atanh(s) = f - (f²/2 - s·(f²/2 + R)) with R = 2·(s²/3 +
// s⁴/5 + …). Here R has the Taylor terms, and the first omitted one contributes
// less than 2·s^11/11 < 7e-10.
func Log(x float32) float32 {
	switch {
	case x != x || x > math.MaxFloat32:
		return x
	case x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	}
	k := int32(0)
	if x < 0x1p-126 {
		x *= 0x1p25
		k = -25
	}
	const sqrtHalfBits = 0x3f3504f3 // √½
	b := int32(math.Float32bits(x)) - sqrtHalfBits
	e := b >> 23
	k += e
	f := math.Float32frombits(uint32(b-e<<23)+sqrtHalfBits) - 1
	s := f / (2 + f)
	z := float32(s * s)
	r := float32(2.0 / 9)
	r = FMA(r, z, 2.0/7)
	r = FMA(r, z, 2.0/5)
	r = FMA(r, z, 2.0/3)
	r = float32(r * z)
	half := float32(0.5 * float32(f*f))
	n := float32(k)
	tail := FMA(s, half+r, float32(n*ln2Low))
	return FMA(n, ln2High, f-(half-tail))
}
