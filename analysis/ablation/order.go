package ablation

import (
	"cmp"
	"math"
	"slices"
)

// Source supplies random numbers.
type Source interface {
	// Bounded returns a number in [0, limit], including limit.
	Bounded(limit uint32) uint32
}

// MostFirst orders units from the largest value to the smallest. Equal values
// keep their order, and NaN comes last.
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

// Reversed returns an order from its end to its beginning.
func Reversed(order []int) []int {
	order = slices.Clone(order)
	slices.Reverse(order)
	return order
}

// Random returns a random order of n units, all orders being equally likely
// (Fisher and Yates; Durstenfeld, CACM 7, 1964).
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

// StratumUnits is the number of units of similar activity that may replace one
// another. It is small enough for the units to be alike and, with 8! = 40,320
// orders of each stratum, large enough for the orders to differ.
const StratumUnits = 8

// Strata groups units of similar activity and returns the number of each unit's
// stratum, beginning with the least active. Each stratum has at least
// [StratumUnits] units, if there are that many.
func Strata(activity []float64) []int {
	n := len(activity)
	count := max(1, n/StratumUnits)
	strata := make([]int, n)
	for place, unit := range Reversed(MostFirst(activity)) {
		strata[unit] = place * count / n
	}
	return strata
}

// Matched returns a random order that has, at every place, a unit from the same
// stratum as the given order.
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
