package main

import (
	"fmt"
	"math"
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
func (g *generator) rows(o update, panels int, sleep func(g *generator, lanes []lane, s named, free []vec, missed reg.GPVirtual), calm func(g *generator, lanes []lane)) {
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
	if o.unmoved != nil {
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
		sleep(g, lanes, s, free, missed)
		g.Label("slept")
		g.CMPB(g.argument("awake"), operand.U8(0))
		g.JEQ(operand.LabelRef("next"))
	}
	registers := o.registers
	if o.before != nil {
		registers++
	}
	g.groups(lanes, free, registers, func(group []lane, from int) {
		label := fmt.Sprint(from)
		product, known := "product"+label, "known"+label
		taken := g.GP64() // whether before has left something
		if o.before != nil {
			g.XORQ(taken, taken)
		}
		values := g.GP64()
		g.MOVQ(g.argument("values"), values)
		g.TESTQ(values, values)
		g.JNZ(operand.LabelRef(product))
		all(group, func(l lane) { g.VMOVUPS(l.at("grad"), l.r[0]) })
		g.JMP(operand.LabelRef(known))
		g.Label(product)
		if o.unmoved != nil {
			g.CMPB(g.argument("low"), operand.U8(0))
			g.JNE(operand.LabelRef("low" + label))
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
			o.before(g, group, s, indexed(values, i, 4, 0), free[len(group)*registers:], taken, label)
			g.CMPB(g.argument("low"), operand.U8(2))
			g.JNE(operand.LabelRef("moved" + label))
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
		o.step(g, group, s, label)
		if o.after != nil {
			g.TESTQ(taken, taken)
			g.JZ(operand.LabelRef("stepped" + label))
			o.after(g, group)
			g.Label("stepped" + label)
		}
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
func (g *generator) sleepAdadelta(lanes []lane, s named, free []vec, missed reg.GPVirtual) {
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

// A decaying register has a multiple of what lies in memory or in another
// register, with the same sign.
type decaying struct {
	r  vec
	at operand.Op
}

// decay multiplies registers by a scalar as many times as missed says, or until
// that changes none of them any more.
//
// Some processors take a hundred times as long for a product that is below
// 2^-126, the smallest normal number, where the numbers are multiples of 2^-149.
// So when a lane comes near that, all lanes are scaled by 2^64, where such a
// product has to be a multiple of 2^-85: the sum of it and c = 2^-62 is rounded
// to just these multiples, and c is subtracted again. A product that is rounded
// up to c is c in either way. Signs are left out meanwhile.
//
// The first two of at least five further registers are among the lower 16.
func (g *generator) decay(list []decaying, factor string, s named, missed reg.GPVirtual, free []vec, label string) {
	f, first, old, c, y, mask := s[factor], free[0], free[1], free[2], free[3], free[4]
	bits := g.GP64()
	g.MOVL(g.argument(factor), bits.As32())
	magnitude := func(r, to vec) { g.and(g.Context, g.constant("magnitude"), r, to) }
	// combine folds the upper half of first into the lower one.
	combine := func(f func(...operand.Op)) {
		if g.bytes == 64 {
			g.VEXTRACTF64X4(operand.U8(1), first, old.AsY())
			f(old.AsY(), first.AsY(), first.AsY())
		}
	}
	// jumpIf jumps if the extreme of the magnitudes, less a constant if one is
	// named, is beyond a bound.
	jumpIf := func(extreme func(...operand.Op), bound, less, to string) {
		for i, d := range list {
			r := old
			if i == 0 {
				r = first
			}
			magnitude(d.r, r)
			if less != "" {
				g.VPSUBD(g.constant(less), r, r)
			}
			if i > 0 {
				extreme(old, first, first)
			}
		}
		combine(extreme)
		extreme(g.constant(bound), first.AsY(), old.AsY())
		g.VPXOR(g.constant(bound), old.AsY(), old.AsY())
		g.VPTEST(old.AsY(), old.AsY())
		g.JNZ(operand.LabelRef(to))
	}

	g.Label(label)
	g.CMPQ(bits, operand.U32(math.Float32bits(1)))
	g.JGE(operand.LabelRef(label + "Multiply"))     // not a factor from 0 to 1
	jumpIf(g.VPMINUD, "decayLow", "1", label+"Low") // less 1, so that 0 is large
	g.Label(label + "Multiply")
	for _, d := range list {
		g.VMULPS(f, d.r, d.r)
	}
	g.DECQ(missed)
	g.JZ(operand.LabelRef(label + "Done"))
	g.TESTQ(operand.U32(7), missed)
	g.JNZ(operand.LabelRef(label + "Multiply"))
	g.JMP(operand.LabelRef(label))

	g.Label(label + "Low")
	jumpIf(g.VPMAXUD, "decayHigh", "", label+"Multiply") // 2^64 times it may be too large
	g.VMOVUPS(g.constant("decayGrid"), c)
	for _, d := range list {
		g.scale(d, c, y, mask)
	}
	step := func(d decaying) { g.decayScaled(d, f, c, y, mask) }
	g.Label(label + "Scaled")
	for _, d := range list {
		step(d)
	}
	g.DECQ(missed)
	g.JZ(operand.LabelRef(label + "Unscale"))
	g.TESTQ(operand.U32(7), missed)
	g.JNZ(operand.LabelRef(label + "Scaled"))
	g.zero(first)
	for _, d := range list {
		g.VMOVAPS(d.r, old)
		step(d)
		g.xor(g.Context, d.r, old, old)
		g.or(g.Context, old, first, first)
	}
	combine(func(o ...operand.Op) { g.VPOR(o[0], o[1], o[2]) })
	g.VPTEST(first.AsY(), first.AsY())
	g.JZ(operand.LabelRef(label + "Unscale")) // all stand still
	g.DECQ(missed)
	g.JNZ(operand.LabelRef(label + "Scaled"))
	g.Label(label + "Unscale")
	for _, d := range list {
		g.unscale(d, c, y, mask)
	}
	g.Label(label + "Done")
}

// scale multiplies a register's magnitude by 2^64 and leaves out its sign; see
// decay. c has 2^-62, y and mask are further registers.
func (g *generator) scale(d decaying, c operand.Op, y, mask vec) {
	g.and(g.Context, g.constant("magnitude"), d.r, d.r)
	g.VPADDD(g.constant("decayScale"), d.r, d.r)
	// Below c the number has its multiple of 2^-149 as mantissa, with an
	// exponent that is one lower than that of c.
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, d.r, reg.K1)
		g.VADDPS(d.r, d.r, reg.K1, d.r)
		g.VSUBPS(c, d.r, reg.K1, d.r)
		return
	}
	g.VCMPPS(operand.U8(less), c, d.r, mask)
	g.VADDPS(d.r, d.r, y)
	g.VSUBPS(c, y, y)
	g.VBLENDVPS(mask, y, d.r, d.r)
}

// decayScaled multiplies a scaled register by f.
func (g *generator) decayScaled(d decaying, f vec, c operand.Op, y, mask vec) {
	g.VMULPS(f, d.r, y)
	g.VFMADD213PS(c, f, d.r)
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, y, reg.K1)
		g.VSUBPS(c, d.r, reg.K1, y)
		g.VMOVAPS(y, d.r)
		return
	}
	g.VCMPPS(operand.U8(less), c, y, mask)
	g.VSUBPS(c, d.r, d.r)
	g.VBLENDVPS(mask, d.r, y, d.r)
}

// unscale undoes scale, with the sign of what the register is a multiple of.
func (g *generator) unscale(d decaying, c operand.Op, y, mask vec) {
	g.unscaleMagnitude(d.r, c, y, mask)
	g.takeSign(d.r, d.at, y)
}

// unscaleMagnitude undoes scale but for the sign.
func (g *generator) unscaleMagnitude(r vec, c operand.Op, y, mask vec) {
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), c, r, reg.K1)
		g.VADDPS(c, r, reg.K1, r)
		g.VMULPS(g.constant("half"), r, reg.K1, r)
	} else {
		g.VCMPPS(operand.U8(less), c, r, mask)
		g.VADDPS(c, r, y)
		g.VMULPS(g.constant("half"), y, y)
		g.VBLENDVPS(mask, y, r, r)
	}
	g.VPSUBD(g.constant("decayScale"), r, r)
}

