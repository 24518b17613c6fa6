package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"sparsel/stages/cost"
	"sparsel/trainer"
)

const (
	wholeMark   = 8.0  // how many times as long as ours PyTorch's time for the study should be
	wholeWanted = 12.0 // the ratio that is aimed at
	// kindSeconds is roughly the time that a timed epoch of a kind should take,
	// according to our prediction of our own time.
	kindSeconds = 0.1
	// leastSteps is the least number of steps in a timed epoch.
	leastSteps = 8
	// shownKinds is how many kinds are listed one by one, beginning with those
	// that take PyTorch the longest.
	shownKinds = 12
)

// kind is a set of trainings whose epochs take equally long. The constants of
// their optimizer, their seeds and the order of their images don't matter.
type kind struct {
	name         string
	config       trainer.Config
	runs, epochs int // in the study
	ours, theirs timing
	images       int // used for the timing
}

// kinds groups a study's trainings by kind, and counts those for which
// pytorch.py has no equivalent. The timing takes the network and the batch from
// a training of the kind. The optimizer's constants come from baseline, with
// which no training diverges.
func kinds(trainings []trainer.Config, baseline func(optimizer string) trainer.Config, d cost.Data) (list []*kind, others int) {
	byName := map[string]*kind{}
	for _, c := range trainings {
		if !comparable(c) {
			others++
			continue
		}
		timed := trainer.Config{
			Network: trainer.Network{Hidden: c.Network.Hidden, Conv: c.Network.Conv, Activation: c.Network.Activation},
			Batch:   c.Batch, Sampler: trainer.Sampler{Kind: "shuffled"}, Optimizer: baseline(c.Optimizer.Name).Optimizer,
		}
		name := fmt.Sprintf("%s, batch %d, %s", c.Optimizer.Name, c.Batch, strings.Trim(fmt.Sprint(c.Network.Hidden), "[]"))
		if len(c.Network.Conv) > 0 {
			name += ", convolutions " + strings.Trim(fmt.Sprint(c.Network.Conv), "[]")
		}
		if c.Optimizer.Momentum > 0 {
			name, timed.Optimizer.Momentum = name+", momentum", 0.9
		}
		if c.Optimizer.WeightDecay > 0 {
			name, timed.Optimizer.WeightDecay = name+", weight decay", 1e-5
		}
		k := byName[name]
		if k == nil {
			k = &kind{name: name, config: timed, images: imagesFor(timed, d)}
			byName[name] = k
			list = append(list, k)
		}
		k.runs++
		k.epochs += c.Epochs
	}
	return list, others
}

// comparable reports whether pytorch.py can do the same work.
func comparable(c trainer.Config) bool {
	n := c.Network
	known := slices.Contains([]string{"SGD", "Adagrad", "Adadelta", "Adam"}, c.Optimizer.Name)
	plain := n.Activation == "sigmoid" && len(n.Dropout) == 0 && n.L1 == 0 && n.CSI == 0
	return known && plain && !c.Optimizer.Nesterov && c.Updates == 0 && c.Validation == 0
}

// imagesFor returns the number of training images for which an epoch takes
// kindSeconds.
func imagesFor(c trainer.Config, d cost.Data) int {
	images := int(kindSeconds / cost.Epoch(c, d) * float64(d.Train))
	images = max(images, leastSteps*c.Batch, 300)
	return min(images-images%6, d.Train)
}

