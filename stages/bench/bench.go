// Package bench measures how close sparsel comes to the machine's peak and how
// much faster it is than PyTorch. Everything is measured in one run on one
// core. Machines differ, so quote shares and ratios rather than seconds.
package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"

	"sparsel/stages/train"
	"sparsel/trainer"
	"sparsel/trainer/kernel"
)

// The number of pixels in an image of MNIST, and along its side.
const (
	side   = 28
	pixels = side * side
)

// Study holds the trainings for which the total is estimated. It may be empty.
type Study struct {
	Trainings []trainer.Config
	Baseline  func(optimizer string) trainer.Config
}

// Data names the IDX files of MNIST, decompressed.
type Data struct {
	TrainImages, TrainLabels, TestImages, TestLabels string
}

// Run prints the kernels' rates as shares of the measured peak, the seconds
// that an epoch of each case takes beside PyTorch's, and the cost of two runs
// at once. A case is timed in two rounds of the given number of epochs, the
// first of which only warms up. Without a usable PyTorch, Run says so and
// prints sparsel's times alone.
func Run(ctx context.Context, w io.Writer, data Data, epochs int, cases []Case, study Study) error {
	set, err := kernel.Active()
	if err != nil {
		return err
	}
	training, test, err := data.load()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "kernel set %s, %s/%s, %s\n\n", set.Name, runtime.GOOS, runtime.GOARCH, runtime.Version())
	if err := onOneCore(ctx, w, set, data, epochs, cases, study, training, test); err != nil {
		return err
	}
	if len(cases) == 0 {
		return nil
	}
	return pair(ctx, w, cases[0], training, test)
}

func onOneCore(
	ctx context.Context, w io.Writer, set *kernel.Set, data Data, epochs int, cases []Case, study Study, training, test trainer.Split,
) error {
	core, release := pin()
	defer release()
	torch, err := startTorch(ctx, data, core)
	if err != nil {
		fmt.Fprintf(w, "no comparison with PyTorch: %v\n\n", err)
	} else {
		defer torch.stop()
		fmt.Fprintf(w, "PyTorch %s\n\n", torch.about)
	}
	if len(cases) > 0 {
		peak, err := products(ctx, w, set)
		if err != nil {
			return err
		}
		if err := trainings(ctx, w, torch, epochs, cases, peak, training, test); err != nil {
			return err
		}
	}
	if len(study.Trainings) == 0 {
		return nil
	}
	return whole(ctx, w, torch, study, training, test)
}

// wideVectors reports whether the active kernels use 512-bit vectors.
func wideVectors() bool {
	set, err := kernel.Active()
	return err == nil && set.Name == "avx512"
}

// load reads MNIST for our own runs.
func (d Data) load() (training, test trainer.Split, err error) {
	if training, err = train.Load(d.TrainImages, d.TrainLabels, 10); err != nil {
		return training, test, err
	}
	test, err = train.Load(d.TestImages, d.TestLabels, 10)
	return training, test, err
}

// first returns the first n samples of s, or all of them if n is 0.
func first(s trainer.Split, n int) trainer.Split {
	if n > 0 && n < len(s.Labels) {
		s.Images, s.Labels = s.Images[:n*s.Pixels], s.Labels[:n]
	}
	return s
}

// columns returns a writer that aligns columns at tabs. The first column is
// aligned to the left, like text.
func columns(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }
