package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPS. All treat NaN as Go does.
const (
	greater  = 0x1e // false on NaN
	less     = 0x11 // false on NaN
	notLess  = 0x15 // true on NaN
	notEqual = 0x04 // true on NaN
)

// Registers of a lane, of which there are hardly enough with AVX2. Go's
// assembler takes g for a register, hence the m, for the means.
const (
	mg = iota
	mv
	mh
	mv2
	tau
	xg
	xh
	size
	take
	keep
	vsgdRegisters
)

var (
	vsgdState = []string{"mg", "mv", "mh", "mv2", "tau"} // the registers 0 to 4
	vsgdSums  = []string{"xg", "xv", "xh", "xv2"}
)

// vsgdLoop writes a loop over n elements that calls f for some vectors at a
// time, as many as there are registers for, with the registers of constants.
func (g *generator) vsgdLoop(pointers []string, scalars string, f func(lanes []lane, s named)) {
	g.zero(g.regs[0])
	s, next := g.broadcast(scalars)
	s["one"], s["zero"] = g.regs[next], g.regs[next+1]
	g.VMOVUPS(g.constant("one"), s["one"])
	g.zero(s["zero"])
	free := g.regs[next+2:]
	ptr := map[string]reg.GPVirtual{}
	for _, name := range pointers {
		ptr[name] = g.param(name)
	}
	n, off := g.param("n"), g.GP64()
	g.XORQ(off, off)
	masks := []reg.Register{reg.K1, reg.K2, reg.K3, reg.K4}
	body := func(vectors, abreast int, _ string) {
		for from := 0; from < vectors; from += abreast {
			group := make([]lane, abreast)
			for i := range group {
				group[i].at = func(name string) operand.Mem { return indexed(ptr[name], off, 4, (from+i)*g.bytes) }
				group[i].r = free[i*vsgdRegisters:][:vsgdRegisters]
				group[i].mask = [2]reg.Register(masks[2*i:])
			}
			f(group, s)
		}
		g.ADDQ(operand.U8(vectors*g.lane), off)
	}
	wide := 1
	if g.bytes == 64 {
		wide = 2
	}
	g.strides(n, off, wide, body)
}

// quotient writes to = a/b, or 0 where b is 0. scratch must be another register
// than all others.
func (g *generator) quotient(lanes []lane, s named, a, b, to, scratch int) {
	if g.bytes == 64 {
		all(lanes,
			func(l lane) { g.VCMPPS(operand.U8(notEqual), s["zero"], l.r[b], l.mask[0]) },
			func(l lane) { g.VDIVPS_Z(l.r[b], l.r[a], l.mask[0], l.r[to]) })
		return
	}
	all(lanes,
		func(l lane) { g.VCMPPS(operand.U8(notEqual), s["zero"], l.r[b], l.r[scratch]) },
		func(l lane) { g.VDIVPS(l.r[b], l.r[a], l.r[to]) },
		func(l lane) { g.and(g.Context, l.r[scratch], l.r[to], l.r[to]) })
}

// outlier compares the square of distance, which it overwrites, with that of
// two standard deviations. The answer goes to a mask of AVX-512, and otherwise
// to distance.
func (g *generator) outlier(lanes []lane, s named, distance, second, mean, scratch, mask int) {
	all(lanes,
		func(l lane) { g.VMULPS(l.r[mean], l.r[mean], l.r[scratch]) },
		func(l lane) { g.VSUBPS(l.r[scratch], l.r[second], l.r[scratch]) },
		// A NaN in the second source (the first here) passes MAXPS and MINPS.
		func(l lane) { g.VMAXPS(l.r[scratch], s["zero"], l.r[scratch]) },
		func(l lane) { g.VMULPS(g.constant("four"), l.r[scratch], l.r[scratch]) },
		func(l lane) { g.VMULPS(l.r[distance], l.r[distance], l.r[distance]) },
		func(l lane) {
			answer := l.mask[mask]
			if g.bytes < 64 {
				answer = l.r[distance]
			}
			g.VCMPPS(operand.U8(greater), l.r[scratch], l.r[distance], answer)
		})
}

// vsgdCurvatures loads mg, xg and xh and writes 1/(|mg|+eps) to size, by which
// it multiplies xh.
func (g *generator) vsgdCurvatures(lanes []lane, s named) {
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at("mg"), l.r[mg]) },
		func(l lane) { g.and(g.Context, g.constant("magnitude"), l.r[mg], l.r[size]) },
		func(l lane) { g.VADDPS(s["eps"], l.r[size], l.r[size]) },
		func(l lane) { g.VDIVPS(l.r[size], s["one"], l.r[size]) },
		func(l lane) { g.VMOVUPS(l.at("xg"), l.r[xg]) },
		func(l lane) { g.VMULPS(l.at("xh"), l.r[size], l.r[xh]) })
}

