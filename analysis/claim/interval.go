package claim

import (
	"math"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"
)

// Moments are what an interval needs to know of a sample.
type Moments struct {
	N        int
	Mean     float64 // NaN if N = 0
	Variance float64 // divisor N − 1; NaN if N < 2
}

// moments adds the values in the order given.
func moments(values []float64) Moments {
	n := float64(len(values))
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / n
	for _, v := range values {
		d := v - mean
		squares += float64(d * d)
	}
	m := Moments{N: len(values), Mean: mean, Variance: math.NaN()}
	if m.N > 1 {
		m.Variance = squares / (n - 1)
	}
	return m
}

// Estimate is an effect with its interval; Low and High are NaN where there is none.
type Estimate struct {
	Effect, Low, High float64
	N                 int // of the smallest sample
}

// Contrast estimates Σ coefficient·mean of independent samples: with coefficients 1 and −1 Welch's interval of a
// difference, with the coefficient 1 Student's of a mean. Level is the interval's coverage, such as 0.95. There is
// no interval when a sample has fewer than two values, and one of no width when no sample has any spread.
func Contrast(samples []Moments, coefficients []float64, level float64) Estimate {
	e := Estimate{N: math.MaxInt}
	var variance float64
	for i, s := range samples {
		c := coefficients[i]
		e.Effect += float64(c * s.Mean)
		variance += float64(c * c * s.Variance / float64(s.N))
		e.N = min(e.N, s.N)
	}
	e.Low, e.High = math.NaN(), math.NaN()
	switch {
	case e.N < 2:
	case variance == 0:
		e.Low, e.High = e.Effect, e.Effect
	default:
		var inverse float64 // of the degrees of freedom
		for i, s := range samples {
			share := coefficients[i] * coefficients[i] * s.Variance / float64(s.N) / variance
			inverse += float64(share * share / float64(s.N-1))
		}
		half := float64(tQuantile(1/inverse, level) * math.Sqrt(variance))
		e.Low, e.High = e.Effect-half, e.Effect+half
	}
	return e
}

// deviation estimates a standard deviation, with the chi-squared interval of normal values.
func deviation(m Moments, level float64) Estimate {
	e := Estimate{Effect: math.Sqrt(m.Variance), Low: math.NaN(), High: math.NaN(), N: m.N}
	if m.N > 1 {
		k := float64(m.N - 1)
		chi := distuv.ChiSquared{K: k}
		e.Low = math.Sqrt(k * m.Variance / tenDigits(chi.Quantile((1+level)/2)))
		e.High = math.Sqrt(k * m.Variance / tenDigits(chi.Quantile((1-level)/2)))
	}
	return e
}

// tQuantile is the quantile of Student's t that bounds the middle part of so much probability.
func tQuantile(df, level float64) float64 {
	return tenDigits(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile((1 + level) / 2))
}

// tenDigits keeps ten significant digits: those beyond come from iterations and library functions whose last
// bits differ between architectures.
func tenDigits(x float64) float64 { return significant(x, 10) }

func significant(x float64, digits int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return x // a number beyond the largest, which stays what it is
	}
	return y
}
