package finding

import (
	"slices"

	"sparsel/analysis/claim"
)

// Claims lists the study's claims in the order of its sections. Sources are sections of the thesis, figures are its
// own. The thesis makes its claims in words; what a check takes for "high", "about" or "similar" stands in its row.
func Claims() []claim.Finding {
	return slices.Concat(
		baselineClaims(), togetherClaims(), accuracyClaims(), depthClaims(), hyperClaims(), batchClaims(),
		orderClaims(), neuronClaims(), diversityClaims(), convolutionClaims(), sortedClaims(), combinationClaims(),
	)
}

// The metrics and optimizers.
const (
	accuracy    = "accuracy"
	sparsity    = "sparsity"
	selectivity = "selectivity"

	sgd      = "SGD"
	adagrad  = "Adagrad"
	adadelta = "Adadelta"
	adam     = "Adam"
)

// The experiments.
const (
	trainVsTest  = "train_vs_test"
	hiddenLayers = "hidden_layers"
	eachLayer    = "hidden_layers_each"
	weightDecay  = "hyper_weight_decay"
	learningRate = "hyper_learning_rate"
	momentum     = "hyper_momentum"
	rho          = "hyper_rho"
	beta1        = "hyper_beta1"
	beta2        = "hyper_beta2"
	batchSize    = "batch_size"
	consecutive  = "consecutive"
	neurons      = "neurons"
	diversity    = "class_diversity"
	singleVsCon  = "single_bs10_vs_con10_bs1"
	conv         = "conv"
	sorted       = "sorted"
	combine      = "combine"
)

// What the claims measure words by that the thesis gives no number for.
const (
	failed   = 0.2    // an accuracy below this is a network that has not learnt; chance is 0.1
	learnt   = 0.5    // one above this is a network that has
	low      = 0.05   // a selectivity below this is "nearly 0"
	notLow   = 0.2    // sparsity or selectivity above this is not "very low"
	high     = 0.5    // above this it is "very high"
	similar  = 0.1    // values of a metric that are closer are "similar"
	little   = 0.01   // that close, there is "little difference", or the value "remains constant"
	aboutAs  = 0.0005 // accuracies that are closer, five test images of 10,000, are alike
	flatness = 0.003  // a metric's step down that still counts as rising
)

var everyOptimizer = []string{sgd, adagrad, adadelta, adam}

// in selects conditions with both of the study's metrics. What they are compared with is selected by claim.In and
// claim.Sweep, which leave the metric to the first selection.
func in(experiment string, conditions ...string) claim.Curves {
	return claim.In(experiment, conditions...).Of(sparsity, selectivity)
}

// sweep selects a sweep's conditions with both of the study's metrics.
func sweep(experiment, prefix string) claim.Curves {
	return claim.Sweep(experiment, prefix).Of(sparsity, selectivity)
}
