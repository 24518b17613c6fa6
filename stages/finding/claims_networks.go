package finding

import "sparsel/analysis/claim"

// neuronClaims are about the number of hidden units at batch sizes 50 and 1.
func neuronClaims() []claim.Finding {
	wide, narrow := sweep(neurons, "bs=50/H="), sweep(neurons, "bs=1/H=")
	adaptive := []string{adagrad, adadelta, adam}
	widths := []string{"64", "128", "256", "384", "512", "640", "768"}
	// each compares batch size 1 with batch size 50 at every width.
	each := func(claimed claim.Range, optimizers ...string) claim.Predicate {
		var list []claim.Predicate
		for _, h := range widths {
			list = append(list, claim.Difference(in(neurons, "bs=1/H="+h).By(optimizers...), claim.In(neurons, "bs=50/H="+h), claimed))
		}
		return claim.All(list...)
	}
	return []claim.Finding{
		{
			ID: "N1", Source: "5.8.2, 6.1", Figure: "5.13", Experiments: []string{neurons},
			Claim: "Accuracy, sparsity and selectivity grow with the number of hidden units, at both batch sizes with every optimizer but SGD, and with SGD at batch size 1 accuracy and sparsity do.",
			Check: claim.All(
				claim.Trend(wide.By(adaptive...).Of(accuracy, sparsity, selectivity), claim.Positive),
				claim.Trend(narrow.By(adaptive...).Of(accuracy, sparsity, selectivity), claim.Positive),
				claim.Trend(narrow.By(sgd).Of(accuracy, sparsity), claim.Positive)),
		},
		{
			ID: "N2", Source: "5.8.2, 6.1", Figure: "5.13", Experiments: []string{neurons},
			Claim: "With SGD at batch size 50, accuracy, sparsity and selectivity fall as the number of hidden units grows.",
			Check: claim.Trend(wide.By(sgd).Of(accuracy, sparsity, selectivity), claim.Negative),
		},
		{
			ID: "N3", Source: "5.8.2, 6.1", Figure: "5.13", Experiments: []string{neurons},
			Claim: "With SGD at batch size 1, sparsity grows with the number of hidden units while selectivity falls.",
			Check: claim.All(
				claim.Trend(narrow.By(sgd).Of(sparsity), claim.Positive),
				claim.Trend(narrow.By(sgd).Of(selectivity), claim.Negative)),
		},
		{
			ID: "N4", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Claim: "With SGD and Adam, batch size 1 gives more sparsity and selectivity than 50 at every number of hidden units.",
			Check: each(claim.Positive, sgd, adam),
		},
		{
			ID: "N5", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Claim: "With Adagrad, sparsity and selectivity are similar at batch sizes 1 and 50: less than 0.1 apart at every number of hidden units.",
			Check: each(claim.Within(similar), adagrad),
		},
		{
			ID: "N6", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Claim: "With Adadelta, batch size 1 gives less sparsity and selectivity than 50 at every number of hidden units.",
			Check: each(claim.Negative, adadelta),
		},
		{
			ID: "N7", Source: "5.8.2", Figure: "5.13", Experiments: []string{neurons},
			Claim: "At batch size 1, SGD is at least as accurate as the other optimizers at every number of hidden units.",
			Check: claim.Difference(narrow.By(sgd).Of(accuracy), claim.In(neurons).By(adaptive...), claim.Above(-aboutAs)),
		},
		{
			ID: "N8", Source: "6.1", Figure: "7.6", Experiments: []string{neurons},
			Claim: "With Adadelta at batch size 1 and 64 hidden units, sparsity rises over the epochs while selectivity falls.",
			Check: claim.All(
				claim.Rises(in(neurons, "bs=1/H=64").By(adadelta).Of(sparsity)),
				claim.Falls(in(neurons, "bs=1/H=64").By(adadelta).Of(selectivity))),
		},
		{
			ID: "N9", Source: "6.1", Figure: "7.6", Experiments: []string{neurons},
			Claim: "With SGD at batch size 1, sparsity and selectivity rise, fall and then settle over the epochs, at every number of hidden units.",
			Check: claim.All(claim.RisesAndFalls(narrow.By(sgd)), claim.Settles(narrow.By(sgd))),
		},
	}
}

// convolutionClaims are about a convolutional network beside the baseline, as long as both were trained.
func convolutionClaims() []claim.Finding {
	return []claim.Finding{
		{
			ID: "X1", Source: "5.10.2, 6.1", Figure: "5.17", Experiments: []string{conv},
			Claim: "With SGD, Adadelta and Adam, the convolutional network is more accurate, sparser and more selective than the baseline.",
			Check: claim.Higher(in(conv, "cnn").By(sgd, adadelta, adam).Of(accuracy, sparsity, selectivity), claim.In(conv, "baseline")),
		},
		{
			ID: "X2", Source: "5.10.3, 6.1", Figure: "5.17", Experiments: []string{conv},
			Claim: "With Adagrad the convolutional network does not learn; selectivity is nearly 0, and yet sparsity lies between 0.3 and 0.4.",
			Check: claim.All(
				claim.Value(in(conv, "cnn").By(adagrad).Of(accuracy), claim.Below(failed)),
				claim.Value(in(conv, "cnn").By(adagrad).Of(selectivity), claim.Below(low)),
				claim.Value(in(conv, "cnn").By(adagrad).Of(sparsity), claim.Range{Above: 0.3, Below: 0.4})),
		},
	}
}
