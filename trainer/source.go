package trainer

import (
	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A source is the input of a layer for one batch: m samples of k numbers, in
// the form that suits the products that use it.
type source interface {
	// times computes the m×n product of the samples and the k×n weights into
	// z, rows ldz apart. finite says that all weights are finite.
	times(e *gemm.Engine, z []float32, ldz int, weights *gemm.Panels, finite bool)
	// gradient hands visit, panel by panel, the k×n product of the transposed
	// samples and delta, rows ldd apart. finite says that all of delta is
	// finite.
	gradient(e *gemm.Engine, delta []float32, ldd, n int, finite bool, visit func(panel int, g []float32))
}

// images is a batch of images, four fifths of whose pixels are 0. As long as
// everything they meet is finite, products leave out the zeros. Otherwise every
// product is computed, because 0·Inf is NaN, so a diverging run diverges
// exactly as with dense arithmetic.
type images struct {
	split  Split
	rows   []int32
	sparse gemm.Sparse
	dense  []float32 // rows×Pixels, computed when first needed
	filled bool
}

// load makes the images with the given numbers the batch.
func (x *images) load(e *gemm.Engine, rows []int32) {
	x.rows, x.filled = rows, false
	e.LoadSparse(&x.sparse, x.split.Images, x.split.Pixels, rows)
}

// pixels returns the batch as a dense matrix.
func (x *images) pixels(set *kernel.Set) []float32 {
	n := x.split.Pixels
	if need := len(x.rows) * n; cap(x.dense) < need {
		x.dense = make([]float32, need)
	}
	x.dense = x.dense[:len(x.rows)*n]
	if !x.filled {
		for i, row := range x.rows {
			set.Pixels(x.dense[i*n:][:n], x.split.Images[int(row)*n:][:n])
		}
		x.filled = true
	}
	return x.dense
}

func (x *images) times(e *gemm.Engine, z []float32, ldz int, weights *gemm.Panels, finite bool) {
	if finite {
		e.MulSparse(z, ldz, &x.sparse, weights)
		return
	}
	e.Mul(z, ldz, x.pixels(e.Kernel()), x.split.Pixels, len(x.rows), weights)
}

func (x *images) gradient(e *gemm.Engine, delta []float32, ldd, n int, finite bool, visit func(panel int, g []float32)) {
	if finite {
		e.GradientSparse(&x.sparse, delta, ldd, n, visit)
		return
	}
	e.Gradient(x.pixels(e.Kernel()), x.split.Pixels, len(x.rows), x.split.Pixels, delta, ldd, n, visit)
}

// activations is the output of a hidden layer as the input of the next one.
type activations struct {
	values   []float32 // m×stride
	stride   int
	m, units int
}

func (a *activations) times(e *gemm.Engine, z []float32, ldz int, weights *gemm.Panels, _ bool) {
	e.Mul(z, ldz, a.values, a.stride, a.m, weights)
}

func (a *activations) gradient(e *gemm.Engine, delta []float32, ldd, n int, _ bool, visit func(panel int, g []float32)) {
	e.Gradient(a.values, a.stride, a.m, a.units, delta, ldd, n, visit)
}

// padded returns n rounded up to whole panel rows.
func padded(n int) int {
	return (n + kernel.Width - 1) / kernel.Width * kernel.Width
}
