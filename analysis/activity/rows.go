package activity

import "gonum.org/v1/gonum/floats"

// Activations are added in blocks of so many rows and units, which stay in the
// fastest cache while each draw in turn adds them.
const together, beside = 64, 64

// addRowsPortable adds the listed rows of sizes, each of beside values, in
// their order. addRows does the same with the processor's vectors where it has
// them; the sums have the same bits, for each is taken in the same order.
func addRowsPortable(sums *[beside]float64, sizes []float64, order []int32) {
	for _, i := range order {
		floats.Add(sums[:], sizes[int(i)*beside:][:beside])
	}
}
