package main

import (
	"fmt"
	"math"
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

	// unmoved clears those gradients in register 0 that are so low that the step
	// has the same results without them, and means makes the step of those means
	// that are low. value is what gradients are still to be multiplied by, or nil.
	// Both are nil if they are not worth while.
	unmoved func(g *generator, lanes []lane)
	means   func(g *generator, lanes []lane, s named, value operand.Op, free []vec, low *lowStates, label string)

	// squares are the states that are averages of squares; see takeSquares.
	squares []average
}

// An average is a state that every step multiplies by a scalar.
type average struct{ state, keep string }

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
	g.MOVL(g.argument("decay"), decay)
	g.ADDL(decay, decay) // zero if decay is 0 or -0
	wd := g.regs[next]
	g.scalar("decay", wd)
	low := g.lowStates(o, g.abreast())
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
			low.start()
			if o.unmoved != nil {
				g.TESTB(operand.U8(mayIgnoreGradients), g.argument("low"))
				g.JZ(operand.LabelRef("high" + label))
				g.jumpUnlessLow(each(group, 0), "lowForAdam", group[0].r[1], group[0].r[2], "high"+label)
				o.unmoved(g, group)
				g.Label("high" + label)
			}
			if o.means != nil {
				g.TESTB(operand.U8(mayTakeMeans), g.argument("low"))
				g.JZ(operand.LabelRef("taken" + label))
				o.means(g, group, s, nil, g.regs[next+1+lanes*o.registers:], low, label)
			}
			low.takeSquares(group, s, label)
			o.step(g, group, s, label)
			low.put(group, label)
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

var sgd = update{name: "sgd", scalars: "negLR", registers: 2,
	step: func(g *generator, lanes []lane, s named, label string) {
		g.descend(lanes, s, 1)
	}}

var momentum = update{name: "momentum", state: []string{"v"}, scalars: "negLR, momentum", registers: 6,
	step: func(g *generator, lanes []lane, s named, label string) { g.momentum(lanes, s, label, false) }}

var nesterov = update{name: "nesterov", state: []string{"v"}, scalars: "negLR, momentum", registers: 6,
	step: func(g *generator, lanes []lane, s named, label string) { g.momentum(lanes, s, label, true) }}

// momentum writes the step of momentum, which leaves the velocity in register
// 0, or that of Nesterov's, which has it in register 1.
//
// There are two paths with the same results, because some processors take a
// hundred times as long for products of subnormal numbers, to which velocities
// decay. A group of lanes with a velocity below 2^-125 takes the longer path.
func (g *generator) momentum(lanes []lane, s named, label string, nesterov bool) {
	velocity := 0
	if nesterov {
		velocity = 1
	}
	first, bits := g.GP32(), g.GP64()
	if nesterov {
		all(lanes, func(l lane) { g.VMOVAPS(l.r[0], l.r[1]) })
	}
	g.MOVB(g.argument("first"), first.As8L())
	g.TESTB(first.As8L(), first.As8L())
	g.JNZ(operand.LabelRef("first" + label))
	all(lanes, func(l lane) { g.VMOVUPS(l.at("v"), l.r[1]) })
	g.MOVL(g.argument("momentum"), bits.As32())
	g.CMPQ(bits, operand.U32(math.Float32bits(1)))
	g.JGE(operand.LabelRef("normal" + label)) // not a momentum from 0 to 1
	g.MOVL(g.argument("negLR"), bits.As32())
	g.SHLL(operand.U8(1), bits.As32()) // without the sign
	g.SHRQ(operand.U8(1), bits)
	g.CMPQ(bits, operand.U32(math.Float32bits(0x1p20)))
	g.JGE(operand.LabelRef("normal" + label))
	g.jumpUnlessLow(each(lanes, 1), "lowVelocity", lanes[0].r[2], lanes[0].r[3], "normal"+label)
	for _, l := range lanes {
		g.lowVelocity(l, s, nesterov)
	}
	g.JMP(operand.LabelRef("moved" + label))
	g.Label("normal" + label)
	all(lanes,
		func(l lane) { g.VMULPS(l.r[1], s["momentum"], l.r[1]) },
		func(l lane) { g.VADDPS(l.r[0], l.r[1], l.r[velocity]) })
	g.Label("first" + label)
	all(lanes, func(l lane) { g.VMOVUPS(l.r[velocity], l.at("v")) })
	if nesterov {
		all(lanes, func(l lane) { g.VFMADD231PS(l.r[1], s["momentum"], l.r[0]) })
	}
	g.descend(lanes, s, 1)
	g.Label("moved" + label)
}

