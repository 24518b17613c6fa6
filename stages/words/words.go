// Package words forms the parts of sentences that depend on numbers.
package words

import (
	"fmt"
	"strings"
)

// Counted counts things whose plural ends in s: "1 seed", "12 seeds".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Times says how often something was done: "once", "2 times".
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Either lists numbers of which any is meant: "1, 2 or 3".
func Either[T int | int64](numbers []T) string {
	var list []string
	for _, n := range numbers {
		list = append(list, fmt.Sprint(n))
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
