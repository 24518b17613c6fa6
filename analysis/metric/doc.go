// Package metric computes the two measures of the study from the activations of
// one hidden layer on one evaluation set: Hoyer's sparsity of each sample's
// activation vector (Hoyer, 2004, J. Mach. Learn. Res. 5, section 3.1) and the
// class-conditional mean activity selectivity of each unit (CCMAS; Morcos et
// al., 2018, ICLR, section 2.3).
//
// [FromActivations] reduces activations to [Statistics]: class sums per unit
// and sums of the norm ratio over samples. Every metric is a function of these
// sums, so a definition can change and be evaluated from stored statistics,
// without the activations. Two programs that reduce the same activations get
// the same bits, because each sum has one documented order and every product is
// rounded before it is added.
//
// # Numbers that are not finite
//
// Nothing is filtered or patched. The rules are those of float32 arithmetic:
//
//   - A sample whose activations are all zero has the ratio 0/0 = NaN, and so
//     its sparsity and the layer's mean sparsity are NaN.
//   - A sample with activations above zero whose squares all underflow to zero
//     (2^-75 and below) has the ratio x/0 = +Inf and a sparsity of -Inf. The
//     layer's mean is then -Inf, unless another sample is NaN.
//   - A unit that is silent for all classes has the selectivity 0/0 = NaN if
//     epsilon is 0, and 0 otherwise.
//   - A class without samples has no mean, and every selectivity is then NaN.
//
// Float64 would hide the first two cases. They mark a network that no longer
// works, and the study reports them.
package metric