// takeSign gives a register without signs those of another number. y is a
// further register.
func (g *generator) takeSign(r vec, from operand.Op, y vec) {
	g.VMOVUPS(from, y)
	g.and(g.Context, g.constant("sign"), y, y)
	g.or(g.Context, y, r, r)
}

func (g *generator) calmAdadelta(lanes []lane) {
	for _, l := range lanes {
		g.notFinite(l.r[0], l.r[3])
		g.notFinite(l.r[1], l.r[3]) // its √ is NaN or infinite exactly if it is
		g.notFinite(l.r[2], l.r[3])
	}
}

// sleepAdam repeats the steps without a gradient, each with the step size and
// the bias correction of its time. past points to those of the last one.
func (g *generator) sleepAdam(lanes []lane, s named, free []vec, missed reg.GPVirtual) {
	from, back := g.GP64(), g.GP64()
	g.MOVQ(g.argument("past"), from)
	g.LEAQ(operand.Mem{Base: missed, Disp: -1}, back)
	g.SHLQ(operand.U8(3), back)
	g.SUBQ(back, from)
	// Each lane has w, m and v in registers 0 to 2 throughout. Registers 3 to 5
	// are its own in the wide routines, and otherwise shared by lanes that take
	// turns.
	const w, m, v, a, b, c = 0, 1, 2, 3, 4, 5
	temporary := free[3*len(lanes):]
	abreast := min(g.abreast(), len(lanes))
	for k := range lanes {
		lanes[k].r = append(append([]vec{}, free[3*k:3*k+3]...), temporary...)
		if abreast > 1 {
			lanes[k].r = append(lanes[k].r[:3], temporary[3*k:3*k+3]...)
		}
	}
	all(lanes,
		func(l lane) { g.VMOVUPS(l.at("w"), l.r[w]) },
		func(l lane) { g.VMOVUPS(l.at("m"), l.r[m]) },
		func(l lane) { g.VMOVUPS(l.at("v"), l.r[v]) })
	// A missed step. With tally it adds the sign of what must not be negative
	// if the sleep is to end to sum; see AdamSettles. In a low sleep m is scaled;
	// see decay.
	sum, x, grid := s["oneMinusBeta1"], s["oneMinusBeta2"], g.constant("decayGrid")
	mean := func(l lane) decaying { return decaying{l.r[m], l.at("m")} }
	step := func(tally, low bool) {
		g.VBROADCASTSS(mem(from, 0), s["negStep"])
		g.VBROADCASTSS(mem(from, 4), s["sqrtBias2"])
		for first := 0; first < len(lanes); first += abreast {
			group, label := lanes[first:first+abreast], fmt.Sprintf("Missed%d%t%t", first, tally, low)
			all(group, func(l lane) { g.VMULPS(s["beta2"], l.r[v], l.r[v]) })
			if low {
				all(group, func(l lane) { g.decayScaled(mean(l), s["beta1"], grid, l.r[a], x) })
			} else {
				all(group,
					func(l lane) { g.VMULPS(s["beta1"], l.r[m], l.r[m]) },
					func(l lane) { g.VADDPS(g.constant("0"), l.r[m], l.r[m]) })
			}
			g.roots(group, v, a, b, c, a, label)
			g.unlessOne(mem(from, 4), "plain"+label, func() {
				all(group, func(l lane) { g.VDIVPS(s["sqrtBias2"], l.r[a], l.r[a]) })
			})
			numerator := m
			if low {
				numerator = b
				for _, l := range group {
					g.movingMean(l, w, m, b, x)
				}
			}
			all(group,
				func(l lane) { g.VADDPS(s["eps"], l.r[a], l.r[a]) },
				func(l lane) { g.VMULPS(s["negStep"], l.r[numerator], l.r[b]) },
				func(l lane) { g.VDIVPS(l.r[a], l.r[b], l.r[b]) },
				func(l lane) { g.VADDPS(l.r[b], l.r[w], l.r[w]) })
			if !tally {
				continue
			}
			for _, l := range group {
				t, u := l.r[a], l.r[b]
				g.and(g.Context, g.constant("magnitude"), u, u)
				g.and(g.Context, g.constant("magnitude"), l.r[w], t)
				g.VMULPS(g.constant("settled"), t, t)
				g.VSUBPS(g.constant("settledSmall"), t, t)
				g.VMULPS(s["sqrtBias2"], t, t)
				g.VSUBPS(t, u, u) // positive if the change is too large
				g.and(g.Context, g.constant("magnitude"), l.r[m], t)
				g.VMULPS(g.constant("huge"), t, t) // 0 if no change will follow
				g.VMINPS(t, u, u)
				g.zero(x)
				g.VSUBPS(u, x, x)
				g.or(g.Context, x, sum, sum)
			}
		}
	}
	// steps makes missed steps. It goes on at made if there are no more, at again
	// if the sleep has not settled after some eight steps, and behind otherwise.
	steps := func(low bool, label, made, again string) {
		advance := func() {
			g.ADDQ(operand.U8(8), from)
			g.DECQ(missed)
			g.JZ(operand.LabelRef(made))
		}
		g.Label(label)
		step(false, low)
		advance()
		g.TESTQ(operand.U32(7), missed) // a tally is expensive
		g.JNZ(operand.LabelRef(label))
		g.CMPB(g.argument("settles"), operand.U8(0))
		g.JEQ(operand.LabelRef(label))
		g.zero(sum)
		step(true, low)
		advance()
		y := sum.AsY()
		if g.bytes == 64 {
			g.VEXTRACTF64X4(operand.U8(1), sum, x.AsY())
			g.VPOR(x.AsY(), y, y)
		}
		g.VPTEST(g.constant("sign"), y)
		g.JNZ(operand.LabelRef(again))
	}
	unscale := func() {
		all(lanes, func(l lane) { g.unscale(mean(l), grid, l.r[a], x) })
	}
	// A sleep with any m below 2^-104 is a low one: m could fall below 2^-118
	// within eight steps, and its product with the step size below 2^-126.
	g.Label("look")
	g.CMPB(g.argument("settles"), operand.U8(0))
	g.JEQ(operand.LabelRef("sleep"))
	g.CMPL(g.argument("beta1"), operand.U32(math.Float32bits(0.5)))
	g.JLT(operand.LabelRef("sleep"))
	least := lanes[0].r[a]
	for i, l := range lanes {
		t := l.r[a]
		if i > 0 && abreast == 1 {
			t = l.r[b]
		}
		g.and(g.Context, g.constant("magnitude"), l.r[m], t)
		g.VPSUBD(g.constant("1"), t, t) // so that 0 is large
		if i > 0 {
			g.VPMINUD(t, least, least)
		}
	}
	g.VMOVUPS(g.constant("lowSleep"), x)
	g.jumpUnlessBelow(least, x, "sleep")
	all(lanes, func(l lane) { g.scale(mean(l), grid, l.r[a], x) })
	steps(true, "lowSleep", "lowMade", "lowSleep")
	unscale()
	g.JMP(operand.LabelRef("settled"))
	g.Label("lowMade")
	unscale()
	all(lanes, func(l lane) { g.VADDPS(g.constant("0"), l.r[m], l.r[m]) })
	g.JMP(operand.LabelRef("made"))
	steps(false, "sleep", "made", "look")
	g.Label("settled")
	var ms, vs []decaying
	for _, l := range lanes {
		ms, vs = append(ms, decaying{l.r[m], l.at("m")}), append(vs, decaying{l.r[v], l.at("v")})
	}
	again := g.GP64()
	g.MOVQ(missed, again)
	further := append([]vec{sum, x, s["negStep"], s["sqrtBias2"]}, temporary...)
	g.decay(ms, "beta1", s, missed, further, "settleM")
	g.decay(vs, "beta2", s, again, further, "settleV")
	all(lanes, func(l lane) { g.VADDPS(g.constant("0"), l.r[m], l.r[m]) })
	g.Label("made")
	all(lanes,
		func(l lane) { g.VMOVUPS(l.r[w], l.at("w")) },
		func(l lane) { g.VMOVUPS(l.r[m], l.at("m")) },
		func(l lane) { g.VMOVUPS(l.r[v], l.at("v")) })
	for _, name := range []string{"negStep", "sqrtBias2", "oneMinusBeta1", "oneMinusBeta2"} {
		g.scalar(name, s[name])
	}
}

