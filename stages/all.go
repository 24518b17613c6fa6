package stages

import (
	"context"
	"errors"

	"sparsel/pipeline"
)

// everything is the request that All makes.
const everything = "all"

// All builds every figure, table and finding, and writes the report about them,
// even if something failed. The report shows the parameters and the code that
// the run started with, because either may have been edited in the hours since.
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
