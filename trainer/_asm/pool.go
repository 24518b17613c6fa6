package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pool writes bias, ReLU and 2×2 maxima of a row of windows, for numbers. Once
// negative values are replaced by +0, float32 have the same order as their
// representations as integers, so the sign of a difference says which is
// greater.
func (g *generator) pool() {
	g.function("pool", "func(dst *float32, ldd int, arg *uint8, top, bottom *float32, ld, windows, channels int, bias *float32)",
		"is the loop of Set.BiasReLUPool for finite values and multiples of 16 channels.")
	dst, ldd, arg := g.param("dst"), g.stride("ldd"), g.param("arg")
	top, bottom, ld := g.param("top"), g.param("bottom"), g.stride("ld")
	windows, channels, bias := g.param("windows"), g.param("channels"), g.param("bias")
	zero, x, best, place, v, t := g.regs[0], g.regs[1], g.regs[2], g.regs[3], g.regs[4], g.regs[5]
	g.zero(zero)
	c, right := g.GP64(), g.GP64()
	g.Label("window")
	g.XORQ(c, c)
	g.Label("channel")
	g.VMOVUPS(indexed(bias, c, 4, 0), x)
	g.VMOVAPS(zero, best)
	g.VMOVUPS(g.constant("4"), place)
	for i, row := range []reg.Register{top, nil, bottom, nil} {
		if row != nil {
			g.VMOVUPS(indexed(row, c, 4, 0), v)
			g.LEAQ(indexed(row, ld, 1, 0), right)
		} else {
			g.VMOVUPS(indexed(right, c, 4, 0), v)
		}
		g.VADDPS(x, v, v)
		g.VMAXPS(zero, v, v) // +0 where v is -0
		g.VPSUBD(v, best, t)
		g.VPSRAD(operand.U8(31), t, t) // all ones where v is greater
		g.VMAXPS(best, v, best)
		g.xor(g.Context, g.constant(fmt.Sprint(i)), place, v)
		g.and(g.Context, t, v, v)
		g.xor(g.Context, v, place, place)
	}
	g.VMOVUPS(best, indexed(dst, c, 4, 0))
	if g.bytes == 64 {
		g.VPMOVDB(place, indexed(arg, c, 1, 0))
	} else {
		low, high := place.AsX(), t.AsX()
		g.VPACKSSDW(place, place, place)
		g.VPACKUSWB(place, place, place) // four bytes at the start of each half
		g.VEXTRACTF128(operand.U8(1), place, high)
		g.VPUNPCKLDQ(high, low, low)
		g.VMOVQ(low, indexed(arg, c, 1, 0))
	}
	g.ADDQ(operand.U8(g.lane), c)
	g.CMPQ(c, channels)
	g.JLT(operand.LabelRef("channel"))
	g.LEAQ(indexed(top, ld, 2, 0), top)
	g.LEAQ(indexed(bottom, ld, 2, 0), bottom)
	g.ADDQ(ldd, dst)
	g.ADDQ(channels, arg)
	g.DECQ(windows)
	g.JNZ(operand.LabelRef("window"))
	g.ret()
}