// lowVelocity is the path for velocities, in register 1, of which some are below
// 2^-125. There the bits of a magnitude, read as an integer, are its multiple k
// of 2^-149. If k·momentum is below 2^23, the product of the velocity is
// k·momentum rounded to an integer, which is the mantissa of 2^23 + k·momentum.
// In the other lanes it is a normal number.
//
// A velocity below 2^-126 does not move a weight of 2^-70 or more: times an LR
// of up to 2^20 it is less than half of what the weight's last digit is worth.
// The same is true of it and a gradient of 2^-90 or more, to which Nesterov's
// momentum adds it; if the gradient is 0, the weight stays. Such velocities are
// left out.
func (g *generator) lowVelocity(l lane, s named, nesterov bool) {
	last := len(g.regs) - 1
	grid, scale := g.regs[last], g.regs[last-1]
	u, v, k, x := l.r[0], l.r[1], l.r[2], l.r[3]
	w, t := l.r[4], l.r[5]
	var yes, no reg.Register = reg.K1, reg.K2
	if g.bytes < 64 {
		yes, no, w, t = l.r[4], l.r[5], g.regs[last-2], g.regs[last-3]
	}
	g.VMOVUPS(g.constant("2^23"), grid)
	g.VMAXPS(g.constant("half"), s["momentum"], scale) // numbers above 2^-125 are not below 2^23 then
	g.and(g.Context, g.constant("magnitude"), v, k)
	g.VCVTDQ2PS(k, k)
	g.VMULPS(scale, k, x)
	g.VCMPPS(operand.U8(less), grid, x, yes)
	g.VCMPPS(operand.U8(notLess), grid, x, no)
	g.VFMADD213PS(grid, s["momentum"], k)
	if g.bytes == 64 {
		g.VPSUBD_Z(grid, k, yes, k)
		g.VMULPS_Z(v, s["momentum"], no, x)
	} else {
		g.VPSUBD(grid, k, k)
		g.VPAND(yes, k, k)
		g.VPAND(no, v, x)
		g.VMULPS(x, s["momentum"], x)
	}
	g.and(g.Context, g.constant("sign"), v, v)
	g.or(g.Context, k, x, x)
	g.or(g.Context, v, x, x)
	velocity := u
	if nesterov {
		velocity = v
	}
	g.VADDPS(u, x, velocity)
	g.VMOVUPS(velocity, l.at("v"))

	g.VMOVUPS(l.at("w"), w)
	g.and(g.Context, g.constant("magnitude"), velocity, k)
	g.and(g.Context, g.constant("magnitude"), w, t)
	g.VCMPPS(operand.U8(notLess), g.constant("normal"), k, yes)
	g.VCMPPS(operand.U8(less), g.constant("lowWeight"), t, no)
	g.either(no, yes)
	if nesterov {
		g.and(g.Context, g.constant("magnitude"), u, t)
		g.VPSUBD(g.constant("1"), t, t) // so that 0 is a NaN
		g.VCMPPS(operand.U8(less), g.constant("lowGradient"), t, no)
		g.either(no, yes)
	}
	g.keep(yes, velocity)
	if nesterov {
		g.VFMADD231PS(velocity, s["momentum"], u)
	}
	g.VFMADD213PS(w, s["negLR"], u)
	g.VMOVUPS(u, l.at("w"))
}

var adagrad = update{name: "adagrad", state: []string{"sum"}, scalars: "negLR, eps", registers: 5,
	step: func(g *generator, lanes []lane, s named, label string) {
		g.addSquares(lanes, "sum")
		g.roots(lanes, 1, 1, 2, 3, 4, "Sum"+label)
		g.overRoot(lanes, s, s["negLR"], 1)
		g.finish(lanes)
	}}

// adagradK keeps sum in register 1 beside its root in register 4.
var adagradK = update{name: "adagradK", state: []string{"sum"}, scalars: "negLR, k, eps", registers: 5,
	step: func(g *generator, lanes []lane, s named, label string) {
		g.addSquares(lanes, "sum")
		g.roots(lanes, 1, 4, 2, 3, 4, "Sum"+label)
		g.overRoot(lanes, s, s["negLR"], 4)
		all(lanes,
			func(l lane) { g.VMULPS(l.r[1], l.r[1], l.r[1]) },
			func(l lane) { g.VMULPS(s["k"], l.r[1], l.r[1]) },
			func(l lane) { g.VFMADD213PS(l.at("w"), l.r[1], l.r[0]) },
			func(l lane) { g.VMOVUPS(l.r[0], l.at("w")) })
	}}

var rmsprop = update{name: "rmsprop", state: []string{"sq"}, scalars: "negLR, alpha, oneMinusAlpha, eps", registers: 5,
	squares: []average{{"sq", "alpha"}},
	step: func(g *generator, lanes []lane, s named, label string) {
		g.averageSquares(lanes, "sq", s["alpha"], s["oneMinusAlpha"], 1, 2)
		g.roots(lanes, 1, 1, 2, 3, 4, "Sq"+label)
		g.overRoot(lanes, s, s["negLR"], 1)
		g.finish(lanes)
	}}

// adadelta leaves sq+eps and acc, or their roots and what is computed from
// them, in registers 1 and 2, for calmAdadelta.
var adadelta = update{name: "adadelta", state: []string{"sq", "acc"}, scalars: "negLR, rho, oneMinusRho, eps", registers: 5,
	squares: []average{{"sq", "rho"}, {"acc", "rho"}},
	step:    func(g *generator, lanes []lane, s named, label string) { g.adadelta(lanes, s, label, false) }}

// adadeltaK needs a further register for the new factor.
var adadeltaK = update{name: "adadeltaK", state: []string{"sq", "acc"}, scalars: "negLR, k, rho, oneMinusRho, eps", registers: 6,
	step: func(g *generator, lanes []lane, s named, label string) { g.adadelta(lanes, s, label, true) }}

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

func (g *generator) optimizers() {
	g.optimizer(sgd, "")
	g.optimizer(momentum, ", first bool")
	g.optimizer(nesterov, ", first bool")
	g.optimizer(adagrad, "")
	g.optimizer(adagradK, "")
	g.optimizer(adadelta, ", low uint8")
	g.optimizer(adadeltaK, "")
	g.optimizer(adam, ", low uint8")
	g.optimizer(rmsprop, ", low uint8")

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
