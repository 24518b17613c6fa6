package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSleepingRows compares rows that sleep and wake with the rule for all
// rows: after each step for the rows just updated and, at the end, after
// waking, for all rows. A run ends early if the rule says that rows may no
// longer sleep.
func TestSleepingRows(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		steps := 600
		if s.Name != "avx2" && s.Name != "avx512" {
			steps = 240
		}
		for seed := range uint64(6) {
			for _, rule := range rowRules(seed) {
				compareRows(t, s, rule, seed, steps)
			}
		}
	})
}

// rowRule is one rule in both forms.
type rowRule struct {
	name  string
	step  func(t int) // moves on to step t, counted from 1
	dense func(s *Set, w, g, a, b []float32) bool
	rows  func(s *Set, w, a, b []float32, rows *Rows, awake bool) bool
}

func rowRules(seed uint64) []rowRule {
	// The constants range from ordinary ones to those that lead to denormals
	// and overflows.
	lr := []float32{0.1, 0.1, 1e-3, 0, 1e20, 3e38}[seed]
	eps := []float32{1e-8, 1e-10, 1e-6, 1, 1e-30, 1e-8}[seed]
	rho := []float32{0.9, 0.3, 0.95, 1, 0, 0.999}[seed]
	beta1 := []float32{0.9, 0.1, 0.95, 0, 0.9, 0.999}[seed]
	one := float32(1)
	adam := AdamStep{Beta1: beta1, OneMinusBeta1: one - beta1, Beta2: rho * 0.999, OneMinusBeta2: one - rho*0.999, Eps: eps}
	first := adam
	first.StepSize, first.SqrtBias2 = lr*6, 0.1
	settles := AdamSettles(first)
	var past []AdamPast
	adadelta := AdadeltaStep{LR: lr, Rho: rho, OneMinusRho: one - rho, Eps: eps}
	still := func(int) {}
	return []rowRule{
		{"sgd", still,
			func(s *Set, w, g, a, b []float32) bool { return s.SGD(w, g, SGDStep{LR: lr}) },
			func(s *Set, w, a, b []float32, rows *Rows, awake bool) bool {
				return !awake || s.SGDRows(w, rows, SGDStep{LR: lr})
			}},
		{"adagrad", still,
			func(s *Set, w, g, a, b []float32) bool { return s.Adagrad(w, g, a, AdagradStep{LR: lr, Eps: eps}) },
			func(s *Set, w, a, b []float32, rows *Rows, awake bool) bool {
				return !awake || s.AdagradRows(w, a, rows, AdagradStep{LR: lr, Eps: eps})
			}},
		{"adadelta", still,
			func(s *Set, w, g, a, b []float32) bool { return s.Adadelta(w, g, a, b, adadelta) },
			func(s *Set, w, a, b []float32, rows *Rows, awake bool) bool {
				return s.AdadeltaRows(w, a, b, rows, adadelta, awake)
			}},
		{"adam", func(t int) {
			if t > 1 {
				past = append(past, AdamPast{-adam.StepSize, adam.SqrtBias2})
			}
			adam.StepSize = lr * (1 + 5/float32(t))
			adam.SqrtBias2 = 1 - 0.9/float32(t)
			if t > 70 {
				adam.SqrtBias2 = 1
			}
		},
			func(s *Set, w, g, a, b []float32) bool { return s.Adam(w, g, a, b, adam) },
			func(s *Set, w, a, b []float32, rows *Rows, awake bool) bool {
				// Waking comes after the last step, which is then a past one,
				// too.
				known := past
				if !awake {
					known = append(known, AdamPast{-adam.StepSize, adam.SqrtBias2})
				}
				return s.AdamRows(w, a, b, rows, known, adam, settles, awake)
			}},
	}
}

