package finding

import (
	"slices"

	"sparsel/analysis/claim"
)

// depths selects networks with the given numbers of hidden layers, and of them
// only those that learnt. The others are at chance, and their sparsity and
// selectivity are those of constant units.
func depths(conditions ...string) claim.Curves {
	return in(hiddenLayers, conditions...).Only(accuracy, learnt)
}

// accuracyClaims are about accuracy against sparsity and selectivity in
// networks of one to five hidden layers.
func accuracyClaims() []claim.Claim {
	atLevel := claim.Reaching(accuracy, 0.978) // where accuracy is the same by construction, so that it is not tested
	five, one := in(hiddenLayers, "5HL").By(adam).At(atLevel), claim.In(hiddenLayers, "1HL").At(atLevel)
	adadeltaDepths, adamDepths := depths("2HL", "3HL", "4HL", "5HL").By(adadelta), depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adam)
	sgdDepths := depths("3HL", "4HL").By(sgd)
	return slices.Concat([]claim.Claim{
		{
			ID: "A1", Source: "5.4.4", Figure: "5.5b", Experiments: []string{hiddenLayers},
			Words: "With Adadelta and two or three hidden layers, sparsity and selectivity fall after epoch 10 while accuracy still rises.",
			Check: claim.All(
				claim.Change(in(hiddenLayers, "2HL", "3HL").By(adadelta), early, claim.Last, claim.Negative),
				claim.Change(in(hiddenLayers, "2HL", "3HL").By(adadelta).Of(accuracy), early, claim.Last, claim.Positive)),
		},
		{
			ID: "A2", Source: "5.4.4, 6.1", Figure: "5.5b", Experiments: []string{hiddenLayers},
			Words: "Accuracy can be the same while sparsity and selectivity vary: with Adam both differ by more than 0.02 between one " +
				"layer and five where accuracy first reaches 0.978.",
			Check: claim.Difference(five, one, claim.Above(sameMetric)),
		},
		{
			ID: "A3", Source: "5.4.4, 6.1", Figure: "5.5a", Experiments: []string{hiddenLayers},
			Words: "Accuracy usually rises and falls together with sparsity and with selectivity: over the epochs it is positively " +
				"correlated with each for most depths and optimizers.",
			Check: claim.All(claim.Most(cells(accuracy, sparsity)...), claim.Most(cells(accuracy, selectivity)...)),
		},
	}, tendency(claim.Claim{
		ID: "H6", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
		Words: "Where sparsity and selectivity rise with more layers, accuracy falls: SGD from three to four layers, Adadelta from two to five.",
	}, func(along relation) claim.Predicate {
		return claim.All(
			along(sgdDepths, claim.Positive), along(sgdDepths.Of(accuracy), claim.Negative),
			along(adadeltaDepths, claim.Positive), along(adadeltaDepths.Of(accuracy), claim.Negative))
	}), tendency(claim.Claim{
		ID: "H6a", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
		Words: "The same with Adam: from one to five layers accuracy falls as sparsity and selectivity rise.",
	}, func(along relation) claim.Predicate {
		return claim.All(along(adamDepths, claim.Positive), along(adamDepths.Of(accuracy), claim.Negative))
	}), []claim.Claim{
		{
			ID: "H7", Source: "5.4.5", Figure: "5.6", Experiments: []string{hiddenLayers},
			Words: "Where sparsity and selectivity fall, accuracy rises: SGD and Adadelta from one layer to two.",
			Check: claim.All(
				claim.Trend(depths("1HL", "2HL").By(sgd, adadelta), claim.Negative),
				claim.Trend(depths("1HL", "2HL").By(sgd, adadelta).Of(accuracy), claim.Positive)),
		},
	})
}

// predictionClaims are about whether a training's accuracy can be predicted
// from its sparsity and selectivity, and the other way round. An experiment's
// copies of another experiment's runs are left out, because they would predict
// themselves.
func predictionClaims() []claim.Claim {
	experiments := []string{
		trainVsTest, hiddenLayers, learningRate, weightDecay, momentum, rho, beta1, beta2, batchSize, consecutive, neurons, diversity,
		conv, sorted,
	}
	trainings := func(only func(claim.Curves) claim.Curves) []claim.Curves {
		list := []claim.Curves{
			in(trainVsTest, "test").By(everyOptimizer...),
			in(hiddenLayers, "1HL", "2HL", "3HL", "4HL", "5HL").By(everyOptimizer...),
			sweep(learningRate, "learning_rate=").By(everyOptimizer...), sweep(weightDecay, "weight_decay=").By(everyOptimizer...),
			sweep(momentum, "momentum=").By(sgd), sweep(rho, "rho=").By(adadelta),
			sweep(beta1, "beta1=").By(adam), sweep(beta2, "beta2=").By(adam),
			sweep(batchSize, "bs=").By(everyOptimizer...),
			in(consecutive, "con5", "con10").By(everyOptimizer...),
			sweep(neurons, "bs=50/H=").By(everyOptimizer...), sweep(neurons, "bs=1/H=").By(everyOptimizer...),
			in(diversity, "5nums", "pair", "single").By(everyOptimizer...),
			in(conv, "cnn").By(everyOptimizer...),
			in(sorted, "sorted", "unsorted").By(everyOptimizer...),
		}
		for i, c := range list {
			list[i] = only(c)
		}
		return list
	}
	check := func(only func(claim.Curves) claim.Curves) claim.Predicate {
		unpredictable := claim.Below(most)
		return claim.All(
			claim.Prediction(accuracy, []string{sparsity, selectivity}, unpredictable, trainings(only)...),
			claim.Prediction(sparsity, []string{accuracy}, unpredictable, trainings(only)...),
			claim.Prediction(selectivity, []string{accuracy}, unpredictable, trainings(only)...))
	}
	return []claim.Claim{
		{
			ID: "P1", Source: "5.4.4, 6.1", Figure: "5.5a", Experiments: experiments,
			Words: "Sparsity and selectivity can't predict accuracy, nor accuracy them: less than half of the variance in an experiment " +
				"is predicted by the others.",
			Check: check(func(c claim.Curves) claim.Curves { return c }),
		},
		{
			ID: "P2", Source: "5.4.4", Figure: "5.5b", Experiments: experiments,
			Words: "The same among networks that learnt (accuracy above 0.5).",
			Check: check(func(c claim.Curves) claim.Curves { return c.Only(accuracy, learnt) }),
		},
	}
}

