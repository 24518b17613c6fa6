package finding

import (
	"maps"
	"slices"

	"sparsel/analysis/claim"
)

// The experiments of the profile further, and the metrics that only its claims
// use.
const (
	effectiveStep = "effective_step"
	losses        = "losses"
	deeper        = "deeper"
	pastAlpha     = "past_alpha"
	pastBeta1     = "past_beta1"
	pastBeta2     = "past_beta2"
	pastMomentum  = "past_momentum"
	batchScalings = "batch_scalings"
	moreWidths    = "more_widths"
	classesIn     = "classes_in_batch"
	equation61    = "equation_6.1"
	equation62    = "equation_6.2"
	vsgd          = "vsgd"
	forgetting    = "forgetting"
	activations   = "activations"
	convRates     = "conv_rates"
	factorial     = "factorial"
	factorialAdam = "factorial_adam"
	ablations     = "ablation"
	regularised   = "regularised"

	weightedSparsity    = "sparsity_weighted"
	weightedSelectivity = "selectivity_weighted"
	sparsityGain        = "sparsity_gain"
	selectivityGain     = "selectivity_gain"
	roc                 = "roc"
	precision           = "precision"
	information         = "information"
	informedness        = "informedness"
	trainLossAfter      = "train_loss_after"
	testLoss            = "test_loss"
	forgotten           = "forgetting"
	overlap             = "overlap"
	phaseAccuracy       = "phase_accuracy"
	ablationMatched     = "ablation_matched"
	impact              = "impact"

	rmsprop   = "RMSprop"
	adagradK  = "AdagradK"
	adadeltaK = "AdadeltaK"
)

// together is the largest distance between two sweeps that lie on one curve: a
// twentieth of the range of a metric.
const together = 0.05

// asWell is the largest difference in accuracy on the first classes between
// networks that have learnt them equally well: about the deviation between
// seeds.
const asWell = 0.02

// FurtherClaims lists the claims of the profile further. They are about what
// the thesis proposes, wishes for or leaves open, and about what follows from
// its own claims for conditions that it did not try. The thesis makes none of
// them. Like its claims they are fixed, in testdata/further.lock, before any
// network of the profile's own experiments was trained on the seeds that decide
// them. Those that read experiments of the study were written while these were
// being trained with the same seeds.
func FurtherClaims() []claim.Claim {
	list := slices.Concat(storedClaims(), pastClaims(), sizeClaims(), proposedClaims(), forgettingClaims(), causeClaims())
	all := maps.Clone(margins)
	for _, metric := range []string{weightedSparsity, weightedSelectivity, sparsityGain, selectivityGain, roc, precision, informedness, below,
		accurateSparsity, accurateSelectivity} {
		all[metric] = sameMetric // their range is 1, too
	}
	for i := range list {
		list[i].Margins = all
	}
	return list
}

// about returns a claim about a single experiment. The figure is one of the
// profile's.
func about(id, source, figure, experiment, words string, check claim.Predicate) claim.Claim {
	return claim.Claim{ID: id, Source: source, Figure: figure, Experiments: []string{experiment}, Words: words, Check: check}
}

// impliedBy returns a claim that is a weaker form of another one.
func impliedBy(stronger string, c claim.Claim) claim.Claim {
	c.ImpliedBy = []string{stronger}
	return c
}

