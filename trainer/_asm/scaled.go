package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A decaying register has a multiple of what lies in memory or in another
// register, with the same sign.
type decaying struct {
	r  vec
	at operand.Op
}

// decay multiplies registers by a scalar as many times as missed says, or until
// that changes none of them any more.
//
// Some processors take a hundred times as long for a product that is below
// 2^-126, the smallest normal number, where the numbers are multiples of 2^-149.
// So when a lane comes near that, all lanes are scaled by 2^64, where such a
// product has to be a multiple of 2^-85: the sum of it and c = 2^-62 is rounded
// to just these multiples, and c is subtracted again. A product that is rounded
// up to c is c in either way. Signs are left out meanwhile.
//
// The first two of at least five further registers are among the lower 16.
func (g *generator) decay(list []decaying, factor string, s named, missed reg.GPVirtual, free []vec, label string) {
	f, first, old, c, y, mask := s[factor], free[0], free[1], free[2], free[3], free[4]
	bits := g.GP64()
	g.MOVL(g.argument(factor), bits.As32())
	magnitude := func(r, to vec) { g.and(g.Context, g.constant("magnitude"), r, to) }
	// combine folds the upper half of first into the lower one.
	combine := func(f func(...operand.Op)) {
		if g.bytes == 64 {
			g.VEXTRACTF64X4(operand.U8(1), first, old.AsY())
			f(old.AsY(), first.AsY(), first.AsY())
		}
	}
	// jumpIf jumps if the extreme of the magnitudes, less a constant if one is
	// named, is beyond a bound.
	jumpIf := func(extreme func(...operand.Op), bound, less, to string) {
		for i, d := range list {
			r := old
			if i == 0 {
				r = first
			}
			magnitude(d.r, r)
			if less != "" {
				g.VPSUBD(g.constant(less), r, r)
			}
			if i > 0 {
				extreme(old, first, first)
			}
		}
		combine(extreme)
		extreme(g.constant(bound), first.AsY(), old.AsY())
		g.VPXOR(g.constant(bound), old.AsY(), old.AsY())
		g.VPTEST(old.AsY(), old.AsY())
		g.JNZ(operand.LabelRef(to))
	}

	g.Label(label)
	g.CMPQ(bits, operand.U32(math.Float32bits(1)))
	g.JGE(operand.LabelRef(label + "Multiply"))     // not a factor from 0 to 1
	jumpIf(g.VPMINUD, "decayLow", "1", label+"Low") // less 1, so that 0 is large
	g.Label(label + "Multiply")
	for _, d := range list {
		g.VMULPS(f, d.r, d.r)
	}
	g.DECQ(missed)
	g.JZ(operand.LabelRef(label + "Done"))
	g.TESTQ(operand.U32(7), missed)
	g.JNZ(operand.LabelRef(label + "Multiply"))
	g.JMP(operand.LabelRef(label))

	g.Label(label + "Low")
	jumpIf(g.VPMAXUD, "decayHigh", "", label+"Multiply") // 2^64 times it may be too large
	g.VMOVUPS(g.constant("decayGrid"), c)
	for _, d := range list {
		g.scale(d, c, y, mask)
	}
	step := func(d decaying) { g.decayScaled(d, f, c, y, mask) }
	g.Label(label + "Scaled")
	for _, d := range list {
		step(d)
	}
	g.DECQ(missed)
	g.JZ(operand.LabelRef(label + "Unscale"))
	g.TESTQ(operand.U32(7), missed)
	g.JNZ(operand.LabelRef(label + "Scaled"))
	g.zero(first)
	for _, d := range list {
		g.VMOVAPS(d.r, old)
		step(d)
		g.xor(g.Context, d.r, old, old)
		g.or(g.Context, old, first, first)
	}
	combine(func(o ...operand.Op) { g.VPOR(o[0], o[1], o[2]) })
	g.VPTEST(first.AsY(), first.AsY())
	g.JZ(operand.LabelRef(label + "Unscale")) // all stand still
	g.DECQ(missed)
	g.JNZ(operand.LabelRef(label + "Scaled"))
	g.Label(label + "Unscale")
	for _, d := range list {
		g.unscale(d, c, y, mask)
	}
	g.Label(label + "Done")
}

// scale multiplies a register's magnitude by 2^64 and leaves out its sign; see
// decay. c has 2^-62, y and mask are further registers.
func (g *generator) scale(d decaying, c operand.Op, y, mask vec) {
	g.and(g.Context, g.constant("magnitude"), d.r, d.r)
	g.VPADDD(g.constant("decayScale"), d.r, d.r)
	// Below c the number has its multiple of 2^-149 as mantissa, with an
	// exponent that is one lower than that of c.
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, d.r, reg.K1)
		g.VADDPS(d.r, d.r, reg.K1, d.r)
		g.VSUBPS(c, d.r, reg.K1, d.r)
		return
	}
	g.VCMPPS(operand.U8(less), c, d.r, mask)
	g.VADDPS(d.r, d.r, y)
	g.VSUBPS(c, y, y)
	g.VBLENDVPS(mask, y, d.r, d.r)
}

// decayScaled multiplies a scaled register by f.
func (g *generator) decayScaled(d decaying, f vec, c operand.Op, y, mask vec) {
	g.VMULPS(f, d.r, y)
	g.VFMADD213PS(c, f, d.r)
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, y, reg.K1)
		g.VSUBPS(c, d.r, reg.K1, y)
		g.VMOVAPS(y, d.r)
		return
	}
	g.VCMPPS(operand.U8(less), c, y, mask)
	g.VSUBPS(c, d.r, d.r)
	g.VBLENDVPS(mask, d.r, y, d.r)
}

// unscale undoes scale, with the sign of what the register is a multiple of.
func (g *generator) unscale(d decaying, c operand.Op, y, mask vec) {
	g.unscaleMagnitude(d.r, c, y, mask)
	g.takeSign(d.r, d.at, y)
}

// unscaleMagnitude undoes scale but for the sign.
func (g *generator) unscaleMagnitude(r vec, c operand.Op, y, mask vec) {
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, r, reg.K1)
		g.VADDPS(c, r, reg.K1, r)
		g.VMULPS(g.constant("half"), r, reg.K1, r)
	} else {
		g.VCMPPS(operand.U8(less), c, r, mask)
		g.VADDPS(c, r, y)
		g.VMULPS(g.constant("half"), y, y)
		g.VBLENDVPS(mask, y, r, r)
	}
	g.VPSUBD(g.constant("decayScale"), r, r)
}

// takeSign gives a register without signs those of another number. y is a
// further register.
func (g *generator) takeSign(r vec, from operand.Op, y vec) {
	g.VMOVUPS(from, y)
	g.and(g.Context, g.constant("sign"), y, y)
	g.or(g.Context, y, r, r)
}

// scaleSigned multiplies a register by 2^64. at has the same numbers; y and mask
// are further registers. Numbers of 2^64 and more become infinite, and so do
// those that are none.
func (g *generator) scaleSigned(r vec, at operand.Op, y, mask vec) {
	g.and(g.Context, g.constant("magnitude"), r, r)
	g.VPMINUD(g.constant("2^64"), r, r)
	g.scale(decaying{r: r}, g.constant("decayGrid"), y, mask)
	g.takeSign(r, at, y)
}
