package gemm

import (
	"unsafe"

	"sparsel/trainer/kernel"
)

// Panels is a Rows×Cols matrix stored as ceil(Cols/16) column panels, each
// Rows×16 row-major: element (i, j) is Data[(j/16)*Rows*16 + i*16 + j%16]. The
// columns from Cols up to the next multiple of 16 are padding and stay +0. Data
// starts on a 64-byte boundary.
type Panels struct {
	Rows, Cols int
	Data       []float32
}

// NewPanels returns a zero matrix.
func NewPanels(rows, cols int) *Panels {
	if rows < 0 || cols < 0 {
		panic("gemm: negative dimension")
	}
	p := &Panels{Rows: rows, Cols: cols}
	p.Data = aligned(rows * p.Padded())
	return p
}

// Count returns the number of panels.
func (p *Panels) Count() int { return count(p.Cols) }

// Padded returns the number of columns including padding, 16·Count.
func (p *Panels) Padded() int { return kernel.Width * count(p.Cols) }

// Panel returns panel q, Rows×16 floats.
func (p *Panels) Panel(q int) []float32 {
	n := p.Rows * kernel.Width
	return p.Data[q*n : (q+1)*n : (q+1)*n]
}

// At returns element (i, j).
func (p *Panels) At(i, j int) float32 { return p.Data[p.index(i, j)] }

// Set sets element (i, j).
func (p *Panels) Set(i, j int, v float32) { p.Data[p.index(i, j)] = v }

func (p *Panels) index(i, j int) int {
	if uint(i) >= uint(p.Rows) || uint(j) >= uint(p.Cols) {
		panic("gemm: index out of range")
	}
	return (j/kernel.Width*p.Rows+i)*kernel.Width + j%kernel.Width
}

func count(cols int) int { return (cols + kernel.Width - 1) / kernel.Width }

// aligned returns n zero floats that start on a cache line. A vector load that
// crosses a line costs two.
func aligned(n int) []float32 {
	const line = 64
	s := make([]float32, n+line/4)
	off := -uintptr(unsafe.Pointer(unsafe.SliceData(s))) % line / 4
	return s[off : off+uintptr(n) : off+uintptr(n)]
}
