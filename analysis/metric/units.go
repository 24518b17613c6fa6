package metric

import (
	"fmt"
	"math"
	"slices"
)

// CSIEpsilon keeps the class selectivity index finite for units that are silent
// for all classes (Leavitt and Morcos, 2020, arXiv:2003.01262). Their index is
// 0.
const CSIEpsilon = 1e-7

// Limits of what counts as no response and as full response.
const (
	silent = 0.05
	full   = 0.95
	low    = 0.1 // see Below
)

// Shares are shares of units, or of activations, that carry little information.
type Shares struct {
	// Dead is the share of units that respond to no sample: ReLUs that are 0
	// for all samples, and other units whose activation is below 0.05 for all
	// of them.
	Dead float64
	// Saturated is the share of units that are at an end of their function's
	// range for all samples: sigmoids below 0.05 or above 0.95, hyperbolic
	// tangents of absolute value 0.95 or more, and ReLUs that are 0, the only
	// end they have.
	Saturated float64
	// Below is the share of activations below 0.1, over all units and samples.
	Below float64
}

// shares computes the shares. All are NaN for a layer with a NaN.
func (s Statistics) shares() (Shares, error) {
	nan := math.NaN()
	if s.Samples == 0 || slices.ContainsFunc(s.Most, func(v float32) bool { return v != v }) {
		return Shares{nan, nan, nan}, nil
	}
	counts := map[float32][]int64{}
	for _, t := range []float32{math.SmallestNonzeroFloat32, silent, low, full} {
		k := slices.Index(s.Thresholds, t)
		if k < 0 {
			return Shares{}, fmt.Errorf("nothing was counted below %v, only below %v", t, s.Thresholds)
		}
		counts[t] = s.Below[k*s.Units:][:s.Units]
	}
	zero, quiet, loud := counts[math.SmallestNonzeroFloat32], counts[silent], counts[full]
	var dead, saturated int
	var below int64
	for j := range s.Units {
		var isDead, isSaturated bool
		switch s.Activation {
		case "relu":
			isDead = zero[j] == s.Samples
			isSaturated = isDead
		case "tanh":
			isDead = quiet[j] == s.Samples
			isSaturated = loud[j] == 0
		case "sigmoid":
			isDead = quiet[j] == s.Samples
			isSaturated = quiet[j] == loud[j] // no value lies between the two limits
		default:
			return Shares{}, fmt.Errorf("no activation %q", s.Activation)
		}
		if isDead {
			dead++
		}
		if isSaturated {
			saturated++
		}
		below += counts[low][j]
	}
	n := float64(s.Units)
	return Shares{float64(dead) / n, float64(saturated) / n, float64(below) / (n * float64(s.Samples))}, nil
}
