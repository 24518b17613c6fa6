package trainer

import (
	"math"
	"testing"
)

// logitRows lays out rows of ten logits with padding that must not be read.
func logitRows(rows ...[ten]float32) []float32 {
	var z []float32
	for _, row := range rows {
		z = append(z, row[:]...)
		for range padded(ten) - ten {
			z = append(z, float32(math.NaN()))
		}
	}
	return z
}

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

func TestPredictions(t *testing.T) {
	tests := []struct {
		name   string
		logits [ten]float32
		want   uint8
	}{
		{"one highest", [ten]float32{3: 1}, 3},
		{"negative", [ten]float32{-1, -2, -3, -4, -5, -6, -7, -8, -9, -0.5}, 9},
		{"first of equals", [ten]float32{2: 5, 4: 5}, 2},
		{"all equal", [ten]float32{}, 0},
		{"large", [ten]float32{1e30, 2e30, 3e30}, 2},
		{"-Inf", [ten]float32{-inf, -inf, 1, -inf}, 2},
		// A NaN or +Inf makes the softmax of the row NaN, and the first NaN
		// wins.
		{"NaN", [ten]float32{5: nan, 7: 3}, 0},
		{"+Inf", [ten]float32{5: inf}, 0},
	}
	for _, tt := range tests {
		var got [1]uint8
		crossEntropy(logitRows(tt.logits), padded(ten), ten, []uint8{0}, nil, got[:])
		if got[0] != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got[0], tt.want)
		}
	}
}

func TestArgmaxTakesFirstNaN(t *testing.T) {
	if got := argmax([]float32{1, 2, 3, 4: nan, 6: nan, 8: inf}); got != 4 {
		t.Errorf("got %d, want 4", got)
	}
}

// The loss is finite for logits of any size, and infinite only if the label has
// probability 0.
func TestCrossEntropyExtremes(t *testing.T) {
	tests := []struct {
		name   string
		logits [ten]float32
		want   float64
	}{
		{"certain and right", [ten]float32{1000}, 0},
		{"certain and wrong", [ten]float32{5: 1000}, 1000},
		{"huge", [ten]float32{0: -3e38, 1: 3e38}, math.Inf(1)},
		{"even", [ten]float32{}, math.Log(ten)},
		{"label impossible", [ten]float32{0: -inf}, math.Inf(1)},
		{"+Inf", [ten]float32{3: inf}, math.NaN()},
		{"NaN", [ten]float32{3: nan}, math.NaN()},
	}
	for _, tt := range tests {
		got := float64(crossEntropy(logitRows(tt.logits), padded(ten), ten, []uint8{0}, nil, nil))
		same := got == tt.want || math.IsNaN(got) && math.IsNaN(tt.want)
		if !same && !(math.Abs(got-tt.want) <= 1e-6*tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A row's gradient adds up to 0 within the rounding of its ten terms, leaves
// the padding alone, and vanishes if the prediction is certain and correct.
func TestCrossEntropyGradient(t *testing.T) {
	z := logitRows([ten]float32{1, 2, 3, -4, 5}, [ten]float32{6: 200}, [ten]float32{0, 1, 9: 7})
	delta := make([]float32, len(z))
	for i := range delta {
		delta[i] = 42
	}
	crossEntropy(z, padded(ten), ten, []uint8{2, 6, 9}, delta, nil)
	for i := range 3 {
		row := delta[i*padded(ten):][:padded(ten)]
		var sum float64
		for j, d := range row[:ten] {
			sum += float64(d)
			if i == 1 && d != 0 {
				t.Errorf("class %d of a certain row has gradient %v", j, d)
			}
		}
		if math.Abs(sum) > 11.0/(1<<24) {
			t.Errorf("row %d: gradients add up to %v", i, sum)
		}
		for _, d := range row[ten:] {
			if d != 42 {
				t.Errorf("row %d: padding was written", i)
			}
		}
	}
}