// storedClaims need no training beyond that of the study.
func storedClaims() []claim.Claim {
	depths := func(metrics ...string) claim.Curves {
		return claim.In(hiddenLayers, "1HL", "2HL", "3HL", "4HL", "5HL").Of(metrics...).Only(accuracy, learnt)
	}
	upTo4 := claim.In(hiddenLayers, "1HL", "2HL", "3HL", "4HL").Of(weightedSparsity, weightedSelectivity).Only(accuracy, learnt)
	batches := claim.Sweep(batchSize, "bs=").By(sgd, adam)
	rate := claim.Sweep(effectiveStep, "rate step=")
	small := func(prefix string) claim.Curves {
		return claim.Sweep(effectiveStep, prefix).By(sgd).Of(sparsity, selectivity).Between(0, 0.02)
	}
	widths := claim.Sweep(neurons, "bs=50/H=")
	wide := claim.In(losses, "H=64", "H=256", "H=768")
	products := []string{accurateSparsity, accurateSelectivity}
	start := claim.In(trainVsTest, "test")
	return []claim.Claim{
		about("FW1", "5.4.6", "weighted", hiddenLayers,
			"With layers weighted by their activation, too, sparsity and selectivity rise with the number of hidden layers with Adadelta and Adam.",
			claim.Trend(depths(weightedSparsity, weightedSelectivity).By(adadelta, adam), claim.Positive)),
		about("FW2", "5.4.6", "weighted", hiddenLayers,
			"With layers weighted by their activation, too, sparsity and selectivity fall with the number of hidden layers, from one to four, "+
				"with Adagrad, among networks that learnt.",
			claim.Trend(upTo4.By(adagrad), claim.Negative)),
		about("FW3", "5.4.6", "weighted", hiddenLayers,
			"With layers weighted by their activation, too, there is no clear tendency from one to four layers with SGD.",
			claim.Turns(upTo4.By(sgd))),
		about("FS1", "6.2", "selectivities-batch", batchSize,
			"The area under the ROC curve of the best class, the precision of units, their information on the class and maximum "+
				"informedness rise as batches get smaller, as CCMAS does, with SGD and Adam.",
			claim.Trend(batches.Of(roc, precision, information, informedness), claim.Negative)),
		about("FS2", "6.2", "sparsities-batch", batchSize,
			"The Gini index, Treves and Rolls's sparseness and the share of activations below 0.1 rise as batches get smaller, as Hoyer's "+
				"sparsity does, with SGD and Adam.",
			claim.Trend(batches.Of(gini, trevesRolls, below), claim.Negative)),
		about("FS3", "6.2", "selectivities-depth", hiddenLayers,
			"The area under the ROC curve of the best class rises with the number of hidden layers, as CCMAS does, with Adadelta and Adam.",
			claim.Trend(depths(roc).By(adadelta, adam), claim.Positive)),
		about("FS4", "6.2, 5.8.2", "selectivities-width", neurons,
			"At batch size 50 the area under the ROC curve of the best class, the precision of units, their information on the class and "+
				"maximum informedness rise with the width, as CCMAS does, with every optimizer but SGD.",
			claim.Trend(widths.By(adaptive...).Of(roc, precision, information, informedness), claim.Positive)),
		about("FS5", "6.2, 5.8.2", "selectivities-width", neurons,
			"At batch size 50 the same four fall with the width with SGD, as CCMAS does.",
			claim.Trend(widths.By(sgd).Of(roc, precision, information, informedness), claim.Negative)),
		about("FS6", "6.2, 5.8.2", "sparsities-width", neurons,
			"At batch size 50 the Gini index, Treves and Rolls's sparseness and the share of activations below 0.1 rise with the width, as "+
				"Hoyer's sparsity does, with every optimizer but SGD, and fall with SGD.",
			claim.All(
				claim.Trend(widths.By(adaptive...).Of(gini, trevesRolls, below), claim.Positive),
				claim.Trend(widths.By(sgd).Of(gini, trevesRolls, below), claim.Negative))),
		about("FS7", "6.2", "sparsities-batch", batchSize,
			"The sparsity of small batches is not that of constant units: at batch size 1 less than a tenth of the units is dead, and less "+
				"than a tenth saturated, with SGD and Adam.",
			claim.Value(claim.In(batchSize, "bs=1").By(sgd, adam).Of(dead, saturated), claim.Below(0.1))),
		about("FL1", "5.6.6, 6.3.3", "losses-width", losses,
			"Wide networks trained with SGD at batch size 50 learn the training set less well and do not overfit it: its loss after the "+
				"last epoch rises with the width.",
			claim.Trend(wide.By(sgd).Of(trainLossAfter), claim.Positive)),
		about("FL2", "5.6.6, 6.3.3", "losses-width", losses,
			"With SGD at batch size 50 the test loss is higher in wide networks.",
			claim.Trend(wide.By(sgd).Of(testLoss), claim.Positive)),
		impliedBy("FL4", about("FL3", "5.6.6, 6.3.3", "losses-width", losses,
			"With Adam at batch size 50 wide networks learn the training set better: its loss after the last epoch falls with the width.",
			claim.Trend(wide.By(adam).Of(trainLossAfter), claim.Negative))),
		about("FL4", "5.6.6, 6.3.3", "losses-width", losses,
			"With Adam at batch size 50 wide networks overfit: the test loss rises with the width while the loss of the training set falls.",
			claim.All(
				claim.Trend(wide.By(adam).Of(trainLossAfter), claim.Negative),
				claim.Trend(wide.By(adam).Of(testLoss), claim.Positive))),
		about("FO1", "6.3.4", "products-batch", batchSize,
			"With SGD, accuracy × sparsity and accuracy × selectivity are highest at batch size 1, of those from 1 to 1000.",
			claim.Higher(claim.In(batchSize, "bs=1").By(sgd).Of(products...),
				claim.In(batchSize, "bs=5", "bs=10", "bs=50", "bs=200", "bs=500", "bs=1000"))),
		about("FO2", "6.3.4", "products-depth", hiddenLayers,
			"Deeper networks pay with accuracy for what they gain, and the gain is the larger: accuracy × sparsity and accuracy × "+
				"selectivity rise with the number of hidden layers with Adadelta and Adam, and accuracy falls.",
			claim.All(
				claim.Trend(depths(products...).By(adadelta, adam), claim.Positive),
				claim.Trend(depths(accuracy).By(adadelta, adam), claim.Negative))),
		about("FO3", "6.3.4", "products-batch", batchSize,
			"Multiplied by accuracy, sparsity and selectivity say much the same: over the batch sizes, each product has a Kendall's tau "+
				"above 0.5 with what it is a product of, with every optimizer.",
			claim.All(
				claim.Concordance(batches.By(everyOptimizer...).Of(accurateSparsity), sparsity, claim.Last, claim.Above(most)),
				claim.Concordance(batches.By(everyOptimizer...).Of(accurateSelectivity), selectivity, claim.Last, claim.Above(most)))),
		about("FE1", "5.6.7", "effective-step", effectiveStep,
			"Up to an effective step of 0.02, learning rate, batch size and momentum of SGD are one effect: by batch size and by "+
				"momentum, sparsity and selectivity are within 0.05 of what the learning rate gives at that step.",
			claim.All(
				claim.OnCurve(small("batch step="), rate, claim.Within(together)),
				claim.OnCurve(small("momentum step="), rate, claim.Within(together)))),
		about("FE2", "5.6.7", "effective-step", effectiveStep,
			"Beyond an effective step of 0.02, which batch size 1 reaches, the batch size is another effect than the learning rate: sparsity "+
				"or selectivity differ by more than 0.05.",
			claim.OffCurve(claim.Sweep(effectiveStep, "batch step=").By(sgd).Of(sparsity, selectivity).Between(0.03, 1000), rate, together)),
		about("FT1", "5.6.3", "start", trainVsTest,
			"With Adagrad, that sparsity and selectivity begin high is what the first epoch has made of them: after it each is at least "+
				"0.2 above the untrained network's.",
			claim.Value(start.By(adagrad).Of(sparsityGain, selectivityGain).At(claim.First), claim.Above(notLow))),
		about("FT2", "5.6.3", "start", trainVsTest,
			"Training raises sparsity and selectivity above those of the untrained network with every optimizer.",
			claim.Value(start.By(everyOptimizer...).Of(sparsityGain, selectivityGain), claim.Positive)),
	}
}

