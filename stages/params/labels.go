package params

import (
	"math"
	"strconv"
	"strings"
)

const (
	// exactDigits is how many significant digits a number may have and still be
	// shown as it is. Who wrote 0.99999 meant it, while a grid's
	// 3.72759372031e-05 was computed.
	exactDigits = 8
	// roundedDigits is how many are enough for one that has more, where they
	// tell it from the others.
	roundedDigits = 4
)

// Labels writes numbers so that equal texts mean equal numbers: a number of up
// to 8 significant digits as it is, a longer one rounded to 4, or to as many
// more as tell every number from the others and from a rounder one
// (0.99999999999 is never called 1). Labels are for reading; what identifies a
// condition is its value.
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

// Label is the label of a number that stands alone.
func Label(v float64) string { return label(v, roundedDigits) }

// label rounds a long number to at least so many digits. More than one trailing
// zero would make it look like a rounder number than it is, so it then gets
// more digits.
func label(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v+0, 'g', -1, 64) // +0: there is one zero
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

// significant counts the significant digits of a number as text.
func significant(text string) int {
	mantissa, _, _ := strings.Cut(strings.TrimLeft(text, "+-"), "e")
	if strings.Contains(mantissa, ".") {
		return len(strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "0"))
	}
	return len(strings.Trim(mantissa, "0"))
}

// distinct tells whether different numbers have different labels.
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
