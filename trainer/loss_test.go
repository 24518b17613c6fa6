package trainer

import (
	"math"
	"testing"
)

// logitRows lays rows of ten logits out with padding that must not be read.
func logitRows(rows ...[Classes]float32) []float32 {
	var z []float32
	for _, row := range rows {
		z = append(z, row[:]...)
		for range padded(Classes) - Classes {
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
		logits [Classes]float32
		want   uint8
	}{
		{"one highest", [Classes]float32{3: 1}, 3},
		{"negative", [Classes]float32{-1, -2, -3, -4, -5, -6, -7, -8, -9, -0.5}, 9},
		{"first of equals", [Classes]float32{2: 5, 4: 5}, 2},
		{"all equal", [Classes]float32{}, 0},
		{"large", [Classes]float32{1e30, 2e30, 3e30}, 2},
		{"-Inf", [Classes]float32{-inf, -inf, 1, -inf}, 2},
		// A NaN or +Inf makes the softmax of the row NaN, and the first NaN wins.
		{"NaN", [Classes]float32{5: nan, 7: 3}, 0},
		{"+Inf", [Classes]float32{5: inf}, 0},
	}
	for _, tt := range tests {
		var got [1]uint8
		crossEntropy(logitRows(tt.logits), padded(Classes), []uint8{0}, nil, got[:])
		if got[0] != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got[0], tt.want)
		}
	}
}

func TestArgmaxTakesFirstNaN(t *testing.T) {
	if got := argmax(&[Classes]float32{1, 2, 3, 4: nan, 6: nan, 8: inf}); got != 4 {
		t.Errorf("got %d, want 4", got)
	}
}

// The loss is finite for logits of any size, and infinite only where the label
// has probability 0.
func TestCrossEntropyExtremes(t *testing.T) {
	tests := []struct {
		name   string
		logits [Classes]float32
		want   float64
	}{
		{"certain and right", [Classes]float32{1000}, 0},
		{"certain and wrong", [Classes]float32{5: 1000}, 1000},
		{"huge", [Classes]float32{0: -3e38, 1: 3e38}, math.Inf(1)},
		{"even", [Classes]float32{}, math.Log(Classes)},
		{"label impossible", [Classes]float32{0: -inf}, math.Inf(1)},
		{"+Inf", [Classes]float32{3: inf}, math.NaN()},
		{"NaN", [Classes]float32{3: nan}, math.NaN()},
	}
	for _, tt := range tests {
		got := float64(crossEntropy(logitRows(tt.logits), padded(Classes), []uint8{0}, nil, nil))
		same := got == tt.want || math.IsNaN(got) && math.IsNaN(tt.want)
		if !same && !(math.Abs(got-tt.want) <= 1e-6*tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A row's gradient adds up to 0 within the rounding of its ten terms, leaves
// the padding alone, and vanishes where the prediction is certain and right.
func TestCrossEntropyGradient(t *testing.T) {
	z := logitRows([Classes]float32{1, 2, 3, -4, 5}, [Classes]float32{6: 200}, [Classes]float32{0, 1, 9: 7})
	delta := make([]float32, len(z))
	for i := range delta {
		delta[i] = 42
	}
	crossEntropy(z, padded(Classes), []uint8{2, 6, 9}, delta, nil)
	for i := range 3 {
		row := delta[i*padded(Classes):][:padded(Classes)]
		var sum float64
		for j, d := range row[:Classes] {
			sum += float64(d)
			if i == 1 && d != 0 {
				t.Errorf("class %d of a certain row has gradient %v", j, d)
			}
		}
		if math.Abs(sum) > 11.0/(1<<24) {
			t.Errorf("row %d: gradients add up to %v", i, sum)
		}
		for _, d := range row[Classes:] {
			if d != 42 {
				t.Errorf("row %d: padding was written", i)
			}
		}
	}
}
