package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"sparsel/stages/cost"
	"sparsel/trainer"
)

// rounds is how often each side times a case. The sides take turns, so that a
// machine whose speed drifts favours neither.
const rounds = 2

// timing is what one side measured for a case: the seconds of each epoch,
// including the test pass and the metrics.
type timing struct {
	Wall     []float64 `json:"wall"`
	CPU      []float64 `json:"cpu"` // of the process
	Accuracy float64   `json:"accuracy"`
}

// best returns the CPU time of the fastest epoch, or its wall time if there is
// no CPU time. The first epoch is left out because it warms up the caches. The
// fastest is used rather than a mean because other load on the machine can only
// make a measurement slower.
func (t timing) best() float64 {
	s := t.CPU
	if len(s) == 0 {
		s = t.Wall
	}
	if len(s) > 1 {
		s = s[1:]
	}
	return slices.Min(s)
}

// trainings times both sides, case by case.
func trainings(ctx context.Context, w io.Writer, torch *torch, epochs int, cases []Case, peak float64, training, test trainer.Split) error {
	fmt.Fprintf(w, "CPU seconds of one epoch of 60,000 images with test pass and metrics, one core; the fastest of those timed\n")
	row := func(cells ...any) { fmt.Fprintf(w, "%-30s %9s %9s %8s %8s %9s %9s %9s  %s\n", cells...) }
	row("", "steps", "sparsel s", "GFLOP/s*", "of peak", "accuracy", "PyTorch s", "accuracy", "ratio  mark")
	for _, c := range cases {
		train, test := first(training, c.Images), first(test, c.Images/6)
		c.Config.Epochs, c.Config.Seeding = epochs, trainer.Seeding{Mode: "paired", Seed: 1}
		ours, theirs := timing{}, timing{}
		for range rounds {
			t, err := timeOurs(ctx, c.Config, train, test)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			ours = better(ours, t)
			if torch == nil {
				continue
			}
			if t, err = torch.time(c.Config, len(train.Labels), len(test.Labels)); err != nil {
				fmt.Fprintf(w, "no further comparison with PyTorch, which fails at %s: %v\n", c.Name, err)
				torch = nil
				continue
			}
			theirs = better(theirs, t)
		}
		samples := len(train.Labels)
		steps := (samples + c.Config.Batch - 1) / c.Config.Batch * max(1, epochs-1) * rounds
		scale := float64(len(training.Labels)) / float64(samples)
		data := cost.Data{Side: side, Classes: train.Classes, Train: samples, Test: len(test.Labels)}
		rate := cost.Operations(c.Config, data) / ours.best() / 1e9
		cells := []any{c.Name, fmt.Sprint(steps), seconds(scale * ours.best()), fmt.Sprintf("%.1f", rate),
			fmt.Sprintf("%.0f %%", 100*rate/peak), fmt.Sprintf("%.4f", ours.Accuracy)}
		if torch == nil {
			row(append(cells, "–", "–", "")...)
			continue
		}
		ratio := theirs.best() / ours.best()
		mark := ""
		if c.Mark > 0 {
			mark = fmt.Sprintf("%.2g %s", c.Mark, verdict(ratio >= c.Mark))
		}
		row(append(cells, seconds(scale*theirs.best()), fmt.Sprintf("%.4f", theirs.Accuracy), fmt.Sprintf("%5.1f  %s", ratio, mark))...)
	}
	_, err := fmt.Fprint(w, "* of the products as if no pixel were 0; sparsel leaves out the 81 % that are, so that this may exceed "+
		"the peak\n\n")
	return err
}

// better returns the timing with the faster best epoch. A zero timing counts as
// no timing.
func better(a, b timing) timing {
	if len(a.Wall) == 0 || b.best() < a.best() {
		return b
	}
	return a
}

func seconds(s float64) string {
	if s < 10 {
		return fmt.Sprintf("%.3f", s)
	}
	return fmt.Sprintf("%.1f", s)
}

func timeOurs(ctx context.Context, c trainer.Config, train, test trainer.Split) (timing, error) {
	var t timing
	begin, used := time.Now(), cpuSeconds()
	err := trainer.Train(ctx, c, train, test, func(e trainer.Epoch, _ *trainer.Activations) error {
		t.Wall = append(t.Wall, time.Since(begin).Seconds())
		if used >= 0 {
			t.CPU = append(t.CPU, cpuSeconds()-used)
		}
		t.Accuracy = float64(e.Correct) / float64(e.Samples)
		begin, used = time.Now(), cpuSeconds()
		return nil
	})
	return t, err
}
