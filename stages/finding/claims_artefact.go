package finding

import (
	"slices"
	"strings"
	"sync"

	"sparsel/analysis/claim"
)

// measure is another way to measure a property, with the letter that the ids of
// its claims end with.
type measure struct{ letter, metric, words string }

// Hoyer's sparsity falls with the width when activity is merely repeated, and
// CCMAS is not 0 for units that know nothing about the classes. These measures
// do not have that fault, or it is subtracted.
var (
	otherSparsities    = []measure{{"g", gini, "the Gini index"}, {"t", trevesRolls, "Treves and Rolls's sparseness"}}
	otherSelectivities = []measure{{"c", csi, "the class selectivity index"}, {"u", aboveChance, "CCMAS less its chance level"}}
)

// Artefacts lists the claims that tell whether another one may be true by
// arithmetic alone: the same claim with other measures and, for a claim about
// networks whose units may be constant, how many of them are saturated or dead,
// and the same claim about the units that are neither.
func Artefacts(id string) []string {
	if begin, ok := map[string]string{"H4m": "H4", "R5": "R5", "S5": "S5", "X2": "X2", "Y4": "Y4"}[id]; ok {
		return []string{begin + "a", begin + "v"}
	}
	var list []string
	for _, m := range slices.Concat(otherSparsities, otherSelectivities) {
		if c, err := Find(id + m.letter); err == nil && slices.ContainsFunc(artefacts(), func(a claim.Claim) bool { return a.ID == c.ID }) {
			list = append(list, c.ID)
		}
	}
	return list
}

var artefacts = sync.OnceValue(artefactClaims)

// artefactClaims repeat claims that arithmetic alone could make true. The
// thesis makes none of them. They are shown beside its claims, under their ids.
func artefactClaims() []claim.Claim {
	var list []claim.Claim
	repeat := func(id, source, figure, experiment string, measures []measure, words string, check func(metric string) claim.Predicate) {
		for _, m := range measures {
			list = append(list, claim.Claim{
				ID: id + m.letter, Source: source, Figure: figure, Experiments: []string{experiment},
				Words: words + ", by " + m.words + ".", Check: check(m.metric),
			})
		}
	}
	both := slices.Concat(otherSparsities, otherSelectivities)
	repeat("H1", "5.4.6", "5.6", hiddenLayers, both,
		"H1 with another measure: it rises with the number of hidden layers with Adadelta and Adam",
		func(metric string) claim.Predicate {
			return claim.Trend(depths("1HL", "2HL", "3HL", "4HL", "5HL").By(adadelta, adam).Of(metric), claim.Positive)
		})
	repeat("Z1", "5.6.2", "5.11", batchSize, both,
		"Z1 with another measure: the smaller the batch, the higher it is with SGD and Adam",
		func(metric string) claim.Predicate {
			return claim.Trend(sweep(batchSize, "bs=").By(sgd, adam).Of(metric), claim.Negative)
		})
	repeat("N1", "5.8.2", "5.13", neurons, otherSparsities,
		"N1 with another sparsity: it grows with the number of hidden units at both batch sizes with every optimizer but SGD, and with "+
			"SGD at batch size 1",
		func(metric string) claim.Predicate {
			return claim.All(
				claim.Trend(units50.By(adaptive...).Of(metric), claim.Positive),
				claim.Trend(units1.By(everyOptimizer...).Of(metric), claim.Positive))
		})
	repeat("N1", "5.8.2", "5.13", neurons, otherSelectivities,
		"N1 with another selectivity: it grows with the number of hidden units at both batch sizes with every optimizer but SGD",
		func(metric string) claim.Predicate {
			return claim.All(
				claim.Trend(units50.By(adaptive...).Of(metric), claim.Positive),
				claim.Trend(units1.By(adaptive...).Of(metric), claim.Positive))
		})
	repeat("N2", "5.8.2", "5.13", neurons, both,
		"N2 with another measure: it falls as the number of hidden units grows, with SGD at batch size 50",
		func(metric string) claim.Predicate { return claim.Trend(units50.By(sgd).Of(metric), claim.Negative) })
	repeat("N3", "5.8.2", "5.13", neurons, otherSparsities,
		"N3 with another sparsity: it grows with the number of hidden units, with SGD at batch size 1",
		func(metric string) claim.Predicate { return claim.Trend(units1.By(sgd).Of(metric), claim.Positive) })
	for i, c := range list {
		if letter, ok := strings.CutPrefix(c.ID, "N3"); ok { // a part of N1 with the same measure
			list[i].ImpliedBy = []string{"N1" + letter}
		}
	}
	repeat("N3", "5.8.2", "5.13", neurons, otherSelectivities,
		"N3 with another selectivity: it falls as the number of hidden units grows, with SGD at batch size 1",
		func(metric string) claim.Predicate { return claim.Trend(units1.By(sgd).Of(metric), claim.Negative) })

	// A network of constant units, half of them on, has a sparsity of 0.31 at
	// 256 units but carries no information.
	alive := func(c claim.Curves) claim.Predicate { return claim.Value(c.Of(saturated, dead), claim.Below(most)) }
	failing := func(c claim.Curves) claim.Curves { return c.Only(accuracy, failed) }
	fast := sweep(learningRate, "learning_rate=").Between(100, 1000).By(sgd)
	const varying = "the units that are neither saturated nor dead"
	const words = "less than half of the units are saturated, and less than half are dead, so that sparsity is not that of constant units."
	return append(list,
		claim.Claim{
			ID: "H4a", Source: "5.4.6", Figure: "7.1", Experiments: []string{hiddenLayers},
			Words: "In the networks of H4m " + words, Check: alive(failing(in(hiddenLayers, "5HL").By(sgd, adagrad))),
		},
		claim.Claim{
			ID: "R5a", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "In the networks of R5 " + words, Check: alive(fast),
		},
		claim.Claim{
			ID: "S5a", Source: "5.5.2", Figure: "5.10", Experiments: []string{momentum},
			Words: "In the networks of S5 with SGD and momentum 0.999 " + words, Check: alive(in(momentum, "momentum=0.999").By(sgd)),
		},
		claim.Claim{
			ID: "X2a", Source: "5.10.3", Figure: "5.17", Experiments: []string{conv},
			Words: "In the networks of X2 " + words, Check: alive(failing(in(conv, "cnn").By(adagrad))),
		},
		claim.Claim{
			ID: "Y4a", Source: "5.11.3", Figure: "5.18", Experiments: []string{sorted},
			Words: "In the networks of Y4 " + words, Check: alive(failing(in(sorted, "sorted").By(adadelta))),
		},
		claim.Claim{
			ID: "H4v", Source: "5.4.6", Figure: "7.1", Experiments: []string{hiddenLayers},
			Words: "H4m for " + varying + ": both are very low.",
			Check: claim.Value(failing(in(hiddenLayers, "5HL").By(sgd, adagrad)).Of(varyingSparsity, varyingSelectivity), claim.Below(notLow)),
		},
		claim.Claim{
			ID: "R5v", Source: "5.5.2", Figure: "5.9", Experiments: []string{learningRate},
			Words: "R5 for " + varying + ": with SGD and a learning rate above 100, sparsity is very high while selectivity is nearly 0.",
			Check: claim.All(
				claim.Value(fast.Of(varyingSparsity), claim.Above(high)),
				claim.Value(fast.Of(varyingSelectivity), claim.Below(low))),
		},
		claim.Claim{
			ID: "S5v", Source: "5.5.2", Figure: "5.10", Experiments: []string{momentum, beta2},
			Words: "S5 for " + varying + ": sparsity rises and selectivity falls with SGD from momentum 0.9 to 0.999, and the other way " +
				"round with Adam from beta2 0.4 to 0.7.",
			Check: claim.All(
				claim.Trend(sweep(momentum, "momentum=").Between(0.9, 0.999).By(sgd).Of(varyingSparsity), claim.Positive),
				claim.Trend(sweep(momentum, "momentum=").Between(0.9, 0.999).By(sgd).Of(varyingSelectivity), claim.Negative),
				claim.Trend(sweep(beta2, "beta2=").Between(0.4, 0.7).By(adam).Of(varyingSparsity), claim.Negative),
				claim.Trend(sweep(beta2, "beta2=").Between(0.4, 0.7).By(adam).Of(varyingSelectivity), claim.Positive)),
			Margins: map[string]float64{varyingSparsity: sameMetric, varyingSelectivity: sameMetric},
		},
		claim.Claim{
			ID: "X2v", Source: "5.10.3", Figure: "5.17", Experiments: []string{conv},
			Words: "X2 for " + varying + ": their selectivity is nearly 0, and yet their sparsity lies between 0.3 and 0.4.",
			Check: claim.All(
				claim.Value(failing(in(conv, "cnn").By(adagrad)).Of(varyingSelectivity), claim.Below(low)),
				claim.Value(failing(in(conv, "cnn").By(adagrad)).Of(varyingSparsity), claim.Range{Above: 0.3, Below: 0.4})),
		},
		claim.Claim{
			ID: "Y4v", Source: "5.11.3", Figure: "5.18", Experiments: []string{sorted},
			Words: "Y4 for " + varying + ": with Adadelta on sorted data, their sparsity and selectivity are not very low.",
			Check: claim.Value(failing(in(sorted, "sorted").By(adadelta)).Of(varyingSparsity, varyingSelectivity), claim.Above(notLow)),
		})
}
