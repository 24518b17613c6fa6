package stages

import (
	"context"
)

// Experiment builds experiments by their names, which are separated by commas:
// their runs, their summaries, and the figures and tables that are made of one
// of them alone.
func Experiment(ctx context.Context, names string, o Options) error {
	return build(ctx, "experiment", names, o)
}
