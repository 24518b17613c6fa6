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
	if !s.comparable() {
		return Shares{nan, nan, nan}, nil
	}
	few, err := s.countsBelow(low)
	if err != nil {
		return Shares{}, err
	}
	units, err := s.constancy()
	if err != nil {
		return Shares{}, err
	}
	var dead, saturated int
	var below int64
	for j, u := range units {
		if u.dead {
			dead++
		}
		if u.saturated {
			saturated++
		}
		below += few[j]
	}
	n := float64(s.Units)
	return Shares{float64(dead) / n, float64(saturated) / n, float64(below) / (n * float64(s.Samples))}, nil
}

// Varying lists the units that are neither dead nor saturated, in ascending
// order. There are none in a layer with a NaN.
func (s Statistics) Varying() ([]int, error) {
	if !s.comparable() {
		return nil, nil
	}
	units, err := s.constancy()
	if err != nil {
		return nil, err
	}
	var list []int
	for j, u := range units {
		if !u.dead && !u.saturated {
			list = append(list, j)
		}
	}
	return list, nil
}

// comparable reports whether there are samples and no value is NaN.
func (s Statistics) comparable() bool {
	return s.Samples > 0 && !slices.ContainsFunc(s.Most, func(v float32) bool { return v != v })
}

// countsBelow returns, for each unit, the number of samples with an absolute
// value below a threshold.
func (s Statistics) countsBelow(threshold float32) ([]int64, error) {
	k := slices.Index(s.Thresholds, threshold)
	if k < 0 {
		return nil, fmt.Errorf("nothing was counted below %v, only below %v", threshold, s.Thresholds)
	}
	return s.Below[k*s.Units:][:s.Units], nil
}

// A constancy says in which way a unit responds alike to all samples.
type constancy struct{ dead, saturated bool }

func (s Statistics) constancy() ([]constancy, error) {
	var counts [3][]int64
	for i, t := range []float32{math.SmallestNonzeroFloat32, silent, full} {
		var err error
		if counts[i], err = s.countsBelow(t); err != nil {
			return nil, err
		}
	}
	zero, quiet, loud := counts[0], counts[1], counts[2]
	units := make([]constancy, s.Units)
	for j := range units {
		u := &units[j]
		switch s.Activation {
		case "relu":
			u.dead = zero[j] == s.Samples
			u.saturated = u.dead
		case "tanh":
			u.dead = quiet[j] == s.Samples
			u.saturated = loud[j] == 0
		case "sigmoid":
			u.dead = quiet[j] == s.Samples
			u.saturated = quiet[j] == loud[j] // no value lies between the two limits
		default:
			return nil, fmt.Errorf("no activation %q", s.Activation)
		}
	}
	return units, nil
}
