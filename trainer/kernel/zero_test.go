package kernel

import (
	"fmt"
	"math"
	"testing"
)

// Every sum that underflows to -0, in every lane and panel, becomes +0.
func TestSparseNegativeZeroEverywhere(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		const pixels = 3
		for _, m := range []int{1, 2, 3, 4, 5} {
			for panels := 1; panels <= 9; panels++ {
				a := make([]byte, m*pixels)
				for i := range m {
					a[i*pixels] = 1
				}
				columns := make([]uint64, pixels)
				b := fill(make([]float32, panels*pixels*Width), func() float32 { return -0x1p-149 }) // times 1/255 gives -0
				c := make([]float32, m*panels*Width)
				s.MultiplySparse(&SparseProduct{Panels: panels, C: c, CRow: panels * Width, A: groups(s, a, m, pixels, columns),
					B: b, K: pixels, BPanel: pixels * Width})
				equal(t, fmt.Sprintf("%d rows, %d panels", m, panels), c, make([]float32, len(c)))
				if s.ColumnPanels(panels) != panels {
					continue
				}
				d := fill(make([]float32, m*panels*Width), func() float32 { return -0x1p-149 })
				g := fill(make([]float32, panels*pixels*Width), func() float32 { return 1 })
				s.MultiplyColumns(&ColumnProduct{Panels: panels, G: g, GPanel: pixels * Width, Samples: m, Images: a,
					Pixels: pixels, Scale: &testScale, Masks: columns, Order: []int32{0, 1, 2}, D: d})
				equal(t, fmt.Sprintf("%d samples, %d panels", m, panels), g, make([]float32, len(g)))
				// Continuing at -0, also for pixels without samples.
				fill(g, func() float32 { return float32(math.Copysign(0, -1)) })
				s.MultiplyColumns(&ColumnProduct{Panels: panels, G: g, GPanel: pixels * Width, Samples: m, Images: a,
					Pixels: pixels, Scale: &testScale, Masks: columns, Order: []int32{0, 1, 2}, D: d, More: true})
				equal(t, fmt.Sprintf("%d samples, %d panels, more", m, panels), g, make([]float32, len(g)))
			}
		}
	})
}