func compareRows(t *testing.T, s *Set, rule rowRule, seed uint64, steps int) {
	t.Helper()
	const count, panels, panel = 9, 6, 10 * Width // enough for a routine of four panels and two of one
	random := rand.New(rand.NewPCG(seed, 7))
	fresh := func() []float32 { return make([]float32, panels*panel) }
	w, a, b := fresh(), fresh(), fresh() // rule for all rows, portable
	for i := range w {
		w[i] = float32(random.NormFloat64() * []float64{1, 1e-3, 1e-12, 1e-30, 0}[random.IntN(5)])
	}
	w2, a2, b2 := append([]float32(nil), w...), fresh(), fresh()
	g := fresh()
	since := make([]int32, count)
	same := func(when string, step int, rows []int32) {
		t.Helper()
		for _, r := range rows {
			for i := range w {
				if i%panel/Width != int(r) {
					continue
				}
				if Bits(w[i]) != Bits(w2[i]) || Bits(a[i]) != Bits(a2[i]) || Bits(b[i]) != Bits(b2[i]) {
					t.Fatalf("%s %d, seed %d, %s, step %d, row %d: got %v %v %v, want %v %v %v",
						rule.name, i, seed, when, step, r, w2[i], a2[i], b2[i], w[i], a[i], b[i])
				}
			}
		}
	}
	step := int32(0)
	for step < int32(steps) {
		step++
		rule.step(int(step))
		clear(g)
		rows := Rows{Panels: panels, Panel: panel, G: g}
		d := make([]float32, panels*Width)
		if step%3 == 0 {
			fill(d, func() float32 { return float32(random.NormFloat64()) })
			rows.G, rows.Values = d, []float32{}
		}
		for r := range int32(count) {
			// Row 0 is never needed and row 8 nearly always. The others lie
			// between, and towards the end are no longer needed.
			if random.IntN(count) >= int(r) || int(step) > steps/3 && r < 7 {
				continue
			}
			rows.Index, rows.Sleeps = append(rows.Index, r), append(rows.Sleeps, step-1-since[r])
			since[r] = step
			x := float32(random.NormFloat64() * []float64{1, 1e-6, 1e-30, 0, 1e-44}[random.IntN(5)])
			if rows.Values != nil {
				rows.Values = append(rows.Values, x)
			}
			for i := range g {
				if i%panel/Width == int(r) {
					scale := []float64{1, 1e-6, 1e-30, 0, 1e-44}[random.IntN(5)]
					g[i] = float32(random.NormFloat64()*scale) + 0
					if rows.Values != nil {
						g[i] = FMA(x, d[i/panel*Width+i%Width], 0) + 0
					}
				}
			}
		}
		rule.dense(portable, w, g, a, b)
		calm := rule.rows(s, w2, a2, b2, &rows, true)
		same("awake", int(step), rows.Index)
		if !calm {
			break
		}
	}
	all := Rows{Panels: panels, Panel: panel}
	for r := range int32(count) {
		all.Index, all.Sleeps = append(all.Index, r), append(all.Sleeps, step-since[r])
	}
	rule.rows(s, w2, a2, b2, &all, false)
	same("woken", int(step), all.Index)
}

// TestLongSleeps compares sleeps in which means come to a standstill, at
// different times and among lanes that never do, with all their
// multiplications.
func TestLongSleeps(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(5, 5))
		power := func(low, high int) float32 {
			return float32(math.Exp2(float64(low) + random.Float64()*float64(high-low)))
		}
		// Each row has means of one kind, some of them 0 or negative.
		var drawn int
		mean := func() float32 {
			kind := drawn / Width % 5
			drawn++
			low, high := -60, 60
			switch kind {
			case 1:
				low, high = -149, -120
			case 2:
				low, high = -127, -125 // on both sides of the smallest normal number
			case 3:
				low, high = -149, 63
			case 4:
				switch random.IntN(8) {
				case 0:
					return float32(math.Inf(1))
				case 1:
					return float32(math.NaN())
				case 2:
					return power(60, 70)
				}
				low = -149
			}
			switch random.IntN(12) {
			case 0:
				return float32(math.Copysign(0, random.NormFloat64()))
			case 1, 2:
				return -power(low, high)
			}
			return power(low, high)
		}
		const count, panels = 6, 5
		sleeps := []int32{1, 8, 40, 1500, 4096, 6001}
		rows := Rows{Panels: panels, Panel: count * Width, Index: []int32{0, 1, 2, 3, 4, 5}, Sleeps: sleeps}
		times := func(i int) int { return int(sleeps[i/Width%count]) }
		for _, factor := range []float32{0, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999, 1 - 0x1p-24, 1, 1.01} {
			decayed := func(x float32, times int) float32 {
				for range times {
					x *= factor
				}
				return x
			}
			sq, acc := fill(make([]float32, panels*count*Width), mean), fill(make([]float32, panels*count*Width), mean)
			var wantSq, wantAcc []float32
			for i := range sq {
				wantSq, wantAcc = append(wantSq, decayed(sq[i], times(i))), append(wantAcc, decayed(acc[i], times(i)))
			}
			s.AdadeltaRows(make([]float32, len(sq)), sq, acc, &rows, AdadeltaStep{LR: 1, Rho: factor, Eps: 1e-6}, false)
			equal(t, fmt.Sprintf("sq after decays by %g", factor), sq, wantSq)
			equal(t, fmt.Sprintf("acc after decays by %g", factor), acc, wantAcc)
			if factor > 1 {
				continue
			}

			c := AdamStep{StepSize: 0.01, Beta1: factor, Beta2: 0.999, SqrtBias2: 1, Eps: 1e-8}
			past := make([]AdamPast, 6001)
			for i := range past {
				past[i] = AdamPast{-c.StepSize, c.SqrtBias2}
			}
			m, v := fill(make([]float32, len(sq)), func() float32 { return power(-40, 0) }), fill(make([]float32, len(sq)), func() float32 { return power(-60, 0) })
			var wantM []float32
			for i := range m {
				wantM = append(wantM, decayed(m[i], times(i)))
			}
			w := fill(make([]float32, len(sq)), func() float32 { return 1e4 }) // moved by nothing soon
			s.AdamRows(w, m, v, &rows, past, c, AdamSettles(c), false)
			equal(t, fmt.Sprintf("m after decays by %g", factor), m, wantM)
		}
	})
}

// TestAdamSettles compares long sleeps from states of all kinds with the same
// steps made one by one. If a sleep settles, no difference may remain.
func TestAdamSettles(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		rounds := 40
		if s.Name != "avx2" && s.Name != "avx512" {
			rounds = 8
		}
		random := rand.New(rand.NewPCG(3, 3))
		for round := range rounds {
			first := AdamStep{StepSize: 0.01, Beta1: 0.9, OneMinusBeta1: 0.1, Beta2: 0.999, OneMinusBeta2: 0.001, SqrtBias2: 0.03, Eps: 1e-8}
			switch round % 4 {
			case 1:
				first.Beta1, first.Beta2, first.SqrtBias2 = 0.7, 0.501, 0x1p-6
			case 2:
				first.Eps, first.StepSize = 0x1p-40, 0x1p10
			case 3:
				first.Beta1 = 0.98
			}
			if !AdamSettles(first) {
				t.Fatalf("round %d: sleeps do not settle", round)
			}
			const count, panels = 4, 5
			var w, m, v, w2, m2, v2 []float32
			for range panels * count * Width {
				power := func(low, high int) float64 { return math.Exp2(float64(low) + random.Float64()*float64(high-low)) }
				w = append(w, float32(random.NormFloat64()*power(-60, 0)))
				m = append(m, float32(random.NormFloat64()*power(-60, 0))+0)
				v = append(v, float32(power(-100, 0)))
				switch i := len(w) - 1; random.IntN(12) {
				case 0:
					w[i] = float32(math.Copysign(0, random.NormFloat64()))
				case 1:
					m[i] = 0
				case 2:
					v[i] = 0
				case 3:
					m[i], v[i] = float32(power(-149, -120)), float32(power(-149, -120))
				}
			}
			var past []AdamPast
			for i := range 900 {
				p := AdamPast{-first.StepSize * (0.3 + 0.7/float32(1+i/9)), 1 - (1-first.SqrtBias2)/float32(1+i/5)}
				if i > 450 {
					p.SqrtBias2 = 1
				}
				past = append(past, p)
			}
			w2, m2, v2 = append(w2, w...), append(m2, m...), append(v2, v...)
			rows := Rows{
				Panels: panels, Panel: count * Width, Index: []int32{0, 1, 2, 3},
				Sleeps: []int32{900, 899, 400 + int32(random.IntN(400)), int32(random.IntN(40))},
			}
			portable.AdamRows(w, m, v, &rows, past, first, false, false)
			s.AdamRows(w2, m2, v2, &rows, past, first, true, false)
			equal(t, fmt.Sprintf("round %d: weights", round), w2, w)
			equal(t, fmt.Sprintf("round %d: m", round), m2, m)
			equal(t, fmt.Sprintf("round %d: v", round), v2, v)
		}
	})
	// A change that has underflowed to 0 can come back: m stands still at the
	// smallest denormal while the denominator falls to Eps. It moves weights
	// below 2^-47, which must not settle.
	forEach(t, func(t *testing.T, s *Set) {
		c := AdamStep{StepSize: 0x1p10, Beta1: 0.7, Beta2: 0.501, SqrtBias2: 1, Eps: 0x1p-40}
		if !AdamSettles(c) {
			t.Fatal("sleeps do not settle")
		}
		var past []AdamPast
		for range 400 {
			past = append(past, AdamPast{-c.StepSize, c.SqrtBias2})
		}
		same := func(x float32) []float32 { return fill(make([]float32, Width), func() float32 { return x }) }
		w, m, v := same(0x1p-90), same(0x1p-149), same(0x1p100)
		w2, m2, v2 := same(0x1p-90), same(0x1p-149), same(0x1p100)
		rows := Rows{Panels: 1, Index: []int32{0}, Sleeps: []int32{400}}
		portable.AdamRows(w, m, v, &rows, past, c, false, false)
		if w[0] == 0x1p-90 {
			t.Fatal("the sleep moves no weight")
		}
		s.AdamRows(w2, m2, v2, &rows, past, c, true, false)
		equal(t, "weights", w2, w)
		equal(t, "m", m2, m)
		equal(t, "v", v2, v)
	})
	for what, change := range map[string]func(c *AdamStep){
		"m lasts too long": func(c *AdamStep) { c.Beta1 = 0.9999 },
		"v does not decay": func(c *AdamStep) { c.Beta2 = 1 },
		"no eps":           func(c *AdamStep) { c.Eps = 0 },
		"a small bias":     func(c *AdamStep) { c.SqrtBias2 = 1e-3 },
		"a large step":     func(c *AdamStep) { c.StepSize = 1e4 },
	} {
		c := AdamStep{StepSize: 0.01, Beta1: 0.9, Beta2: 0.999, SqrtBias2: 0.03, Eps: 1e-8}
		change(&c)
		if AdamSettles(c) {
			t.Errorf("%s: settles", what)
		}
	}
}
