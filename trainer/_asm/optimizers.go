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

// An update is the rule of an optimizer. Its step finds the gradients, with
// decay already added, in register 0 of each lane, leaves the new weights there
// and writes them to memory. s are the scalars, and registers is the number of
// registers of a lane.
type update struct {
	name      string
	state     []string // pointers other than w and grad
	scalars   string   // parameters, comma-separated
	registers int
	step      func(g *generator, lanes []lane, s named, label string)
}

// optimizer writes the update of n contiguous parameters.
func (g *generator) optimizer(o update, more string) {
	params := "w, grad"
	for _, p := range o.state {
		params += ", " + p
	}
	title := strings.ToUpper(o.name[:1]) + o.name[1:]
	switch o.name {
	case "sgd":
		title = "SGD"
	case "rmsprop":
		title = "RMSprop"
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
	g.ADDL(decay, decay) // zero if decay is 0 or -0
	wd := g.regs[next]
	g.scalar("decay", wd)
	ptr := map[string]reg.GPVirtual{}
	for _, name := range append([]string{"w", "grad"}, o.state...) {
		ptr[name] = g.param(name)
	}
	n, off := g.param("n"), g.GP64()
	g.XORQ(off, off)
	// body updates the given number of vectors, as many at once as there are
	// lanes.
	body := func(vectors, lanes int, label string) {
		for from := 0; from < vectors; from += lanes {
			label := fmt.Sprintf("%s%d", label, from)
			group := make([]lane, lanes)
			for i := range group {
				group[i].at = func(name string) operand.Mem { return indexed(ptr[name], off, 4, (from+i)*g.bytes) }
				group[i].r = g.regs[next+1+i*o.registers:][:o.registers]
			}
			all(group, func(l lane) { g.VMOVUPS(l.at("grad"), l.r[0]) })
			g.TESTL(decay, decay)
			g.JZ(operand.LabelRef("plain" + label))
			all(group,
				func(l lane) { g.VMOVUPS(l.at("w"), l.r[1]) },
				func(l lane) { g.VFMADD231PS(l.r[1], wd, l.r[0]) })
			g.Label("plain" + label)
			o.step(g, group, s, label)
			all(group, func(l lane) { g.notFinite(l.r[0], l.r[1]) })
		}
		g.ADDQ(operand.U8(vectors*g.lane), off)
	}
	g.strides(n, off, g.abreast(), body)
	g.returnFinite()
}

// strides writes a loop over n elements, whose offset body advances. body gets
// wide vectors, all at once, as long as that many are left, and after that the
// smallest number there can be, one at a time.
func (g *generator) strides(n, off reg.Register, wide int, body func(vectors, lanes int, label string)) {
	if wide > 1 {
		last := g.GP64()
		g.LEAQ(operand.Mem{Base: n, Disp: -wide * g.lane}, last)
		g.JMP(operand.LabelRef("enough"))
		g.Label("wide")
		body(wide, wide, "Wide")
		g.Label("enough")
		g.CMPQ(off, last)
		g.JLE(operand.LabelRef("wide"))
		g.CMPQ(off, n)
		g.JGE(operand.LabelRef("end"))
	}
	g.Label("loop")
	body(width/g.lane, 1, "")
	g.CMPQ(off, n)
	g.JLT(operand.LabelRef("loop"))
	g.Label("end")
}

// abreast returns how many vectors an update works on at once, which is as many
// as there are registers for.
func (g *generator) abreast() int {
	if g.bytes == 64 {
		return 4
	}
	return 1
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

// addSquares adds the square of register 0 to a state, and leaves the sum in
// register 1.
func (g *generator) addSquares(lanes []lane, state string) {
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at(state), l.r[1]) },
		func(l lane) { g.VFMADD231PS(l.r[0], l.r[0], l.r[1]) },
		func(l lane) { g.VMOVUPS(l.r[1], l.at(state)) })
}

// averageSquares moves a state, which is an average, towards the square of
// register 0, and leaves it in register to. r is another register.
func (g *generator) averageSquares(lanes []lane, state string, keep, take vec, to, r int) {
	all(lanes,
		func(l lane) { g.VMULPS(l.at(state), keep, l.r[to]) },
		func(l lane) { g.VMULPS(l.r[0], take, l.r[r]) },
		func(l lane) { g.VFMADD231PS(l.r[0], l.r[r], l.r[to]) },
		func(l lane) { g.VMOVUPS(l.r[to], l.at(state)) })
}

