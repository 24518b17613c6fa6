package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestSleepingRows compares rows that sleep and wake with the rule for all rows, step
// by step: after each step for the rows just updated, and in the end, woken, for
// all. A run ends early where the rule says that rows may no longer sleep.
func TestSleepingRows(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		steps := 200
		if s.Name != "avx2" && s.Name != "avx512" {
			steps = 60
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
	step  func(t int) // on to step t, counted from 1
	dense func(s *Set, w, g, a, b []float32) bool
	rows  func(s *Set, w, g, a, b []float32, rows, sleeps []int32, awake bool) bool
}

func rowRules(seed uint64) []rowRule {
	// From ordinary constants to such as lead to denormals and overflows.
	lr := []float32{0.1, 0.1, 1e-3, 0, 1e20, 3e38}[seed]
	eps := []float32{1e-8, 1e-10, 1e-6, 1, 1e-30, 1e-8}[seed]
	rho := []float32{0.9, 0.3, 0.95, 1, 0, 0.999}[seed]
	beta1 := []float32{0.9, 0.1, 0.95, 0, 0.9, 0.999}[seed]
	one := float32(1)
	adam := AdamStep{Beta1: beta1, OneMinusBeta1: one - beta1, Beta2: rho * 0.999, OneMinusBeta2: one - rho*0.999, Eps: eps}
	var past []AdamPast
	adadelta := AdadeltaStep{LR: lr, Rho: rho, OneMinusRho: one - rho, Eps: eps}
	still := func(int) {}
	return []rowRule{
		{"sgd", still,
			func(s *Set, w, g, a, b []float32) bool { return s.SGD(w, g, SGDStep{LR: lr}) },
			func(s *Set, w, g, a, b []float32, rows, _ []int32, awake bool) bool {
				return !awake || s.SGDRows(w, g, rows, SGDStep{LR: lr})
			}},
		{"adagrad", still,
			func(s *Set, w, g, a, b []float32) bool { return s.Adagrad(w, g, a, AdagradStep{LR: lr, Eps: eps}) },
			func(s *Set, w, g, a, b []float32, rows, _ []int32, awake bool) bool {
				return !awake || s.AdagradRows(w, g, a, rows, AdagradStep{LR: lr, Eps: eps})
			}},
		{"adadelta", still,
			func(s *Set, w, g, a, b []float32) bool { return s.Adadelta(w, g, a, b, adadelta) },
			func(s *Set, w, g, a, b []float32, rows, sleeps []int32, awake bool) bool {
				return s.AdadeltaRows(w, g, a, b, rows, sleeps, adadelta, awake)
			}},
		{"adam", func(t int) {
			if t > 1 {
				past = append(past, AdamPast{-adam.StepSize, adam.SqrtBias2})
			}
			adam.StepSize = lr * (1 + 5/float32(t))
			adam.SqrtBias2 = 1 - 0.9/float32(t)
		},
			func(s *Set, w, g, a, b []float32) bool { return s.Adam(w, g, a, b, adam) },
			func(s *Set, w, g, a, b []float32, rows, sleeps []int32, awake bool) bool {
				// Waking comes after the last step, which then is past too.
				known := past
				if !awake {
					known = append(known, AdamPast{-adam.StepSize, adam.SqrtBias2})
				}
				return s.AdamRows(w, g, a, b, rows, sleeps, known, adam, awake)
			}},
	}
}

func compareRows(t *testing.T, s *Set, rule rowRule, seed uint64, steps int) {
	t.Helper()
	const count = 9
	random := rand.New(rand.NewPCG(seed, 7))
	fresh := func() []float32 { return make([]float32, count*Width) }
	w, a, b := fresh(), fresh(), fresh() // rule for all rows, portable
	for i := range w {
		w[i] = float32(random.NormFloat64())
	}
	w2, a2, b2 := append([]float32(nil), w...), fresh(), fresh()
	g := fresh()
	since := make([]int32, count)
	same := func(when string, step int, rows []int32) {
		t.Helper()
		for _, r := range rows {
			for i := int(r) * Width; i < int(r+1)*Width; i++ {
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
		var rows, sleeps []int32
		for r := range int32(count) {
			// Row 0 is never needed, row 8 nearly always, the others between.
			if random.IntN(count) >= int(r) {
				continue
			}
			rows, sleeps = append(rows, r), append(sleeps, step-1-since[r])
			since[r] = step
			for i := int(r) * Width; i < int(r+1)*Width; i++ {
				scale := []float64{1, 1e-6, 1e-30, 0, 1e-44}[random.IntN(5)]
				g[i] = float32(random.NormFloat64()*scale) + 0
			}
		}
		rule.dense(portable, w, g, a, b)
		calm := rule.rows(s, w2, g, a2, b2, rows, sleeps, true)
		same("awake", int(step), rows)
		if !calm {
			break
		}
	}
	var all, sleeps []int32
	for r := range int32(count) {
		all, sleeps = append(all, r), append(sleeps, step-since[r])
	}
	rule.rows(s, w2, g, a2, b2, all, sleeps, false)
	same("woken", int(step), all)
}
