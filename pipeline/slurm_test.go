package pipeline_test

import (
	"context"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/slurmtest"
)

// T38: many small nodes over sixteen slots of a Slurm of two nodes: the bytes of
// this machine, each node once, and no more submissions than slots.
func TestT38SlurmManyNodes(t *testing.T) {
	c := slurmtest.Start(t)
	l := newLab(t)
	l.launch = c.Srun("")
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 4, Workers: l.workers(basic(), nil)})
	if err != nil || r.Counts[pipeline.Executed] != wholeStudy {
		t.Fatalf("run: %v, counts %v", err, r.Counts)
	}
	t.Log(c.Try("squeue"))
}
