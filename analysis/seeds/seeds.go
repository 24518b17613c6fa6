// Package seeds orders and names runs that are told apart by their seed, such as
// "seed 100".
package seeds

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Compare orders the names of runs. A shorter name is first, so that seeds are in
// the order of their numbers.
func Compare(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// Words names runs in a sentence, each once and in the order of Compare. Seeds
// share the word, and three or more in a row are a range: "seeds 100, 2001 to
// 2012".
func Words(runs []string) string {
	names := slices.Compact(slices.SortedFunc(slices.Values(runs), Compare))
	seeds := make([]uint64, len(names))
	for i, name := range names {
		number, ok := strings.CutPrefix(name, "seed ")
		seed, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil {
			return strings.Join(names, ", ")
		}
		seeds[i] = seed
	}
	if len(seeds) < 2 {
		return strings.Join(names, ", ")
	}
	var list []string
	for i := 0; i < len(seeds); {
		last := i
		for last+1 < len(seeds) && seeds[last+1] == seeds[last]+1 {
			last++
		}
		if last-i < 2 {
			list = append(list, fmt.Sprint(seeds[i]))
			i++
			continue
		}
		list = append(list, fmt.Sprintf("%d to %d", seeds[i], seeds[last]))
		i = last + 1
	}
	return "seeds " + strings.Join(list, ", ")
}
