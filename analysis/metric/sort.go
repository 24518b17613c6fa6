package metric

import (
	"math"
	"math/bits"
	"slices"
)

// stackUnits is the width up to which sorting needs no heap memory.
const stackUnits = 1024

// fewUnits is the width below which a comparison sort is faster than counting.
const fewUnits = 32

// most is the number of values in an interval above which insertion, whose cost
// grows with the square of it, is not used.
const most = 24

// sortedSizes returns the bits of the absolute values in ascending order, which
// is also the order of the numbers; NaN comes last. Zeros, which are half of
// what a rectifier gives, are left out. The result is in one or two, whose
// former contents are lost, if they have room.
func sortedSizes(a []float32, one, two []uint32) []uint32 {
	if len(a) > len(one) || len(a) > len(two) {
		one, two = make([]uint32, len(a)), make([]uint32, len(a))
	}
	n, least, largest := 0, uint32(math.MaxUint32), uint32(0)
	for _, v := range a {
		size := math.Float32bits(v) &^ (1 << 31)
		one[n] = size
		n += int((size + math.MaxInt32) >> 31) // 0 for zero: a branch here would be unpredictable
		least, largest = min(least, size-1), max(largest, size)
	}
	least++ // 1 was taken off so that zero is the largest
	one, two = one[:n], two[:n]
	if n < fewUnits {
		slices.Sort(one)
		return one
	}
	if byInterval(two, one, least, largest) {
		return two
	}
	return radix(one, two)
}

// intervals is the number of intervals that byInterval distinguishes.
const intervals = 256

// byInterval divides the numbers from least to largest into equal intervals, puts
// the values of each interval beside one another, and sorts by insertion, which
// moves none of them far. It returns false, having done nothing, if many values
// are in the same interval.
func byInterval(to, from []uint32, least, largest uint32) bool {
	if len(from) > most*intervals { // some interval has more than most
		return false
	}
	shift := max(0, bits.Len32(largest-least)-bits.Len(intervals-1))
	var counts [intervals]uint16
	for _, size := range from {
		counts[(size-least)>>shift%intervals]++
	}
	at, high := uint16(0), uint16(0)
	for i, n := range counts {
		counts[i] = at
		at += n
		high = max(high, n)
	}
	if high > most {
		return false
	}
	for _, size := range from {
		place := &counts[(size-least)>>shift%intervals]
		to[*place] = size
		*place++
	}
	for i := 1; i < len(to); i++ {
		size, k := to[i], i
		for ; k > 0 && to[k-1] > size; k-- {
			to[k] = to[k-1]
		}
		to[k] = size
	}
	return true
}

// radix sorts by bytes from the least significant up. The result is in from or
// in to.
func radix(from, to []uint32) []uint32 {
	var counts [4][256]uint32
	for _, size := range from {
		counts[0][byte(size)]++
		counts[1][byte(size>>8)]++
		counts[2][byte(size>>16)]++
		counts[3][byte(size>>24)]++
	}
	for pass := range counts {
		places, shift, at := &counts[pass], 8*pass, uint32(0)
		if places[byte(from[0]>>shift)] == uint32(len(from)) {
			continue // all values have the same byte here
		}
		for i, n := range places {
			places[i], at = at, at+n
		}
		for _, size := range from {
			place := &places[byte(size>>shift)]
			to[*place] = size
			*place++
		}
		from, to = to, from
	}
	return from
}