// whole prints how long all trainings of a study take on both sides.
func whole(ctx context.Context, w io.Writer, t *torch, study Study, training, test trainer.Split) error {
	d := cost.Data{Side: side, Classes: training.Classes, Train: len(training.Labels), Test: len(test.Labels)}
	list, others := kinds(study.Trainings, study.Baseline, d)
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "the study's total: none of its trainings is of a kind that PyTorch is timed on")
		return err
	}
	var wall, cpu float64
	for i, k := range list {
		if i%20 == 0 {
			fmt.Fprintf(os.Stderr, "bench: %d of %d kinds of work are timed\n", i, len(list)) // because nothing else is printed for minutes
		}
		err := k.time(ctx, t, training, test)
		if errors.As(err, new(torchError)) {
			fmt.Fprintf(w, "no comparison of the study's total with PyTorch: %v\n", err)
			t = nil
		} else if err != nil {
			return err
		}
		for _, s := range []timing{k.ours, k.theirs} {
			for i := range s.CPU {
				wall, cpu = wall+s.Wall[i], cpu+s.CPU[i]
			}
		}
	}
	if err := printWhole(w, list, others, d.Train, t != nil); err != nil {
		return err
	}
	if share := cpu / wall; wall > 0 && share < 0.9 {
		fmt.Fprintf(w,
			"under load: both had the core %.0f %% of the time; seconds are of the processor, but caches and clock are shared\n", 100*share)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// time times a kind on both sides, in turn.
func (k *kind) time(ctx context.Context, t *torch, training, test trainer.Split) error {
	train, test := first(training, k.images), first(test, k.images/6)
	k.config.Epochs, k.config.Seeding = 2, trainer.Seeding{Mode: "paired", Seed: 1}
	for range rounds {
		s, err := timeOurs(ctx, k.config, train, test)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		k.ours = better(k.ours, s)
		if t == nil {
			continue
		}
		if s, err = t.time(k.config, len(train.Labels), len(test.Labels)); err != nil {
			return fmt.Errorf("it fails at %s: %w", k.name, err)
		}
		k.theirs = better(k.theirs, s)
	}
	return nil
}

// hours returns the time that all epochs of a kind take in the study,
// extrapolated from the timing of one epoch on the given number of images.
func (k *kind) hours(t timing, images int) float64 {
	return float64(k.epochs) * t.best() * float64(images) / float64(k.images) / 3600
}

// printWhole lists the kinds that take most of the time, and the total, for a
// study on the given number of images.
func printWhole(w io.Writer, list []*kind, others, images int, compared bool) error {
	runs, epochs, ours, theirs := 0, 0, 0.0, 0.0
	for _, k := range list {
		runs, epochs, ours = runs+k.runs, epochs+k.epochs, ours+k.hours(k.ours, images)
		if compared {
			theirs += k.hours(k.theirs, images)
		}
	}
	fmt.Fprintf(w, "the study's own trainings: %d, epochs: %d, kinds of work: %d; an epoch of each kind is timed on some of the images; "+
		"CPU hours of one core\n", runs, epochs, len(list))
	if others > 0 {
		fmt.Fprintf(w, "left out: %d trainings with what PyTorch is not timed on\n", others)
	}
	row := func(name, runs, epochs, ours, theirs, ratio string) {
		fmt.Fprintf(w, "%-44s %6s %7s %9s %9s %6s\n", name, runs, epochs, ours, theirs, ratio)
	}
	row("", "runs", "epochs", "sparsel h", "PyTorch h", "ratio")
	spent := func(k *kind) float64 {
		if compared {
			return k.hours(k.theirs, images)
		}
		return k.hours(k.ours, images)
	}
	shown := slices.SortedStableFunc(slices.Values(list), func(a, b *kind) int { return cmp.Compare(spent(b), spent(a)) })
	line := func(name string, runs, epochs int, ours, theirs float64) {
		if compared {
			row(name, fmt.Sprint(runs), fmt.Sprint(epochs), fmt.Sprintf("%.3f", ours), fmt.Sprintf("%.3f", theirs), fmt.Sprintf("%.1f", theirs/ours))
		} else {
			row(name, fmt.Sprint(runs), fmt.Sprint(epochs), fmt.Sprintf("%.3f", ours), "–", "")
		}
	}
	restRuns, restEpochs, restOurs, restTheirs := runs, epochs, ours, theirs
	for _, k := range shown[:min(len(shown), shownKinds)] {
		mine, other := k.hours(k.ours, images), math.NaN()
		if compared {
			other = k.hours(k.theirs, images)
			restTheirs -= other
		}
		line(k.name, k.runs, k.epochs, mine, other)
		restRuns, restEpochs, restOurs = restRuns-k.runs, restEpochs-k.epochs, restOurs-mine
	}
	if n := len(list) - shownKinds; n > 0 {
		line(fmt.Sprintf("%d other kinds", n), restRuns, restEpochs, restOurs, restTheirs)
	}
	line("all", runs, epochs, ours, theirs)
	if !compared {
		return nil
	}
	_, err := fmt.Fprintf(w, "the study takes PyTorch %.1f times as long, mark %.2g %s; %.2g is wanted\n",
		theirs/ours, wholeMark, verdict(theirs/ours >= wholeMark), wholeWanted)
	return err
}
