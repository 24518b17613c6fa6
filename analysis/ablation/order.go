package ablation

import (
	"cmp"
	"math"
	"slices"
)

// Source is what random numbers come from.
type Source interface {
	// Bounded returns a number of [0, limit], limit included.
	Bounded(limit uint32) uint32
}

// MostFirst orders units from the largest value to the smallest. Of equal ones the first comes first, and NaN comes last.
func MostFirst(values []float64) []int {
	order := ascending(len(values))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(least(values[b]), least(values[a])) })
	return order
}

func least(v float64) float64 {
	if math.IsNaN(v) {
		return math.Inf(-1)
	}
	return v
}

// Reversed is an order from its end.
func Reversed(order []int) []int {
	order = slices.Clone(order)
	slices.Reverse(order)
	return order
}

// Random is any order of n units, each with the same probability (Fisher and Yates; Durstenfeld, CACM 7, 1964).
func Random(n int, s Source) []int {
	order := ascending(n)
	shuffle(order, s)
	return order
}

func shuffle(list []int, s Source) {
	for i := len(list) - 1; i > 0; i-- {
		j := int(s.Bounded(uint32(i)))
		list[i], list[j] = list[j], list[i]
	}
}

// StratumUnits is the number of units of like activity that may stand for one another: few enough to be alike, and with 8! = 40,320
// orders of a stratum enough for orders to differ.
const StratumUnits = 8

// Strata puts units of like activity together, at least [StratumUnits] in each as far as there are so many: the number of
// each unit's stratum, from the least active up.
func Strata(activity []float64) []int {
	n := len(activity)
	count := max(1, n/StratumUnits)
	strata := make([]int, n)
	for place, unit := range Reversed(MostFirst(activity)) {
		strata[unit] = place * count / n
	}
	return strata
}

// Matched is a random order with a unit of the same stratum at every place of the one given.
func Matched(order, strata []int, s Source) []int {
	members := map[int][]int{}
	for unit, stratum := range strata {
		members[stratum] = append(members[stratum], unit)
	}
	for stratum := range len(members) {
		shuffle(members[stratum], s)
	}
	matched := make([]int, len(order))
	for place, unit := range order {
		list := members[strata[unit]]
		matched[place], members[strata[unit]] = list[0], list[1:]
	}
	return matched
}

func ascending(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