// pastClaims are about how long an optimizer remembers gradients.
func pastClaims() []claim.Claim {
	sweep := func(experiment, prefix, optimizer string) claim.Curves {
		return claim.Sweep(experiment, prefix).By(optimizer).Of(sparsity, selectivity)
	}
	return []claim.Claim{
		about("FP1", "5.5.3, 6.3", "past-alpha", pastAlpha,
			"The longer RMSprop remembers squared gradients, the higher sparsity and selectivity.",
			claim.Trend(sweep(pastAlpha, "alpha=", rmsprop), claim.Positive)),
		about("FP2", "5.5.3, 6.3", "past-beta1", pastBeta1,
			"The longer Adam remembers gradients, with beta1 from 0.9 to 0.9999, the higher sparsity and selectivity, as far as networks learn.",
			claim.Trend(sweep(pastBeta1, "beta1=", adam).Only(accuracy, learnt), claim.Positive)),
		about("FP3", "5.5.3, 6.3", "past-beta2", pastBeta2,
			"The longer Adam remembers squared gradients, with beta2 from 0.9 to 0.9999, the higher sparsity and selectivity.",
			claim.Trend(sweep(pastBeta2, "beta2=", adam), claim.Positive)),
		about("FP4", "5.5.3", "past-momentum", pastMomentum,
			"At a learning rate that makes up for it, lr·(1−momentum), momentum from 0.5 to 0.99 changes neither sparsity nor selectivity "+
				"of SGD by 0.05.",
			claim.Similar(sweep(pastMomentum, "scaled momentum=", sgd), together)),
		about("FP5", "5.5.3", "past-momentum", pastMomentum,
			"Nesterov's momentum, up to 0.95, raises sparsity and selectivity of SGD, as plain momentum does.",
			claim.Trend(sweep(pastMomentum, "nesterov momentum=", sgd).Between(0, 0.95), claim.Positive)),
		about("FP6", "5.5.3", "past-momentum", pastMomentum,
			"The same holds of Nesterov's momentum at that rate.",
			claim.Similar(sweep(pastMomentum, "scaled nesterov momentum=", sgd), together)),
	}
}

