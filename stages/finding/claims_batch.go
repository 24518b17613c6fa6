package finding

import "sparsel/analysis/claim"

// batchClaims are about the batch size.
func batchClaims() []claim.Finding {
	batches := sweep(batchSize, "bs=")
	all := claim.Sweep(batchSize, "bs=")
	one, largest := in(batchSize, "bs=1"), in(batchSize, "bs=1000")
	others := claim.In(batchSize).By(adagrad, adadelta, adam)
	return []claim.Finding{
		{
			ID: "Z1", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With SGD and Adam, each smaller batch size gives more sparsity and selectivity.",
			Check: claim.Falling(batches.By(sgd, adam)),
		},
		{
			ID: "Z2", Source: "5.6.2", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With SGD, each smaller batch size gives more accuracy.",
			Check: claim.Falling(batches.By(sgd).Of(accuracy)),
		},
		{
			ID: "Z3", Source: "5.6.2, 6.1", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With Adadelta, sparsity and selectivity are highest at batch size 50.",
			Check: claim.Higher(in(batchSize, "bs=50").By(adadelta), all),
		},
		{
			ID: "Z4", Source: "6.1", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With Adagrad, sparsity and selectivity are highest at batch size 200.",
			Check: claim.Higher(in(batchSize, "bs=200").By(adagrad), all),
		},
		{
			ID: "Z4b", Source: "5.6.2", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With Adagrad, sparsity and selectivity depend little on the batch size: no two differ by 0.1.",
			Check: claim.Similar(batches.By(adagrad), similar),
		},
		{
			ID: "Z5", Source: "5.6.2, 5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "At batch size 1, SGD is more accurate than the other optimizers.",
			Check: claim.Higher(one.By(sgd).Of(accuracy), others.When("bs=1")),
		},
		{
			ID: "Z6", Source: "5.6.2, 5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "At batch size 1, SGD is sparser than the other optimizers, and more selective or about as selective.",
			Check: claim.All(
				claim.Higher(one.By(sgd).Of(sparsity), others.When("bs=1")),
				claim.Difference(one.By(sgd).Of(selectivity), others.When("bs=1"), claim.Above(-similar))),
		},
		{
			ID: "Z7", Source: "5.6.5", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "At batch size 1000, SGD has the lowest accuracy, sparsity and selectivity of all optimizers.",
			Check: claim.Lower(largest.By(sgd).Of(accuracy, sparsity, selectivity), others.When("bs=1000")),
		},
		{
			ID: "Z8", Source: "5.6.3", Figure: "7.3", Experiments: []string{batchSize},
			Claim: "At small batch sizes the values begin high and come down: both with SGD at 1, selectivity with Adadelta at 1, 5 and 10 and with Adam at 1.",
			Check: claim.All(
				claim.Change(one.By(sgd), claim.Mean(1, 5), claim.Last, claim.Negative),
				claim.Change(in(batchSize, "bs=1", "bs=5", "bs=10").By(adadelta).Of(selectivity), claim.Mean(1, 5), claim.Last, claim.Negative),
				claim.Change(one.By(adam).Of(selectivity), claim.Mean(1, 5), claim.Last, claim.Negative)),
		},
		{
			ID: "Z9", Source: "5.6.3", Figure: "7.3", Experiments: []string{batchSize},
			Claim: "With Adadelta at batch sizes 5 and 10, sparsity rises over the epochs while selectivity falls.",
			Check: claim.All(
				claim.Rises(in(batchSize, "bs=5", "bs=10").By(adadelta).Of(sparsity)),
				claim.Falls(in(batchSize, "bs=5", "bs=10").By(adadelta).Of(selectivity))),
		},
		{
			ID: "Z10", Source: "5.6.3", Figure: "7.3", Experiments: []string{batchSize},
			Claim: "With SGD and Adam, sparsity and selectivity after the first epoch are higher at each smaller batch size.",
			Check: claim.Falling(batches.By(sgd, adam).At(claim.First)),
		},
		{
			ID: "Z11", Source: "6.1", Figure: "7.3", Experiments: []string{batchSize},
			Claim: "Early stopping would give more sparsity: with SGD at batch size 1 it falls from an earlier peak.",
			Check: claim.FallsFromPeak(one.By(sgd).Of(sparsity)),
		},
		{
			ID: "Z12", Source: "5.6.4", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "With Adam at batch sizes 1 and 5, sparsity and selectivity are higher than at 50, accuracy is not.",
			Check: claim.All(
				claim.Higher(in(batchSize, "bs=1", "bs=5").By(adam), claim.In(batchSize, "bs=50")),
				claim.Difference(in(batchSize, "bs=1", "bs=5").By(adam).Of(accuracy), claim.In(batchSize, "bs=50"), claim.Below(aboutAs))),
		},
		{
			ID: "Z13", Source: "6.1", Figure: "5.11", Experiments: []string{batchSize},
			Claim: "One change has opposite effects: from batch size 50 to 1, sparsity and selectivity rise with SGD and fall with Adadelta.",
			Check: claim.All(
				claim.Higher(one.By(sgd), claim.In(batchSize, "bs=50")),
				claim.Lower(one.By(adadelta), claim.In(batchSize, "bs=50"))),
		},
	}
}

// orderClaims are about batch size 1 with runs of equal digits.
func orderClaims() []claim.Finding {
	all := claim.In(consecutive, "baseline", "con1", "con5", "con10")
	single := in(consecutive, "con1", "con5", "con10")
	con1 := in(consecutive, "con1")
	return []claim.Finding{
		{
			ID: "K1", Source: "5.7.2, 5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Claim: "With SGD and Adam, batch size 1 gives more sparsity and selectivity than the baseline, in random order and with runs of 5 or 10 equal digits.",
			Check: claim.Higher(single.By(sgd, adam), claim.In(consecutive, "baseline")),
		},
		{
			ID: "K2", Source: "5.7.2", Figure: "5.12", Experiments: []string{consecutive},
			Claim: "Runs of equal digits do not help the accuracy of SGD and Adam at batch size 1.",
			Check: claim.Difference(in(consecutive, "con5", "con10").By(sgd, adam).Of(accuracy), claim.In(consecutive, "con1"), claim.Below(aboutAs)),
		},
		{
			ID: "K3", Source: "5.7.2", Figure: "5.12", Experiments: []string{consecutive},
			Claim: "Adam is less accurate at batch size 1 than its baseline.",
			Check: claim.Lower(single.By(adam).Of(accuracy), claim.In(consecutive, "baseline")),
		},
		{
			ID: "K4", Source: "5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Claim: "SGD at batch size 1 in random order is the most accurate of all conditions and optimizers.",
			Check: claim.Higher(con1.By(sgd).Of(accuracy), all.By(everyOptimizer...)),
		},
		{
			ID: "K5", Source: "5.7.3", Figure: "5.12", Experiments: []string{consecutive},
			Claim: "SGD at batch size 1 in random order is the sparsest of all conditions and optimizers, and the most selective or about as selective.",
			Check: claim.All(
				claim.Higher(con1.By(sgd).Of(sparsity), all.By(everyOptimizer...)),
				claim.Difference(con1.By(sgd).Of(selectivity), all.By(everyOptimizer...), claim.Above(-similar))),
		},
	}
}