// movingMean leaves the scaled m of a low sleep in register b as it is without
// scale, with its sign, or 0 where it moves no weight: where |m| < 2^-100 and |w|
// >= 2^-23. There, what is added to w is at most 2^10·2^-100/2^-40, by the limits
// of AdamSettles. x is another register.
func (g *generator) movingMean(l lane, w, m, b int, x vec) {
	g.and(g.Context, g.constant("magnitude"), l.r[w], l.r[b])
	if g.bytes == 64 {
		g.VCMPPS(operand.U8(less), g.constant("moved"), l.r[b], reg.K1)
		g.VCMPPS(operand.U8(notLess), g.constant("moving"), l.r[m], reg.K2)
		g.KORW(reg.K1, reg.K2, reg.K1)
		g.VMULPS_Z(g.constant("2^-64"), l.r[m], reg.K1, l.r[b])
	} else {
		g.VCMPPS(operand.U8(less), g.constant("moved"), l.r[b], x)
		g.VCMPPS(operand.U8(notLess), g.constant("moving"), l.r[m], l.r[b])
		g.VPOR(x, l.r[b], l.r[b])
		g.VPAND(l.r[m], l.r[b], l.r[b])
		g.VMULPS(g.constant("2^-64"), l.r[b], l.r[b])
	}
	g.VMOVUPS(l.at("m"), x)
	g.and(g.Context, g.constant("sign"), x, x)
	g.or(g.Context, x, l.r[b], l.r[b])
	g.VADDPS(g.constant("0"), l.r[b], l.r[b])
}

