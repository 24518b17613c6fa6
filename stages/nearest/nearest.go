// Package nearest finds the names that somebody may have meant who wrote
// another one.
package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// shown is the largest number of names that are suggested.
const shown = 3

// Of lists the names that are nearest to the word, the nearest first. The
// distance is the number of letters and digits that must be changed, left out,
// added or swapped with their neighbour to get the name, or the part of the
// name after one of its slashes. A name is not suggested if more than half of
// its letters and digits would change. Of equally near names the shorter ones
// come first. Names that are much further away than the nearest one are left
// out.
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

// Hint returns the end of a message, "; did you mean A, B?", or nothing.
func Hint(word string, names []string) string {
	found := Of(word, names)
	if len(found) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(found, ", ") + "?"
}

// apart returns the distance between two words and the length of the longer
// one. If a word is a part of the other one, such as "batch" in "batch size",
// the missing characters count half.
func apart(word, name []rune) (d, length int) {
	d = distance(word, name)
	if len(word) > 2 && strings.Contains(string(name), string(word)) {
		d /= 2
	}
	return d, max(len(word), len(name))
}

// letters returns the letters and digits in lower case. Names differ in
// punctuation more often than in these.
func letters(s string) []rune {
	var list []rune
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			list = append(list, r)
		}
	}
	return list
}

// distance returns the optimal string alignment distance, which is the least
// number of changed, missing, added and swapped letters if no letter is touched
// twice.
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
