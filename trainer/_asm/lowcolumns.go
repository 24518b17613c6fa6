package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lowColumns writes the gradient kernel for a D of which some numbers are low,
// which has the results of sparseColumns without subnormal numbers among its
// products and sums. Some processors take a hundred times as long for those.
//
// All numbers of the chain are multiplied by 2^64, which changes nothing above
// c = 2^-62, where the original is a normal number. Below, the original is a
// multiple of 2^-149, so the number has to be a multiple of u = 2^-85. Suppose
// that r, the sum s = acc + x·d rounded to a float32, is below c, and so is s.
// Let n have the sign of acc, and the magnitude 2c if that is the sign of r, and
// c if it is not. Then
//
//   - acc - n is exact if acc is below 2^24·c. It is a multiple of u of at most
//     2c = 2^24·u, or else no larger than acc and a multiple of what acc's last
//     digit is worth, which is c at most.
//   - s - n is at most c and at most 2c in magnitude, so that fma(x, d, acc-n)
//     rounds it to a multiple of u, and to an even one if there are two. n is
//     an even multiple.
//   - The number rounded to, plus n, is exact, and s rounded to a multiple of u.
//
// If r is c, s is rounded up to c in either way. Signs of zeros do not matter
// within a chain (see package kernel).
//
// A pixel is computed as sparseColumns does if a sum is below c after one that
// was not below 2^24·c, or if one overflows, which it may not if it is not
// scaled.
func (g *generator) lowColumns(panels int) {
	g.function(fmt.Sprintf("lowColumns%d", panels),
		"func(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale *float32, d, scaled *float32, more bool)",
		fmt.Sprintf("computes count rows of a gradient over %d panels; scaled has d times 2^64.", panels))
	k := g.columns(panels)
	d, scaled := g.param("d"), g.param("scaled")
	abreast := min(len(k.acc), 2) // for which there are registers
	free := g.regs[len(k.acc)+1:]
	sums, free := free[:abreast], free[abreast:]
	size, most, n, y := free[0], free[1], free[2], free[3]
	c := g.constant("decayGrid")

	g.Label("pixel")
	k.sum(
		func(v int, m operand.Mem) {
			g.VMOVUPS(m, k.acc[v])
			g.scaleSigned(k.acc[v], m, y, n)
		},
		func(row reg.GPVirtual) {
			for from := 0; from < len(k.acc); from += abreast {
				accs := k.acc[from : from+abreast]
				at := func(i int) operand.Mem { return indexed(scaled, row, 1, (from+i)*g.bytes) }
				for i, r := range sums {
					g.VMOVAPS(accs[i], r)
					g.VFMADD231PS(at(i), k.x, r)
				}
				label := fmt.Sprintf("rounded%d", from)
				g.jumpUnlessLow(operands(sums), "lowSum", most, n, label)
				for i, r := range sums {
					g.xor(g.Context, accs[i], r, n)
					g.VPSRAD(operand.U8(31), n, n)
					g.VPSLLD(operand.U8(23), n, n)
					g.VPADDD(g.constant("2decayGrid"), n, n)
					g.and(g.Context, g.constant("sign"), accs[i], y)
					g.or(g.Context, y, n, n)
					g.VSUBPS(n, accs[i], y)
					g.VFMADD231PS(at(i), k.x, y)
					g.and(g.Context, g.constant("magnitude"), r, size)
					if g.bytes == 64 {
						g.VCMPPS(operand.U8(less), c, size, reg.K1)
						g.VADDPS(n, y, reg.K1, r)
						g.and(g.Context, g.constant("magnitude"), accs[i], y)
						g.VPANDD_Z(y, y, reg.K1, y)
					} else {
						g.VCMPPS(operand.U8(less), c, size, size)
						g.VADDPS(n, y, y)
						g.VBLENDVPS(size, y, r, r)
						g.and(g.Context, g.constant("magnitude"), accs[i], y)
						g.and(g.Context, size, y, y)
					}
					if i == 0 {
						g.VMOVAPS(y, most)
					} else {
						g.VPMAXUD(y, most, most)
					}
				}
				g.VMOVUPS(g.constant("highSum"), n)
				g.VPSUBD(most, n, most)
				g.jumpIfNegative(most, "ordinary")
				g.Label(label)
				for i, r := range sums {
					g.VMOVAPS(r, accs[i])
				}
			}
		}, "Low")

	g.Comment("Is any sum infinite or no number?")
	g.zero(n)
	for _, acc := range k.acc {
		g.and(g.Context, g.constant("magnitude"), acc, y)
		g.VPADDD(g.constant("normal"), y, y) // its sign is set then
		g.or(g.Context, y, n, n)
	}
	g.jumpIfNegative(n, "ordinary")
	k.each(func(v int, m operand.Mem) {
		acc, sign := k.acc[v], sums[0]
		g.VADDPS(g.constant("0"), acc, acc)
		g.VMOVAPS(acc, sign)
		g.and(g.Context, g.constant("magnitude"), acc, acc)
		g.unscaleMagnitude(acc, c, y, n)
		g.takeSign(acc, sign, y)
		g.VMOVUPS(acc, m)
	})
	g.Label("next")
	k.next()
	g.ret()

	g.Label("ordinary")
	g.zero(most)
	k.ordinary(d, most)
	g.JMP(operand.LabelRef("next"))
}

// scaled writes the multiplication of D by 2^64 for lowColumns.
func (g *generator) scaled() {
	g.function("scaled", "func(dst, src *float32, n int) bool",
		"multiplies by 2^64 and reports whether no number but 0 is so low that its product with a pixel is subnormal.")
	dst, src, n := g.param("dst"), g.param("src"), g.param("n")
	r, y, mask, least, bound := g.regs[0], g.regs[1], g.regs[2], g.regs[3], g.regs[4]
	off := g.GP64()
	g.XORQ(off, off)
	g.VMOVUPS(g.constant("lowFactor"), bound)
	g.VMOVUPS(g.constant("magnitude"), least)
	at := indexed(src, off, 4, 0)
	g.Label("loop")
	g.VMOVUPS(at, r)
	g.least([]operand.Op{r}, y, mask)
	g.VPMINUD(y, least, least)
	g.scaleSigned(r, at, y, mask)
	g.VMOVUPS(r, indexed(dst, off, 4, 0))
	g.ADDQ(operand.U8(g.lane), off)
	g.CMPQ(off, n)
	g.JLT(operand.LabelRef("loop"))
	g.testBelow(least, bound)
	none := g.GP8L()
	g.SETEQ(none)
	g.Store(none, g.ReturnIndex(0))
	g.ret()
}
