package stages

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sparsel/artifacts/measures"
	"sparsel/stages/agreement"
	"sparsel/stages/table"
)

// Compare builds the tidy table and prints how far it agrees with a recorded one, by experiment, condition and
// optimizer.
func Compare(ctx context.Context, reference *string, o Options) error {
	if orDefault(reference, "") == "" {
		return errors.New("compare: name the recorded table with -reference=FILE")
	}
	recorded, err := table.ReadTidy(*reference)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	ours, err := o.tidy(ctx)
	if err != nil {
		return err
	}
	list := agreement.Compare(ours, recorded)
	if err := agreement.Print(o.stdout(), list); err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(a agreement.Line) bool { return a.Rows > 0 }) {
		return fmt.Errorf("compare: %s has no row in common with this study; its experiments, conditions, seeds and epochs must match", *reference)
	}
	return nil
}

// tidy builds the table of every epoch of every run and reads it.
func (o Options) tidy(ctx context.Context) ([]measures.TidyRow, error) {
	w, err := o.open(events())
	if err != nil {
		return nil, err
	}
	_, report, err := w.run(ctx, "compare", []string{w.Tidy.Name})
	if err != nil {
		return nil, err
	}
	return table.ReadTidy(w.store.BlobPath(report.Result(w.Tidy.Name).Outputs[table.TidyTable]))
}
