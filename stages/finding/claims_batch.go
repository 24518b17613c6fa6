package finding

import (
	"slices"

	"sparsel/analysis/claim"
)

// batchClaims are about the batch size, after the last epoch.
func batchClaims() []claim.Claim {
	batches := sweep(batchSize, "bs=")
	all := claim.Sweep(batchSize, "bs=")
	one, largest := in(batchSize, "bs=1"), in(batchSize, "bs=1000")
	small, middle := in(batchSize, "bs=1", "bs=5"), claim.In(batchSize, "bs=50")
	others := claim.In(batchSize).By(adaptive...)
	return slices.Concat(tendency(claim.Claim{
		ID: "Z1", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{batchSize},
		Words: "With SGD and Adam, the smaller the batch, the higher sparsity and selectivity.",
	}, func(along relation) claim.Predicate {
		return along(batches.By(sgd, adam), claim.Negative)
	}), tendency(claim.Claim{
		ID: "Z2", Source: "5.6.2", Figure: "5.11", Experiments: []string{batchSize},
		Words: "With SGD, the smaller the batch, the higher the accuracy.",
	}, func(along relation) claim.Predicate {
		return along(batches.By(sgd).Of(accuracy), claim.Negative)
	}), []claim.Claim{
		{
			ID: "Z3", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{batchSize},
			Words: "With Adadelta, sparsity and selectivity are highest at batch size 50.",
			Check: claim.Higher(in(batchSize, "bs=50").By(adadelta), all),
		},
		{
			ID: "Z4", Source: "5.6.5, 6.1", Figure: "5.11", Experiments: []string{batchSize},
			Words: "With Adagrad, sparsity and selectivity are highest at batch size 200.",
			Check: claim.Higher(in(batchSize, "bs=200").By(adagrad), all),
		},
		{
			ID: "Z4b", Source: "5.6.2", Figure: "5.11", Experiments: []string{batchSize},
			Words: "With Adagrad, sparsity and selectivity seem unrelated to the batch size: they are similar at any two, less than 0.1 apart.",
			Check: claim.Similar(batches.By(adagrad), similar),
		},
		{
			ID: "Z5", Source: "5.6.2, 5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Words: "At batch size 1, SGD is more accurate than the other optimizers.",
			Check: claim.Higher(one.By(sgd).Of(accuracy), others.When("bs=1")),
		},
		{
			ID: "Z6", Source: "5.6.2, 5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Words: "At batch size 1, SGD is sparser and more selective than the other optimizers or similar: nowhere lower by 0.1.",
			Check: claim.Difference(one.By(sgd), others.When("bs=1"), claim.Above(-similar)),
		},
		{
			ID: "Z7", Source: "5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Words: "At batch size 1000, SGD has the lowest accuracy, sparsity and selectivity of all optimizers.",
			Check: claim.Lower(largest.By(sgd).Of(accuracy, sparsity, selectivity), others.When("bs=1000")),
		},
		{
			ID: "Z12", Source: "5.6.4", Figure: "5.11", Experiments: []string{batchSize},
			Words: "With Adam at batch sizes 1 and 5, sparsity and selectivity are higher than at 50, and accuracy is lower.",
			Check: claim.All(claim.Higher(small.By(adam), middle), claim.Lower(small.By(adam).Of(accuracy), middle)),
		},
		{
			ID: "Z13", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{batchSize},
			Words: "One change has opposite effects: from batch size 50 to 1, sparsity and selectivity rise with SGD and fall with Adadelta.",
			Check: claim.All(claim.Higher(one.By(sgd), middle), claim.Lower(one.By(adadelta), middle)),
		},
		{
			ID: "Z15", Source: "5.6.2", Figure: "5.11", Experiments: []string{batchSize},
			Words: "With SGD and Adam at batch sizes 1 and 5, sparsity and selectivity are higher than at 50 though accuracy hardly " +
				"changes, by less than 0.002.",
			Check: claim.All(
				claim.Higher(small.By(sgd, adam), middle),
				claim.Difference(small.By(sgd, adam).Of(accuracy), middle, claim.Within(sameAccuracy))),
		},
	})
}

