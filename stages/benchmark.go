package stages

import (
	"context"
	"fmt"

	"sparsel/stages/bench"
	"sparsel/stages/params"
	"sparsel/stages/train"
	"sparsel/trainer"
)

// Bench measures kernels and training. It takes MNIST from where the pipeline finds it, and leaves it there.
func Bench(ctx context.Context, epochs *int, o Options) error {
	n := orDefault(epochs, 4)
	if n < 2 {
		return fmt.Errorf("bench: -epochs=%d: must be 2 or more, the first only warms up", n)
	}
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	_, report, err := w.run(ctx, o, "bench", []string{w.dataset.Name})
	if err != nil {
		return err
	}
	file := func(output string) string {
		return w.store.BlobPath(report.Result(w.dataset.Name).Outputs[output])
	}
	data := bench.Data{
		TrainImages: file(train.TrainImages), TrainLabels: file(train.TrainLabels),
		TestImages: file(train.TestImages), TestLabels: file(train.TestLabels),
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	return bench.Run(ctx, o.stdout(), data, w.benchCases(n))
}

// benchCases are the baseline with each optimizer.
func (s *study) benchCases(epochs int) []bench.Case {
	var cases []bench.Case
	for _, optimizer := range params.DisplayOrder {
		if _, ok := s.params.Optimizers[optimizer]; !ok {
			continue
		}
		c := s.params.BaselineRun(optimizer)
		c.Epochs, c.Seeding = epochs, trainer.Seeding{Mode: "paired", Seed: 1}
		cases = append(cases, bench.Case{Name: fmt.Sprintf("%s, %v hidden, batch %d", optimizer, c.Network.Hidden, c.Batch), Config: c})
	}
	return cases
}
