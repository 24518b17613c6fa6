package stages

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sparsel/stages/bench"
	"sparsel/stages/params"
	"sparsel/stages/train"
)

// Bench measures kernels, and trainings for the cases whose names contain only.
// It reads MNIST from where the pipeline finds it, and copies it nowhere.
func Bench(ctx context.Context, epochs *int, only *string, o Options) error {
	n := orDefault(epochs, 3)
	if n < 2 {
		return fmt.Errorf("bench: -epochs=%d: must be 2 or more, the first only warms up", n)
	}
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	if data := w.Params.Dataset(); data.Own() {
		return fmt.Errorf("bench: it measures on MNIST, and %s describes %s; leave -params out", w.File, data.Name)
	}
	cases := w.benchCases(orDefault(only, ""))
	var total bench.Study
	if strings.Contains(studyCase, orDefault(only, "")) {
		total = w.benchStudy()
	} else if len(cases) == 0 {
		return fmt.Errorf("bench: -only=%q: is in the name of no case; names are such as %q, or %q for the total of all trainings",
			*only, w.benchCases("")[0].Name, studyCase)
	}
	_, report, err := w.run(ctx, "bench", []string{w.Dataset.Name})
	if err != nil {
		return err
	}
	file := func(output string) string {
		return w.store.BlobPath(report.Result(w.Dataset.Name).Outputs[output])
	}
	data := bench.Data{
		TrainImages: file(train.TrainImages), TrainLabels: file(train.TrainLabels),
		TestImages: file(train.TestImages), TestLabels: file(train.TestLabels),
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	return bench.Run(ctx, o.stdout(), data, n, cases, total)
}

// studyCase is the name of the case that adds up the parameter file's
// trainings.
const studyCase = "study"

// benchStudy returns all trainings of the parameter file.
func (w *workspace) benchStudy() bench.Study {
	runs, _ := w.Params.Expand()
	s := bench.Study{Baseline: w.Params.BaselineRun}
	for _, r := range runs {
		s.Trainings = append(s.Trainings, r.Config)
	}
	return s
}

// benchCases returns the cases that take most of the study's time, with the
// optimizers that the study has.
func (w *workspace) benchCases(only string) []bench.Case {
	var optimizers []string
	for _, name := range params.DisplayOrder {
		if _, ok := w.Params.Optimizers[name]; ok {
			optimizers = append(optimizers, name)
		}
	}
	return slices.DeleteFunc(bench.Cases(optimizers, w.Params.BaselineRun), func(c bench.Case) bool { return !strings.Contains(c.Name, only) })
}
