// Package kernel has the innermost loops of training: the register-tiled matrix
// products, the sparse-input products, the activation functions and the
// optimizer updates. Each is a portable Go loop and, on processors that support
// it, a vector routine as well. Cache blocking, packing and operand layout
// belong to package gemm; package trainer decides what is computed when.
//
// # Same bits in every set
//
// A [Set] is one complete implementation. All sets give the same bits for the
// same input, whatever the slice alignment or length, because
//
//   - arithmetic is float32 with only + − × ÷ √ and fused multiply-add, each
//     correctly rounded to nearest even, and subnormals are kept;
//   - every element of a product is one chain of fused multiply-adds in
//     ascending k that starts at +0: loops are vectorised across elements and
//     never across k;
//   - every element-wise loop does the operations of its doc comment in that
//     order; [Exp] is a fixed polynomial, not the system's function.
//
// The one exception is the payload and the sign of a NaN, which IEEE 754 leaves
// to the implementation. Sets agree only on which elements are NaN. Code that
// hashes or writes float32 values must use [Bits].
//
// # Choice of set
//
// [Active] returns the best set of this machine. The environment variable
// SPARSEL_KERNEL (avx512, avx2, neon or portable) selects another one. A name
// that this build or this machine does not support is an error and never
// silently replaced. The build tag noasm leaves only the portable set.
//
// The sets of amd64 are generated (trainer/_asm); neon, for every arm64, is
// written by hand. NEON was run only under emulation; its speed has not been
// measured.
//
// # Panics
//
// Slices that are too short for the stated shape are a programming error and
// cause a panic before anything is written.
package kernel
