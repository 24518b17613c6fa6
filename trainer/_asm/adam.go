package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var adam = update{name: "adam", state: []string{"m", "v"}, scalars: "negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps", registers: 5,
	step: func(g *generator, lanes []lane, s named, label string) {
		g.averageSquares(lanes, "v", s["beta2"], s["oneMinusBeta2"], 1, 2)
		all(lanes,
			func(l lane) { g.VMULPS(l.at("m"), s["beta1"], l.r[2]) },
			func(l lane) { g.VFMADD213PS(l.r[2], s["oneMinusBeta1"], l.r[0]) },
			func(l lane) { g.VMOVUPS(l.r[0], l.at("m")) })
		g.roots(lanes, 1, 1, 2, 3, 4, "V"+label)
		g.unlessOne(g.argument("sqrtBias2"), "unbiased"+label, func() {
			all(lanes, func(l lane) { g.VDIVPS(s["sqrtBias2"], l.r[1], l.r[1]) })
		})
		g.overRoot(lanes, s, s["negStep"], 1)
		g.finish(lanes)
	},
	unmoved: (*generator).unmovedByAdam, means: (*generator).takeLowMeans, squares: []average{{"v", "beta2"}}}

// unmovedByAdam clears low gradients where m is too large to be moved by them;
// see AdamStep.mayIgnore of package kernel. In rows they are still to be
// multiplied by a value.
func (g *generator) unmovedByAdam(lanes []lane) {
	for _, l := range lanes {
		var move, small reg.Register = reg.K1, reg.K2
		if g.bytes < 64 {
			move, small = l.r[3], l.r[2]
		}
		g.and(g.Context, g.constant("magnitude"), l.r[0], l.r[1])
		g.VCMPPS(operand.U8(notLess), g.constant("lowForAdam"), l.r[1], move)
		g.VPADDD(g.constant("movedByAdam"), l.r[1], l.r[1]) // times 2^31, or more if it is below 2^-126
		g.VMOVUPS(l.at("m"), l.r[2])
		g.and(g.Context, g.constant("magnitude"), l.r[2], l.r[2])
		g.VCMPPS(operand.U8(less), l.r[1], l.r[2], small)
		g.either(small, move)
		g.keep(move, l.r[0])
	}
}

// sleepAdam repeats the steps without a gradient, each with the step size and
// the bias correction of its time. past points to those of the last one. An
// average of squares that is low when the sleep begins is taken; see
// lowStates.takeSquares.
func (g *generator) sleepAdam(lanes []lane, s named, free []vec, missed reg.GPVirtual, low *lowStates) {
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
	count := g.AllocLocal(8)
	g.MOVQ(missed, count)
	low.start()
	g.TESTB(operand.U8(mayTakeAsleep), g.argument("low"))
	g.JZ(operand.LabelRef("look"))
	g.CMPB(g.argument("settles"), operand.U8(0)) // then it may in all past steps
	g.JEQ(operand.LabelRef("look"))
	sum, x, grid := s["oneMinusBeta1"], s["oneMinusBeta2"], g.constant("decayGrid")
	g.jumpUnlessLow(each(lanes, v), "lowSquare", lanes[0].r[a], x, "look")
	low.take("v")
	for k, l := range lanes {
		g.lowSquares(l.r[v], l.r[a])
		g.VPSRAD(operand.U8(31), l.r[a], l.r[a])
		g.and(g.Context, l.r[v], l.r[a], l.r[a])
		g.xor(g.Context, l.r[a], l.r[v], l.r[v])
		g.VMOVUPS(l.r[a], low.place("v", k))
	}
	further := append([]vec{sum, x, s["negStep"], s["sqrtBias2"]}, temporary...)
	// A missed step. With tally it adds the sign of what must not be negative
	// if the sleep is to end to sum; see AdamSettles. In a low sleep m is scaled;
	// see decay.
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
	g.jumpUnlessLow(each(lanes, m), "lowSleep", lanes[0].r[a], x, "sleep")
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
	g.decay(ms, "beta1", s, missed, further, "settleM")
	g.decay(vs, "beta2", s, again, further, "settleV")
	all(lanes, func(l lane) { g.VADDPS(g.constant("0"), l.r[m], l.r[m]) })
	g.Label("made")
	all(lanes,
		func(l lane) { g.VMOVUPS(l.r[w], l.at("w")) },
		func(l lane) { g.VMOVUPS(l.r[m], l.at("m")) },
		func(l lane) { g.VMOVUPS(l.r[v], l.at("v")) })
	g.TESTQ(low.bit("v"), low.taken)
	g.JZ(operand.LabelRef("sleptV"))
	g.MOVQ(count, missed)
	vs = nil
	for k, l := range lanes {
		g.VMOVUPS(low.place("v", k), l.r[v])
		vs = append(vs, decaying{l.r[v], low.place("v", k)})
	}
	g.decay(vs, "beta2", s, missed, further, "takenV")
	all(lanes,
		func(l lane) { g.or(g.Context, l.at("v"), l.r[v], l.r[v]) },
		func(l lane) { g.VMOVUPS(l.r[v], l.at("v")) })
	g.Label("sleptV")
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
// new m with low, and 0 in memory and for the gradient, with which the step proper
// does nothing. Both are scaled by 2^64; see decay. There
//
//	y = Beta1·m and g = value·G, rounded to multiples of 2^-149, if below 2^-126
//	e = y + OneMinusBeta1·g, rounded to 24 digits
//	r = e, rounded to a multiple of 2^-149, by adding 2^-126 with the sign of e
//
// The new m is r if |e| < 2^-126, and e otherwise. The sum of y and ±2^-126 is
// exact if |y| < 2^-126. The rare elements where this is not so are left out.
func (g *generator) takeLowMeans(lanes []lane, s named, value operand.Op, free []vec, low *lowStates, label string) {
	grid := g.constant("decayGrid")
	var means []operand.Op
	for _, l := range lanes {
		means = append(means, l.at("m"))
	}
	g.jumpUnlessLow(means, "lowMean", lanes[0].r[1], lanes[0].r[2], "taken"+label)
	low.take("m")
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
		if value != nil {
			g.VBROADCASTSS(value, e)
			g.and(g.Context, g.constant("magnitude"), e, t)
			g.decayScaled(decaying{r: gradient}, t, grid, y, mask)
			g.xor(g.Context, l.r[0], e, e)
			withSign(e, gradient, e)
			g.VADDPS(g.constant("0"), gradient, gradient)
		} else {
			withSign(l.r[0], gradient, e)
		}

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
		} else {
			g.VPAND(out, e, y)
			g.VPXOR(y, e, e)
		}
		g.VMOVUPS(e, low.place("m", k))
		g.keep(out, m)
		g.keep(out, l.r[0])
		g.VMOVUPS(m, l.at("m"))
	}
	g.Label("taken" + label)
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
