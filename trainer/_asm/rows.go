package main

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows writes the update of some rows of a panel. Their gradients are rows of
// grad, or, if values is not nil, each its value times the one row of grad. While
// it updates a row it requests the same row ahead bytes on, which is that of the
// next panel: far enough for the second-level cache to have it in time.
//
// Where the rule moves rows whose gradient is 0, sleep makes the steps that a row
// has missed, as many as sleeps says for it, before its own; with awake false it
// makes only those. calm adds to register 0 a NaN where a row leaves the range in
// which it may sleep.
func (g *generator) rows(o update, sleep func(g *generator, at place, s named, free []vec, missed reg.GPVirtual), calm func(g *generator, at place, w vec, t []vec)) {
	params := "w"
	for _, p := range o.state {
		params += ", " + p
	}
	params += ", grad, values *float32, ahead int, rows"
	if sleep != nil {
		params += ", sleeps"
	}
	params += " *int32, n int"
	if o.name == "adam" {
		params += ", past *float32"
	}
	params += ", " + o.scalars + " float32"
	if o.name == "adam" {
		params += ", settles bool"
	}
	if sleep != nil {
		params += ", awake bool"
	}
	title := strings.ToUpper(o.name[:1]) + o.name[1:] + "Rows"
	if o.name == "sgd" {
		title = "SGDRows"
	}
	g.function(o.name+"Rows", "func("+params+") bool", "is the loop of Set."+title+".")
	g.zero(g.regs[0])
	s, next := g.broadcast(o.scalars)
	w, d, t := g.regs[next], g.regs[next+1], g.regs[next+2:]
	pointers := map[string]reg.GPVirtual{}
	for _, name := range append([]string{"w", "grad"}, o.state...) {
		pointers[name] = g.param(name)
	}
	values, ahead := g.param("values"), g.param("ahead")
	list, n, off := g.param("rows"), g.param("n"), g.GP64()
	var sleeps reg.GPVirtual
	if sleep != nil {
		sleeps = g.param("sleeps")
	}
	at := func(u int) place {
		return func(name string) operand.Mem { return indexed(pointers[name], off, 1, u*g.bytes) }
	}
	g.Label("row")
	g.MOVL(mem(list, 0), off.As32())
	g.SHLQ(operand.U8(bits.TrailingZeros(panelBytes)), off)
	for _, name := range append([]string{"w"}, o.state...) {
		line := g.GP64()
		g.LEAQ(indexed(pointers[name], off, 1, 0), line)
		g.PREFETCHT0(indexed(line, ahead, 1, 0))
	}
	if sleep != nil {
		missed := g.GP64()
		g.MOVL(mem(sleeps, 0), missed.As32())
		g.ADDQ(operand.U8(4), sleeps)
		g.TESTQ(missed, missed)
		g.JZ(operand.LabelRef("slept"))
		sleep(g, at(0), s, g.regs[next:], missed)
		g.Label("slept")
		awake, err := g.Param("awake").Resolve()
		if err != nil {
			panic(err)
		}
		g.CMPB(awake.Addr, operand.U8(0))
		g.JEQ(operand.LabelRef("next"))
	}
	for u := range width / g.lane {
		g.VMOVUPS(at(u)("w"), w)
		product, known := fmt.Sprintf("product%d", u), fmt.Sprintf("known%d", u)
		g.TESTQ(values, values)
		g.JNZ(operand.LabelRef(product))
		g.VMOVUPS(at(u)("grad"), d)
		g.JMP(operand.LabelRef(known))
		g.Label(product)
		g.VBROADCASTSS(mem(values, 0), d)
		g.VMULPS(mem(pointers["grad"], u*g.bytes), d, d)
		g.zero(t[0])
		g.VADDPS(t[0], d, d)
		g.Label(known)
		o.step(g, at(u), s, w, d, t, u)
		g.VMOVUPS(w, at(u)("w"))
		if calm != nil {
			calm(g, at(u), w, t)
		} else {
			g.notFinite(w, t[0])
		}
	}
	g.Label("next")
	g.TESTQ(values, values)
	g.JZ(operand.LabelRef("one"))
	g.ADDQ(operand.U8(4), values)
	g.Label("one")
	g.ADDQ(operand.U8(4), list)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("row"))
	g.returnFinite()
}

// shifted is at, by whole vectors.
func shifted(at place, name string, bytes int) operand.Mem { return at(name).Offset(bytes) }

// sleepAdadelta decays both means. Without a gradient the weight stays.
func (g *generator) sleepAdadelta(at place, s named, free []vec, missed reg.GPVirtual) {
	var states []operand.Mem
	for u := range width / g.lane {
		for _, name := range []string{"sq", "acc"} {
			states = append(states, shifted(at, name, u*g.bytes))
		}
	}
	for i, m := range states {
		g.VMOVUPS(m, free[i])
	}
	g.Label("sleep")
	for i := range states {
		g.VMULPS(s["rho"], free[i], free[i])
	}
	g.DECQ(missed)
	g.JNZ(operand.LabelRef("sleep"))
	for i, m := range states {
		g.VMOVUPS(free[i], m)
	}
}

func (g *generator) calmAdadelta(at place, w vec, t []vec) {
	g.notFinite(w, t[2])
	g.notFinite(t[0], t[2]) // √ of it is NaN or infinite just when it is
	g.notFinite(t[1], t[2])
}