// vsgdAverages updates the averages, all of which are in their registers.
// Afterwards xh, size, take and keep are free.
func (g *generator) vsgdAverages(lanes []lane, s named) {
	all(lanes,
		func(l lane) { g.VDIVPS(l.r[tau], s["one"], l.r[take]) },
		func(l lane) { g.VSUBPS(l.r[take], s["one"], l.r[keep]) })
	average := func(mean, value int) {
		all(lanes,
			func(l lane) { g.VMULPS(l.r[take], l.r[value], l.r[xh]) },
			func(l lane) { g.VMULPS(l.r[keep], l.r[mean], l.r[mean]) },
			func(l lane) { g.VADDPS(l.r[xh], l.r[mean], l.r[mean]) },
			func(l lane) { g.VMOVUPS(l.r[mean], l.at(vsgdState[mean])) })
	}
	average(mh, xh)
	average(mg, xg)
	all(lanes, func(l lane) { g.VMULPS(l.at("xv"), s["samples"], l.r[xh]) })
	average(mv, xh)
	all(lanes,
		func(l lane) { g.VMULPS(l.at("xv2"), s["samples"], l.r[xh]) },
		func(l lane) { g.VMULPS(l.r[size], l.r[xh], l.r[xh]) },
		func(l lane) { g.VMULPS(l.r[size], l.r[xh], l.r[xh]) })
	average(mv2, xh)
}

func (g *generator) vsgd() {
	g.function("vsgdShift", "func(to, w, mg *float32, n int, eps float32) bool", "is the loop of Set.VSGDShift; eps has no sign.")
	r := g.regs
	g.zero(r[0])
	g.scalar("eps", r[1])
	g.loop16([]string{"to", "w", "mg"}, func(at func(string) operand.Mem, u int) {
		x, d := r[2+2*u], r[3+2*u]
		g.VMOVUPS(at("mg"), x)
		g.and(g.Context, g.constant("sign"), x, d)
		g.or(g.Context, r[1], d, d)
		g.VADDPS(d, x, x)
		g.VADDPS(at("w"), x, x)
		g.VMOVUPS(x, at("to"))
		g.notFinite(x, d)
	})
	g.returnFinite()

	g.function("vsgdAverage", "func(mg, mv, mh, mv2, tau, xg, xv, xh, xv2 *float32, n int, samples, eps float32)",
		"is the loop of Set.VSGDAverage.")
	g.vsgdLoop(append(vsgdState, vsgdSums...), "samples, eps", func(lanes []lane, s named) {
		g.vsgdCurvatures(lanes, s)
		for _, i := range []int{mv, mh, mv2, tau} {
			all(lanes, func(l lane) { g.VMOVUPS(l.at(vsgdState[i]), l.r[i]) })
		}
		g.vsgdAverages(lanes, s)
	})
	g.ret()

	g.function("vsgd", "func(w, mg, mv, mh, mv2, tau, xg, xv, xh, xv2 *float32, n int, samples, others, eps float32) bool",
		"is the loop of Set.VSGD; others is samples-1.")
	g.vsgdLoop(append(append([]string{"w"}, vsgdState...), vsgdSums...), "samples, others, eps", g.vsgdStep)
	g.returnFinite()

	g.vsgdSum()
}

