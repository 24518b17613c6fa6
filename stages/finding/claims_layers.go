package finding

import "sparsel/analysis/claim"

// accuracyClaims are about accuracy against sparsity and selectivity in networks of one to five hidden layers.
func accuracyClaims() []claim.Finding {
	depths := func(conditions ...string) claim.Curves { return in(hiddenLayers, conditions...) }
	return []claim.Finding{
		{
			ID: "A1", Source: "5.4.4", Figure: "5.5b", Experiments: []string{hiddenLayers},
			Claim: "With Adadelta and two or three hidden layers, sparsity and selectivity fall from their peaks while accuracy still rises.",
			Check: claim.FallsFromPeak(depths("2HL", "3HL").By(adadelta), accuracy),
		},
		{
			ID: "A2", Source: "5.4.4, 6.1", Figure: "5.5b", Experiments: []string{hiddenLayers},
			Claim: "Accuracy can stay where it is while sparsity varies: at an accuracy of 0.978, Adam's sparsity differs by more than 0.1.",
			Check: claim.VariesAt(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adam).Of(sparsity), accuracy, 0.978, aboutAs, 0.1),
		},
		{
			ID: "H6", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "Where sparsity and selectivity rise with another layer, accuracy falls: SGD from three to four layers, Adadelta at each step from two to five.",
			Check: claim.All(
				claim.Rising(depths("3HL", "4HL").By(sgd)), claim.Falling(depths("3HL", "4HL").By(sgd).Of(accuracy)),
				claim.Rising(depths("2HL", "3HL", "4HL", "5HL").By(adadelta)),
				claim.Falling(depths("2HL", "3HL", "4HL", "5HL").By(adadelta).Of(accuracy))),
		},
		{
			ID: "H6a", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "The same with Adam: from one to five layers accuracy falls at each step as sparsity and selectivity rise.",
			Check: claim.All(
				claim.Rising(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adam)),
				claim.Falling(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adam).Of(accuracy))),
		},
		{
			ID: "H7", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "Where sparsity and selectivity fall, accuracy rises: SGD and Adadelta from one layer to two.",
			Check: claim.All(
				claim.Falling(depths("1HL", "2HL").By(sgd, adadelta)),
				claim.Rising(depths("1HL", "2HL").By(sgd, adadelta).Of(accuracy))),
		},
	}
}

// depthClaims are about the number of hidden layers, and about each layer of four.
func depthClaims() []claim.Finding {
	depths := func(conditions ...string) claim.Curves { return in(hiddenLayers, conditions...) }
	layers := func(numbers ...string) claim.Curves { return in(eachLayer, "4HL").Layers(numbers...) }
	return []claim.Finding{
		{
			ID: "H1", Source: "5.4.6, 6.1", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "With Adadelta and Adam, five hidden layers are sparser and more selective than one.",
			Check: claim.Higher(depths("5HL").By(adadelta, adam), claim.In(hiddenLayers, "1HL")),
		},
		{
			ID: "H1m", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "With Adadelta and Adam, sparsity and selectivity rise with each layer that is added, from one to five.",
			Check: claim.Rising(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adadelta, adam)),
		},
		{
			ID: "H1m2", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "With Adadelta and Adam, sparsity and selectivity rise with each layer that is added, from two to five.",
			Check: claim.Rising(depths("2HL", "3HL", "4HL", "5HL").By(adadelta, adam)),
		},
		{
			ID: "H2", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "With Adagrad, sparsity and selectivity fall with each layer that is added, from one to four.",
			Check: claim.Falling(depths("1HL", "2HL", "3HL", "4HL").By(adagrad)),
		},
		{
			ID: "H3", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
			Claim: "With SGD they show no tendency from one to four layers: they rise here and fall there.",
			Check: claim.Turns(depths("1HL", "2HL", "3HL", "4HL").By(sgd)),
		},
		{
			ID: "H4", Source: "5.4.1", Figure: "7.1", Experiments: []string{hiddenLayers},
			Claim: "SGD and Adagrad do not learn with five hidden layers.",
			Check: claim.Value(depths("5HL").By(sgd, adagrad).Of(accuracy), claim.Below(failed)),
		},
		{
			ID: "H4m", Source: "5.4.6", Figure: "7.1", Experiments: []string{hiddenLayers},
			Claim: "Nor are SGD and Adagrad sparse or selective with five hidden layers: both are very low.",
			Check: claim.Value(depths("5HL").By(sgd, adagrad), claim.Below(notLow)),
		},
		{
			ID: "H5", Source: "5.4.5", Figure: "7.1", Experiments: []string{hiddenLayers},
			Claim: "Adagrad with four hidden layers is unreliable: accuracy depends on the seed, with a standard deviation above 0.05.",
			Check: claim.Deviation(depths("4HL").By(adagrad).Of(accuracy), claim.Above(0.05)),
		},
		{
			ID: "H8", Source: "5.4.2", Figure: "7.1", Experiments: []string{hiddenLayers},
			Claim: "With Adagrad and one or two hidden layers, sparsity and selectivity fall over the epochs.",
			Check: claim.Falls(depths("1HL", "2HL").By(adagrad)),
		},
		{
			ID: "L1", Source: "5.4.7", Figure: "5.7", Experiments: []string{eachLayer},
			Claim: "Of four layers, the first is sparser and more selective than the second with SGD and Adadelta.",
			Check: claim.Falling(layers("1", "2").By(sgd, adadelta)),
		},
		{
			ID: "L2", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
			Claim: "With SGD and Adadelta, sparsity and selectivity rise from the second layer to the third and the fourth.",
			Check: claim.Rising(layers("2", "3", "4").By(sgd, adadelta)),
		},
		{
			ID: "L3", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
			Claim: "With Adagrad, sparsity and selectivity fall from each layer to the next.",
			Check: claim.Falling(layers("1", "2", "3", "4").By(adagrad)),
		},
		{
			ID: "L4", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
			Claim: "With Adam there is no tendency from layer to layer: sparsity and selectivity rise here and fall there.",
			Check: claim.Turns(layers("1", "2", "3", "4").By(adam)),
		},
	}
}
