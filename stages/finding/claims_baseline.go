package finding

import "sparsel/analysis/claim"

// baselineClaims are about the baseline over the epochs, and about training and test data.
func baselineClaims() []claim.Finding {
	base := in(trainVsTest, "test")
	return []claim.Finding{
		{
			ID: "B1", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "With SGD, Adadelta and Adam, sparsity and selectivity are higher after the last epoch than after the first.",
			Check: claim.Rises(base.By(sgd, adadelta, adam)),
		},
		{
			ID: "B2", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "With Adagrad, sparsity and selectivity are lower after the last epoch than after the first.",
			Check: claim.Falls(base.By(adagrad)),
		},
		{
			ID: "B3", Source: "5.2", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "Test accuracy rises with every optimizer, with Adagrad too, whose sparsity and selectivity fall meanwhile.",
			Check: claim.Rises(base.By(everyOptimizer...).Of(accuracy)),
		},
		{
			ID: "B4", Source: "5.2", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "Accuracy, sparsity and selectivity become steadier: over the last five epochs they move less from epoch to epoch than from the first to the second.",
			Check: claim.Settles(base.By(everyOptimizer...).Of(accuracy, sparsity, selectivity)),
		},
		{
			ID: "T1", Source: "5.3, 6.1", Figure: "5.2", Experiments: []string{trainVsTest},
			Claim: "Sparsity and selectivity on training and on test images draw closer over the epochs and end with little difference.",
			Check: claim.Approaches(base.By(everyOptimizer...), claim.In(trainVsTest, "train"), little),
		},
	}
}

// togetherClaims are about sparsity against selectivity over the epochs: mostly they move together.
func togetherClaims() []claim.Finding {
	oneLayer, twoLayers := in(hiddenLayers, "1HL"), in(hiddenLayers, "2HL")
	early := claim.Epoch(10) // after the rise of all metrics at the start
	var cells []claim.Predicate
	for _, optimizer := range everyOptimizer {
		for _, depth := range []string{"1HL", "2HL", "3HL", "4HL", "5HL"} {
			cells = append(cells, claim.Correlate(in(hiddenLayers, depth).By(optimizer).Of(sparsity), selectivity, claim.Positive))
		}
	}
	return []claim.Finding{
		{
			ID: "S1", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Claim: "With Adadelta and one hidden layer, sparsity goes on rising while selectivity falls from its peak.",
			Check: claim.FallsFromPeak(oneLayer.By(adadelta).Of(selectivity), sparsity),
		},
		{
			ID: "S2", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Claim: "With SGD and two hidden layers, sparsity rises after epoch 10 while selectivity remains about constant.",
			Check: claim.All(
				claim.Change(twoLayers.By(sgd).Of(sparsity), early, claim.Last, claim.Positive),
				claim.Change(twoLayers.By(sgd).Of(selectivity), early, claim.Last, claim.Within(little))),
		},
		{
			ID: "S3", Source: "5.4.3", Figure: "5.4", Experiments: []string{hiddenLayers},
			Claim: "With Adam and one hidden layer, sparsity rises after epoch 10 while selectivity remains about constant.",
			Check: claim.All(
				claim.Change(oneLayer.By(adam).Of(sparsity), early, claim.Last, claim.Positive),
				claim.Change(oneLayer.By(adam).Of(selectivity), early, claim.Last, claim.Within(little))),
		},
		{
			ID: "S4", Source: "5.4.3, 6.1", Figure: "5.4", Experiments: []string{hiddenLayers},
			Claim: "Sparsity and selectivity usually rise and fall together: over the epochs they are positively correlated for most depths and optimizers.",
			Check: claim.Most(cells...),
		},
		{
			ID: "S5", Source: "6.1", Figure: "5.10", Experiments: []string{momentum, beta2},
			Claim: "Between conditions, too, one may rise as the other falls: SGD from momentum 0.9 to 0.999, Adam from beta2 0.4 to 0.7.",
			Check: claim.All(
				claim.Higher(in(momentum, "momentum=0.999").By(sgd).Of(sparsity), claim.In(momentum, "momentum=0.9")),
				claim.Lower(in(momentum, "momentum=0.999").By(sgd).Of(selectivity), claim.In(momentum, "momentum=0.9")),
				claim.Lower(in(beta2, "beta2=0.7").By(adam).Of(sparsity), claim.In(beta2, "beta2=0.4")),
				claim.Higher(in(beta2, "beta2=0.7").By(adam).Of(selectivity), claim.In(beta2, "beta2=0.4"))),
		},
	}
}
