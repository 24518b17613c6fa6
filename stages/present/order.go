package present

import (
	"cmp"
	"slices"
)

// byBest orders units by their best class and, within it, from the most selective down.
func byBest(l Layer) []int {
	order := ascending(len(l.Units))
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(l.Units[a].Best, l.Units[b].Best), cmp.Compare(l.Units[b].Selectivity, l.Units[a].Selectivity))
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
