package finding

import "sparsel/analysis/claim"

// hyperClaims are about weight decay, learning rate, momentum, rho, beta1 and beta2.
func hyperClaims() []claim.Finding {
	decays := sweep(weightDecay, "weight_decay=").By(everyOptimizer...)
	rates := sweep(learningRate, "learning_rate=")
	momenta, rhos := sweep(momentum, "momentum=").By(sgd), sweep(rho, "rho=").By(adadelta)
	first, second := sweep(beta1, "beta1=").By(adam), sweep(beta2, "beta2=").By(adam)
	var apart []claim.Predicate
	for _, optimizer := range everyOptimizer {
		apart = append(apart, claim.PeaksApart(rates.By(optimizer).Of(sparsity), selectivity))
	}
	return []claim.Finding{
		{
			ID: "W1", Source: "5.5.2, 6.1", Figure: "5.8", Experiments: []string{weightDecay},
			Claim: "More weight decay goes with less sparsity, for every optimizer.",
			Check: claim.Trend(decays.Of(sparsity), claim.Negative),
		},
		{
			ID: "W2", Source: "5.5.2, 6.1", Figure: "5.8", Experiments: []string{weightDecay},
			Claim: "More weight decay goes with less selectivity, for every optimizer.",
			Check: claim.Trend(decays.Of(selectivity), claim.Negative),
		},
		{
			ID: "W3", Source: "5.5.3, 6.1", Figure: "5.8", Experiments: []string{weightDecay, trainVsTest},
			Claim: "No weight decay that was tried gives more sparsity or selectivity than none, for any optimizer.",
			Check: claim.Lower(decays, claim.In(trainVsTest, "test")),
		},
		{
			ID: "R1", Source: "5.5.3, 6.1", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "The learning rate of highest sparsity is larger than the one of highest accuracy, for every optimizer.",
			Check: claim.PeaksBeyond(rates.By(everyOptimizer...).Of(sparsity), accuracy),
		},
		{
			ID: "R2", Source: "5.5.3, 6.1", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "The learning rate of highest selectivity is larger than the one of highest accuracy, for every optimizer.",
			Check: claim.PeaksBeyond(rates.By(everyOptimizer...).Of(selectivity), accuracy),
		},
		{
			ID: "R3", Source: "6.1", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "Sometimes the learning rates of highest sparsity and of highest selectivity differ.",
			Check: claim.Any(apart...),
		},
		{
			ID: "R4", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "Accuracy, sparsity and selectivity all rise with the learning rate until accuracy is highest (no step down by 0.003), for every optimizer.",
			Check: claim.RisesToPeak(rates.By(everyOptimizer...).Of(accuracy, sparsity, selectivity), accuracy, flatness),
		},
		{
			ID: "R5", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "With SGD and a learning rate above 100, sparsity is very high while selectivity is nearly 0.",
			Check: claim.All(
				claim.Value(rates.Between(100, 1000).By(sgd).Of(sparsity), claim.Above(high)),
				claim.Value(rates.Between(100, 1000).By(sgd).Of(selectivity), claim.Below(low))),
		},
		{
			ID: "R6", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "With Adam, selectivity is highest at a smaller learning rate than sparsity.",
			Check: claim.PeaksBefore(rates.By(adam).Of(selectivity), sparsity),
		},
		{
			ID: "R7", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "With SGD, sparsity and selectivity are highest at learning rates from 1 to 10.",
			Check: claim.PeaksWithin(rates.By(sgd), 1, 10),
		},
		{
			ID: "R7b", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Claim: "With SGD, among networks that learnt (accuracy above 0.5), sparsity and selectivity are highest at learning rates from 1 to 10.",
			Check: claim.PeaksWithin(rates.By(sgd).Where(accuracy, learnt), 1, 10),
		},
		{
			ID: "M1", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{momentum},
			Claim: "With SGD, sparsity rises with momentum from 0 to 0.9.",
			Check: claim.Trend(momenta.Between(0, 0.9).Of(sparsity), claim.Positive),
		},
		{
			ID: "M2", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{momentum},
			Claim: "With SGD, selectivity rises with momentum from 0 to 0.9.",
			Check: claim.Trend(momenta.Between(0, 0.9).Of(selectivity), claim.Positive),
		},
		{
			ID: "M3", Source: "5.5.3, 6.1", Figure: "5.10", Experiments: []string{momentum},
			Claim: "With SGD and too much momentum, 0.999 instead of 0.9, accuracy and selectivity drop while sparsity rises.",
			Check: claim.All(
				claim.Falling(momenta.Between(0.9, 0.999).Of(accuracy, selectivity)),
				claim.Rising(momenta.Between(0.9, 0.999).Of(sparsity))),
		},
		{
			ID: "M4", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{rho},
			Claim: "With Adadelta, sparsity and selectivity rise with rho from 0.4 on.",
			Check: claim.Trend(rhos.Between(0.4, 0.999), claim.Positive),
		},
		{
			ID: "M5", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta1},
			Claim: "With Adam, sparsity and selectivity hardly depend on beta1 up to 0.9 and are higher at 0.999.",
			Check: claim.All(
				claim.Similar(first.Between(0, 0.9), similar),
				claim.Rising(first.Between(0.9, 0.999))),
		},
		{
			ID: "M6", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta2},
			Claim: "With Adam, sparsity and selectivity are higher at beta2 = 0.999 than at 0.9.",
			Check: claim.Rising(second.Between(0.9, 0.999)),
		},
		{
			ID: "M7", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta2},
			Claim: "With Adam, from beta2 = 0.4 to 0.7 sparsity falls while selectivity rises.",
			Check: claim.All(
				claim.Trend(second.Between(0.4, 0.7).Of(sparsity), claim.Negative),
				claim.Trend(second.Between(0.4, 0.7).Of(selectivity), claim.Positive)),
		},
	}
}
