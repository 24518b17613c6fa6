package present

import (
	"cmp"
	"slices"
)

// byBest orders units by their best class and, within it, from the most selective down. Those that are always 0 have none, and come last.
func byBest(l Layer) []int {
	order := ascending(len(l.Units))
	silent := func(unit int) int {
		if l.Units[unit].Most == 0 {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(silent(a), silent(b)), cmp.Compare(l.Units[a].Best, l.Units[b].Best), cmp.Compare(l.Units[b].Selectivity, l.Units[a].Selectivity))
	})
	return order
}

// ascending is 0, 1 and so on.
func ascending(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// some is at most so many of a list, in equal steps.
func some(list []int, most int) []int {
	if len(list) <= most {
		return list
	}
	picked := make([]int, most)
	for i := range picked {
		picked[i] = list[i*len(list)/most]
	}
	return picked
}