// takeLowMeans makes the step of m for those elements that are so low that m
// moves no weight, neither before nor after the step, by the bounds of
// movingMean: where |m| < 2^-100, |G| < 2^-105 and |w| >= 2^-23. It leaves the
// new m in register 5, and 0 in memory and for the gradient, with which the step
// proper does nothing. Both are scaled by 2^64; see decay. There
//
//	y = Beta1·m and g = value·G, rounded to multiples of 2^-149, if below 2^-126
//	e = y + OneMinusBeta1·g, rounded to 24 digits
//	r = e, rounded to a multiple of 2^-149, by adding 2^-126 with the sign of e
//
// The new m is r if |e| < 2^-126, and e otherwise. The sum of y and ±2^-126 is
// exact if |y| < 2^-126. The rare elements where this is not so are left out.
func (g *generator) takeLowMeans(lanes []lane, s named, value operand.Mem, free []vec, taken reg.GPVirtual, label string) {
	grid := g.constant("decayGrid")
	least, bound := lanes[0].r[1], lanes[0].r[2]
	for i, l := range lanes {
		g.VMOVUPS(l.at("m"), l.r[2])
		g.and(g.Context, g.constant("magnitude"), l.r[2], l.r[1])
		g.VPSUBD(g.constant("1"), l.r[1], l.r[1]) // so that 0 is large
		if i > 0 {
			g.VPMINUD(l.r[1], least, least)
		}
	}
	g.VMOVUPS(g.constant("lowMean"), bound)
	g.jumpUnlessBelow(least, bound, "taken"+label)
	g.INCQ(taken)
	for k, l := range lanes {
		further := free
		if len(further) < 2 {
			further = lanes[(k+1)%len(lanes)].r[1:3]
		}
		m, gradient, e, t, y, mask := l.r[1], l.r[2], l.r[3], l.r[4], further[0], further[1]
		withSign := func(of, to, t vec) { // to has no sign
			g.and(g.Context, g.constant("sign"), of, t)
			g.or(g.Context, t, to, to)
		}
		g.VMOVUPS(l.at("m"), m)
		g.scale(decaying{m, l.at("m")}, grid, y, mask)
		g.decayScaled(decaying{m, l.at("m")}, s["beta1"], grid, y, mask)
		g.VMOVUPS(l.at("m"), t)
		withSign(t, m, t)
		g.VMOVAPS(l.r[0], gradient)
		g.scale(decaying{r: gradient}, grid, y, mask)
		g.VBROADCASTSS(value, e)
		g.and(g.Context, g.constant("magnitude"), e, t)
		g.decayScaled(decaying{r: gradient}, t, grid, y, mask)
		g.xor(g.Context, l.r[0], e, e)
		withSign(e, gradient, e)
		g.VADDPS(g.constant("0"), gradient, gradient)

		g.VMOVAPS(m, e)
		g.VFMADD231PS(gradient, s["oneMinusBeta1"], e)
		g.and(g.Context, g.constant("sign"), e, t)
		g.or(g.Context, grid, t, t)
		g.VADDPS(m, t, y)
		g.VFMADD231PS(gradient, s["oneMinusBeta1"], y)
		g.VSUBPS(t, y, y)
		g.and(g.Context, g.constant("magnitude"), y, y)
		g.and(g.Context, g.constant("magnitude"), m, m) // for the elements left out
		withSign(e, y, t)
		g.and(g.Context, g.constant("magnitude"), e, t)
		if g.bytes == 64 {
			g.VCMPPS(operand.U8(less), grid, t, reg.K1)
			g.VPANDD_Z(m, m, reg.K1, m)
			g.VPANDD_Z(y, y, reg.K1, y)
			g.VCMPPS(operand.U8(notLess), grid, t, reg.K2)
			g.VPANDD_Z(e, e, reg.K2, e)
			g.or(g.Context, y, e, e)
		} else {
			g.VCMPPS(operand.U8(less), grid, t, mask)
			g.VPAND(mask, m, m)
			g.VBLENDVPS(mask, y, e, e)
		}
		g.VMOVAPS(e, t) // for its sign
		g.and(g.Context, g.constant("magnitude"), e, e)
		g.unscale(decaying{e, t}, grid, y, mask)

		// The elements to be left out are in K1 or mask.
		var out, more reg.Register = reg.K1, reg.K2
		if g.bytes < 64 {
			out, more = mask, t
		}
		g.VCMPPS(operand.U8(notLess), grid, m, out)
		g.VMOVUPS(l.at("m"), m)
		g.and(g.Context, g.constant("magnitude"), m, y)
		g.VCMPPS(operand.U8(notLess), g.constant("lowMean"), y, more)
		g.either(more, out)
		g.and(g.Context, g.constant("magnitude"), l.r[0], y)
		g.VCMPPS(operand.U8(notLess), g.constant("lowForMean"), y, more)
		g.either(more, out)
		g.VMOVUPS(l.at("w"), y)
		g.and(g.Context, g.constant("magnitude"), y, y)
		g.VCMPPS(operand.U8(less), g.constant("moved"), y, more)
		g.either(more, out)
		if g.bytes == 64 {
			g.VPXORD(e, e, out, e)
			g.VMOVAPS(e, l.r[5])
		} else {
			g.VPAND(out, e, y)
			g.VPXOR(y, e, l.r[5])
		}
		g.keep(out, m)
		g.keep(out, l.r[0])
		g.VMOVUPS(m, l.at("m"))
	}
	g.Label("taken" + label)
}

