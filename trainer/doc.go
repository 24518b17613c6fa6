// Package trainer trains one small classifier and measures its hidden units.
//
// [Train] runs a [Config] on one goroutine: it draws the initial parameters,
// makes the steps of each epoch, passes the test set after it and hands an
// [Epoch] of statistics, with the hidden activations they come from, to the
// caller. Equal configurations and data give equal bits on every machine and
// with every kernel set; [Epoch.Digest] is what to compare.
//
// The classifier is a multilayer perceptron, alone or behind convolutions. Its
// hidden units may be left out of steps (dropout.go), and the loss may have terms
// in their activations (penalty.go).
//
// The arithmetic is that of PyTorch 1.8 on a CPU, in float32: its default
// initial parameters, its cross-entropy from logits, its max pooling with the
// first of equal maxima, its update rules with coupled weight decay. vSGD, which
// PyTorch does not have, is that of its paper (vsgd.go). [Config.Draws] and the "author" seeding place a run
// at its position in a recorded session, so that it repeats what was recorded
// up to the rounding of sums.
//
// What is not here: files, metrics (statistics are kept instead, so that a
// new definition of a metric needs no training) and the matrix products
// themselves, which are in trainer/gemm and trainer/kernel.
package trainer