// sizeClaims are about depth, width, batches and classes beyond what the thesis
// tried.
func sizeClaims() []claim.Claim {
	along := func(experiment, prefix string, optimizers ...string) claim.Curves {
		return claim.Sweep(experiment, prefix).By(optimizers...).Of(sparsity, selectivity)
	}
	diverse := along(classesIn, "classes=", sgd, adam)
	return []claim.Claim{
		about("FD1", "5.4.5", "deeper", deeper,
			"In networks of 64 units a layer that learn, sparsity and selectivity rise with the number of hidden layers, from 1 to 5 with "+
				"Adadelta and from 1 to 8 with Adam.",
			// A seed counts only if its networks of every depth learn. With six layers
			// and Adadelta a trial network of another seed did not.
			claim.All(
				claim.Trend(along(deeper, "depth=", adadelta).Between(1, 5).Only(accuracy, learnt), claim.Positive),
				claim.Trend(along(deeper, "depth=", adam).Only(accuracy, learnt), claim.Positive))),
		about("FD2", "5.4.5", "deeper", deeper,
			"With SGD and Adagrad most networks of eight hidden layers of 64 units do not learn.",
			claim.Share(claim.In(deeper, "depth=8").By(sgd, adagrad).Of(accuracy), failed, claim.Above(most))),
		about("FD3", "5.4.5", "deeper", deeper,
			"In networks of 64 units a layer that learn there is a clear tendency with SGD, too: sparsity and selectivity rise with the "+
				"number of hidden layers, from 1 to 4.",
			// With five layers no trial network of another seed learnt.
			claim.Trend(along(deeper, "depth=", sgd).Between(1, 4).Only(accuracy, learnt), claim.Positive)),
		about("FD4", "5.4.5", "deeper", deeper,
			"In networks of 64 units a layer that learn, sparsity and selectivity fall with the number of hidden layers with Adagrad, from "+
				"1 to 5, as they do in networks of 256.",
			claim.Trend(along(deeper, "depth=", adagrad).Between(1, 5).Only(accuracy, learnt), claim.Negative)),
		about("FB1", "5.6.2, 6.3", "batch-scalings", batchScalings,
			"At a fixed learning rate smaller batches raise sparsity and selectivity with SGD and Adam, over twelve sizes from 10000 to 1.",
			claim.Trend(along(batchScalings, "fixed bs=", sgd, adam), claim.Negative)),
		about("FB2", "5.6.7", "batch-scalings", batchScalings,
			"At a learning rate in proportion to the batch, batches from 2 to 100 make a difference of less than 0.05 to sparsity and "+
				"selectivity of SGD.",
			claim.Similar(along(batchScalings, "scaled bs=", sgd).Between(2, 100), together)),
		about("FB3", "5.6.7", "batch-scalings", batchScalings,
			"After equally many updates smaller batches still have more sparsity and selectivity, with SGD and Adam.",
			claim.Trend(along(batchScalings, "updates bs=", sgd, adam), claim.Negative)),
		about("FB4", "5.6.2, 6.3", "batch-scalings", batchScalings,
			"It goes on beyond the batches of the thesis: at a fixed learning rate sparsity and selectivity fall further from 1000 to 10000 "+
				"with SGD and Adam.",
			claim.Trend(along(batchScalings, "fixed bs=", sgd, adam).Between(1000, 10000), claim.Negative)),
		about("FN1", "5.8.2", "more-widths", moreWidths,
			"At batch size 50, sparsity and selectivity rise with the width with every optimizer but SGD, over twelve widths from 8 to 2048.",
			claim.Trend(along(moreWidths, "H=", adaptive...), claim.Positive)),
		about("FN2", "5.8.2", "more-widths", moreWidths,
			"At batch size 50, sparsity and selectivity fall with the width with SGD, over twelve widths from 8 to 2048.",
			claim.Trend(along(moreWidths, "H=", sgd), claim.Negative)),
		about("FN3", "5.8.2", "more-widths", moreWidths,
			"Both go on in networks wider than the thesis's, from 768 to 2048 units: sparsity and selectivity rise with every optimizer but "+
				"SGD, and fall with SGD.",
			claim.All(
				claim.Trend(along(moreWidths, "H=", adaptive...).Between(768, 2048), claim.Positive),
				claim.Trend(along(moreWidths, "H=", sgd).Between(768, 2048), claim.Negative))),
		about("FN4", "5.8.2", "more-widths", moreWidths,
			"Both go on in networks narrower than the thesis's, from 8 to 64 units: sparsity and selectivity rise with every optimizer but "+
				"SGD, and fall with SGD.",
			claim.All(
				claim.Trend(along(moreWidths, "H=", adaptive...).Between(8, 64), claim.Positive),
				claim.Trend(along(moreWidths, "H=", sgd).Between(8, 64), claim.Negative))),
		about("FC1", "5.9.2", "classes-in-batch", classesIn,
			"With no image lost and batches of 60, fewer classes in a batch raise sparsity and selectivity, with SGD and Adam.",
			claim.Trend(diverse, claim.Negative)),
		about("FC2", "5.9.2", "classes-in-batch", classesIn,
			"With no image lost and batches of 60, fewer classes in a batch lower accuracy, with every optimizer.",
			claim.Trend(claim.Sweep(classesIn, "classes=").By(everyOptimizer...).Of(accuracy), claim.Positive)),
		about("FX1", "5.10.3", "conv-rates", convRates,
			"With Adagrad at a rate of 0.003 or 0.01 most convolutional networks learn.",
			claim.Share(claim.Sweep(convRates, "lr=").Between(0.003, 0.01).By(adagrad).Of(accuracy), learnt, claim.Above(most))),
		{
			ID: "FX2", Source: "5.10.2", Figure: "conv-rates", Experiments: []string{convRates, conv},
			Words: "Once Adagrad learns, at a rate of 0.01, the convolutional network is sparser and more selective than the baseline.",
			Check: claim.Higher(claim.In(convRates, "lr=0.01").By(adagrad).Of(sparsity, selectivity).Only(accuracy, learnt),
				claim.In(conv, "baseline")),
		},
		about("FA1", "4.2, 5.6.2", "activations", activations,
			"With ReLUs and hyperbolic tangents, too, smaller batches raise sparsity and selectivity, with SGD and Adam, in networks that learn.",
			claim.All(
				claim.Trend(along(activations, "relu bs=", sgd, adam).Only(accuracy, learnt), claim.Negative),
				claim.Trend(along(activations, "tanh bs=", sgd, adam).Only(accuracy, learnt), claim.Negative))),
		about("FA2", "4.2, 5.2", "activations", activations,
			"With ReLUs and hyperbolic tangents, too, sparsity and selectivity are higher after the last epoch than after the first, with "+
				"SGD, Adadelta and Adam at batch size 50, in networks that learn.",
			claim.Rises(claim.In(activations, "relu bs=50", "tanh bs=50").By(sgd, adadelta, adam).Of(sparsity, selectivity).Only(accuracy, learnt))),
	}
}

