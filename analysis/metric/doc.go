// Package metric computes the two measures of the study from the activations of
// one hidden layer on one evaluation set: Hoyer's sparsity of each sample's
// activation vector (Hoyer, 2004, J. Mach. Learn. Res. 5, section 3.1) and the
// class-conditional mean activity selectivity of each unit (CCMAS; Morcos et al.,
// 2018, ICLR, section 2.3).
//
// [FromActivations] reduces activations to [Statistics]: class sums per unit and
// sums of the norm ratio over samples. Every metric is a function of those, so a
// record that keeps statistics can answer for a changed definition without the
// activations. Two programs that reduce the same activations get the same bits:
// each sum has one documented shape and every product is rounded before it is
// added.
//
// # Numbers that are not finite
//
// Nothing is filtered or patched. As in float32 arithmetic elsewhere:
//
//   - a sample whose activations are all zero has the ratio 0/0 = NaN, and so have
//     its sparsity and the layer's mean sparsity,
//   - a sample with activations above zero whose squares all underflow to zero (2^-75
//     and below) has the ratio x/0 = +Inf, a sparsity of -Inf, and -Inf is the layer's
//     mean, unless another sample is NaN,
//   - a unit that is silent for all classes has the selectivity 0/0 = NaN if epsilon
//     is 0, and 0 otherwise,
//   - a class without samples has no mean: every selectivity is then NaN.
//
// Float64 would hide the first two cases; they mark a network that no longer works,
// and the study reports them.
package metric
