package params

import (
	"math"
	"strconv"
	"strings"
)

const (
	// exactDigits is the number of significant digits up to which a number is
	// shown as it is. Someone who wrote 0.99999 meant it, whereas a grid's
	// 3.72759372031e-05 was computed.
	exactDigits = 8
	// roundedDigits is the number of digits for a longer number, if they
	// distinguish it from the others.
	roundedDigits = 4
)

// Labels formats numbers so that equal texts mean equal numbers. A number with
// up to 8 significant digits is shown as it is. A longer one is rounded to 4
// digits, or to as many more as distinguish it from the other numbers and from
// a rounder one, so that 0.99999999999 is never shown as 1. Labels are for
// reading. A condition is identified by its value.
func Labels(values []float64) []string {
	labels := make([]string, len(values))
	for digits := roundedDigits; ; digits++ {
		for i, v := range values {
			labels[i] = label(v, digits)
		}
		if digits >= 17 || distinct(values, labels) {
			return labels
		}
	}
}

// Label returns the label of a single number.
func Label(v float64) string { return label(v, roundedDigits) }

// label rounds a long number to at least the given number of digits. It uses
// more digits if the result would have more than one trailing zero, because it
// would then look rounder than it is.
func label(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v+0, 'g', -1, 64) // turns -0 into 0
	}
	exact := strconv.FormatFloat(v, 'g', -1, 64)
	if significant(exact) <= max(exactDigits, digits) {
		return exact
	}
	for ; digits < 17; digits++ {
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
		if err != nil {
			return exact // rounded beyond the largest number
		}
		if text := strconv.FormatFloat(rounded, 'g', -1, 64); significant(text) >= digits-1 {
			return text
		}
	}
	return exact
}

// significant counts the significant digits in the text of a number.
func significant(text string) int {
	mantissa, _, _ := strings.Cut(strings.TrimLeft(text, "+-"), "e")
	if strings.Contains(mantissa, ".") {
		return len(strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "0"))
	}
	return len(strings.Trim(mantissa, "0"))
}

// distinct reports whether different numbers have different labels.
func distinct(values []float64, labels []string) bool {
	of := make(map[string]float64, len(values))
	for i, v := range values {
		if other, known := of[labels[i]]; known && other != v && !(math.IsNaN(other) && math.IsNaN(v)) {
			return false
		}
		of[labels[i]] = v
	}
	return true
}