// proposedClaims are about optimizers that the thesis proposes or names.
func proposedClaims() []claim.Claim {
	// A factor is better if the network is sparser and no less accurate than
	// with the unchanged optimizer: its accuracy is at least the baseline's
	// less the margin.
	better := func(id, equation, experiment, prefix, proposed, plain string) claim.Claim {
		k := claim.Sweep(experiment, prefix).By(proposed).Of(sparsity, accuracy)
		return claim.Claim{
			ID: id, Source: "6.3.1", Figure: "equation-" + equation, Experiments: []string{experiment, trainVsTest},
			Words: "Equation " + equation + " reaches, with some k, more sparsity than " + plain + " at no loss of accuracy, 0.002 at most.",
			Check: claim.Exists(k, func(condition string) claim.Predicate {
				at, base := claim.In(experiment, condition).By(proposed), claim.In(trainVsTest, "test").By(plain)
				return claim.All(
					claim.Higher(at.Of(sparsity), base),
					claim.Difference(at.Of(accuracy), base, claim.Above(-sameAccuracy)))
			}),
		}
	}
	return []claim.Claim{
		better("FQ1", "6.1", equation61, "k=", adagradK, adagrad),
		better("FQ2", "6.2", equation62, "k=", adadeltaK, adadelta),
		about("FV1", "6.3.1", "vsgd", vsgd,
			"vSGD, which finds its learning rates itself, is sparser and more selective at batch size 1 than at 50, as SGD is.",
			claim.Higher(claim.In(vsgd, "bs=1").By("vSGD", sgd).Of(sparsity, selectivity), claim.In(vsgd, "bs=50"))),
		about("FV2", "6.3.1", "vsgd", vsgd,
			"vSGD is as sparse and selective as SGD at the rate that was chosen for it: neither is lower by 0.02 at batch size 1 or 50.",
			claim.Difference(claim.In(vsgd, "bs=1", "bs=50").By("vSGD").Of(sparsity, selectivity),
				claim.In(vsgd).By(sgd), claim.Above(-sameMetric))),
	}
}

