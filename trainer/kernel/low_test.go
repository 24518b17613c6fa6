package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestLowGradients compares both forms of Adam with the portable rule where gradients
// are so low that the routines may leave them out, on both sides of each bound
// at which they may, and with means that such gradients still move.
func TestLowGradients(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(9, 7))
		// near returns a number close to one of the powers of 2 or, sometimes, any other.
		near := func(exponents ...int) float32 {
			e := exponents[random.IntN(len(exponents))]
			x := float32(math.Ldexp(1, e))
			switch random.IntN(4) {
			case 0:
				x = math.Float32frombits(Bits(x) - 1 + uint32(random.IntN(3)))
			case 1:
				x *= 1 + float32(random.Float64())
			case 2:
				if random.IntN(8) == 0 {
					x = float32(math.Exp2(-150 + 180*random.Float64()))
				}
			}
			if random.IntN(2) == 0 {
				x = -x
			}
			if random.IntN(40) == 0 {
				x = 0
			}
			return x
		}
		const panels, rows, panel = 5, 6, (6 + 2) * Width
		rounds := 3000
		if s.Name != "avx2" && s.Name != "avx512" {
			rounds = 150
		}
		left := 0
		for round := range rounds {
			beta1 := []float32{0.9, 0.5, 1 - 0x1p-24, 1, 0.5 - 0x1p-25, 0.3, 0}[random.IntN(7)]
			beta2 := []float32{0.999, 0.5, 1, 0}[random.IntN(4)]
			// The largest gradients and means. Vectors hold numbers of one kind, so
			// that low ones are not always beside others.
			tops := []int{[]int{-60, -79, -95, -100, -104, -125, -146}[random.IntN(7)], []int{-96, -105, -110, -125, -127, -146}[random.IntN(6)]}
			c := AdamStep{StepSize: 1e-3, Beta1: beta1, OneMinusBeta1: 1 - beta1, Beta2: beta2, OneMinusBeta2: 1 - beta2, SqrtBias2: 0.5, Eps: 1e-8}
			if random.IntN(3) == 0 {
				c.StepSize, c.Eps, c.SqrtBias2 = 0x1p10, 0x1p-40, 1
			}
			if random.IntN(8) == 0 {
				c.OneMinusBeta1 = []float32{-1, 1, 1 + 0x1p-23, 1e30}[random.IntN(4)]
			}
			vector := func(n int, f func() float32) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = f()
				}
				return x
			}
			w := vector(panels*panel, func() float32 { return near(0, -22, -23, -24, -26, -60, -140) })
			m := vector(panels*panel, func() float32 { return near(tops[0], tops[0]-1, tops[0]-3) })
			v := vector(panels*panel, func() float32 { return float32(math.Abs(float64(near(0, -80, -126, -149)))) })
			r := &Rows{Panels: panels, Panel: panel, G: vector(panels*Width, func() float32 { return near(tops[1], tops[1]-1, tops[1]-3) })}
			for i := range m { // just moved, just not, or as it is
				if g := r.G[i/panel*Width+i%Width]; g != 0 && random.IntN(2) == 0 {
					m[i] = math.Float32frombits(Bits(float32(math.Ldexp(float64(g), 29+random.IntN(4)))) - 2 + uint32(random.IntN(4)))
				}
			}
			for i := range rows {
				r.Index, r.Sleeps = append(r.Index, int32(i+i/4)), append(r.Sleeps, 0)
				x := near(-8, 0, 3)
				if random.IntN(30) == 0 {
					x = near(4)
				}
				r.Values = append(r.Values, x)
			}
			if c.scalable(r) && lowest(r.G) > 0 {
				left++
			}
			wantW, wantM, wantV := append([]float32(nil), w...), append([]float32(nil), m...), append([]float32(nil), v...)
			calm, want := s.AdamRows(w, m, v, r, nil, c, false, true), portable.AdamRows(wantW, wantM, wantV, r, nil, c, false, true)
			what := fmt.Sprintf("round %d, beta1 %g, beta2 %g: ", round, beta1, beta2)
			if calm != want {
				t.Fatalf("%scalm %t, want %t", what, calm, want)
			}
			equal(t, what+"w", w, wantW)
			equal(t, what+"m", m, wantM)
			equal(t, what+"v", v, wantV)

			// The rule for all rows, with the same gradients for each.
			g := make([]float32, len(w))
			for i := range g {
				g[i] = r.G[i/panel*Width+i%Width]
			}
			if random.IntN(4) == 0 {
				c.WeightDecay = near(-40, -126)
			}
			calm, want = s.Adam(w, g, m, v, c), portable.Adam(wantW, g, wantM, wantV, c)
			what = fmt.Sprintf("round %d, all rows, beta1 %g, beta2 %g, decay %g: ", round, beta1, beta2, c.WeightDecay)
			if calm != want {
				t.Fatalf("%scalm %t, want %t", what, calm, want)
			}
			equal(t, what+"w", w, wantW)
			equal(t, what+"m", m, wantM)
			equal(t, what+"v", v, wantV)
		}
		if left < rounds/10 {
			t.Errorf("only %d of %d rounds were of the kind that is tested", left, rounds)
		}
	})
}

