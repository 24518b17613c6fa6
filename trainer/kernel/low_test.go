package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// avoidSubnormals makes a test use what avoids subnormal numbers.
func avoidSubnormals(t *testing.T) {
	slow := slowSubnormals
	slowSubnormals = true
	t.Cleanup(func() { slowSubnormals = slow })
}

// TestLowGradients compares both forms of Adam with the portable rule where gradients
// are so low that the routines may leave them out, on both sides of each bound
// at which they may, and with means that such gradients still move.
func TestLowGradients(t *testing.T) {
	avoidSubnormals(t)
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
			if random.IntN(3) == 0 { // the bounds of takeSquares
				c.Eps, c.SqrtBias2 = []float32{0x1p-32, 0x1p-33, 1e-8}[random.IntN(3)], []float32{0x1p-6, 0x1p-12, 1}[random.IntN(3)]
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
			if random.IntN(4) == 0 { // gradients of their own for each row
				r.Values, r.G = nil, vector(panels*panel, func() float32 { return near(tops[1], tops[1]-1, tops[1]-3) })
			}
			if c.low()&ignoreGradients != 0 && r.lowest(0)&ignoreGradients != 0 {
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
				g[i] = r.G[i%len(r.G)]
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
	avoidSubnormals(t)
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
			// The past steps have the same bias correction as this one, or a smaller one.
			first := c
			if random.IntN(3) == 0 {
				first.SqrtBias2, c.SqrtBias2 = pick(0x1p-6, 0x1p-20), 1
			}
			settles := AdamSettles(first)
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
				past = append(past, AdamPast{-first.StepSize, first.SqrtBias2})
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

// TestLowColumns compares gradients of which some factors are low with the dense
// chain: sums that are subnormal throughout, come to be normal and cease to be,
// halves of 2^-149 in both directions, and sums that overflow when scaled.
func TestLowColumns(t *testing.T) {
	avoidSubnormals(t)
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(11, 7))
		rounds := 4000
		if s.Name != "avx2" && s.Name != "avx512" {
			rounds = 200
		}
		factors := [][]int{{-149}, {-149, -148, -147, -146}, {-140, -141}, {-126, -127, -125}, {-127, -103, -104}, {-118, -119, -149}, {-126, 0, -30}, {-149, 60, 70, 126}, {-117, -3}}
		taken := 0
		for round := range rounds {
			of := factors[random.IntN(len(factors))]
			// number returns a number with few or with all digits, so that there are
			// exact halves as well as any other fraction.
			number := func() float32 {
				x := math.Ldexp(1, of[random.IntN(len(of))])
				switch random.IntN(6) {
				case 0:
					return 0
				case 1:
					x *= float64(1 + random.IntN(8))
				case 2:
					x *= 1 + random.Float64()
				case 3:
					x = float64(math.Float32frombits(Bits(float32(x)) - 1))
				}
				if random.IntN(2) == 0 {
					x = -x
				}
				return float32(x)
			}
			panels := s.ColumnPanels([]int{1, 4, 8}[random.IntN(3)])
			samples, pixels := 1+random.IntN(6), 1+random.IntN(3)
			a := make([]byte, samples*pixels)
			for i := range a {
				a[i] = byte([]int{0, 1, 2, 3, 127, 128, 254, 255}[random.IntN(8)])
			}
			scale := testScale
			if random.IntN(2) == 0 { // exact products, which leave halves
				for i := range scale {
					scale[i] = float32(i) / 256
				}
			}
			masks := make([]uint64, pixels)
			groups(portable, a, samples, pixels, masks)
			d := fill(make([]float32, samples*panels*Width), number)
			more := random.IntN(2) == 0
			g := guard(panels*pixels*Width, random.IntN(17))
			if more {
				fill(g.slice(), number)
			}
			want := append([]float32(nil), g.slice()...)
			p := &ColumnProduct{Panels: panels, G: want, GPanel: pixels * Width, Samples: samples, Images: a, Pixels: pixels,
				Scale: &scale, Masks: masks, Order: permutation(source{random}, pixels), D: d, More: more}
			for _, k := range p.Order {
				p.portable(int(k))
			}
			p.G = g.slice()
			scaled := guard(len(d), random.IntN(17))
			p.Scaled = scaled.slice()
			s.MultiplyColumns(p)
			g.check(t)
			scaled.check(t)
			equal(t, fmt.Sprintf("round %d, powers %v, %d panels, %d samples, more=%t", round, of, panels, samples, more), g.slice(), want)
			if s.loops.scaled == nil {
				continue
			}
			low, ordinary := false, true
			for i, x := range d {
				if x > -0x1p64 && x < 0x1p64 && p.Scaled[i] != x*0x1p64 {
					t.Fatalf("round %d: %g scaled is %g", round, x, p.Scaled[i])
				}
				size := float32(math.Abs(float64(x)))
				low = low || size > 0 && size < 0x1p-118
				ordinary = ordinary && (size == 0 || size > 0x1p-118)
			}
			if took := !s.loops.scaled(&p.Scaled[0], &d[0], len(d)); low && !took || ordinary && took {
				t.Fatalf("round %d: low factors are seen: %t", round, took)
			}
			if low {
				taken++
			}
		}
		if s.loops.scaled != nil && (taken < rounds/2 || taken == rounds) {
			t.Errorf("%d of %d rounds had low factors", taken, rounds)
		}
	})
}