// forgettingClaims are about five classes learnt after five others.
func forgettingClaims() []claim.Claim {
	of := func(conditions ...string) claim.Curves { return claim.In(forgetting, conditions...).By(sgd) }
	all := of("bs=50", "bs=10", "bs=1", "momentum=0.9", "H=768", "lr=1", "l1", "dropout")
	asAccurate := of("bs=1, learnt as well")
	return []claim.Claim{
		about("FF1", "6.3.2", "forgetting", forgetting,
			"A network trained by single images forgets less of five classes, while it learns five others, than one trained by batches of 50.",
			claim.Lower(of("bs=1").Of(forgotten), of("bs=50"))),
		about("FF2", "6.3.2", "forgetting-all", forgetting,
			"The sparser a network is after the first five classes, the less of them it forgets, over eight conditions.",
			claim.Concordance(all.Of(forgotten), sparsity, claim.Epoch(10), claim.Negative)),
		about("FF3", "6.3.2", "forgetting", forgetting,
			"Single images forget less, too, at equal accuracy: when they make as many updates as it takes to be within 0.02 of batches of "+
				"50 on the first classes.",
			claim.All(
				claim.Difference(asAccurate.Of(phaseAccuracy).At(claim.Epoch(10)), of("bs=50").At(claim.Epoch(10)), claim.Within(asWell)),
				claim.Lower(asAccurate.Of(forgotten), of("bs=50")))),
		about("FF4", "6.3.2", "forgetting", forgetting,
			"Single images forget less, too, when they make as many updates as batches of 50 do.",
			claim.Lower(of("bs=1, as few updates").Of(forgotten), of("bs=50"))),
		about("FF5", "6.3.2", "forgetting-all", forgetting,
			"The sparser a network is after the first five classes, the less mean activity its units have in common for the two sets of "+
				"classes, over eight conditions.",
			claim.Concordance(all.Of(overlap), sparsity, claim.Epoch(10), claim.Negative)),
		about("FF6", "6.3.2", "forgetting", forgetting,
			"Single images remember longer: after the first epoch of the other classes they are more accurate on the first ones than batches "+
				"of 50.",
			claim.Higher(of("bs=1").Of(phaseAccuracy).At(claim.Epoch(11)), of("bs=50").At(claim.Epoch(11)))),
	}
}

