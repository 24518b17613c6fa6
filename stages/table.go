package stages

import (
	"context"
)

// Table builds tables by their ids, which are separated by commas.
func Table(ctx context.Context, ids string, o Options) error { return build(ctx, "table", ids, o) }
