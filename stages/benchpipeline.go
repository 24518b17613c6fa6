package stages

import (
	"context"

	"sparsel/stages/bench/noop"
)

// BenchPipeline times a build with nothing to do, of about that many nodes, beside ninja and Snakemake.
func BenchPipeline(ctx context.Context, nodes *int, o Options) error {
	return noop.Compare(ctx, o.stdout(), orDefault(nodes, 3000))
}
