//go:build !noasm

package activity

import "golang.org/x/sys/cpu"

// addRowsAVX2 is addRows for at least one row.
//
//go:noescape
func addRowsAVX2(sums *float64, sizes *float64, order *int32, rows int)

func addRows(sums *[beside]float64, sizes []float64, order []int32) {
	switch {
	case !cpu.X86.HasAVX2:
		addRowsPortable(sums, sizes, order)
	case len(order) > 0:
		addRowsAVX2(&sums[0], &sizes[0], &order[0], len(order))
	}
}
