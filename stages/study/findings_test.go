package study_test

import (
	"testing"

	"sparsel/stages/finding"
	"sparsel/stages/internal/studytest"
)

// blocks returns the blocks of a finding by condition and optimizer.
func blocks(t *testing.T, profile, id string) (map[[3]string]string, finding.Params) {
	t.Helper()
	n := studytest.Whole(t, profile).Findings[id]
	if n == nil {
		t.Fatalf("there is no finding %s", id)
	}
	p := n.Params.(finding.Params)
	list := map[[3]string]string{}
	for _, b := range p.Blocks {
		list[[3]string{b.Experiment, b.Condition, b.Optimizer}] = b.Name
	}
	return list, p
}

// With the author's seeding, runs share a block if they are one network, as
// with test and training images of the baseline, or with a condition that shows
// another's runs again. Conditions that only share the number of a seed share
// nothing.
func TestBlocksOfTheAuthor(t *testing.T) {
	list, p := blocks(t, "", "T1")
	if p.Layer != finding.Reproduces {
		t.Errorf("layer %q", p.Layer)
	}
	for _, optimizer := range []string{"SGD", "Adagrad", "Adadelta", "Adam"} {
		test, train := list[[3]string{"train_vs_test", "test", optimizer}], list[[3]string{"train_vs_test", "train", optimizer}]
		if test == "" || test != train {
			t.Errorf("%s: test and training images are of %q and %q", optimizer, test, train)
		}
	}
	if a, b := list[[3]string{"train_vs_test", "test", "SGD"}], list[[3]string{"train_vs_test", "test", "Adam"}]; a == b {
		t.Errorf("SGD and Adam are both of %q", a)
	}
	list, _ = blocks(t, "", "Z1")
	seen := map[string][3]string{}
	for at, name := range list {
		if other, twice := seen[name]; twice {
			t.Errorf("%v and %v are both of %q", at, other, name)
		}
		seen[name] = at
	}
	if len(seen) < 28 {
		t.Errorf("%d blocks, want those of seven batch sizes and four optimizers", len(seen))
	}
}

// With paired seeding, all runs of a seed are one block.
func TestBlocksOfPairs(t *testing.T) {
	list, p := blocks(t, "quick", "N2")
	if p.Layer != finding.Trial { // there are two of the author's seeds
		t.Errorf("layer %q", p.Layer)
	}
	for at, name := range list {
		if name != "start" {
			t.Errorf("%v is of %q", at, name)
		}
	}
	if len(list) == 0 {
		t.Error("no blocks")
	}
}
