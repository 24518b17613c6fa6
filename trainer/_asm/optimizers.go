package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// optimizer writes an update loop: w and grad are in registers when f is called,
// decay already added to g; f leaves the new w in its register. t are four
// registers for f; scalars are broadcast once.
func (g *generator) optimizer(name, params string, pointers, scalars []string, doc string,
	f func(at func(string) operand.Mem, s map[string]reg.VecPhysical, w, d reg.VecPhysical, t []reg.VecPhysical, u int)) {
	g.function(name, fmt.Sprintf("func(%s) bool", params), doc)
	g.zero(g.regs[0])
	s := map[string]reg.VecPhysical{}
	next := 1
	for _, n := range scalars {
		s[n] = g.regs[next]
		g.scalar(n, s[n])
		next++
	}
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
	g.loop16(pointers, func(at func(string) operand.Mem, u int) {
		g.VMOVUPS(at("w"), w)
		g.VMOVUPS(at("grad"), d)
		plain := fmt.Sprintf("plain%d", u)
		g.TESTL(decay, decay)
		g.JZ(operand.LabelRef(plain))
		g.VFMADD231PS(w, wd, d)
		g.Label(plain)
		f(at, s, w, d, t, u)
		g.VMOVUPS(w, at("w"))
		g.notFinite(w, t[0])
	})
	g.returnFinite()
}

func (g *generator) optimizers() {
	type vec = reg.VecPhysical
	type named = map[string]vec
	type place = func(string) operand.Mem

	g.optimizer("sgd", "w, grad *float32, n int, negLR, decay float32",
		[]string{"w", "grad"}, []string{"negLR"}, "is the loop of Set.SGD.",
		func(at place, s named, w, d vec, t []vec, u int) {
			g.VFMADD231PS(d, s["negLR"], w)
		})

	var first reg.GPVirtual
	g.optimizer("momentum", "w, grad, v *float32, n int, negLR, momentum, decay float32, first bool",
		[]string{"w", "grad", "v"}, []string{"negLR", "momentum"}, "is the loop of Set.Momentum.",
		func(at place, s named, w, d vec, t []vec, u int) {
			first = g.GP32()
			g.Load(g.Param("first"), first.As8L())
			label := fmt.Sprintf("first%d", u)
			g.TESTB(first.As8L(), first.As8L())
			g.JNZ(operand.LabelRef(label))
			g.VMULPS(at("v"), s["momentum"], t[0])
			g.VADDPS(d, t[0], d)
			g.Label(label)
			g.VMOVUPS(d, at("v"))
			g.VFMADD231PS(d, s["negLR"], w)
		})

	g.optimizer("adagrad", "w, grad, sum *float32, n int, negLR, eps, decay float32",
		[]string{"w", "grad", "sum"}, []string{"negLR", "eps"}, "is the loop of Set.Adagrad.",
		func(at place, s named, w, d vec, t []vec, u int) {
			g.VMOVUPS(at("sum"), t[0])
			g.VFMADD231PS(d, d, t[0])
			g.VMOVUPS(t[0], at("sum"))
			g.VSQRTPS(t[0], t[0])
			g.VADDPS(s["eps"], t[0], t[0])
			g.VMULPS(d, s["negLR"], d)
			g.VDIVPS(t[0], d, d)
			g.VADDPS(d, w, w)
		})

	g.optimizer("adadelta", "w, grad, sq, acc *float32, n int, negLR, rho, oneMinusRho, eps, decay float32",
		[]string{"w", "grad", "sq", "acc"}, []string{"negLR", "rho", "oneMinusRho", "eps"}, "is the loop of Set.Adadelta.",
		func(at place, s named, w, d vec, t []vec, u int) {
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
		})

	g.optimizer("adam", "w, grad, m, v *float32, n int, negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps, decay float32",
		[]string{"w", "grad", "m", "v"},
		[]string{"negStep", "beta1", "oneMinusBeta1", "beta2", "oneMinusBeta2", "sqrtBias2", "eps"}, "is the loop of Set.Adam.",
		func(at place, s named, w, d vec, t []vec, u int) {
			g.VMULPS(at("m"), s["beta1"], t[0])
			g.VFMADD231PS(d, s["oneMinusBeta1"], t[0])
			g.VMOVUPS(t[0], at("m"))
			g.VMULPS(at("v"), s["beta2"], t[1])
			g.VMULPS(d, s["oneMinusBeta2"], t[2])
			g.VFMADD231PS(d, t[2], t[1])
			g.VMOVUPS(t[1], at("v"))
			g.VSQRTPS(t[1], t[1])
			g.VDIVPS(s["sqrtBias2"], t[1], t[1])
			g.VADDPS(s["eps"], t[1], t[1])
			g.VMULPS(t[0], s["negStep"], t[0])
			g.VDIVPS(t[1], t[0], t[0])
			g.VADDPS(t[0], w, w)
		})
}
