package trainer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sparsel/trainer/kernel"
)

// A Split is one part of a data set: images of Pixels bytes each, one after the
// other, and their labels.
type Split struct {
	Pixels int
	Images []byte  // samples × Pixels
	Labels []uint8 // samples, each below Classes
	// Classes is the number of classes of the data set, from MinClasses to
	// MaxClasses, whether or not this part has samples of each.
	Classes int
}

// An Epoch is the record of one epoch.
type Epoch struct {
	Epoch int // counted from 1
	Steps int // steps made in this epoch
	Result
	// TrainLossAfter is the loss over the whole training set after the epoch,
	// in batches of 50 like TestLoss. TrainCorrect is the number of the
	// TrainSamples that are then predicted correctly. If Config does not
	// request them, TrainSamples is 0.
	TrainLossAfter             float64
	TrainCorrect, TrainSamples int
	// ClassCorrect and ClassSamples are Correct and Samples by class,
	// [classes].
	ClassCorrect, ClassSamples []int64
	// ValidationLoss, ValidationCorrect and ValidationSamples are those of the
	// samples that [Config.Validation] holds out of training. If there are
	// none, all three are 0.
	ValidationLoss                       float64
	ValidationCorrect, ValidationSamples int
	Early                                []Point  // points within the first epoch; nil in others
	Weights                              []Tensor // the trained network, after the last epoch; nil in others
	Seconds                              float64  // wall time of the epoch, including measurements
}

// A Result is what is recorded of an epoch or of a point within it.
type Result struct {
	// TrainLoss is the mean over the epoch's batches of the mean cross-entropy
	// of each before its step. TestLoss is the mean after the epoch over the
	// test set in batches of 50.
	TrainLoss, TestLoss float64
	Correct, Samples    int     // test samples predicted correctly, and all of them
	Layers              []Layer // per hidden layer, input side first, for the samples that Config.Measure names
	// Digest is the SHA-256 of all parameters after the epoch, in the order
	// in which PyTorch lists and stores them, as little-endian float32.
	Digest [32]byte
}

// A Point is what is recorded within the first epoch, before step 0 and before
// some of the others; see early.go. Its TrainLoss is the mean over the steps so
// far, NaN before the first.
type Point struct {
	Step int
	Result
}

// Train trains a network. After each epoch it calls observe with the epoch's
// record and the activations behind its layers, which the next epoch
// overwrites. Everything runs on the calling goroutine.
//
// Train returns the first error of observe unchanged, ctx.Err() soon after ctx
// is done, or an error that lists the problems of the configuration, the data
// or the choice of kernels. A run that diverges is not an error: its numbers
// become infinite or NaN as they would in any float32 arithmetic.
func Train(ctx context.Context, c Config, train, test Split, observe func(Epoch, *Activations) error) error {
	set, err := kernel.Active()
	if err != nil {
		return err
	}
	return trainWith(ctx, set, c, train, test, func(_ *network, e Epoch, a *Activations) error {
		return observe(e, a)
	})
}

// trainWith is Train with a given kernel set. It lets observe see the network
// as well.
func trainWith(ctx context.Context, set *kernel.Set, c Config, train, test Split, observe func(*network, Epoch, *Activations) error) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := checkSplits(c, train, test); err != nil {
		return err
	}
	r, err := newRun(ctx, set, c, train, test)
	if err != nil {
		return err
	}
	for number := 1; number <= c.Epochs; number++ {
		epoch, activations, err := r.epoch(ctx, number)
		if err != nil {
			return err
		}
		if err := observe(r.network, epoch, activations); err != nil {
			return err
		}
	}
	return nil
}

// A run is a training between two epochs.
type run struct {
	network *network
	draws   draws
	batch   *images
	planned plan // plan of the epoch
	tester  *evaluator
	// trainer passes the training set if it is measured after the epoch.
	trainer   *evaluator
	validator *evaluator // or nil
	schedule  schedule
	measured  string // Config.Measure
	collected *collector
	early     *early // nil after the first epoch
	last      int    // number of the last epoch
}

// newRun returns a run before its first epoch. It fails only with ctx.Err().
func newRun(ctx context.Context, set *kernel.Set, c Config, train, test Split) (*run, error) {
	train, held := train.holdOut(c.Validation)
	samples := len(train.Labels)
	n := newNetwork(set, newRule(c.rule(), set), train.Pixels, train.Classes, c.Network, min(c.Batch, samples))
	if n.dropout != nil {
		n.dropout.seed = c.Seeding.Seed
	}
	draws := newDraws(c, train.Labels, train.Classes)
	if err := draws.parameters(ctx, n.layers); err != nil {
		return nil, err
	}
	r := &run{
		network: n, draws: draws, batch: &images{split: train}, tester: newEvaluator(n, test), measured: c.Measure,
		early: newEarly(n, c, train, test), last: c.Epochs,
	}
	r.schedule = schedule{sampler: c.Sampler, updates: c.Updates, epochs: c.Epochs}
	if c.Validation > 0 {
		r.validator = newEvaluator(n, held)
	}
	if c.Measure == "train" || c.TrainLossAfter {
		r.trainer = newEvaluator(n, train)
	}
	if c.Measure != "train" && c.Measure != "train-running" {
		samples = len(test.Labels)
	}
	r.collected = newCollector(n, samples)
	return r, nil
}

