// Package gemm multiplies the matrices of training. It lays out weights in
// panels, packs and blocks operands for the caches, and calls the loops of
// package kernel. Activations and gradients are plain row-major slices with a
// row stride; weights are [Panels].
//
// Every output element is one chain of fused multiply-adds in ascending k that
// starts at +0 (see package kernel), whatever the blocking, so results do not
// depend on block sizes or on the kernel set.
//
// # Dense or sparse first layer
//
// [Engine.MulSparse] and [Engine.GradientSparse] skip the zero pixels of a
// batch ([Sparse], loaded by [Engine.LoadSparse]). For finite weights and
// gradients they equal the dense products bit for bit, except that an exact
// zero is always +0. If weights or gradients include Inf or NaN, the caller
// must use the dense products, because 0·Inf is NaN.
//
// # Padding
//
// Row strides of outputs must cover the panels: ld >= 16·ceil(columns/16). The
// padding columns of an output are +0 when its inputs are finite; otherwise
// they may be NaN, except in gradients, where they are always +0, so that an
// optimizer step leaves the padding of the weights at +0.
package gemm