// depthClaims are about the number of hidden layers.
func depthClaims() []claim.Claim {
	return slices.Concat(tendency(claim.Claim{
		ID: "H1", Source: "5.4.6, 6.1", Figure: "5.6", Experiments: []string{hiddenLayers},
		Words: "With Adadelta and Adam, sparsity and selectivity rise with the number of hidden layers, from one to five.",
	}, func(along relation) claim.Predicate {
		return along(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adadelta, adam), claim.Positive)
	}), tendency(claim.Claim{
		ID: "H2", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
		Words: "With Adagrad, sparsity and selectivity fall with the number of hidden layers, from one to four, among networks that learnt.",
	}, func(along relation) claim.Predicate {
		return along(depths("1HL", "2HL", "3HL", "4HL").By(adagrad), claim.Negative)
	}), []claim.Claim{
		{
			ID: "H3", Source: "5.4.6", Figure: "5.6", Experiments: []string{hiddenLayers},
			Words: "With SGD there is no clear tendency from one to four layers: sparsity and selectivity rise here and fall there.",
			Check: claim.Turns(depths("1HL", "2HL", "3HL", "4HL").By(sgd)),
		},
		{
			ID: "H4", Source: "5.4.6", Figure: "7.1", Experiments: []string{hiddenLayers},
			Words: "SGD and Adagrad do not learn with five hidden layers: most of their networks end with an accuracy below 0.2.",
			Check: claim.Share(in(hiddenLayers, "5HL").By(sgd, adagrad).Of(accuracy), failed, claim.Above(most)),
		},
		{
			ID: "H4m", Source: "5.4.6", Figure: "7.1", Experiments: []string{hiddenLayers},
			Words: "Nor are these networks of SGD and Adagrad sparse or selective: both are very low.",
			Check: claim.Value(in(hiddenLayers, "5HL").By(sgd, adagrad).Only(accuracy, failed), claim.Below(notLow)),
		},
		{
			ID: "H8", Source: "5.4.2", Figure: "7.1", Experiments: []string{hiddenLayers},
			Words: "With Adagrad and one or two hidden layers, sparsity and selectivity are lower after the last epoch than after the first.",
			Check: claim.Falls(in(hiddenLayers, "1HL", "2HL").By(adagrad)),
		},
	})
}

// layerClaims are about each of four layers, in networks that learnt.
func layerClaims() []claim.Claim {
	layers := func(numbers ...string) claim.Curves {
		return in(eachLayer, "4HL").Layers(numbers...).Only(accuracy, learnt)
	}
	return slices.Concat([]claim.Claim{
		{
			ID: "L1", Source: "5.4.7", Figure: "5.7", Experiments: []string{eachLayer},
			Words: "Of four layers, the first is sparser and more selective than the second with SGD and Adadelta.",
			Check: claim.Trend(layers("1", "2").By(sgd, adadelta), claim.Negative),
		},
	}, tendency(claim.Claim{
		ID: "L2", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
		Words: "With SGD and Adadelta, sparsity and selectivity rise from the second layer to the fourth.",
	}, func(along relation) claim.Predicate {
		return along(layers("2", "3", "4").By(sgd, adadelta), claim.Positive)
	}), tendency(claim.Claim{
		ID: "L3", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
		Words: "With Adagrad, sparsity and selectivity fall from the first layer to the fourth.",
	}, func(along relation) claim.Predicate {
		return along(layers("1", "2", "3", "4").By(adagrad), claim.Negative)
	}), []claim.Claim{
		{
			ID: "L4", Source: "5.4.7, 6.1", Figure: "5.7", Experiments: []string{eachLayer},
			Words: "With Adam there is no clear tendency from layer to layer: sparsity and selectivity rise here and fall there.",
			Check: claim.Turns(layers("1", "2", "3", "4").By(adam)),
		},
	})
}
