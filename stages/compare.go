package stages

import (
	"context"
	"errors"
	"fmt"

	"sparsel/stages/agreement"
	"sparsel/stages/params"
	"sparsel/stages/table"
)

// Compare prints how well runs agree with recorded ones, by experiment,
// condition and optimizer. If runs that the record has are missing, it runs
// them, and nothing else.
func Compare(ctx context.Context, reference *string, o Options) error {
	if orDefault(reference, "") == "" {
		return errors.New("compare: name the recorded table with -reference=FILE")
	}
	if p, err := params.Read(o.params(), orDefault(o.Profile, "")); err != nil {
		return err
	} else if data := p.Dataset(); data.Own() {
		return fmt.Errorf("compare: the records are of MNIST, and %s describes %s", o.params(), data.Name)
	}
	recorded, err := table.ReadTidy(*reference)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	var runs []agreement.Run
	seen := map[agreement.Run]bool{}
	for _, row := range recorded {
		if run := agreement.RunOf(row); !seen[run] {
			seen[run] = true
			runs = append(runs, run)
		}
	}
	w, err := o.openOnly(events(), runs)
	if err != nil {
		return err
	}
	if len(w.Aggregates) == 0 {
		return fmt.Errorf("compare: %s has no run in common with %s; experiments, conditions, optimizers, seeds and splits must match",
			*reference, w.File)
	}
	if orDefault(o.DryRun, false) {
		return w.build(ctx, "compare", []string{w.Tidy.Name})
	}
	_, report, err := w.run(ctx, "compare", []string{w.Tidy.Name})
	if err != nil {
		return err
	}
	ours, err := table.ReadTidy(w.store.BlobPath(report.Result(w.Tidy.Name).Outputs[table.TidyTable]))
	if err != nil {
		return err
	}
	return agreement.Print(o.stdout(), agreement.Compare(ours, recorded))
}
