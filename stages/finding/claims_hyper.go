package finding

import (
	"math"
	"slices"

	"sparsel/analysis/claim"
)

// hyperClaims are about weight decay, momentum, rho, beta1 and beta2.
func hyperClaims() []claim.Claim {
	decays := sweep(weightDecay, "weight_decay=").By(everyOptimizer...)
	learning := decays.Between(0, 0.04) // with more decay, networks of every optimizer stay at chance
	momenta, rhos := sweep(momentum, "momentum=").By(sgd), sweep(rho, "rho=").By(adadelta)
	first, second := sweep(beta1, "beta1=").By(adam), sweep(beta2, "beta2=").By(adam)
	return slices.Concat(tendency(claim.Claim{
		ID: "W1", Source: "5.5.2, 6.1", Figure: "5.8", Experiments: []string{weightDecay},
		Words: "More weight decay goes with less sparsity, for every optimizer, up to 0.04: as long as networks learn.",
	}, func(along relation) claim.Predicate {
		return along(learning.Of(sparsity), claim.Negative)
	}), tendency(claim.Claim{
		ID: "W2", Source: "5.5.2, 6.1", Figure: "5.8", Experiments: []string{weightDecay},
		Words: "More weight decay goes with less selectivity, for every optimizer, up to 0.04: as long as networks learn.",
	}, func(along relation) claim.Predicate {
		return along(learning.Of(selectivity), claim.Negative)
	}), []claim.Claim{
		{
			ID: "W3", Source: "5.5.3, 6.1", Figure: "5.8", Experiments: []string{weightDecay, trainVsTest},
			Words: "Weight decay does not help: none that was tried gives more sparsity or selectivity than none at all, for any " +
				"optimizer, by 0.02.",
			Check: claim.Difference(decays, claim.In(trainVsTest, "test"), claim.Below(sameMetric)),
		},
	}, partOf("F1", tendency(claim.Claim{
		ID: "M1", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{momentum},
		Words: "With SGD, sparsity rises with momentum from 0 to 0.9.",
	}, func(along relation) claim.Predicate {
		return along(momenta.Between(0, 0.9).Of(sparsity), claim.Positive)
	})), partOf("F1", tendency(claim.Claim{
		ID: "M2", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{momentum},
		Words: "With SGD, selectivity rises with momentum from 0 to 0.9.",
	}, func(along relation) claim.Predicate {
		return along(momenta.Between(0, 0.9).Of(selectivity), claim.Positive)
	})), []claim.Claim{
		{
			ID: "M3", Source: "5.5.3, 6.1", Figure: "5.10", Experiments: []string{momentum},
			Words: "With SGD and too much momentum, 0.999 instead of 0.9, accuracy and selectivity drop.",
			Check: claim.Trend(momenta.Between(0.9, 0.999).Of(accuracy, selectivity), claim.Negative),
		},
	}, tendency(claim.Claim{
		ID: "M4", Source: "5.5.2, 6.1", Figure: "5.10", Experiments: []string{rho},
		Words: "With Adadelta, sparsity and selectivity rise with rho from 0.4 on.",
	}, func(along relation) claim.Predicate {
		return along(rhos.Between(0.4, 0.999), claim.Positive)
	}), []claim.Claim{
		{
			ID: "M5", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta1},
			Words: "With Adam, sparsity and selectivity hardly depend on beta1 up to 0.9 and are higher at 0.999.",
			Check: claim.All(
				claim.Similar(first.Between(0, 0.9), similar),
				claim.Trend(first.Between(0.9, 0.999), claim.Positive)),
		},
		{
			ID: "M6", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta2},
			Words: "With Adam, sparsity and selectivity are higher at beta2 = 0.999 than at 0.9.",
			Check: claim.Trend(second.Between(0.9, 0.999), claim.Positive),
		},
	}, tendency(claim.Claim{
		ID: "M7", Source: "5.5.2", Figure: "5.10", Experiments: []string{beta2},
		Words:     "With Adam, from beta2 = 0.4 to 0.7 sparsity falls while selectivity rises.",
		ImpliedBy: []string{"S5"},
	}, func(along relation) claim.Predicate {
		return claim.All(
			along(second.Between(0.4, 0.7).Of(sparsity), claim.Negative),
			along(second.Between(0.4, 0.7).Of(selectivity), claim.Positive))
	}), tendency(claim.Claim{
		ID: "M8", Source: "5.5.3, 6.1", Figure: "5.10", Experiments: []string{beta1, beta2},
		Words: "The more the past gradient counts, the higher sparsity and selectivity, with Adam too: they rise with beta1 and with beta2.",
	}, func(along relation) claim.Predicate {
		return claim.All(along(first, claim.Positive), along(second, claim.Positive))
	}))
}