// causeClaims are about causes: interactions, removed units, and sparsity or
// selectivity as a term of the loss.
func causeClaims() []claim.Claim {
	factors := []string{"batch size 1", "memory", "768 units", "one class"}
	combined := func(experiment, optimizer string, past [2]string) claim.Curves {
		var list []string
		for _, classes := range []string{"all", "one"} {
			for _, width := range []string{"256", "768"} {
				for _, memory := range past {
					for _, batch := range []string{"50", "1"} {
						list = append(list, classes+" batch="+batch+" past="+memory+" width="+width)
					}
				}
			}
		}
		return claim.In(experiment, list...).By(optimizer).Of(sparsity, selectivity)
	}
	sgdAll, adamAll := combined(factorial, sgd, [2]string{"0", "0.9"}), combined(factorialAdam, adam, [2]string{"0.9", "0.99"})
	asked := claim.Sweep(regularised, "csi=").By(sgd)
	without := claim.In(regularised, "none").By(sgd)
	return []claim.Claim{
		about("FI1", "5.12.4", "", factorial,
			"With SGD, small batches and momentum do not add up: their interaction lowers sparsity and selectivity.",
			claim.Effect(sgdAll, factors, []int{0, 1}, claim.Negative)),
		about("FI2", "5.12.4", "", factorialAdam,
			"With Adam, one class in a batch and width reinforce each other: their interaction raises sparsity and selectivity.",
			claim.Effect(adamAll, factors, []int{2, 3}, claim.Positive)),
		about("FM1", "6.2", "ablation-matched", ablations,
			"At equal activity, taking out selective units harms accuracy more than taking out the others, with every optimizer at batch size 50.",
			claim.Value(claim.In(ablations, "bs=50").By(everyOptimizer...).Of(ablationMatched), claim.Positive)),
		about("FM2", "6.2", "ablation-matched", ablations,
			"The more selective a unit is, the more accuracy is lost without it, with every optimizer at batch size 50.",
			claim.Value(claim.In(ablations, "bs=50").By(everyOptimizer...).Of(impact), claim.Positive)),
		about("FR1", "6.2", "regularised-csi", regularised,
			"A loss that asks for selectivity raises it above that of a network without, and with the weight, from 0.1 to 3. Accuracy falls "+
				"with the weight, and is lower than without at a weight of 3.",
			claim.All(
				claim.Higher(asked.Between(0.1, 3).Of(csi), without),
				claim.Trend(asked.Between(0.1, 3).Of(csi), claim.Positive),
				claim.Trend(asked.Between(0.1, 3).Of(accuracy), claim.Negative),
				claim.Lower(claim.In(regularised, "csi=3").By(sgd).Of(accuracy), without))),
		about("FR2", "6.2", "regularised-csi", regularised,
			"A loss that asks for less selectivity, at a weight of 1, lowers it and harms accuracy by no more than 0.002.",
			claim.All(
				claim.Lower(claim.In(regularised, "csi=-1").By(sgd).Of(csi), without),
				claim.Difference(claim.In(regularised, "csi=-1").By(sgd).Of(accuracy), without, claim.Above(-sameAccuracy)))),
		about("FR3", "6.2", "regularised-activity", regularised,
			"An L1 penalty on activity raises sparsity, and selectivity with it, from no penalty to one of 0.01 for each unit.",
			claim.Trend(claim.In(regularised, "none", "l1=0.0001", "l1=0.0003", "l1=0.001", "l1=0.003", "l1=0.01").By(sgd).
				Of(sparsity, selectivity), claim.Positive)),
		about("FR4", "6.2", "regularised-activity", regularised,
			"Dropout raises neither sparsity nor selectivity by 0.02.",
			claim.Difference(claim.Sweep(regularised, "dropout=").By(sgd).Of(sparsity, selectivity), without, claim.Below(sameMetric))),
	}
}
