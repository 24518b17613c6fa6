// Package trainer trains one small classifier and measures its hidden units.
//
// [Train] runs a [Config] on one goroutine. It draws the initial parameters,
// makes the steps of each epoch, passes the test set through the network after
// each epoch, and hands the caller an [Epoch] of statistics with the hidden
// activations that they come from. Equal configurations and data give equal
// bits on every machine and with every kernel set. To compare two runs, compare
// [Epoch.Digest].
//
// The classifier is a multilayer perceptron, alone or behind convolutions. Its
// hidden units may be left out of steps (dropout.go), and the loss may have
// terms that depend on their activations (penalty.go).
//
// The arithmetic is that of PyTorch 1.8 on a CPU, in float32: its default
// initial parameters, its cross-entropy from logits, its max pooling with the
// first of equal maxima, and its update rules with coupled weight decay. vSGD,
// which PyTorch does not have, follows its paper (vsgd.go). [Config.Draws] and
// the "author" seeding place a run at its position in a recorded session, so
// that it repeats what was recorded up to the rounding of sums.
//
// The package does not handle files. It computes no metrics, but keeps
// statistics, so that a new definition of a metric needs no training. The
// matrix products are in trainer/gemm and trainer/kernel.
package trainer
