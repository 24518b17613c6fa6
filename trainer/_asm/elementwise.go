package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop16 writes a loop over n elements, 16 at a time, that calls f for each
// vector. at returns the operand for the current vector at a pointer.
func (g *generator) loop16(pointers []string, f func(at func(name string) operand.Mem, u int)) {
	ptr := map[string]reg.GPVirtual{}
	for _, name := range pointers {
		ptr[name] = g.param(name)
	}
	n, off := g.param("n"), g.GP64()
	g.XORQ(off, off)
	g.Label("loop")
	for u := 0; u < width/g.lane; u++ {
		f(func(name string) operand.Mem { return indexed(ptr[name], off, 4, u*g.bytes) }, u)
	}
	g.ADDQ(operand.U8(width), off)
	g.CMPQ(off, n)
	g.JLT(operand.LabelRef("loop"))
}

func (g *generator) elementwise() {
	r := g.regs

	g.function("biasSigmoid", "func(z, bias *float32, n int)", "does z = 1/(1+Exp(-(z+bias))).")
	fixed := 6
	for i, name := range []string{"expLow", "expHigh", "log2E", "one", "shifter", "sign"} {
		g.VMOVUPS(g.constant(name), r[i])
	}
	low, high, log2E, one, shifter, sign := r[0], r[1], r[2], r[3], r[4], r[5]
	g.loop16([]string{"z", "bias"}, func(at func(string) operand.Mem, u int) {
		x, t, p, q := r[fixed+4*u], r[fixed+4*u+1], r[fixed+4*u+2], r[fixed+4*u+3]
		g.VMOVUPS(at("z"), x)
		g.VADDPS(at("bias"), x, x)
		g.xor(g.Context, sign, x, x)
		// A NaN in the second source (the first here) passes MAXPS and MINPS.
		g.VMAXPS(x, low, x)
		g.VMINPS(x, high, x)
		g.VMOVAPS(x, t)
		g.VFMADD213PS(shifter, log2E, t)
		g.VSUBPS(shifter, t, p) // n
		g.VMOVUPS(g.constant("-ln2High"), q)
		g.VFMADD231PS(q, p, x)
		g.VMOVUPS(g.constant("-ln2Low"), q)
		g.VFMADD231PS(q, p, x) // r
		g.VMOVUPS(g.constant("term7"), p)
		for _, term := range []string{"term6", "term5", "term4", "term3", "term2"} {
			g.VFMADD213PS(g.constant(term), x, p)
		}
		g.VMULPS(x, p, p)
		g.VFMADD213PS(x, x, p)
		g.VADDPS(one, p, p)
		g.VPSUBD(shifter, t, t) // i
		g.VPSRAD(operand.U8(1), t, q)
		g.VPSUBD(q, t, t)
		for _, h := range []reg.VecPhysical{q, t} {
			g.VPADDD(g.constant("127"), h, h)
			g.VPSLLD(operand.U8(23), h, h)
			g.VMULPS(h, p, p)
		}
		g.VADDPS(one, p, p)
		g.VDIVPS(p, one, p)
		g.VMOVUPS(p, at("z"))
	})
	g.ret()

	g.function("add", "func(dst, x *float32, n int)", "does dst += x.")
	g.loop16([]string{"dst", "x"}, func(at func(string) operand.Mem, u int) {
		g.VMOVUPS(at("dst"), r[u])
		g.VADDPS(at("x"), r[u], r[u])
		g.VMOVUPS(r[u], at("dst"))
	})
	g.ret()

	g.function("sigmoidBackward", "func(d, a *float32, n int)", "does d = (d*(1-a))*a.")
	g.VMOVUPS(g.constant("one"), r[0])
	g.loop16([]string{"d", "a"}, func(at func(string) operand.Mem, u int) {
		a, d := r[1+2*u], r[2+2*u]
		g.VMOVUPS(at("a"), a)
		g.VSUBPS(a, r[0], d)
		g.VMULPS(at("d"), d, d)
		g.VMULPS(a, d, d)
		g.VMOVUPS(d, at("d"))
	})
	g.ret()

	g.function("pixels", "func(dst *float32, src *byte, n int)", "does dst = float32(src)/255.")
	g.VMOVUPS(g.constant("255"), r[0])
	dst, src, n := g.param("dst"), g.param("src"), g.param("n")
	off := g.GP64()
	g.XORQ(off, off)
	g.Label("loop")
	for u := 0; u < width/g.lane; u++ {
		x := r[1+u]
		g.VPMOVZXBD(indexed(src, off, 1, u*g.lane), x)
		g.VCVTDQ2PS(x, x)
		g.VDIVPS(r[0], x, x)
		g.VMOVUPS(x, indexed(dst, off, 4, u*g.bytes))
	}
	g.ADDQ(operand.U8(width), off)
	g.CMPQ(off, n)
	g.JLT(operand.LabelRef("loop"))
	g.ret()

	g.function("finite", "func(x *float32, n int) bool", "reports whether all x are finite.")
	g.zero(r[0])
	g.loop16([]string{"x"}, func(at func(string) operand.Mem, u int) {
		g.VMOVUPS(at("x"), r[1+u])
		g.notFinite(r[1+u], r[1+u])
	})
	g.returnFinite()
}

// notFinite adds the bits of x-x to r0, using scratch (which may be x). They
// are zero for finite x, and those of a NaN otherwise.
func (g *generator) notFinite(x, scratch reg.VecPhysical) {
	g.VSUBPS(x, x, scratch)
	g.or(g.Context, scratch, g.regs[0], g.regs[0])
}

// returnFinite ends a routine with the result that notFinite collected.
func (g *generator) returnFinite() {
	y := g.regs[0].AsY()
	if g.bytes == 64 {
		other := g.regs[1].AsY()
		g.VEXTRACTF64X4(operand.U8(1), g.regs[0], other)
		g.VPOR(other, y, y)
	}
	ok := g.GP8L()
	g.VPTEST(y, y)
	g.SETEQ(ok)
	g.Store(ok, g.ReturnIndex(0))
	g.ret()
}
