package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
)

// exponents is the absolute value from which numbers are written with an
// exponent. The digits of larger ones would say nothing.
const exponents = 1e6

// rounded formats numbers that are read together, such as a mean and its error:
// with the given number of decimals, or all of them with four significant
// digits if one of them is large.
func rounded(decimals int, values ...float64) []string {
	form := byte('f')
	if slices.ContainsFunc(values, large) {
		form, decimals = 'g', 4
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = unsigned(strconv.FormatFloat(v, form, decimals, 64))
	}
	return texts
}

func large(v float64) bool { return math.Abs(v) >= exponents && !math.IsInf(v, 0) }

// unsigned removes the sign of a number that is rounded to zero.
func unsigned(text string) string {
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

// signed formats a number with its sign and one decimal. Zero has a plus.
func signed(v float64) string {
	text := rounded(1, v)[0]
	if strings.HasPrefix(text, "-") {
		return text
	}
	return "+" + text
}

// exact formats a number for programs, with all its digits.
func exact(v float64) string {
	if v == 0 {
		v = 0 // without a sign
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// meanError formats a mean and its standard error. There is no error for a
// single run, and neither number without any run.
func meanError(s measures.Summary, kind string) string {
	err := s.SEPopulation
	if kind == "se" {
		err = s.SE
	}
	switch s.N {
	case 0:
		return "–"
	case 1:
		return rounded(4, s.Mean)[0]
	}
	return strings.Join(rounded(4, s.Mean, err), " ± ")
}

// outOf formats a number of runs, with the expected one unless it is the same.
func outOf(n, expected int) string {
	if n == expected {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d/%d", n, expected)
}
