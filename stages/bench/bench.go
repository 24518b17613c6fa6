// Package bench measures how close sparsel comes to the machine and how far it leaves PyTorch behind. Everything
// is measured in one run on one core, because machines differ: quote shares and ratios, not seconds.
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

// Data names the IDX files of MNIST, decompressed.
type Data struct {
	TrainImages, TrainLabels, TestImages, TestLabels string
}

// Case is one training to time: its configuration and how much of it.
type Case struct {
	Name   string
	Config trainer.Config // Epochs says how many epochs are timed, the first one only warming up
}

// Run prints the kernels' rates against the measured peak, then each case's seconds an epoch beside PyTorch's.
// Without a usable PyTorch it says so and prints sparsel's alone.
func Run(ctx context.Context, w io.Writer, data Data, cases []Case) error {
	set, err := kernel.Active()
	if err != nil {
		return err
	}
	core, release := pin()
	defer release()
	fmt.Fprintf(w, "kernel set %s, %s/%s, %s, one core\n\n", set.Name, runtime.GOOS, runtime.GOARCH, runtime.Version())
	if err := products(ctx, w, set); err != nil {
		return err
	}
	return epochs(ctx, w, data, cases, core)
}

// load reads MNIST for our own runs.
func (d Data) load() (training, test trainer.Split, err error) {
	if training, err = train.Load(d.TrainImages, d.TrainLabels); err != nil {
		return training, test, err
	}
	test, err = train.Load(d.TestImages, d.TestLabels)
	return training, test, err
}

// columns aligns what is written to it at tabs; the first column to the left, like text.
func columns(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }
