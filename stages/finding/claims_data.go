package finding

import "sparsel/analysis/claim"

// diversityClaims are about few classes in a batch.
func diversityClaims() []claim.Finding {
	fewer := in(diversity, "original", "5nums", "pair", "single")
	digits, blocks := in(singleVsCon, "single_bs10"), in(singleVsCon, "con10_bs1")
	return []claim.Finding{
		{
			ID: "V1", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Claim: "Accuracy falls with each step to fewer classes in a batch: all, five, two, one. With every optimizer.",
			Check: claim.Falling(fewer.By(everyOptimizer...).Of(accuracy)),
		},
		{
			ID: "V2", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Claim: "With SGD and Adam, sparsity and selectivity rise with each step to fewer classes in a batch.",
			Check: claim.Rising(fewer.By(sgd, adam)),
		},
		{
			ID: "V2t", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Claim: "The same when the baseline, too, is measured on test images.",
			Check: claim.Rising(in(diversity, "original_test", "5nums", "pair", "single").By(sgd, adam)),
		},
		{
			ID: "V3", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Claim: "With Adagrad and Adadelta, sparsity and selectivity show no such tendency: they rise here and fall there.",
			Check: claim.Turns(fewer.By(adagrad, adadelta)),
		},
		{
			ID: "V4", Source: "5.9.2, 5.9.3", Figure: "5.15", Experiments: []string{singleVsCon},
			Claim: "With SGD and Adam, batch size 1 in runs of ten equal digits gives more sparsity and selectivity than batches of ten equal digits.",
			Check: claim.Higher(blocks.By(sgd, adam), claim.In(singleVsCon, "single_bs10")),
		},
		{
			ID: "V5", Source: "5.9.2", Figure: "5.15", Experiments: []string{singleVsCon},
			Claim: "With Adagrad and Adadelta it is the other way round.",
			Check: claim.Higher(digits.By(adagrad, adadelta), claim.In(singleVsCon, "con10_bs1")),
		},
	}
}

// sortedClaims are about training on sorted data.
func sortedClaims() []claim.Finding {
	inOrder, shuffled := in(sorted, "sorted"), claim.In(sorted, "unsorted")
	return []claim.Finding{
		{
			ID: "Y1", Source: "5.11.2, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Claim: "Sorted training data lower the accuracy of every optimizer.",
			Check: claim.Lower(inOrder.By(everyOptimizer...).Of(accuracy), shuffled),
		},
		{
			ID: "Y2", Source: "5.11.2, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Claim: "With SGD and Adam, sorted training data raise sparsity and selectivity.",
			Check: claim.Higher(inOrder.By(sgd, adam), shuffled),
		},
		{
			ID: "Y3", Source: "5.11.2, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Claim: "With Adagrad and Adadelta, sorted training data lower sparsity and selectivity.",
			Check: claim.Lower(inOrder.By(adagrad, adadelta), shuffled),
		},
		{
			ID: "Y4", Source: "5.11.3, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Claim: "With Adadelta on sorted data the network does not learn, and yet its sparsity and selectivity are not very low.",
			Check: claim.All(
				claim.Value(inOrder.By(adadelta).Of(accuracy), claim.Below(failed)),
				claim.Value(inOrder.By(adadelta), claim.Above(notLow))),
		},
	}
}

// combinationClaims are about two conditions at once.
func combinationClaims() []claim.Finding {
	sgdBoth, adamBoth := in(combine, "sgd_combined").By(sgd), in(combine, "adam_combined").By(adam)
	sgdParents := claim.In(combine, "sgd_bs1", "sgd_momentum0.9")
	return []claim.Finding{
		{
			ID: "Q1", Source: "5.12.2", Figure: "5.19a", Experiments: []string{combine},
			Claim: "SGD with batch size 1 and momentum 0.9 is less accurate and less selective than with either alone.",
			Check: claim.Lower(sgdBoth.Of(accuracy, selectivity), sgdParents),
		},
		{
			ID: "Q2", Source: "5.12.2", Figure: "5.19a", Experiments: []string{combine},
			Claim: "SGD with batch size 1 and momentum 0.9 is less sparse than with either alone.",
			Check: claim.Lower(sgdBoth.Of(sparsity), sgdParents),
		},
		{
			ID: "Q3", Source: "5.12.2", Figure: "5.19a", Experiments: []string{combine, trainVsTest},
			Claim: "SGD with batch size 1 and momentum 0.9 is less selective than the baseline.",
			Check: claim.Lower(sgdBoth.Of(selectivity), claim.In(trainVsTest, "test")),
		},
		{
			ID: "Q4", Source: "5.12.2, 6.1", Figure: "5.19b", Experiments: []string{combine},
			Claim: "Adam with one class in a batch and 768 hidden units is sparser and more selective than with either alone.",
			Check: claim.Higher(adamBoth, claim.In(combine, "adam_single", "adam_768neurons")),
		},
	}
}