// TestLowSleeps compares missed steps of Adam with the portable rule where the
// means are so low, from the start or after some steps, that the routines scale
// them and leave out what moves no weight. It tests both sides of each bound,
// with the limits of AdamSettles among the scalars.
func TestLowSleeps(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(10, 7))
		pick := func(list ...float32) float32 { return list[random.IntN(len(list))] }
		near := func(exponents ...int) float32 {
			x := float32(math.Ldexp(1+random.Float64(), exponents[random.IntN(len(exponents))]))
			switch random.IntN(8) {
			case 0:
				x = 0
			case 1:
				x = float32(math.Exp2(-150 + 170*random.Float64()))
			}
			if random.IntN(2) == 0 {
				x = -x
			}
			return x
		}
		const panels, rows, panel = 5, 3, 3 * Width
		rounds := 1500
		if s.Name != "avx2" && s.Name != "avx512" {
			rounds = 60
		}
		for round := range rounds {
			beta1 := pick(0.9, 0.5, 0.98, 0.5-0x1p-25, 0.3)
			c := AdamStep{StepSize: pick(1e-3, 0x1p10, 1), Beta1: beta1, OneMinusBeta1: 1 - beta1, Beta2: 0.999, OneMinusBeta2: 1e-3,
				SqrtBias2: pick(0x1p-6, 0.5, 1), Eps: pick(0x1p-40, 1e-8)}
			settles := AdamSettles(c)
			vector := func(f func() float32) []float32 {
				x := make([]float32, panels*panel)
				for i := range x {
					x[i] = f()
				}
				return x
			}
			// Most vectors hold numbers of one kind, so that low ones are not
			// always beside others.
			top := []int{-100, -104, -110, -126, -140, 30}[random.IntN(6)]
			m := vector(func() float32 { return near(top, top-1, top-3) })
			w := vector(func() float32 { return near(0, -22, -23, -24, -26, -60) })
			v := vector(func() float32 { return float32(math.Abs(float64(near(-20, -80, -126, -149)))) })
			if random.IntN(2) == 0 {
				clear(v)
			}
			r := &Rows{Panels: panels, Panel: panel}
			var past []AdamPast
			for range 60 {
				past = append(past, AdamPast{-c.StepSize, c.SqrtBias2})
			}
			for i := range rows {
				r.Index, r.Sleeps = append(r.Index, int32(i)), append(r.Sleeps, int32(random.IntN(60)))
			}
			wantW, wantM, wantV := append([]float32(nil), w...), append([]float32(nil), m...), append([]float32(nil), v...)
			s.AdamRows(w, m, v, r, past, c, settles, false)
			portable.AdamRows(wantW, wantM, wantV, r, past, c, settles, false)
			what := fmt.Sprintf("round %d, %+v: ", round, c)
			equal(t, what+"w", w, wantW)
			equal(t, what+"m", m, wantM)
			equal(t, what+"v", v, wantV)
		}
	})
}
