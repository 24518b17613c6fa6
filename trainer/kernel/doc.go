// Package kernel holds the innermost loops of training: the register-tiled
// matrix products, the sparse-input products, the activation function and the
// optimizer updates, each as a portable Go loop and, where the processor has
// them, as vector twins. Cache blocking, packing and operand layout belong to
// package gemm; what is computed when belongs to package trainer.
//
// # Same bits in every set
//
// A [Set] is one complete implementation. All sets give the same bits for the
// same input, whatever the slice alignment or length, because
//
//   - arithmetic is float32 with only + − × ÷ √ and fused multiply-add, each
//     correctly rounded to nearest even, subnormals kept;
//   - every element of a product is one chain of fused multiply-adds in
//     ascending k that starts at +0: loops are vectorised across elements and
//     never across k;
//   - every element-wise loop does the operations of its doc comment in that
//     order; [Exp] is one fixed polynomial, not the system's.
//
// The one exception is the payload and the sign of a NaN, which IEEE 754 leaves
// to the implementation: sets agree on which elements are NaN and no further.
// Whoever hashes or writes float32 values must go through [Bits].
//
// # Choice of set
//
// [Active] is the best set of this machine. The environment variable
// SPARSEL_KERNEL (avx512, avx2, neon or portable) names another one; a name
// that this build or this machine cannot serve is an error, never a silent
// replacement. The build tag noasm leaves the portable set only.
//
// The sets of amd64 are generated (trainer/_asm); neon, on every arm64, is
// written by hand. NEON was run under emulation only; its speed is not measured.
//
// # Panics
//
// Slices that are too short for the stated shape are a programmer's error and
// panic before anything is written.
package kernel