func (g *generator) vsgdStep(lanes []lane, s named) {
	g.vsgdCurvatures(lanes, s)
	const first, second, scratch = take, keep, tau
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at("mv"), l.r[mv]) },
		func(l lane) { g.VSUBPS(l.r[mg], l.r[xg], l.r[first]) })
	g.outlier(lanes, s, first, mv, mg, scratch, 0)
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at("mh"), l.r[mh]) },
		func(l lane) { g.VMOVUPS(l.at("mv2"), l.r[mv2]) },
		func(l lane) { g.VSUBPS(l.r[mh], l.r[xh], l.r[second]) })
	g.outlier(lanes, s, second, mv2, mh, scratch, 1)
	all(lanes, func(l lane) { g.VMOVUPS(l.at("tau"), l.r[tau]) })
	if g.bytes == 64 {
		all(lanes,
			func(l lane) { g.KORW(l.mask[0], l.mask[1], l.mask[0]) },
			func(l lane) { g.VADDPS(s["one"], l.r[tau], l.mask[0], l.r[tau]) })
	} else {
		all(lanes,
			func(l lane) { g.or(g.Context, l.r[first], l.r[second], l.r[first]) },
			func(l lane) { g.VADDPS(s["one"], l.r[tau], l.r[second]) },
			func(l lane) { g.VBLENDVPS(l.r[first], l.r[second], l.r[tau], l.r[tau]) })
	}
	g.vsgdAverages(lanes, s)

	const square, part, ratio, free = xh, size, take, keep
	all(lanes,
		func(l lane) { g.VMULPS(l.r[mg], l.r[mg], l.r[square]) },
		func(l lane) { g.VMULPS(s["others"], l.r[square], l.r[ratio]) },
		func(l lane) { g.VADDPS(l.r[ratio], l.r[mv], l.r[ratio]) },
		func(l lane) { g.VMULPS(s["samples"], l.r[square], l.r[part]) })
	g.quotient(lanes, s, part, ratio, part, free)
	g.quotient(lanes, s, mh, mv2, ratio, free)
	all(lanes,
		func(l lane) { g.VMULPS(l.r[part], l.r[ratio], l.r[ratio]) },
		func(l lane) { g.VMULPS(l.r[xg], l.r[ratio], l.r[ratio]) },
		func(l lane) { g.VMOVUPS(l.at("w"), l.r[part]) },
		func(l lane) { g.VSUBPS(l.r[ratio], l.r[part], l.r[part]) },
		func(l lane) { g.VMOVUPS(l.r[part], l.at("w")) },
		func(l lane) { g.notFinite(l.r[part], l.r[part]) })

	g.quotient(lanes, s, square, mv, square, free)
	all(lanes,
		func(l lane) { g.VMINPS(l.r[square], s["one"], l.r[square]) },
		func(l lane) { g.VSUBPS(l.r[square], s["one"], l.r[square]) },
		func(l lane) { g.VMULPS(l.r[tau], l.r[square], l.r[square]) },
		func(l lane) { g.VADDPS(s["one"], l.r[square], l.r[square]) },
		func(l lane) { g.VMOVUPS(l.r[square], l.at("tau")) })
}

// vsgdSum writes the sums over the samples of a batch, row by row, so that they
// stay in registers over all samples.
func (g *generator) vsgdSum() {
	g.function("vsgdSum", "func(xg, xv, xh, xv2, a, b *float32, step int, d, e *float32, dStep int, spans, samples *int32, rows int)",
		"is the loop of Set.VSGDSum.")
	a, b, step := g.param("a"), g.param("b"), g.stride("step")
	d, e, dStep := g.param("d"), g.param("e"), g.stride("dStep")
	spans, samples := g.param("spans"), g.param("samples")
	atA, atD, i, end, out := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	rows := g.argument("rows")
	g.XORQ(out, out)
	vecs := width / g.lane
	sums, free := g.regs[:4*vecs], g.regs[4*vecs:]
	first, second, x, y, t := free[0], free[1], free[2], free[3], free[4]
	g.Label("row")
	g.zero(sums...)
	g.MOVL(mem(spans, 0), i.As32())
	g.MOVL(mem(spans, 4), end.As32())
	g.CMPQ(i, end)
	g.JGE(operand.LabelRef("store"))
	g.Label("sample")
	g.MOVL(indexed(samples, i, 4, 0), atA.As32())
	g.MOVQ(atA, atD)
	g.IMULQ(step, atA)
	g.IMULQ(dStep, atD)
	g.VBROADCASTSS(indexed(a, atA, 1, 0), first)
	g.VBROADCASTSS(indexed(b, atA, 1, 0), second)
	for u := range vecs {
		s := sums[4*u:]
		g.VMULPS(indexed(d, atD, 1, u*g.bytes), first, x)
		g.VMULPS(indexed(e, atD, 1, u*g.bytes), second, y)
		g.VSUBPS(y, x, y)
		g.VADDPS(x, s[0], s[0])
		g.VMULPS(x, x, x)
		g.VADDPS(x, s[1], s[1])
		g.and(g.Context, g.constant("magnitude"), y, t)
		g.VADDPS(t, s[2], s[2])
		g.VMULPS(y, y, y)
		g.VADDPS(y, s[3], s[3])
	}
	g.INCQ(i)
	g.CMPQ(i, end)
	g.JLT(operand.LabelRef("sample"))
	g.Label("store")
	for i, name := range vsgdSums {
		to := g.GP64()
		g.Load(g.Param(name), to)
		for u := range vecs {
			g.VMOVUPS(sums[4*u+i], indexed(to, out, 1, u*g.bytes))
		}
	}
	g.ADDQ(operand.U8(4), a)
	g.ADDQ(operand.U8(4), b)
	g.ADDQ(operand.U8(8), spans)
	g.ADDQ(operand.U8(panelBytes), out)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.ret()
}