// TestLowSquares compares steps of Adadelta and RMSprop with the portable rule
// where averages of squares are low, with gradients that are 0, that add nothing
// to them, just so, or more.
func TestLowSquares(t *testing.T) {
	avoidSubnormals(t)
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(12, 7))
		const panels, rows, panel = 5, 6, 8 * Width
		rounds := 2000
		if s.Name != "avx2" && s.Name != "avx512" {
			rounds = 60
		}
		pick := func(list ...float32) float32 { return list[random.IntN(len(list))] }
		for round := range rounds {
			// Vectors hold numbers of one kind, so that low ones are not always
			// beside others.
			squares := [][]int{{-149, -148, -147}, {-126, -127, -125}, {-140, -20}, {-140}, {-30}}[random.IntN(5)]
			gradients := [][]int{{-97, -98, -96}, {-62, -74, -75}, {-140}, {-10}}[random.IntN(4)]
			vector := func(exponents []int, zeros int) []float32 {
				v := make([]float32, panels*panel)
				for i := range v {
					v[i] = float32(math.Ldexp(1+random.Float64(), exponents[random.IntN(len(exponents))]))
					switch random.IntN(4) {
					case 0:
						v[i] = math.Float32frombits(Bits(float32(math.Ldexp(1, exponents[0]))) - 1 + uint32(random.IntN(3)))
					case 1:
						v[i] = float32(math.Ldexp(float64(random.IntN(600)), -149))
					}
					if random.IntN(4) < zeros {
						v[i] = 0
					}
				}
				return v
			}
			signed := func(v []float32) []float32 {
				for i := range v {
					if random.IntN(2) == 0 {
						v[i] = -v[i]
					}
				}
				return v
			}
			w, g := signed(vector([]int{0, -23, -60, -149}, 1)), signed(vector(gradients, random.IntN(5)))
			sq, acc := vector(squares, 1), vector(squares, 1)
			if random.IntN(20) == 0 { // no average of squares, but a state that can be given
				signed(sq)
			}
			keep := pick(0.9, 0.999, 0.5, 1, 0, 0.3, -0.5)
			same := func(what string, ok, want bool, vectors ...[]float32) {
				t.Helper()
				if ok != want {
					t.Fatalf("round %d, %s: %t, want %t", round, what, ok, want)
				}
				for i := 0; i < len(vectors); i += 2 {
					equal(t, fmt.Sprintf("round %d, %s, keep %g: vector %d", round, what, keep, i/2), vectors[i], vectors[i+1])
				}
			}
			copies := func() (a, b, c []float32) {
				return append([]float32(nil), w...), append([]float32(nil), sq...), append([]float32(nil), acc...)
			}

			delta := AdadeltaStep{LR: pick(1, 0.1, 0x1p10), Rho: keep, OneMinusRho: pick(1-keep, 1, 0x1p60), Eps: pick(1e-6, 0x1p-100, 0x1p-101, 0), WeightDecay: pick(0, 0, 0x1p-60)}
			w1, sq1, acc1 := copies()
			w2, sq2, acc2 := copies()
			same("Adadelta", s.Adadelta(w1, g, sq1, acc1, delta), portable.Adadelta(w2, g, sq2, acc2, delta), w1, w2, sq1, sq2, acc1, acc2)

			r := &Rows{Panels: panels, Panel: panel, G: g}
			for i := range rows {
				r.Index, r.Sleeps = append(r.Index, int32(i+i/4)), append(r.Sleeps, int32(random.IntN(3)))
			}
			if random.IntN(2) == 0 {
				r.G = g[:panels*Width]
				for range rows {
					r.Values = append(r.Values, pick(1, 0x1p-8, 0.3))
				}
			}
			w1, sq1, acc1 = copies()
			w2, sq2, acc2 = copies()
			same("rows of Adadelta", s.AdadeltaRows(w1, sq1, acc1, r, delta, true), portable.AdadeltaRows(w2, sq2, acc2, r, delta, true), w1, w2, sq1, sq2, acc1, acc2)

			prop := RMSpropStep{LR: pick(1, 0.01, 0x1p10), Alpha: keep, OneMinusAlpha: pick(1-keep, 1, 0x1p60), Eps: pick(1e-8, 0x1p-32, 0x1p-33, 0x1p-60, 0), WeightDecay: delta.WeightDecay}
			w1, sq1, _ = copies()
			w2, sq2, _ = copies()
			same("RMSprop", s.RMSprop(w1, g, sq1, prop), portable.RMSprop(w2, g, sq2, prop), w1, w2, sq1, sq2)
		}
	})
}
