package finding

import (
	"slices"

	"sparsel/analysis/claim"
)

// Sweeps of the number of hidden units at batch sizes 50 and 1.
var (
	units50 = sweep(neurons, "bs=50/H=")
	units1  = sweep(neurons, "bs=1/H=")
)

// neuronClaims are about the number of hidden units.
func neuronClaims() []claim.Claim {
	three := []string{accuracy, sparsity, selectivity}
	return slices.Concat(tendency(claim.Claim{
		ID: "N1", Source: "5.8.2, 5.8.3, 6.1", Figure: "5.13", Experiments: []string{neurons},
		Words: "Accuracy, sparsity and selectivity grow with the number of hidden units, at both batch sizes with every optimizer but " +
			"SGD, and with SGD at batch size 1 accuracy and sparsity do.",
	}, func(along relation) claim.Predicate {
		return claim.All(
			along(units50.By(adaptive...).Of(three...), claim.Positive),
			along(units1.By(adaptive...).Of(three...), claim.Positive),
			along(units1.By(sgd).Of(accuracy, sparsity), claim.Positive))
	}), tendency(claim.Claim{
		ID: "N2", Source: "5.8.2, 6.1", Figure: "5.13", Experiments: []string{neurons},
		Words: "With SGD at batch size 50, accuracy, sparsity and selectivity fall as the number of hidden units grows.",
	}, func(along relation) claim.Predicate {
		return along(units50.By(sgd).Of(three...), claim.Negative)
	}), tendency(claim.Claim{
		ID: "N3", Source: "5.8.2, 6.1", Figure: "5.13", Experiments: []string{neurons},
		Words: "With SGD at batch size 1, sparsity grows with the number of hidden units while selectivity falls.",
	}, func(along relation) claim.Predicate {
		return claim.All(along(units1.By(sgd).Of(sparsity), claim.Positive), along(units1.By(sgd).Of(selectivity), claim.Negative))
	}))
}

// widthClaims compare the batch sizes at each number of hidden units, and
// follow SGD over the epochs.
func widthClaims() []claim.Claim {
	widths := []string{"64", "128", "256", "384", "512", "640", "768"}
	// each compares batch size 1 with batch size 50 at every width.
	each := func(claimed claim.Range, optimizers ...string) claim.Predicate {
		var list []claim.Predicate
		for _, h := range widths {
			list = append(list, claim.Difference(in(neurons, "bs=1/H="+h).By(optimizers...), claim.In(neurons, "bs=50/H="+h), claimed))
		}
		return claim.All(list...)
	}
	peak := claim.Epoch(5) // fixed beforehand, so that no run is judged from its own peak
	return []claim.Claim{
		{
			ID: "N4", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Words: "With SGD and Adam, batch size 1 gives more sparsity and selectivity than 50 at every number of hidden units.",
			Check: each(claim.Positive, sgd, adam),
		},
		{
			ID: "N5", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Words: "With Adagrad, sparsity and selectivity are similar at batch sizes 1 and 50: less than 0.1 apart at every number of " +
				"hidden units.",
			Check: each(claim.Within(similar), adagrad),
		},
		{
			ID: "N6", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Words: "With Adadelta, batch size 1 gives less sparsity and selectivity than 50 at every number of hidden units.",
			Check: each(claim.Negative, adadelta),
		},
		{
			ID: "N7", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Words: "At batch size 1, SGD is more accurate than the other optimizers or similar at every number of hidden units: nowhere " +
				"less by 0.002.",
			Check: claim.Difference(units1.By(sgd).Of(accuracy), claim.In(neurons).By(adaptive...), claim.Above(-sameAccuracy)),
		},
		{
			ID: "N8", Source: "5.8.2, 6.1", Figure: "7.6", Experiments: []string{neurons},
			Words: "With Adadelta at batch size 1 and 64 hidden units, sparsity is higher after the last epoch than after the first, " +
				"selectivity lower.",
			Check: claim.All(
				claim.Rises(in(neurons, "bs=1/H=64").By(adadelta).Of(sparsity)),
				claim.Falls(in(neurons, "bs=1/H=64").By(adadelta).Of(selectivity))),
		},
		{
			ID: "N9", Source: "5.8.2, 6.1", Figure: "7.6", Experiments: []string{neurons},
			Words: "Sparsity and selectivity do not only rise or fall: with SGD at batch size 1 they rise until epoch 5 and fall after " +
				"it, on the mean over the numbers of hidden units.",
			Check: claim.All(
				claim.MeanChange(units1.By(sgd), claim.First, peak, claim.Positive),
				claim.MeanChange(units1.By(sgd), peak, claim.Last, claim.Negative)),
			ImpliedBy: []string{"N9w"},
		},
		{
			ID: "N9w", Source: "5.8.2", Figure: "7.6", Experiments: []string{neurons},
			Words: "The same at every number of hidden units.",
			Check: claim.All(
				claim.Change(units1.By(sgd), claim.First, peak, claim.Positive),
				claim.Change(units1.By(sgd), peak, claim.Last, claim.Negative)),
		},
		{
			ID: "N10", Source: "5.8.2, 6.1", Figure: "7.6", Experiments: []string{neurons},
			Words: "They fluctuate until they reach a stable value: with SGD at batch size 1, sparsity and selectivity become steadier, " +
				"moving less over the last five epochs than over the first five, on the mean over the numbers of hidden units.",
			Check: claim.MeanChange(units1.By(sgd), claim.StepSize(1, 5), claim.StepSize(-4, 0), claim.Negative),
		},
	}
}

// convolutionClaims are about a convolutional network beside the baseline, over
// the epochs for which both were trained.
func convolutionClaims() []claim.Claim {
	return []claim.Claim{
		{
			ID: "X1", Source: "5.10.2, 6.1", Figure: "5.17", Experiments: []string{conv},
			Words: "With SGD, Adadelta and Adam, the convolutional network is more accurate, sparser and more selective than the baseline.",
			Check: claim.Higher(in(conv, "cnn").By(sgd, adadelta, adam).Of(accuracy, sparsity, selectivity), claim.In(conv, "baseline")),
		},
		{
			ID: "X2", Source: "5.10.3, 6.1", Figure: "5.17", Experiments: []string{conv},
			Words: "With Adagrad most convolutional networks do not learn (accuracy below 0.2); the selectivity of these is nearly 0, and " +
				"yet their sparsity lies between 0.3 and 0.4.",
			Check: claim.All(
				claim.Share(in(conv, "cnn").By(adagrad).Of(accuracy), failed, claim.Above(most)),
				claim.Value(in(conv, "cnn").By(adagrad).Of(selectivity).Only(accuracy, failed), claim.Below(low)),
				claim.Value(in(conv, "cnn").By(adagrad).Of(sparsity).Only(accuracy, failed), claim.Range{Above: 0.3, Below: 0.4})),
		},
	}
}