// overRoot multiplies register 0 by rate and divides it by register root, to
// which it adds eps.
func (g *generator) overRoot(lanes []lane, s named, rate vec, root int) {
	all(lanes,
		func(l lane) { g.VADDPS(s["eps"], l.r[root], l.r[root]) },
		func(l lane) { g.VMULPS(l.r[0], rate, l.r[0]) },
		func(l lane) { g.VDIVPS(l.r[root], l.r[0], l.r[0]) })
}

// finish adds register 0 to the weights and leaves the new weights in it.
func (g *generator) finish(lanes []lane) {
	all(lanes,
		func(l lane) { g.VADDPS(l.at("w"), l.r[0], l.r[0]) },
		func(l lane) { g.VMOVUPS(l.r[0], l.at("w")) })
}

// descend adds -LR times register 0 to the weights and leaves the new weights
// in it. r is another register.
func (g *generator) descend(lanes []lane, s named, r int) {
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at("w"), l.r[r]) },
		func(l lane) { g.VFMADD213PS(l.r[r], s["negLR"], l.r[0]) },
		func(l lane) { g.VMOVUPS(l.r[0], l.at("w")) })
}

var sgd = update{"sgd", nil, "negLR", 2,
	func(g *generator, lanes []lane, s named, label string) {
		g.descend(lanes, s, 1)
	}}

var momentum = update{"momentum", []string{"v"}, "negLR, momentum", 2,
	func(g *generator, lanes []lane, s named, label string) {
		first := g.GP32()
		g.Load(g.Param("first"), first.As8L())
		g.TESTB(first.As8L(), first.As8L())
		g.JNZ(operand.LabelRef("first" + label))
		all(lanes,
			func(l lane) { g.VMULPS(l.at("v"), s["momentum"], l.r[1]) },
			func(l lane) { g.VADDPS(l.r[0], l.r[1], l.r[0]) })
		g.Label("first" + label)
		all(lanes, func(l lane) { g.VMOVUPS(l.r[0], l.at("v")) })
		g.descend(lanes, s, 1)
	}}

// nesterov finds the velocity in register 1.
var nesterov = update{"nesterov", []string{"v"}, "negLR, momentum", 2,
	func(g *generator, lanes []lane, s named, label string) {
		first := g.GP32()
		g.Load(g.Param("first"), first.As8L())
		all(lanes, func(l lane) { g.VMOVAPS(l.r[0], l.r[1]) })
		g.TESTB(first.As8L(), first.As8L())
		g.JNZ(operand.LabelRef("first" + label))
		all(lanes,
			func(l lane) { g.VMULPS(l.at("v"), s["momentum"], l.r[1]) },
			func(l lane) { g.VADDPS(l.r[0], l.r[1], l.r[1]) })
		g.Label("first" + label)
		all(lanes,
			func(l lane) { g.VMOVUPS(l.r[1], l.at("v")) },
			func(l lane) { g.VFMADD231PS(l.r[1], s["momentum"], l.r[0]) })
		g.descend(lanes, s, 1)
	}}

var adagrad = update{"adagrad", []string{"sum"}, "negLR, eps", 5,
	func(g *generator, lanes []lane, s named, label string) {
		g.addSquares(lanes, "sum")
		g.roots(lanes, 1, 1, 2, 3, 4, "Sum"+label)
		g.overRoot(lanes, s, s["negLR"], 1)
		g.finish(lanes)
	}}

// adagradK keeps sum in register 1 beside its root in register 4.
var adagradK = update{"adagradK", []string{"sum"}, "negLR, k, eps", 5,
	func(g *generator, lanes []lane, s named, label string) {
		g.addSquares(lanes, "sum")
		g.roots(lanes, 1, 4, 2, 3, 4, "Sum"+label)
		g.overRoot(lanes, s, s["negLR"], 4)
		all(lanes,
			func(l lane) { g.VMULPS(l.r[1], l.r[1], l.r[1]) },
			func(l lane) { g.VMULPS(s["k"], l.r[1], l.r[1]) },
			func(l lane) { g.VFMADD213PS(l.at("w"), l.r[1], l.r[0]) },
			func(l lane) { g.VMOVUPS(l.r[0], l.at("w")) })
	}}

