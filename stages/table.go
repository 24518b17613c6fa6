package stages

import (
	"context"
)

// Table builds one table.
func Table(ctx context.Context, id string, o Options) error {
	return build(ctx, o, "table "+id, func(w *workspace) ([]string, error) { return w.Table(id) })
}
