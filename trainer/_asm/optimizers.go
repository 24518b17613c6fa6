package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type (
	vec   = reg.VecPhysical
	named = map[string]vec
	place = func(string) operand.Mem
)

// An update is the rule of an optimizer. Its step finds w and grad in registers,
// decay already added to grad, and leaves the new w in its register; t are four
// registers or more to use, s the scalars.
type update struct {
	name    string
	state   []string // pointers besides w and grad
	scalars string   // parameters, comma-separated
	step    func(g *generator, at place, s named, w, d vec, t []vec, u int)
}

// optimizer writes the update of n contiguous parameters.
func (g *generator) optimizer(o update, more string) {
	params := "w, grad"
	for _, p := range o.state {
		params += ", " + p
	}
	title := strings.ToUpper(o.name[:1]) + o.name[1:]
	if o.name == "sgd" {
		title = "SGD"
	}
	g.function(o.name, fmt.Sprintf("func(%s *float32, n int, %s, decay float32%s) bool", params, o.scalars, more), "is the loop of Set."+title+".")
	g.zero(g.regs[0])
	s, next := g.broadcast(o.scalars)
	decay := g.GP32()
	bits, err := g.Param("decay").Resolve()
	if err != nil {
		panic(err)
	}
	g.MOVL(bits.Addr, decay)
	g.ADDL(decay, decay) // zero for 0 and -0
	wd := g.regs[next]
	g.scalar("decay", wd)
	next++
	w, d, t := g.regs[next], g.regs[next+1], g.regs[next+2:]
	g.loop16(append([]string{"w", "grad"}, o.state...), func(at func(string) operand.Mem, u int) {
		g.VMOVUPS(at("w"), w)
		g.VMOVUPS(at("grad"), d)
		plain := fmt.Sprintf("plain%d", u)
		g.TESTL(decay, decay)
		g.JZ(operand.LabelRef(plain))
		g.VFMADD231PS(w, wd, d)
		g.Label(plain)
		o.step(g, at, s, w, d, t, u)
		g.VMOVUPS(w, at("w"))
		g.notFinite(w, t[0])
	})
	g.returnFinite()
}

// broadcast loads scalars into registers 1, 2, … and returns the next free one.
func (g *generator) broadcast(scalars string) (named, int) {
	s, next := named{}, 1
	for _, n := range strings.Split(scalars, ", ") {
		s[n] = g.regs[next]
		g.scalar(n, s[n])
		next++
	}
	return s, next
}

var sgd = update{"sgd", nil, "negLR",
	func(g *generator, at place, s named, w, d vec, t []vec, u int) {
		g.VFMADD231PS(d, s["negLR"], w)
	}}

var momentum = update{"momentum", []string{"v"}, "negLR, momentum",
	func(g *generator, at place, s named, w, d vec, t []vec, u int) {
		first := g.GP32()
		g.Load(g.Param("first"), first.As8L())
		label := fmt.Sprintf("first%d", u)
		g.TESTB(first.As8L(), first.As8L())
		g.JNZ(operand.LabelRef(label))
		g.VMULPS(at("v"), s["momentum"], t[0])
		g.VADDPS(d, t[0], d)
		g.Label(label)
		g.VMOVUPS(d, at("v"))
		g.VFMADD231PS(d, s["negLR"], w)
	}}

var adagrad = update{"adagrad", []string{"sum"}, "negLR, eps",
	func(g *generator, at place, s named, w, d vec, t []vec, u int) {
		g.VMOVUPS(at("sum"), t[0])
		g.VFMADD231PS(d, d, t[0])
		g.VMOVUPS(t[0], at("sum"))
		g.VSQRTPS(t[0], t[0])
		g.VADDPS(s["eps"], t[0], t[0])
		g.VMULPS(d, s["negLR"], d)
		g.VDIVPS(t[0], d, d)
		g.VADDPS(d, w, w)
	}}

var adadelta = update{"adadelta", []string{"sq", "acc"}, "negLR, rho, oneMinusRho, eps",
	func(g *generator, at place, s named, w, d vec, t []vec, u int) {
		g.VMULPS(at("sq"), s["rho"], t[0])
		g.VMULPS(d, s["oneMinusRho"], t[1])
		g.VFMADD231PS(d, t[1], t[0])
		g.VMOVUPS(t[0], at("sq"))
		g.VADDPS(s["eps"], t[0], t[0])
		g.VSQRTPS(t[0], t[0])
		g.VMOVUPS(at("acc"), t[1])
		g.VADDPS(s["eps"], t[1], t[2])
		g.VSQRTPS(t[2], t[2])
		g.VDIVPS(t[0], t[2], t[2])
		g.VMULPS(d, t[2], d)
		g.VMULPS(t[1], s["rho"], t[1])
		g.VMULPS(d, s["oneMinusRho"], t[2])
		g.VFMADD231PS(d, t[2], t[1])
		g.VMOVUPS(t[1], at("acc"))
		g.VFMADD231PS(d, s["negLR"], w)
	}}

var adam = update{"adam", []string{"m", "v"}, "negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps",
	func(g *generator, at place, s named, w, d vec, t []vec, u int) {
		g.VMULPS(at("m"), s["beta1"], t[0])
		g.VFMADD231PS(d, s["oneMinusBeta1"], t[0])
		g.VMOVUPS(t[0], at("m"))
		g.VMULPS(at("v"), s["beta2"], t[1])
		g.VMULPS(d, s["oneMinusBeta2"], t[2])
		g.VFMADD231PS(d, t[2], t[1])
		g.VMOVUPS(t[1], at("v"))
		g.VSQRTPS(t[1], t[1])
		bias, err := g.Param("sqrtBias2").Resolve()
		if err != nil {
			panic(err)
		}
		g.unlessOne(bias.Addr, fmt.Sprintf("unbiased%d", u), func() {
			g.VDIVPS(s["sqrtBias2"], t[1], t[1])
		})
		g.VADDPS(s["eps"], t[1], t[1])
		g.VMULPS(t[0], s["negStep"], t[0])
		g.VDIVPS(t[1], t[0], t[0])
		g.VADDPS(t[0], w, w)
	}}

func (g *generator) optimizers() {
	g.optimizer(sgd, "")
	g.optimizer(momentum, ", first bool")
	g.optimizer(adagrad, "")
	g.optimizer(adadelta, "")
	g.optimizer(adam, "")

	g.rows(sgd, nil, nil)
	g.rows(adagrad, nil, nil)
	g.rows(adadelta, (*generator).sleepAdadelta, (*generator).calmAdadelta)
	g.rows(adam, (*generator).sleepAdam, (*generator).calmAdam)
}
