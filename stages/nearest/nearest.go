// Package nearest finds the names that somebody may have meant who wrote
// another.
package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// shown is how many names are suggested at most.
const shown = 3

// Of lists the names that are nearest to the word, the nearest first: by the
// number of letters and digits that must be changed, left out, added or swapped
// with their neighbour to get the name, or what follows one of its slashes.
// Where that would be more than half of them, the name is no suggestion. Of
// equally near names the shorter ones come first, and names that are much
// further away than the nearest are left out.
func Of(word string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var list []candidate
	for _, name := range names {
		best, near := 0, false
		for part, more := name, true; more; _, part, more = strings.Cut(part, "/") {
			d, length := apart(letters(word), letters(part))
			if d <= length/2 && (!near || d < best) {
				best, near = d, true
			}
		}
		if near {
			list = append(list, candidate{name, best})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(len(a.name), len(b.name)))
	})
	var found []string
	for _, c := range list[:min(shown, len(list))] {
		if c.distance > list[0].distance+1 {
			break
		}
		found = append(found, c.name)
	}
	return found
}

// Hint is what a message may end in: "; did you mean A, B?", or nothing.
func Hint(word string, names []string) string {
	found := Of(word, names)
	if len(found) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(found, ", ") + "?"
}

// apart is the distance between two words and the length of the longer one. A
// word that is a part of the other one, such as "batch" of "batch size", counts
// as half of what is missing.
func apart(word, name []rune) (d, length int) {
	d = distance(word, name)
	if len(word) > 2 && strings.Contains(string(name), string(word)) {
		d /= 2
	}
	return d, max(len(word), len(name))
}

// letters are the letters and digits in lower case: names differ in how they
// are put together more often than in these.
func letters(s string) []rune {
	var list []rune
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			list = append(list, r)
		}
	}
	return list
}

// distance is the optimal string alignment distance: the least number of
// changed, missing, added and swapped letters where no letter is touched twice.
func distance(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