// rateClaims are about the learning rate. The rates at which accuracy is
// highest are read from the thesis's figure 5.9, so that no run is judged up to
// a peak of its own.
func rateClaims() []claim.Claim {
	rates := sweep(learningRate, "learning_rate=")
	optimum := map[string]float64{sgd: 0.373, adagrad: 0.1, adadelta: 5.18, adam: 0.00194}
	var apart []claim.Predicate
	for _, optimizer := range everyOptimizer {
		// Two peaks of flat curves differ, too. Apart are those of which the same one
		// comes first in most runs.
		both := rates.By(optimizer)
		apart = append(apart, claim.PeaksBefore(both.Of(sparsity), selectivity), claim.PeaksBefore(both.Of(selectivity), sparsity))
	}
	return slices.Concat([]claim.Claim{
		{
			ID: "R1", Source: "5.5.3, 6.1", Figure: "5.9", Experiments: []string{learningRate},
			Words: "The learning rate of highest sparsity is slightly larger than the one of highest accuracy (at most 10 times it), for " +
				"every optimizer.",
			Check: claim.PeaksBeyond(rates.By(everyOptimizer...).Of(sparsity), accuracy, slightly),
		},
		{
			ID: "R1h", Source: "5.5.3", Figure: "5.9", Experiments: []string{learningRate},
			Words:     "The learning rate of highest sparsity is larger than the one of highest accuracy, by however much, for every optimizer.",
			Check:     claim.PeaksBeyond(rates.By(everyOptimizer...).Of(sparsity), accuracy, math.Inf(1)),
			ImpliedBy: []string{"R1"},
		},
		{
			ID: "R2", Source: "5.5.3, 6.1", Figure: "5.9", Experiments: []string{learningRate},
			Words: "The learning rate of highest selectivity is slightly larger than the one of highest accuracy (at most 10 times it), " +
				"for every optimizer.",
			Check: claim.PeaksBeyond(rates.By(everyOptimizer...).Of(selectivity), accuracy, slightly),
		},
		{
			ID: "R2h", Source: "5.5.3", Figure: "5.9", Experiments: []string{learningRate},
			Words:     "The learning rate of highest selectivity is larger than the one of highest accuracy, by however much, for every optimizer.",
			Check:     claim.PeaksBeyond(rates.By(everyOptimizer...).Of(selectivity), accuracy, math.Inf(1)),
			ImpliedBy: []string{"R2"},
		},
		{
			ID: "R3", Source: "5.5.2, 6.1", Figure: "5.9", Experiments: []string{learningRate},
			Words:     "Sometimes the learning rates of highest sparsity and of highest selectivity differ.",
			Check:     claim.Any(apart...),
			ImpliedBy: []string{"R6"},
		},
	}, tendency(claim.Claim{
		ID: "R4", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
		Words: "Accuracy, sparsity and selectivity all rise with the learning rate until accuracy is highest, for every optimizer.",
	}, func(along relation) claim.Predicate {
		var list []claim.Predicate
		for _, optimizer := range everyOptimizer {
			rising := rates.Between(1e-5, optimum[optimizer]).By(optimizer).Of(accuracy, sparsity, selectivity)
			list = append(list, along(rising, claim.Positive))
		}
		return claim.All(list...)
	}), []claim.Claim{
		{
			ID: "R5", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "With SGD and a learning rate above 100, sparsity is very high while selectivity is nearly 0.",
			Check: claim.All(
				claim.Value(rates.Between(100, 1000).By(sgd).Of(sparsity), claim.Above(high)),
				claim.Value(rates.Between(100, 1000).By(sgd).Of(selectivity), claim.Below(low))),
		},
		{
			ID: "R6", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "With Adam, selectivity is highest at a smaller learning rate than sparsity.",
			Check: claim.PeaksBefore(rates.By(adam).Of(selectivity), sparsity),
		},
		{
			ID: "R7", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "With SGD, sparsity and selectivity are highest at learning rates from 1 to 10.",
			Check: claim.PeaksWithin(rates.By(sgd), 1, 10),
		},
		{
			ID: "R7b", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "With SGD, among networks that learnt (accuracy above 0.5), sparsity and selectivity are highest at learning rates from 1 to 10.",
			Check: claim.PeaksWithin(rates.By(sgd).Only(accuracy, learnt), 1, 10),
		},
	})
}
