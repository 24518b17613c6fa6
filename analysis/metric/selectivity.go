package metric

import "math"

// Selectivity returns the CCMAS of every unit in float64:
//
//	(u_max − u_−max) / (u_max + u_−max + epsilon)
//
// where u_max is the largest of the unit's class means and u_−max is the mean
// of the other class means. It is 0 for a unit that responds equally to all
// classes and 1 for a unit that responds to only one. Epsilon keeps the result
// finite for units that are always silent; the package comment says what
// happens if it is 0.
func (s Statistics) Selectivity(epsilon float64) []float64 {
	classes := len(s.ClassCounts)
	units := make([]float64, s.Units)
	for j := range units {
		highest, sum := math.Inf(-1), 0.0
		for c, n := range s.ClassCounts {
			mean := s.ClassSums[c*s.Units+j] / float64(n)
			highest = math.Max(highest, mean) // NaN if any mean is NaN
			sum += mean
		}
		rest := (sum - highest) / float64(classes-1)
		units[j] = (highest - rest) / (highest + rest + epsilon)
	}
	return units
}

// MeanStd returns the mean of values and their standard deviation with n in the
// denominator, because the values are all the units of a layer and not a sample
// of them. Both are NaN if there are no values.
func MeanStd(values []float64) (mean, std float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v
	}
	mean /= n
	var squares float64
	for _, v := range values {
		d := v - mean
		squares += float64(d * d)
	}
	return mean, math.Sqrt(squares / n)
}
