package stages

import (
	"context"
)

// Experiment builds one experiment: its runs, their summaries, and the figures and tables of it alone.
func Experiment(ctx context.Context, name string, o Options) error {
	return build(ctx, o, "experiment "+name, func(w *workspace) ([]string, error) { return w.Experiment(name) })
}