// putLowMeans writes to memory what takeLowMeans left in register 5.
func (g *generator) putLowMeans(lanes []lane) {
	all(lanes,
		func(l lane) { g.or(g.Context, l.at("m"), l.r[5], l.r[5]) },
		func(l lane) { g.VMOVUPS(l.r[5], l.at("m")) })
}

// unlessOne writes f, a division by the float32 at m, so that it is skipped if
// that is 1. Adam's bias correction is 1 from some step on for the rest of the
// run.
func (g *generator) unlessOne(m operand.Mem, label string, f func()) {
	g.CMPL(m, operand.U32(math.Float32bits(1)))
	g.JEQ(operand.LabelRef(label))
	f()
	g.Label(label)
}

// calmAdam is the test of magnitudes in Set.AdamRows: products beyond the
// largest float32 become infinite.
func (g *generator) calmAdam(lanes []lane) {
	for _, l := range lanes {
		t := l.r[1]
		g.VMULPS(g.constant("calmWeight"), l.r[0], t)
		g.notFinite(t, t)
		g.VMOVUPS(l.at("m"), t)
		g.and(g.Context, g.constant("magnitude"), t, t)
		g.VMAXPS(g.constant("normal"), t, t) // the constant if m is NaN, but then w is, too
		g.VMULPS(g.constant("calmMoment"), t, t)
		g.notFinite(t, t)
	}
}
