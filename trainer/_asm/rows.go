package main

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lookAhead is how many rows ahead a row is prefetched. At some ten nanoseconds
// per row that is early enough for the third-level cache. If there are only
// weights, it is not worth the loads.
const lookAhead = 8

// rows writes the update of some rows of the given number of panels; panel is
// the distance in bytes from one panel to the next. The gradients are rows of
// grad or, if values is not nil, each row's value times the single row of grad,
// which then has a vector of 16 for each panel.
//
// If the rule moves rows whose gradient is 0, sleep makes the steps that a row
// has missed, whose number is in sleeps, before the row's own step; if awake is
// false, it makes only those. calm adds a NaN to register 0 if a row leaves the
// range in which it may sleep.
func (g *generator) rows(o update, panels int, sleep func(g *generator, lanes []lane, s named, free []vec, missed reg.GPVirtual, low *lowStates), calm func(g *generator, lanes []lane)) {
	params := "w"
	for _, p := range o.state {
		params += ", " + p
	}
	params += ", grad, values *float32, panel int, rows"
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
	if o.squares != nil {
		params += ", low uint8"
	}
	title := strings.ToUpper(o.name[:1]) + o.name[1:] + "Rows"
	if o.name == "sgd" {
		title = "SGDRows"
	}
	g.function(fmt.Sprintf("%sRows%d", o.name, panels), "func("+params+") bool",
		fmt.Sprintf("is the loop of Set.%s for %d panels.", title, panels))
	g.zero(g.regs[0])
	s, next := g.broadcast(o.scalars)
	free := g.regs[next:]
	pointers := map[string]reg.GPVirtual{}
	for _, name := range append([]string{"w", "grad"}, o.state...) {
		pointers[name] = g.param(name)
	}
	panel, i := g.param("panel"), g.GP64()
	g.XORQ(i, i)
	offsets := make([]reg.GPVirtual, panels)
	for p := range offsets {
		offsets[p] = g.GP64()
	}
	// The vectors of a row, panel by panel.
	var lanes []lane
	for p := range panels {
		for u := range width / g.lane {
			lanes = append(lanes, lane{at: func(name string) operand.Mem { return indexed(pointers[name], offsets[p], 1, u*g.bytes) }})
		}
	}
	low := g.lowStates(o, len(lanes))
	g.Label("row")
	list := g.GP64()
	g.MOVQ(g.argument("rows"), list)
	if len(o.state) > 0 {
		next, line := g.GP64(), g.GP64()
		g.LEAQ(operand.Mem{Base: i, Disp: lookAhead}, next)
		g.CMPQ(next, g.argument("n"))
		g.JGE(operand.LabelRef("last"))
		g.MOVL(indexed(list, next, 4, 0), next.As32())
		g.SHLQ(operand.U8(bits.TrailingZeros(panelBytes)), next)
		for _, name := range append([]string{"w"}, o.state...) {
			g.LEAQ(indexed(pointers[name], next, 1, 0), line)
			for p := range panels {
				if p > 0 {
					g.ADDQ(panel, line)
				}
				g.PREFETCHT0(mem(line, 0))
			}
		}
		g.Label("last")
	}
	g.MOVL(indexed(list, i, 4, 0), offsets[0].As32())
	g.SHLQ(operand.U8(bits.TrailingZeros(panelBytes)), offsets[0])
	for p := 1; p < panels; p++ {
		g.LEAQ(indexed(offsets[p-1], panel, 1, 0), offsets[p])
	}
	if sleep != nil {
		missed := g.GP64()
		g.MOVQ(g.argument("sleeps"), missed)
		g.MOVL(indexed(missed, i, 4, 0), missed.As32())
		g.TESTQ(missed, missed)
		g.JZ(operand.LabelRef("slept"))
		sleep(g, lanes, s, free, missed, low)
		g.Label("slept")
		g.CMPB(g.argument("awake"), operand.U8(0))
		g.JEQ(operand.LabelRef("next"))
	}
	g.groups(lanes, free, o.registers, func(group []lane, from int) {
		label := fmt.Sprint(from)
		product, known := "product"+label, "known"+label
		low.start()
		values := g.GP64()
		g.MOVQ(g.argument("values"), values)
		g.TESTQ(values, values)
		g.JNZ(operand.LabelRef(product))
		all(group, func(l lane) { g.VMOVUPS(l.at("grad"), l.r[0]) })
		if o.means != nil {
			g.TESTB(operand.U8(mayTakeMeans), g.argument("low"))
			g.JZ(operand.LabelRef(known))
			o.means(g, group, s, nil, free[len(group)*o.registers:], low, label)
			g.TESTB(operand.U8(mayIgnoreGradients), g.argument("low"))
			g.JZ(operand.LabelRef(known))
			o.unmoved(g, group)
		}
		g.JMP(operand.LabelRef(known))
		g.Label(product)
		if o.means != nil {
			g.TESTB(operand.U8(mayTakeMeans), g.argument("low"))
			g.JNZ(operand.LabelRef("low" + label))
		}
		// Loads are expensive, so load the value and zero once for all lanes.
		value, zero := group[len(group)-1].r[0], group[len(group)-1].r[1]
		g.VBROADCASTSS(indexed(values, i, 4, 0), value)
		g.zero(zero)
		for k, l := range group {
			g.VMULPS(mem(pointers["grad"], (from+k)*g.bytes), value, l.r[0])
		}
		all(group, func(l lane) { g.VADDPS(zero, l.r[0], l.r[0]) })
		if o.unmoved != nil {
			g.JMP(operand.LabelRef(known))
			g.Label("low" + label)
			for k, l := range group {
				g.VMOVUPS(mem(pointers["grad"], (from+k)*g.bytes), l.r[0])
			}
			o.means(g, group, s, indexed(values, i, 4, 0), free[len(group)*o.registers:], low, "Product"+label)
			g.TESTB(operand.U8(mayIgnoreGradients), g.argument("low"))
			g.JZ(operand.LabelRef("moved" + label))
			o.unmoved(g, group)
			g.Label("moved" + label)
			value, zero := group[0].r[1], group[0].r[2]
			g.VBROADCASTSS(indexed(values, i, 4, 0), value)
			g.zero(zero)
			all(group,
				func(l lane) { g.VMULPS(l.r[0], value, l.r[0]) },
				func(l lane) { g.VADDPS(zero, l.r[0], l.r[0]) })
		}
		g.Label(known)
		low.takeSquares(group, s, label)
		o.step(g, group, s, label)
		low.put(group, label)
		if calm != nil {
			calm(g, group)
		} else {
			all(group, func(l lane) { g.notFinite(l.r[0], l.r[1]) })
		}
	})
	g.Label("next")
	g.INCQ(i)
	g.CMPQ(i, g.argument("n"))
	g.JLT(operand.LabelRef("row"))
	g.returnFinite()
}

