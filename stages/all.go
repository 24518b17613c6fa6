package stages

import (
	"context"
	"errors"

	"sparsel/pipeline"
)

// everything is the request of All.
const everything = "all"

// All builds every figure, table and finding, and writes the report of them, also where something failed. The report is
// of the parameters and the code that the run had: either may have been edited in the hours since it began.
func All(ctx context.Context, o Options) error {
	w, err := o.open(events())
	if err != nil {
		return err
	}
	err = w.build(ctx, everything, w.Targets())
	if orDefault(o.DryRun, false) || err != nil && !errors.Is(err, pipeline.ErrFailed) {
		return err
	}
	return errors.Join(err, w.writeReport(ctx, false))
}
