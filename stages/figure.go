package stages

import (
	"context"
)

// Figure builds figures by their ids, which are separated by commas.
func Figure(ctx context.Context, ids string, o Options) error { return build(ctx, "figure", ids, o) }
