package finding

import claim "sparsel/analysis/finding"

// The names that the claims use.
const (
	accuracy    = "accuracy"
	sparsity    = "sparsity"
	selectivity = "selectivity"

	sgd      = "SGD"
	adagrad  = "Adagrad"
	adadelta = "Adadelta"
	adam     = "Adam"

	trainVsTest = "train_vs_test"
)

// Claims lists the study's claims in the order of its sections. The sources are sections of the thesis.
func Claims() []claim.Finding {
	return []claim.Finding{
		{
			ID: "B1", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "With SGD, Adadelta and Adam, sparsity and selectivity are higher at the end of training than after the first epoch.",
			Check: claim.Rises(baseline.By(sgd, adadelta, adam).Of(sparsity, selectivity)),
		},
		{
			ID: "B2", Source: "5.2, 6.1", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "With Adagrad, sparsity and selectivity start high and are lower at the end of training.",
			Check: claim.Falls(baseline.By(adagrad).Of(sparsity, selectivity)),
		},
		{
			ID: "B3", Source: "5.2", Figure: "5.1", Experiments: []string{trainVsTest},
			Claim: "With every optimizer the test accuracy is higher at the end of training than after the first epoch.",
			Check: claim.Rises(baseline.By(sgd, adagrad, adadelta, adam).Of(accuracy)),
		},
	}
}

var baseline = claim.In(trainVsTest, "test")
