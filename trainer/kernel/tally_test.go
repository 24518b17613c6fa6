package kernel

import (
	"math"
	"slices"
	"testing"
)

// magnitudes returns numbers of all kinds, many of them at and next to the
// thresholds.
func magnitudes(r source, n int) []float32 {
	return fill(make([]float32, n), func() float32 {
		switch r.IntN(12) {
		case 0:
			return special[r.IntN(len(special))]
		case 1:
			return Thresholds[r.IntN(len(Thresholds))]
		case 2:
			return math.Float32frombits(math.Float32bits(Thresholds[1+r.IntN(len(Thresholds)-1)]) - 1)
		case 3:
			return math.Float32frombits(r.Uint32())
		}
		return r.Float32()*2 - 1
	})
}

func TestTally(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(5)
		for _, shape := range []struct{ panels, rows, more int }{{1, 1, 0}, {2, 7, 16}, {3, 64, 0}} {
			const classes = 4
			n, step := shape.panels*Width, shape.rows*Width+shape.more
			got, want := NewTally(shape.panels, classes), NewTally(shape.panels, classes)
			for range 3 {
				a, labels := magnitudes(r, shape.panels*step), make([]uint8, shape.rows)
				for i := range labels {
					labels[i] = uint8(r.IntN(classes))
				}
				s.Tally(got, a, step, labels)
				for i, label := range labels {
					for j := range n {
						v := a[j/Width*step+i*Width+j%Width]
						bits := math.Float32bits(v) &^ (1 << 31)
						want.Sums[int(label)*n+j] += math.Abs(float64(v))
						want.Squares[j] += float64(v) * float64(v)
						want.Least[j], want.Most[j] = min(want.Least[j], bits), max(want.Most[j], bits)
						for k, threshold := range Thresholds {
							if math.Abs(float64(v)) < float64(threshold) {
								want.Below[k*n+j]++
							}
						}
					}
				}
			}
			same := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y }
			if !slices.EqualFunc(got.Sums, want.Sums, same) || !slices.EqualFunc(got.Squares, want.Squares, same) ||
				!slices.Equal(got.Least, want.Least) || !slices.Equal(got.Most, want.Most) || !slices.Equal(got.Below, want.Below) {
				t.Errorf("%+v: got %v, want %v", shape, got, want)
			}
		}
	})
}

func TestNorms(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(6)
		for _, shape := range []struct{ panels, rows, more int }{{1, 1, 0}, {3, 5, 32}, {16, 17, 0}} {
			step := shape.rows*Width + shape.more
			a := magnitudes(r, shape.panels*step)
			l1, l2 := make([]float32, shape.rows), make([]float32, shape.rows)
			s.Norms(l1, l2, a, step, shape.panels)
			for i := range l1 {
				var one, two []float32
				for lane := range Width {
					var x, y float32
					for p := range shape.panels {
						v := a[p*step+i*Width+lane]
						x += float32(math.Abs(float64(v)))
						y += float32(v * v)
					}
					one, two = append(one, x), append(two, y)
				}
				for ; len(one) > 1; one, two = one[:len(one)/2], two[:len(two)/2] {
					for j := range len(one) / 2 {
						one[j] += one[len(one)/2+j]
						two[j] += two[len(two)/2+j]
					}
				}
				if Bits(l1[i]) != Bits(one[0]) || Bits(l2[i]) != Bits(two[0]) {
					t.Errorf("%+v, sample %d: %v and %v, want %v and %v", shape, i, l1[i], l2[i], one[0], two[0])
				}
			}
		}
	})
}

func TestRankSums(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(7)
		for _, n := range []int{1, 2, 8, 15, 16, 17, 32, 33, 100, 128, 257, 513} {
			for _, next := range []func(int) []float32{
				func(n int) []float32 { return magnitudes(r, n) },
				func(n int) []float32 { return fill(make([]float32, n), func() float32 { return r.Float32() - 0.5 }) },
			} {
				a := next(RankRows(n) * Width)
				given := slices.Clone(a)
				var got Ranked
				s.RankSums(&got, a, n)
				for l := range Width {
					var column []float64
					for k := range n {
						column = append(column, math.Abs(float64(given[k*Width+l])))
					}
					slices.Sort(column)
					var total, ranks float64
					for _, v := range slices.Backward(column) {
						total += v
						ranks += total
					}
					if slices.ContainsFunc(column, math.IsNaN) {
						total, ranks = math.NaN(), math.NaN()
					}
					for _, x := range [][2]float64{{got.Totals[l], total}, {got.Ranks[l], ranks}} {
						if math.Float64bits(x[0]) != math.Float64bits(x[1]) && (x[0] == x[0] || x[1] == x[1]) {
							t.Fatalf("%d units, sample %d: %v, want %v", n, l, x[0], x[1])
						}
					}
				}
			}
		}
	})
}