// epoch makes the steps of the next epoch and measures.
func (r *run) epoch(ctx context.Context, number int) (Epoch, *Activations, error) {
	start := time.Now()
	epoch := Epoch{Epoch: number}
	r.collected.reset()
	if err := r.steps(ctx, &epoch); err != nil {
		return epoch, nil, err
	}
	if err := r.measure(ctx, &epoch); err != nil {
		return epoch, nil, err
	}
	if number == r.last {
		epoch.Weights = r.network.tensors()
	}
	epoch.Seconds = time.Since(start).Seconds()
	return epoch, &r.collected.found, nil
}

// steps makes the steps of an epoch.
func (r *run) steps(ctx context.Context, epoch *Epoch) error {
	batches, err := r.batches(epoch.Epoch)
	if err != nil {
		return err
	}
	r.network.begin(epoch.Epoch)
	var losses meanLoss
	for rows := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.early.due(losses.batches) {
			point, err := r.early.measure(ctx, r, losses)
			if err != nil {
				return err
			}
			epoch.Early = append(epoch.Early, point)
		}
		r.batch.load(r.network.engine, rows)
		losses.add(r.network.step(r.batch))
		if r.measured == "train-running" {
			r.network.collect(r.collected, len(rows))
		}
	}
	r.early = nil
	r.network.settle()
	epoch.Steps = losses.batches
	epoch.TrainLoss = losses.mean()
	return nil
}

// measure passes the splits that are measured after an epoch.
func (r *run) measure(ctx context.Context, epoch *Epoch) (err error) {
	var test, train *collector
	switch r.measured {
	case "train":
		train = r.collected
	case "train-running":
	default:
		test = r.collected
	}
	epoch.Samples = len(r.tester.rows)
	epoch.TestLoss, epoch.Correct, err = r.tester.pass(ctx, r.network, test)
	epoch.ClassCorrect, epoch.ClassSamples = r.tester.byClass()
	if err == nil && r.validator != nil {
		epoch.ValidationSamples = len(r.validator.rows)
		epoch.ValidationLoss, epoch.ValidationCorrect, err = r.validator.pass(ctx, r.network, nil)
	}
	if err == nil && r.trainer != nil {
		epoch.TrainSamples = len(r.trainer.rows)
		epoch.TrainLossAfter, epoch.TrainCorrect, err = r.trainer.pass(ctx, r.network, train)
	}
	epoch.Layers = r.collected.finish()
	epoch.Digest = r.network.digest()
	return err
}

// checkSplits reports everything that is wrong with the data.
func checkSplits(c Config, train, test Split) error {
	var p problems
	for _, part := range []struct {
		name string
		Split
	}{{"training", train}, {"test", test}} {
		samples := len(part.Labels)
		p.check(samples > 0, "%s data has no samples", part.name)
		p.check(part.Pixels > 0 && len(part.Images) == samples*part.Pixels,
			"%s data has %d bytes of images: want %d images of %d pixels", part.name, len(part.Images), samples, part.Pixels)
		p.check(part.Classes >= MinClasses && part.Classes <= MaxClasses,
			"%s data has %d classes: want %d to %d", part.name, part.Classes, MinClasses, MaxClasses)
		if i := slices.IndexFunc(part.Labels, func(l uint8) bool { return int(l) >= part.Classes }); i >= 0 {
			p.check(false, "%s label %d is %d: want below %d", part.name, i, part.Labels[i], part.Classes)
		}
	}
	p.check(train.Pixels == test.Pixels, "training images have %d pixels and test images %d: want the same", train.Pixels, test.Pixels)
	p.check(train.Classes == test.Classes, "training data has %d classes and test data %d: want the same", train.Classes, test.Classes)
	p.check(c.Sampler.Classes <= train.Classes, "sampler classes is %d: the data has %d", c.Sampler.Classes, train.Classes)
	p.check(c.Validation == 0 || c.Validation < len(train.Labels),
		"validation is %d: want fewer than the %d training samples", c.Validation, len(train.Labels))
	if len(p) == 0 {
		rest, _ := train.holdOut(c.Validation)
		p.phasesFit(c, rest.Labels, train.Classes)
	}
	p.fits(c.Network, train.Pixels)
	if err := errors.Join(p...); err != nil {
		return fmt.Errorf("check data:\n%w", err)
	}
	return nil
}
