package study

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"sparsel/analysis/claim"
	"sparsel/stages/finding"
	"sparsel/stages/finding/fixed"
	"sparsel/stages/params"
	"sparsel/trainer"
)

// layerOf says which question the study's verdicts answer. It depends on the
// source, the seeding and the seeds, and on whether the study is the one whose
// claims were fixed.
func (b *builder) layerOf() string {
	if s := b.params.Study; Claimed(s, b.images, b.claims(), b.uses) {
		return finding.LayerOf(b.params.Repeats(), s.Seeding, s.Seeds)
	}
	return finding.Trial
}

// Claimed reports whether a study is the one whose claims were fixed: all of
// MNIST, and the conditions of every experiment that a claim reads. Other
// experiments do not matter. It is a variable so that a test can take a small
// study for it.
var Claimed = func(s params.Study, images string, claims []claim.Claim, uses []params.Use) bool {
	if images != mnistImages || s.TrainImages > 0 && s.TrainImages < params.MNIST.Train || s.TestImages > 0 && s.TestImages < params.MNIST.Test {
		return false
	}
	then, now := fixed.Conditions(), conditionsOf(uses)
	for _, f := range claims {
		for _, experiment := range f.Experiments {
			if sum, known := now[experiment]; known && sum != then[experiment] {
				return false
			}
		}
	}
	return true
}

// conditionsOf returns a digest of the conditions of each experiment: their
// names, optimizers and settings. It leaves out what profiles may change without
// asking another question: seeds and seeding, the order of consecutive blocks,
// and images held out in a search.
func conditionsOf(uses []params.Use) map[string]string {
	type cell struct{ experiment, condition, optimizer string }
	lines, seen := map[string][]string{}, map[cell]bool{}
	for _, u := range uses {
		at := cell{u.Experiment, u.Condition, u.Optimizer}
		if seen[at] {
			continue // another seed
		}
		seen[at] = true
		c := u.Run.Config
		c.Seeding, c.Sampler.OrderSeed, c.Validation = trainer.Seeding{}, 0, 0
		lines[u.Experiment] = append(lines[u.Experiment], fmt.Sprintf("%s %s %t %s", u.Condition, u.Optimizer, u.Ablate, params.Identity(c)))
	}
	sums := map[string]string{}
	for experiment, list := range lines {
		sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
		sums[experiment] = hex.EncodeToString(sum[:])
	}
	return sums
}
