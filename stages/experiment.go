package stages

import (
	"context"
)

// Experiment builds experiments by their names, which are separated by commas.
// It builds their runs, their summaries, and the figures and tables that depend
// on no other experiment.
func Experiment(ctx context.Context, names string, o Options) error {
	return build(ctx, "experiment", names, o)
}