// sleepAdam repeats the steps without a gradient, each with the step size and
// the bias correction of its time. past points to the last one's.
func (g *generator) sleepAdam(at place, s named, free []vec, missed reg.GPVirtual) {
	past, err := g.Param("past").Resolve()
	if err != nil {
		panic(err)
	}
	from, back := g.GP64(), g.GP64()
	g.MOVQ(past.Addr, from)
	g.LEAQ(operand.Mem{Base: missed, Disp: -1}, back)
	g.SHLQ(operand.U8(3), back)
	g.SUBQ(back, from)
	vecs := width / g.lane
	w, m, v, t := free[:vecs], free[vecs:2*vecs], free[2*vecs:3*vecs], free[3*vecs:]
	for u := range vecs {
		g.VMOVUPS(shifted(at, "w", u*g.bytes), w[u])
		g.VMOVUPS(shifted(at, "m", u*g.bytes), m[u])
		g.VMOVUPS(shifted(at, "v", u*g.bytes), v[u])
	}
	// A missed step; with tally it adds to sum the sign of what must not be
	// negative if the sleep is to end, see AdamSettles.
	sum, x := s["oneMinusBeta1"], s["oneMinusBeta2"]
	step := func(tally bool) {
		g.VBROADCASTSS(mem(from, 0), s["negStep"])
		g.VBROADCASTSS(mem(from, 4), s["sqrtBias2"])
		for u := range vecs {
			g.VMULPS(s["beta1"], m[u], m[u])
			g.zero(t[0])
			g.VADDPS(t[0], m[u], m[u])
			g.VMULPS(s["beta2"], v[u], v[u])
			g.VSQRTPS(v[u], t[0])
			g.unlessOne(mem(from, 4), fmt.Sprintf("plain%d%t", u, tally), func() {
				g.VDIVPS(s["sqrtBias2"], t[0], t[0])
			})
			g.VADDPS(s["eps"], t[0], t[0])
			g.VMULPS(s["negStep"], m[u], t[1])
			g.VDIVPS(t[0], t[1], t[1])
			g.VADDPS(t[1], w[u], w[u])
			if !tally {
				continue
			}
			g.and(g.Context, g.constant("magnitude"), t[1], t[1])
			g.and(g.Context, g.constant("magnitude"), w[u], t[0])
			g.VMULPS(g.constant("settled"), t[0], t[0])
			g.VSUBPS(g.constant("settledSmall"), t[0], t[0])
			g.VSUBPS(t[0], t[1], t[1]) // positive if the change is too large
			g.and(g.Context, g.constant("magnitude"), m[u], t[0])
			g.VMULPS(g.constant("huge"), t[0], t[0]) // 0 if there will be none
			g.VMINPS(t[0], t[1], t[1])
			g.zero(x)
			g.VSUBPS(t[1], x, x)
			g.or(g.Context, x, sum, sum)
		}
	}
	advance := func() {
		g.ADDQ(operand.U8(8), from)
		g.DECQ(missed)
		g.JZ(operand.LabelRef("made"))
	}
	g.Label("sleep")
	step(false)
	advance()
	g.TESTQ(operand.U32(7), missed) // a tally is dear
	g.JNZ(operand.LabelRef("sleep"))
	settles, err := g.Param("settles").Resolve()
	if err != nil {
		panic(err)
	}
	g.CMPB(settles.Addr, operand.U8(0))
	g.JEQ(operand.LabelRef("sleep"))
	g.zero(sum)
	step(true)
	advance()
	y := sum.AsY()
	if g.bytes == 64 {
		g.VEXTRACTF64X4(operand.U8(1), sum, x.AsY())
		g.VPOR(x.AsY(), y, y)
	}
	g.VPTEST(g.constant("sign"), y)
	g.JNZ(operand.LabelRef("sleep"))
	g.Label("settle")
	for u := range vecs {
		g.VMULPS(s["beta1"], m[u], m[u])
		g.VMULPS(s["beta2"], v[u], v[u])
	}
	g.DECQ(missed)
	g.JNZ(operand.LabelRef("settle"))
	g.zero(t[0])
	for u := range vecs {
		g.VADDPS(t[0], m[u], m[u])
	}
	g.Label("made")
	for u := range vecs {
		g.VMOVUPS(w[u], shifted(at, "w", u*g.bytes))
		g.VMOVUPS(m[u], shifted(at, "m", u*g.bytes))
		g.VMOVUPS(v[u], shifted(at, "v", u*g.bytes))
	}
	for _, name := range []string{"negStep", "sqrtBias2", "oneMinusBeta1", "oneMinusBeta2"} {
		g.scalar(name, s[name])
	}
}

// unlessOne does f, a division by the float32 at m, unless that is 1: Adam's
// bias correction is, from some step on and then for the rest of the run.
func (g *generator) unlessOne(m operand.Mem, label string, f func()) {
	g.CMPL(m, operand.U32(math.Float32bits(1)))
	g.JEQ(operand.LabelRef(label))
	f()
	g.Label(label)
}

// calmAdam is Set.AdamRows's test of magnitudes: products beyond the largest
// float32 are infinite.
func (g *generator) calmAdam(at place, w vec, t []vec) {
	g.VMULPS(g.constant("calmWeight"), w, t[0])
	g.notFinite(t[0], t[0])
	g.VMOVUPS(at("m"), t[0])
	g.VMULPS(g.constant("calmMoment"), t[0], t[0])
	g.notFinite(t[0], t[0])
}
