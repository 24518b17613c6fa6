package stages

import (
	"context"
)

// Figure builds one figure.
func Figure(ctx context.Context, id string, o Options) error {
	return build(ctx, o, "figure "+id, func(w *workspace) ([]string, error) { return w.Figure(id) })
}
