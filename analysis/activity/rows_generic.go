//go:build !amd64 || noasm

package activity

func addRows(sums *[beside]float64, sizes []float64, order []int32) {
	addRowsPortable(sums, sizes, order)
}