var rmsprop = update{"rmsprop", []string{"sq"}, "negLR, alpha, oneMinusAlpha, eps", 5,
	func(g *generator, lanes []lane, s named, label string) {
		g.averageSquares(lanes, "sq", s["alpha"], s["oneMinusAlpha"], 1, 2)
		g.roots(lanes, 1, 1, 2, 3, 4, "Sq"+label)
		g.overRoot(lanes, s, s["negLR"], 1)
		g.finish(lanes)
	}}

// adadelta leaves sq+eps and acc, or their roots and what is computed from
// them, in registers 1 and 2, for calmAdadelta.
var adadelta = update{"adadelta", []string{"sq", "acc"}, "negLR, rho, oneMinusRho, eps", 5,
	func(g *generator, lanes []lane, s named, label string) { g.adadelta(lanes, s, label, false) }}

// adadeltaK needs a further register for the new factor.
var adadeltaK = update{"adadeltaK", []string{"sq", "acc"}, "negLR, k, rho, oneMinusRho, eps", 6,
	func(g *generator, lanes []lane, s named, label string) { g.adadelta(lanes, s, label, true) }}

// adadelta writes the step of Adadelta or, with factor, that of its variant.
func (g *generator) adadelta(lanes []lane, s named, label string, factor bool) {
	g.averageSquares(lanes, "sq", s["rho"], s["oneMinusRho"], 1, 2)
	if factor {
		all(lanes,
			func(l lane) { g.VMULPS(l.r[1], l.r[1], l.r[5]) },
			func(l lane) { g.VMULPS(s["k"], l.r[5], l.r[5]) })
	}
	all(lanes, func(l lane) { g.VADDPS(s["eps"], l.r[1], l.r[1]) })
	g.roots(lanes, 1, 1, 2, 3, 4, "Sq"+label)
	all(lanes, func(l lane) { g.VADDPS(l.at("acc"), s["eps"], l.r[2]) })
	for _, l := range lanes { // the divider has time for these
		g.VSQRTPS(l.r[2], l.r[2])
	}
	all(lanes,
		func(l lane) { g.VDIVPS(l.r[1], l.r[2], l.r[2]) },
		func(l lane) { g.VMULPS(l.r[0], l.r[2], l.r[0]) })
	if factor {
		all(lanes, func(l lane) { g.VMULPS(l.r[5], l.r[0], l.r[0]) })
	}
	g.averageSquares(lanes, "acc", s["rho"], s["oneMinusRho"], 2, 3)
	g.descend(lanes, s, 3)
}

var adam = update{"adam", []string{"m", "v"}, "negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps", 5,
	func(g *generator, lanes []lane, s named, label string) {
		g.averageSquares(lanes, "v", s["beta2"], s["oneMinusBeta2"], 1, 2)
		all(lanes,
			func(l lane) { g.VMULPS(l.at("m"), s["beta1"], l.r[2]) },
			func(l lane) { g.VFMADD213PS(l.r[2], s["oneMinusBeta1"], l.r[0]) },
			func(l lane) { g.VMOVUPS(l.r[0], l.at("m")) })
		g.roots(lanes, 1, 1, 2, 3, 4, "V"+label)
		bias, err := g.Param("sqrtBias2").Resolve()
		if err != nil {
			panic(err)
		}
		g.unlessOne(bias.Addr, "unbiased"+label, func() {
			all(lanes, func(l lane) { g.VDIVPS(s["sqrtBias2"], l.r[1], l.r[1]) })
		})
		g.overRoot(lanes, s, s["negStep"], 1)
		g.finish(lanes)
	}}

func (g *generator) optimizers() {
	g.optimizer(sgd, "")
	g.optimizer(momentum, ", first bool")
	g.optimizer(nesterov, ", first bool")
	g.optimizer(adagrad, "")
	g.optimizer(adagradK, "")
	g.optimizer(adadelta, "")
	g.optimizer(adadeltaK, "")
	g.optimizer(adam, "")
	g.optimizer(rmsprop, "")

	panels := []int{1}
	if wide := g.abreast(); wide > 1 {
		panels = append(panels, wide)
	}
	for _, p := range panels {
		g.rows(sgd, p, nil, nil)
		g.rows(adagrad, p, nil, nil)
		g.rows(adadelta, p, (*generator).sleepAdadelta, (*generator).calmAdadelta)
		g.rows(adam, p, (*generator).sleepAdam, (*generator).calmAdam)
	}
}
