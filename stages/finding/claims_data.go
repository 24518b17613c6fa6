package finding

import (
	"slices"

	"sparsel/analysis/claim"
)

// diversityClaims are about few classes in a batch.
func diversityClaims() []claim.Claim {
	fewer := in(diversity, "original", "5nums", "pair", "single")
	tested := in(diversity, "original_test", "5nums", "pair", "single")
	blocks := in(singleVsCon, "con10_bs1")
	return slices.Concat(tendency(claim.Claim{
		ID: "V1", Source: "5.9.2, 5.9.3, 6.1", Figure: "5.14", Experiments: []string{diversity},
		Words: "The fewer classes in a batch (all, five, two, one), the lower the accuracy, with every optimizer.",
	}, func(along relation) claim.Predicate {
		return along(fewer.By(everyOptimizer...).Of(accuracy), claim.Negative)
	}), tendency(claim.Claim{
		ID: "V2", Source: "5.9.2, 5.9.3, 6.1", Figure: "5.14", Experiments: []string{diversity},
		Words:     "The fewer classes in a batch, the higher sparsity and selectivity, with SGD and Adam.",
		ImpliedBy: []string{"V6"},
	}, func(along relation) claim.Predicate {
		return along(fewer.By(sgd, adam), claim.Positive)
	}), tendency(claim.Claim{
		ID: "V2t", Source: "5.9.2", Figure: "5.14", Experiments: []string{diversity},
		Words: "The fewer classes in a batch, the higher sparsity and selectivity, with SGD and Adam, when the baseline, too, is measured " +
			"on test images.",
	}, func(along relation) claim.Predicate {
		return along(tested.By(sgd, adam), claim.Positive)
	}), []claim.Claim{
		{
			ID: "V3", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Words: "With Adagrad and Adadelta there is no clear tendency from all classes to one: sparsity and selectivity rise here and " +
				"fall there.",
			Check: claim.Turns(fewer.By(adagrad, adadelta)),
		},
		{
			ID: "V4", Source: "5.9.2, 5.9.3", Figure: "5.15", Experiments: []string{singleVsCon},
			Words: "With SGD and Adam, batch size 1 in runs of ten equal digits gives more sparsity and selectivity than batches of ten " +
				"equal digits.",
			Check: claim.Higher(blocks.By(sgd, adam), claim.In(singleVsCon, "single_bs10")),
		},
		{
			ID: "V6", Source: "5.9.2, 6.1", Figure: "5.14", Experiments: []string{diversity},
			Words: "More sparsity and selectivity harm accuracy: the fewer classes in a batch, the higher both and the lower the " +
				"accuracy, with SGD and Adam.",
			Check: claim.All(
				claim.Trend(fewer.By(sgd, adam), claim.Positive),
				claim.Trend(fewer.By(sgd, adam).Of(accuracy), claim.Negative)),
		},
	})
}

// sortedClaims are about training on sorted data.
func sortedClaims() []claim.Claim {
	inOrder, shuffled := in(sorted, "sorted"), claim.In(sorted, "unsorted")
	return []claim.Claim{
		{
			ID: "Y1", Source: "5.11.2, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Words: "Sorted training data lower the accuracy of every optimizer.",
			Check: claim.Lower(inOrder.By(everyOptimizer...).Of(accuracy), shuffled),
		},
		{
			ID: "Y2", Source: "5.11.2, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Words: "With SGD and Adam, sorted training data raise sparsity and selectivity.",
			Check: claim.Higher(inOrder.By(sgd, adam), shuffled),
		},
		{
			ID: "Y3", Source: "5.11.2", Figure: "5.18", Experiments: []string{sorted},
			Words: "With Adagrad and Adadelta, sorted training data lower sparsity and selectivity.",
			Check: claim.Lower(inOrder.By(adagrad, adadelta), shuffled),
		},
		{
			ID: "Y3n", Source: "5.11.4, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Words:     "With Adagrad and Adadelta, sorted training data do not help sparsity and selectivity, by 0.02.",
			Check:     claim.Difference(inOrder.By(adagrad, adadelta), shuffled, claim.Below(sameMetric)),
			ImpliedBy: []string{"Y3"},
		},
		{
			ID: "Y4", Source: "5.11.3, 6.1", Figure: "5.18", Experiments: []string{sorted},
			Words: "With Adadelta on sorted data most networks do not learn (accuracy below 0.2), and yet the sparsity and selectivity of " +
				"these are not very low.",
			Check: claim.All(
				claim.Share(inOrder.By(adadelta).Of(accuracy), failed, claim.Above(most)),
				claim.Value(inOrder.By(adadelta).Only(accuracy, failed), claim.Above(notLow))),
		},
	}
}

// combinationClaims are about two conditions at once.
func combinationClaims() []claim.Claim {
	sgdBoth, adamBoth := in(combine, "sgd_combined").By(sgd), in(combine, "adam_combined").By(adam)
	sgdParents := claim.In(combine, "sgd_bs1", "sgd_momentum0.9")
	return []claim.Claim{
		{
			ID: "Q1", Source: "5.12.2, 6.1", Figure: "5.19a", Experiments: []string{combine},
			Words: "SGD with batch size 1 and momentum 0.9 is less accurate and less selective than with either alone.",
			Check: claim.Lower(sgdBoth.Of(accuracy, selectivity), sgdParents),
		},
		{
			ID: "Q2", Source: "5.12.2", Figure: "5.19a", Experiments: []string{combine},
			Words: "With both at once SGD's sparsity is lower than with either alone, or unchanged: nowhere higher by 0.02.",
			Check: claim.Difference(sgdBoth.Of(sparsity), sgdParents, claim.Below(sameMetric)),
		},
		{
			ID: "Q3", Source: "5.12.2", Figure: "5.19a", Experiments: []string{combine, trainVsTest},
			Words: "SGD with batch size 1 and momentum 0.9 is less selective than the baseline.",
			Check: claim.Lower(sgdBoth.Of(selectivity), claim.In(trainVsTest, "test")),
		},
		{
			ID: "Q4", Source: "5.12.2, 6.1", Figure: "5.19b", Experiments: []string{combine},
			Words: "Adam with one class in a batch and 768 hidden units is sparser and more selective than with either alone.",
			Check: claim.Higher(adamBoth, claim.In(combine, "adam_single", "adam_768neurons")),
		},
	}
}
