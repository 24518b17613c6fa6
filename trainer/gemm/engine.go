package gemm

import "sparsel/trainer/kernel"

// Block sizes. Results do not depend on them.
const (
	// blockK is the number of floats of a row of A in a block, and of rows of a
	// panel of B. A block of B has 256·16·4 bytes = 16 KB, half of the smallest
	// L1 in use (32 KB), which leaves room for the rows of A that stream by.
	// (AVX-512 tiles use two panels, and most processors with AVX-512 have an
	// L1 of 48 KB.)
	blockK = 256
	// blockM rows of A have 256·256·4 bytes = 256 KB, half of the smallest L2
	// (512 KB).
	blockM = 256
)

// Engine multiplies with one kernel set. It owns scratch memory that grows to
// the largest shapes seen. So only one goroutine may use it at a time, and it
// allocates nothing for a shape that it has seen before.
type Engine struct {
	set *kernel.Set

	product kernel.Product
	sparse  kernel.SparseProduct
	columns kernel.ColumnProduct

	packedA    []float32 // tiles of Aᵀ
	packed     []float32 // panels of D
	scaled     []float32 // for kernel.ColumnProduct.Scaled
	gradient   []float32 // panels of G
	transposed []float32 // Bᵀ in panels
}

// NewEngine returns an engine that uses the given set.
func NewEngine(set *kernel.Set) *Engine { return &Engine{set: set} }

// Kernel returns the set of the engine.
func (e *Engine) Kernel() *kernel.Set { return e.set }

// grow returns *buf with n elements of unspecified value.
func grow(buf *[]float32, n int) []float32 {
	if cap(*buf) < n {
		*buf = aligned(n)
	}
	return (*buf)[:n]
}

// split returns the size of the equal blocks of at most limit that cover n.
func split(n, limit int) int {
	blocks := (n + limit - 1) / limit
	if blocks == 0 {
		return 1
	}
	return (n + blocks - 1) / blocks
}
