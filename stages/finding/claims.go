package finding

import (
	"slices"
	"strings"

	"sparsel/analysis/claim"
)

// Claims lists the study's claims in the order of its sections. Sources are
// sections of the thesis, and figures are the thesis's own. The thesis makes
// its claims in words. What a check takes for "high", "about" or "similar" is
// defined below and in the claim's row, and the same words have the same check
// in every section.
//
// The claims are fixed: see testdata/claims.lock, and docs/claims.md on how to
// change one.
func Claims() []claim.Claim {
	list := slices.Concat(
		baselineClaims(), togetherClaims(), accuracyClaims(), predictionClaims(), depthClaims(), layerClaims(), hyperClaims(), rateClaims(),
		batchClaims(), epochClaims(), fluctuationClaims(), orderClaims(), neuronClaims(), widthClaims(), diversityClaims(),
		convolutionClaims(),
		sortedClaims(), combinationClaims(), artefactClaims(),
	)
	for i := range list {
		if list[i].Margins == nil {
			list[i].Margins = margins
		}
	}
	return list
}

// conclusions is the section that sums up the thesis. The claims that it
// repeats are confirmatory.
const conclusions = "6.1"

// The metrics and optimizers.
const (
	accuracy    = "accuracy"
	sparsity    = "sparsity"
	selectivity = "selectivity"

	gini        = "gini"
	trevesRolls = "treves_rolls"
	csi         = "csi"
	chance      = "ccmas_chance"             // the selectivity of units that know nothing about the classes
	aboveChance = "selectivity_above_chance" // selectivity − ccmas_chance
	dead        = "dead"
	saturated   = "saturated"
	below       = "below"

	varyingSparsity    = "sparsity_varying" // of the units that are neither saturated nor dead
	varyingSelectivity = "selectivity_varying"

	accurateSparsity    = "accuracy * sparsity" // named as figures name products
	accurateSelectivity = "accuracy * selectivity"

	sgd      = "SGD"
	adagrad  = "Adagrad"
	adadelta = "Adadelta"
	adam     = "Adam"
)

// shares are the metrics that lie in [0, 1].
var shares = []string{
	accuracy, sparsity, selectivity, gini, trevesRolls, csi, chance, dead, saturated, below, varyingSparsity, varyingSelectivity,
	accurateSparsity, accurateSelectivity,
}

// differences are the metrics that are differences between two values of one
// network.
var differences = []string{aboveChance, sparsityGain, selectivityGain, forgotten, ablationMatched}

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

// The smallest differences that count: 20 test images of 10,000, of which about
// ten are the resolution of the test set itself, and a fiftieth of the range of
// a metric.
const (
	sameAccuracy = 0.002
	sameMetric   = 0.02
)

// margins are the margins of every claim that has none of its own.
var margins = map[string]float64{
	accuracy: sameAccuracy, sparsity: sameMetric, selectivity: sameMetric,
	gini: sameMetric, trevesRolls: sameMetric, csi: sameMetric, aboveChance: sameMetric,
}

// Numbers for words to which the thesis gives no number.
const (
	low      = 0.05 // a selectivity below this is "nearly 0"
	notLow   = 0.2  // sparsity or selectivity above this is not "very low"
	high     = 0.5  // above this it is "very high"
	similar  = 0.1  // values of a metric that are closer than this are "similar"
	slightly = 10   // a learning rate of at most this many times another is "slightly higher"
	most     = 0.5  // share of the runs, or of the variance
)

// Networks have two modes, because some never leave chance, which is 0.1. These
// are the accuracies of those that do not learn and of those that do.
var (
	failed = claim.Below(0.2)
	learnt = claim.Above(0.5)
)

var (
	everyOptimizer = []string{sgd, adagrad, adadelta, adam}
	adaptive       = []string{adagrad, adadelta, adam}
)

// in selects conditions with both of the study's metrics. What they are
// compared with is selected by claim.In and claim.Sweep, which take the metric
// from the first selection.
func in(experiment string, conditions ...string) claim.Curves {
	return claim.In(experiment, conditions...).Of(sparsity, selectivity)
}

// sweep selects a sweep's conditions with both of the study's metrics.
func sweep(experiment, prefix string) claim.Curves {
	return claim.Sweep(experiment, prefix).Of(sparsity, selectivity)
}

// relation is claim.Trend or claim.Steps.
type relation func(along claim.Curves, claimed claim.Range) claim.Predicate

// tendency makes claims such as "the more of this, the more of that". The claim
// itself is about the trend. A second, stricter claim, with an s after the id,
// is that it holds from each step to the next; the thesis does not conclude
// that.
func tendency(c claim.Claim, check func(along relation) claim.Predicate) []claim.Claim {
	strict := c
	strict.ID += "s"
	strict.Words = c.Words + " It is so at every step."
	strict.Source = strings.TrimSuffix(c.Source, ", "+conclusions)
	strict.Check, strict.ImpliedBy = check(claim.Steps), nil
	c.Check = check(claim.Trend)
	c.ImpliedBy = append(slices.Clone(c.ImpliedBy), strict.ID)
	return []claim.Claim{c, strict}
}

// partOf says that a tendency is a part of another one, and at every step of the
// other at every step.
func partOf(whole string, tendency []claim.Claim) []claim.Claim {
	for i, suffix := range []string{"", "s"} {
		tendency[i].ImpliedBy = append(tendency[i].ImpliedBy, whole+suffix)
	}
	return tendency
}