// epochClaims are about the batch size, over the epochs.
func epochClaims() []claim.Claim {
	one, several := in(batchSize, "bs=1"), in(batchSize, "bs=1", "bs=5", "bs=10")
	start := claim.Mean(1, 5)
	decreases := func(c claim.Curves) claim.Predicate { return claim.Change(c, start, claim.Last, claim.Negative) }
	increases := func(c claim.Curves) claim.Predicate { return claim.Change(c, start, claim.Last, claim.Positive) }
	return slices.Concat([]claim.Claim{
		{
			ID: "Z8", Source: "5.6.3, 6.1", Figure: "7.3", Experiments: []string{batchSize},
			Words: "At small batch sizes the values begin high and come down: both with SGD at 1, selectivity with Adadelta at 1, 5 and " +
				"10 and with Adam at 1.",
			Check: claim.All(
				decreases(one.By(sgd)), decreases(several.By(adadelta).Of(selectivity)), decreases(one.By(adam).Of(selectivity))),
			ImpliedBy: []string{"Z14"},
		},
		{
			ID: "Z9", Source: "5.6.3", Figure: "7.3", Experiments: []string{batchSize},
			Words: "With Adadelta at batch sizes 5 and 10, sparsity is higher after the last epoch than after the first, selectivity lower.",
			Check: claim.All(
				claim.Rises(in(batchSize, "bs=5", "bs=10").By(adadelta).Of(sparsity)),
				claim.Falls(in(batchSize, "bs=5", "bs=10").By(adadelta).Of(selectivity))),
		},
	}, tendency(claim.Claim{
		ID: "Z10", Source: "5.6.3", Figure: "7.3", Experiments: []string{batchSize},
		Words: "With SGD and Adam, the smaller the batch, the higher sparsity and selectivity after the first epoch.",
	}, func(along relation) claim.Predicate {
		return along(sweep(batchSize, "bs=").By(sgd, adam).At(claim.First), claim.Negative)
	}), []claim.Claim{
		{
			ID: "Z11", Source: "5.6.3, 6.1", Figure: "7.3", Experiments: []string{batchSize},
			Words: "Early stopping would give more sparsity and selectivity: with SGD at batch size 1 both fall after epoch 5.",
			Check: claim.Change(one.By(sgd), claim.Epoch(5), claim.Last, claim.Negative),
		},
		{
			ID: "Z14", Source: "5.6.4, 6.1", Figure: "7.3", Experiments: []string{batchSize},
			Words: "Sparsity and selectivity fall over the epochs while accuracy rises: SGD at batch size 1, Adadelta at 1, 5 and 10, Adam at 1.",
			Check: claim.All(
				decreases(one.By(sgd, adam)), decreases(several.By(adadelta)),
				increases(one.By(sgd, adam).Of(accuracy)), increases(several.By(adadelta).Of(accuracy))),
		},
	})
}

// fluctuationClaims are about trainings whose values go up and down.
func fluctuationClaims() []claim.Claim {
	// The rates and momenta beyond which SGD's networks do not learn are left
	// out. At the two lowest rates they do not learn either, and lie at the
	// beginning of the thesis's line all the same.
	rates, momenta := sweep(learningRate, "learning_rate=").Between(1e-5, 5.2), sweep(momentum, "momentum=").Between(0, 0.9)
	batches := sweep(batchSize, "bs=")
	restless := claim.Fluctuation(-9, 0)
	agree := func(c claim.Curves) claim.Predicate {
		return claim.Concordance(c.By(sgd).Only(accuracy, learnt), accuracy, restless, claim.Positive)
	}
	return slices.Concat(tendency(claim.Claim{
		ID: "F1", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{learningRate, momentum, batchSize},
		Words: "What makes SGD fluctuate raises sparsity and selectivity: a high learning rate (up to 5.2), a large momentum (up to 0.9) " +
			"and a small batch.",
	}, func(along relation) claim.Predicate {
		return claim.All(along(rates.By(sgd), claim.Positive), along(momenta.By(sgd), claim.Positive), along(batches.By(sgd), claim.Negative))
	}), []claim.Claim{
		{
			ID: "F2", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{learningRate, momentum, batchSize},
			Words: "The more a training of SGD fluctuates, the higher sparsity and selectivity: over the same rates, momenta and batch " +
				"sizes both go with how far test accuracy goes up and down over the last ten epochs.",
			Check: claim.All(agree(rates), agree(momenta), agree(batches)),
		},
	})
}

// orderClaims are about batch size 1 with runs of equal digits.
func orderClaims() []claim.Claim {
	all := claim.In(consecutive, "baseline", "con1", "con5", "con10")
	single := in(consecutive, "con1", "con5", "con10")
	con1 := in(consecutive, "con1")
	return []claim.Claim{
		{
			ID: "K1", Source: "5.7.2, 5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Words: "With SGD and Adam, batch size 1 gives more sparsity and selectivity than the baseline, in random order and with runs " +
				"of 5 or 10 equal digits.",
			Check: claim.Higher(single.By(sgd, adam), claim.In(consecutive, "baseline")),
		},
		{
			ID: "K2", Source: "5.7.2", Figure: "5.12", Experiments: []string{consecutive},
			Words: "Runs of equal digits do not help the accuracy of SGD and Adam at batch size 1, by 0.002.",
			Check: claim.Difference(
				in(consecutive, "con5", "con10").By(sgd, adam).Of(accuracy), claim.In(consecutive, "con1"), claim.Below(sameAccuracy)),
		},
		{
			ID: "K3", Source: "5.7.2", Figure: "5.12", Experiments: []string{consecutive},
			Words: "Adam is less accurate at batch size 1 than its baseline, in any order.",
			Check: claim.Lower(single.By(adam).Of(accuracy), claim.In(consecutive, "baseline")),
		},
		{
			ID: "K4", Source: "5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Words: "SGD at batch size 1 in random order is more accurate than the other optimizers, whatever their condition.",
			Check: claim.Higher(con1.By(sgd).Of(accuracy), all.By(adaptive...)),
		},
		{
			ID: "K5", Source: "5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Words: "SGD at batch size 1 in random order is sparser and more selective than any other condition and optimizer or similar: " +
				"nowhere lower by 0.1.",
			Check: claim.Difference(con1.By(sgd), all.By(everyOptimizer...), claim.Above(-similar)),
		},
	}
}
