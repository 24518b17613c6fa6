package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// jumpUnlessLow jumps if no number but 0 has a magnitude of at most bound, whose
// constant holds its bits. x and y are further registers. A number that equals
// the bound may go either way.
func (g *generator) jumpUnlessLow(numbers []operand.Op, bound string, x, y vec, to string) {
	g.least(numbers, x, y)
	g.VMOVUPS(g.constant(bound), y)
	g.jumpUnlessBelow(x, y, to)
}

// least leaves the bits of the least magnitude in x, less 1 so that 0 is large.
// y is a further register.
func (g *generator) least(numbers []operand.Op, x, y vec) {
	for i, number := range numbers {
		to := x
		if i > 0 {
			to = y
		}
		if _, ok := number.(operand.Mem); ok {
			g.VMOVUPS(number, to)
			number = to
		}
		g.and(g.Context, g.constant("magnitude"), number, to)
		g.VPSUBD(g.constant("1"), to, to)
		if i > 0 {
			g.VPMINUD(y, x, x)
		}
	}
}

// jumpUnlessBelow jumps if no integer of x is below that of bound. It overwrites
// x. An x that equals the bound may go either way.
func (g *generator) jumpUnlessBelow(x, bound vec, to string) {
	g.testBelow(x, bound)
	g.JZ(operand.LabelRef(to))
}

// testBelow clears the zero flag if an integer of x is below that of bound, and
// sets it if none is, like jumpUnlessBelow.
func (g *generator) testBelow(x, bound vec) {
	if g.bytes == 64 {
		g.VPCMPUD(operand.U8(5), x, bound, reg.K1) // the bound is at least that
		g.KORTESTW(reg.K1, reg.K1)
		return
	}
	g.VPMINUD(x, bound, x)
	g.VPXOR(x, bound, x)
	g.VPTEST(x, x)
}

// jumpIfNegative jumps if the sign of any lane of x is set. It overwrites x.
func (g *generator) jumpIfNegative(x vec, to string) {
	if g.bytes == 64 {
		g.VPCMPUD(operand.U8(5), g.constant("sign"), x, reg.K1)
		g.KORTESTW(reg.K1, reg.K1)
	} else {
		g.and(g.Context, g.constant("sign"), x, x)
		g.VPTEST(x, x)
	}
	g.JNZ(operand.LabelRef(to))
}

// either adds the lanes of a mask to those of another. Masks are those of
// AVX-512, or vectors.
func (g *generator) either(more, mask reg.Register) {
	if g.bytes == 64 {
		g.KORW(mask, more, mask)
	} else {
		g.VPOR(mask, more, mask)
	}
}

// keep clears the lanes of a register that are not in a mask.
func (g *generator) keep(mask reg.Register, r vec) {
	if g.bytes == 64 {
		g.VPANDD_Z(r, r, mask, r)
	} else {
		g.VPAND(mask, r, r)
	}
}
