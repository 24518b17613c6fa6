package stages

import (
	"context"

	"sparsel/stages/bench/noop"
)

// BenchPipeline times a build with nothing to do, in a graph of about the given
// number of nodes, and compares it with ninja and Snakemake.
func BenchPipeline(ctx context.Context, nodes *int, o Options) error {
	return noop.Compare(ctx, o.stdout(), orDefault(nodes, 3000))
}