// groups calls f with as many lanes at once as there are registers for, and
// with the index of the first of them.
func (g *generator) groups(lanes []lane, free []vec, registers int, f func(group []lane, from int)) {
	abreast := min(g.abreast(), len(lanes))
	for from := 0; from < len(lanes); from += abreast {
		group := lanes[from : from+abreast]
		for k := range group {
			group[k].r = free[k*registers:][:registers]
		}
		f(group, from)
	}
}

// sleepAdadelta decays both means. Without a gradient the weight stays.
func (g *generator) sleepAdadelta(lanes []lane, s named, free []vec, missed reg.GPVirtual, _ *lowStates) {
	var means []decaying
	for _, l := range lanes {
		means = append(means, decaying{free[len(means)], l.at("sq")}, decaying{free[len(means)+1], l.at("acc")})
	}
	for _, d := range means {
		g.VMOVUPS(d.at, d.r)
	}
	g.decay(means, "rho", s, missed, free[len(means):], "sleep")
	for _, d := range means {
		g.VMOVUPS(d.r, d.at)
	}
}

func (g *generator) calmAdadelta(lanes []lane) {
	for _, l := range lanes {
		g.notFinite(l.r[0], l.r[3])
		g.notFinite(l.r[1], l.r[3]) // its √ is NaN or infinite exactly if it is
		g.notFinite(l.r[2], l.r[3])
	}
}
