package kernel

import "testing"

// A step by hand, in numbers that float32 represents exactly, and the cases in
// which a quotient has no divisor.
func TestVSGD(t *testing.T) {
	one := func(x float32) []float32 { return []float32{x} }
	type numbers struct{ w, g, v, h, v2, tau float32 }
	tests := []struct {
		name    string
		before  numbers
		sums    [4]float32 // Σ g, Σ g², Σ |g-g'|, Σ (g-g')²
		samples float32
		want    numbers
	}{
		// The shift is 1+1. The mean gradient 1 is not an outlier from 1, and
		// the mean curvature is 4/2 = 2 = H. The averages keep half: G = 1, V =
		// (4+2·2)/2 = 4, H = 2, V2 = (8 + 2·16/4)/2 = 8. The rate is 2/8 ·
		// 2·1/(4+1) = 0.1.
		{"an ordinary step", numbers{5, 1, 4, 2, 8, 2}, [4]float32{1, 2, 4, 16}, 2,
			numbers{5 - float32(0.25)*(float32(2)/5), 1, 4, 2, 8, 0.75*2 + 1}},
		// With n = 1 the rate is 2/8 · 1/4.
		{"one sample", numbers{5, 1, 4, 2, 8, 2}, [4]float32{1, 4, 4, 32}, 1, numbers{5 - 0.0625, 1, 4, 2, 8, 2.5}},
		// |5-1| > 2√(2-1): the memory becomes 4, and the new values count a
		// quarter.
		{"an outlier", numbers{5, 1, 2, 2, 8, 3}, [4]float32{5, 25, 4, 32}, 1,
			numbers{5 - 5*(float32(2)/8)*(float32(4)/7.75), 2, 7.75, 2, 8, (1-float32(4)/7.75)*4 + 1}},
		{"no gradient ever", numbers{5, 0, 0, 0, 0, 3}, [4]float32{}, 4, numbers{5, 0, 0, 0, 0, 4}},
		{"no curvature", numbers{5, 1, 1, 0, 0, 2}, [4]float32{1, 1, 0, 0}, 1, numbers{5, 1, 1, 0, 0, 1}},
	}
	forEach(t, func(t *testing.T, s *Set) {
		for _, tt := range tests {
			b := tt.before
			w, state := one(b.w), VSGDState{one(b.g), one(b.v), one(b.h), one(b.v2), one(b.tau)}
			s.VSGD(w, state, VSGDSums{one(tt.sums[0]), one(tt.sums[1]), one(tt.sums[2]), one(tt.sums[3])}, VSGDStep{tt.samples, 1})
			if got := (numbers{w[0], state.G[0], state.V[0], state.H[0], state.V2[0], state.Tau[0]}); got != tt.want {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
		}
		w := []float32{1, 1, 1}
		s.VSGDShift(w, []float32{2, -2, 0}, 0.5)
		if w[0] != 3.5 || w[1] != -1.5 || w[2] != 1.5 {
			t.Errorf("shifted to %v", w)
		}
	})
}
