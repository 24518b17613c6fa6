package kernel

import (
	"math"
	"slices"
)

// Thresholds are the values with which magnitudes are compared for counting.
// The first is the smallest number above 0, so only 0 is below it.
var Thresholds = [...]float32{math.SmallestNonzeroFloat32, 0.01, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99}

// Magnitude clears the sign of a number: as integers, the magnitudes of numbers
// are in the order of their absolute values, and NaN comes after infinity.
const Magnitude = 1<<31 - 1

// A Tally holds statistics of samples for each of 16·Panels units.
type Tally struct {
	Panels  int
	Sums    []float64 // [classes][16·Panels]: sums of absolute values over the samples of a class
	Squares []float64 // [16·Panels]: sums of squares
	Least   []uint32  // [16·Panels]: the smallest magnitude, initially Magnitude
	Most    []uint32  // [16·Panels]: the largest magnitude
	Below   []uint32  // [len(Thresholds)][16·Panels]: samples whose magnitude is below the threshold
}

// NewTally returns a tally of no samples.
func NewTally(panels, classes int) *Tally {
	n := panels * Width
	t := &Tally{
		Panels: panels, Sums: make([]float64, classes*n), Squares: make([]float64, n),
		Least: make([]uint32, n), Most: make([]uint32, n), Below: make([]uint32, len(Thresholds)*n),
	}
	for j := range t.Least {
		t.Least[j] = Magnitude
	}
	return t
}

// Tally adds samples. Unit 16p+j of sample i is a[p*step + 16*i + j], and its
// class is labels[i]. For each unit, in the order of the samples,
//
//	Sums(labels[i]) += |a|
//	Squares += a²
//	Least, Most = min(Least, |a|), max(Most, |a|)
//	Below(k)++ where |a| is below Thresholds[k]
//
// Sums are in float64, where the square of a float32 is exact, and all
// comparisons are between magnitudes.
func (s *Set) Tally(t *Tally, a []float32, step int, labels []uint8) {
	n := t.Panels * Width
	if len(labels) == 0 || n == 0 {
		return
	}
	if step < len(labels)*Width || len(a) < (t.Panels-1)*step+len(labels)*Width || len(t.Squares) < n || len(t.Least) < n ||
		len(t.Most) < n || len(t.Below) < len(Thresholds)*n {
		panic("kernel: samples or tally do not fit their slices")
	}
	for _, l := range labels {
		if len(t.Sums) < (int(l)+1)*n {
			panic("kernel: a label has no class")
		}
	}
	for p := range t.Panels {
		at := p * Width
		if s.loops.tally != nil {
			s.loops.tally(&a[p*step], len(labels), &labels[0], &t.Sums[at], n, &t.Squares[at], &t.Least[at], &t.Most[at], &t.Below[at])
			continue
		}
		for i, label := range labels {
			row := (*[Width]float32)(a[p*step+i*Width:])
			sums := (*[Width]float64)(t.Sums[int(label)*n+at:])
			for j, v := range row {
				bits := math.Float32bits(v) & Magnitude
				sums[j] += float64(math.Float32frombits(bits))
				t.Squares[at+j] += float64(float64(v) * float64(v))
				t.Least[at+j] = min(t.Least[at+j], bits)
				t.Most[at+j] = max(t.Most[at+j], bits)
				for k := range Thresholds {
					if bits < math.Float32bits(Thresholds[k]) {
						t.Below[k*n+at+j]++
					}
				}
			}
		}
	}
}

// Norms writes the sum of the absolute values of sample i, which is laid out as
// for Tally, to l1[i], and the sum of their squares to l2[i], in float32. Unit
// j is added to partial sum j mod 16, in ascending j, and the partial sums are
// added pairwise, halves onto halves. Squares are rounded before they are
// added.
func (s *Set) Norms(l1, l2, a []float32, step, panels int) {
	if len(l1) == 0 || panels == 0 {
		return
	}
	if len(l2) != len(l1) || step < len(l1)*Width || len(a) < (panels-1)*step+len(l1)*Width {
		panic("kernel: samples do not fit their slices")
	}
	if s.loops.norms != nil {
		s.loops.norms(&l1[0], &l2[0], &a[0], step, panels, len(l1))
		return
	}
	for i := range l1 {
		var one, two [Width]float32
		for p := range panels {
			for j, v := range (*[Width]float32)(a[p*step+i*Width:]) {
				one[j] += math.Float32frombits(math.Float32bits(v) & Magnitude)
				two[j] += float32(v * v)
			}
		}
		for w := Width / 2; w > 0; w /= 2 {
			for j := range w {
				one[j] += one[j+w]
				two[j] += two[j+w]
			}
		}
		l1[i], l2[i] = one[0], two[0]
	}
}

// Ranked is the result of RankSums for 16 samples.
type Ranked struct {
	Ranks  [Width]float64 // Σ k·|a|, where the k-th smallest of n magnitudes is multiplied by k
	Totals [Width]float64 // Σ |a|
}

// RankRows returns the number of rows that RankSums needs for n units.
func RankRows(n int) int {
	rows := Width
	for rows < n {
		rows *= 2
	}
	return rows
}

// RankSums sorts the magnitudes of n units of 16 samples side by side, with
// unit k of sample l at t[16*k + l], and adds them up in float64, from the
// largest to the smallest:
//
//	Totals += |a|
//	Ranks += Totals
//
// t has RankRows(n) rows of 16, all of which are overwritten.
func (s *Set) RankSums(r *Ranked, t []float32, n int) {
	rows := RankRows(n)
	if n < 1 || len(t) < rows*Width {
		panic("kernel: units do not fit their slice")
	}
	for i := n * Width; i < rows*Width; i++ {
		t[i] = math.Float32frombits(Magnitude) // sorts after everything else
	}
	*r = Ranked{}
	if s.loops.sort.groups != nil {
		s.loops.sort.run(&t[0], rows)
		s.loops.rankSums(&r.Ranks[0], &r.Totals[0], &t[0], n)
		return
	}
	column := make([]uint32, n)
	for l := range Width {
		for k := range column {
			column[k] = math.Float32bits(t[k*Width+l]) & Magnitude
		}
		slices.Sort(column)
		for k := n - 1; k >= 0; k-- {
			r.Totals[l] += float64(math.Float32frombits(column[k]))
			r.Ranks[l] += r.Totals[l]
		}
	}
}

// sorter has the routines that sort rows of 16 numbers by magnitude, column by
// column, with a bitonic network. Any sorting network gives the same result.
type sorter struct {
	size   int                               // rows that groups and merge hold in registers
	groups func(t *float32, count int)       // clears signs and sorts each of count groups of size rows
	merge  func(t *float32, count int)       // sorts each of count groups of size rows that are bitonic
	flip   func(t *float32, rows, count int) // in each of count blocks, compares row i with row rows-1-i
	apart  func(t *float32, rows, count int) // in each of count blocks, compares row i with row rows/2+i
}

// run sorts the given number of rows, a power of two and at least 16.
func (s *sorter) run(t *float32, rows int) {
	s.groups(t, rows/s.size)
	for sorted := 2 * s.size; sorted <= rows; sorted *= 2 {
		s.flip(t, sorted, rows/sorted)
		for size := sorted / 2; size > s.size; size /= 2 {
			s.apart(t, size, rows/size)
		}
		s.merge(t, rows/s.size)
	}
}
