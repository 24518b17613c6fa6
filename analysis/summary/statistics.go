package summary

import (
	"math"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// Statistics describe the finite values of a group.
type Statistics struct {
	N    int     // values
	Mean float64 // NaN if N = 0

	SD float64 // standard deviation with N − 1, an estimate for new seeds; NaN if N < 2
	SE float64 // SD/√N; NaN if N < 2

	// The statistics of the original study: the deviation with N in the
	// denominator, and that over √N. They are 0 for N = 1, which says nothing
	// about precision, and NaN for N = 0.
	SDPopulation, SEPopulation float64

	// CILow and CIHigh are the ends of the 95 % t interval of the mean, Mean ±
	// t(N−1)·SE; NaN if N < 2. The interval of a share is computed on the logit
	// scale.
	CILow, CIHigh float64
}

// Describe returns the statistics of values, which must be finite. They are
// added in the given order.
//
// The mean and the deviation are not taken from gonum, because on amd64 it
// splits its sums over vector lanes and elsewhere it does not, and the same
// study must give the same bits on all machines.
func Describe(values []float64) Statistics {
	n := float64(len(values))
	var sum float64
	for _, v := range values {
		sum += v
	}
	mean := sum / n // 0/0 = NaN
	var squares float64
	for _, v := range values {
		d := v - mean
		squares += float64(d * d)
	}
	s := Statistics{N: len(values), Mean: mean, SDPopulation: math.Sqrt(squares / n)}
	s.SEPopulation = s.SDPopulation / math.Sqrt(n)
	if s.N < 2 {
		s.SD, s.SE, s.CILow, s.CIHigh = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		return s
	}
	s.SD = math.Sqrt(squares / (n - 1))
	s.SE = s.SD / math.Sqrt(n)
	half := float64(tQuantile(s.N-1) * s.SE)
	s.CILow, s.CIHigh = mean-half, mean+half
	return s
}

var quantiles struct {
	sync.Mutex
	of map[int]float64 // degrees of freedom → quantile
}

// tQuantile returns the 0.975 quantile of Student's t with nu degrees of
// freedom to 10 significant digits. Further digits come from an iteration whose
// last bits differ between architectures, and the difference would enter every
// interval.
func tQuantile(nu int) float64 {
	quantiles.Lock()
	defer quantiles.Unlock()
	if t, ok := quantiles.of[nu]; ok {
		return t
	}
	exact := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(nu)}.Quantile(0.975)
	t, err := strconv.ParseFloat(strconv.FormatFloat(exact, 'e', 9, 64), 64)
	if err != nil {
		panic("summary: quantile does not parse: " + err.Error())
	}
	if quantiles.of == nil {
		quantiles.of = make(map[int]float64)
	}
	quantiles.of[nu] = t
	return t
}
