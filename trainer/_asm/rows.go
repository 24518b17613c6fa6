package main

import (
	"math/bits"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows writes the update of some rows of a panel. Where the rule moves rows
// whose gradient is 0, sleep makes the steps that a row has missed, as many as
// sleeps says for it, before its own; with awake false it makes only those. calm
// adds to register 0 a NaN where a row leaves the range in which it may sleep.
func (g *generator) rows(o update, sleep func(g *generator, at place, s named, free []vec, missed reg.GPVirtual), calm func(g *generator, at place, w vec, t []vec)) {
	params := "w, grad"
	for _, p := range o.state {
		params += ", " + p
	}
	params += " *float32, rows"
	if sleep != nil {
		params += ", sleeps"
	}
	params += " *int32, n int"
	if o.name == "adam" {
		params += ", past *float32"
	}
	params += ", " + o.scalars + " float32"
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
		g.VMOVUPS(at(u)("grad"), d)
		o.step(g, at(u), s, w, d, t, u)
		g.VMOVUPS(w, at(u)("w"))
		if calm != nil {
			calm(g, at(u), w, t)
		} else {
			g.notFinite(w, t[0])
		}
	}
	g.Label("next")
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
	g.Label("sleep")
	g.VBROADCASTSS(mem(from, 0), s["negStep"])
	g.VBROADCASTSS(mem(from, 4), s["sqrtBias2"])
	for u := range vecs {
		g.VMULPS(s["beta1"], m[u], m[u])
		g.zero(t[0])
		g.VADDPS(t[0], m[u], m[u])
		g.VMULPS(s["beta2"], v[u], v[u])
		g.VSQRTPS(v[u], t[0])
		g.VDIVPS(s["sqrtBias2"], t[0], t[0])
		g.VADDPS(s["eps"], t[0], t[0])
		g.VMULPS(s["negStep"], m[u], t[1])
		g.VDIVPS(t[0], t[1], t[1])
		g.VADDPS(t[1], w[u], w[u])
	}
	g.ADDQ(operand.U8(8), from)
	g.DECQ(missed)
	g.JNZ(operand.LabelRef("sleep"))
	for u := range vecs {
		g.VMOVUPS(w[u], shifted(at, "w", u*g.bytes))
		g.VMOVUPS(m[u], shifted(at, "m", u*g.bytes))
		g.VMOVUPS(v[u], shifted(at, "v", u*g.bytes))
	}
	g.scalar("negStep", s["negStep"])
	g.scalar("sqrtBias2", s["sqrtBias2"])
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
