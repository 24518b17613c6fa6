package finding

import "sparsel/analysis/claim"

// baselineClaims are about the baseline over the epochs, and about training and
// test data.
func baselineClaims() []claim.Claim {
	base := in(trainVsTest, "test")
	return []claim.Claim{
		{
			ID: "B1", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Words: "With SGD, Adadelta and Adam, sparsity and selectivity are higher after the last epoch than after the first.",
			Check: claim.Rises(base.By(sgd, adadelta, adam)),
		},
		{
			ID: "B2", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Words: "With Adagrad, sparsity and selectivity are lower after the last epoch than after the first.",
			Check: claim.Falls(base.By(adagrad)),
		},
		{
			ID: "B3", Source: "5.2", Figure: "5.1", Experiments: []string{trainVsTest},
			Words: "Test accuracy rises with every optimizer, with Adagrad too.",
			Check: claim.Rises(base.By(everyOptimizer...).Of(accuracy)),
		},
		{
			ID: "B4", Source: "5.2", Figure: "5.1", Experiments: []string{trainVsTest},
			Words: "Accuracy, sparsity and selectivity become steadier: over the last five epochs they move less from epoch to epoch than " +
				"over the first five.",
			Check: claim.Settles(base.By(everyOptimizer...).Of(accuracy, sparsity, selectivity)),
		},
		{
			ID: "T1", Source: "5.3, 6.1", Figure: "5.2", Experiments: []string{trainVsTest},
			Words: "Sparsity and selectivity on training and on test images draw closer over the epochs and end with little difference.",
			Check: claim.Approaches(base.By(everyOptimizer...), claim.In(trainVsTest, "train"), sameMetric),
		},
	}
}

// early is an epoch after the initial rise of all metrics. From there on the
// thesis sees them diverge.
var early = claim.Epoch(10)

// cells are the correlations over the epochs of one metric with another, for
// each depth and optimizer, in networks that learnt.
func cells(metric, other string) []claim.Predicate {
	var list []claim.Predicate
	for _, optimizer := range everyOptimizer {
		for _, depth := range []string{"1HL", "2HL", "3HL", "4HL", "5HL"} {
			list = append(list, claim.Correlate(depths(depth).By(optimizer).Of(metric), other, claim.Positive))
		}
	}
	return list
}

// togetherClaims are about sparsity against selectivity over the epochs. Mostly
// they move together.
func togetherClaims() []claim.Claim {
	oneLayer, twoLayers := in(hiddenLayers, "1HL"), in(hiddenLayers, "2HL")
	return []claim.Claim{
		{
			ID: "S1", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Words: "With Adadelta and one hidden layer, sparsity rises after epoch 10 while selectivity falls.",
			Check: claim.All(
				claim.Change(oneLayer.By(adadelta).Of(sparsity), early, claim.Last, claim.Positive),
				claim.Change(oneLayer.By(adadelta).Of(selectivity), early, claim.Last, claim.Negative)),
		},
		{
			ID: "S2", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Words: "With SGD and two hidden layers, sparsity rises after epoch 10 while selectivity remains about constant.",
			Check: claim.All(
				claim.Change(twoLayers.By(sgd).Of(sparsity), early, claim.Last, claim.Positive),
				claim.Change(twoLayers.By(sgd).Of(selectivity), early, claim.Last, claim.Within(sameMetric))),
		},
		{
			ID: "S3", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Words: "With Adam and one hidden layer, sparsity rises after epoch 10 while selectivity remains about constant.",
			Check: claim.All(
				claim.Change(oneLayer.By(adam).Of(sparsity), early, claim.Last, claim.Positive),
				claim.Change(oneLayer.By(adam).Of(selectivity), early, claim.Last, claim.Within(sameMetric))),
		},
		{
			ID: "S4", Source: "5.4.3, 6.1", Figure: "5.4", Experiments: []string{hiddenLayers},
			Words: "Sparsity and selectivity usually rise and fall together: over the epochs they are positively correlated for most " +
				"depths and optimizers.",
			Check: claim.Most(cells(sparsity, selectivity)...),
		},
		{
			ID: "S5", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{momentum, beta2},
			Words: "Between conditions, too, one may rise as the other falls: sparsity rises and selectivity falls with SGD from momentum " +
				"0.9 to 0.999, and the other way round with Adam from beta2 0.4 to 0.7.",
			Check: claim.All(
				claim.Trend(sweep(momentum, "momentum=").Between(0.9, 0.999).By(sgd).Of(sparsity), claim.Positive),
				claim.Trend(sweep(momentum, "momentum=").Between(0.9, 0.999).By(sgd).Of(selectivity), claim.Negative),
				claim.Trend(sweep(beta2, "beta2=").Between(0.4, 0.7).By(adam).Of(sparsity), claim.Negative),
				claim.Trend(sweep(beta2, "beta2=").Between(0.4, 0.7).By(adam).Of(selectivity), claim.Positive)),
		},
	}
}
