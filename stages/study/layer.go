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
	s := b.params.Study
	layer := finding.LayerOf(b.params.Repeats(), s.Seeding, s.Seeds)
	if layer != finding.Trial && !Claimed(layer, s, b.images, b.claims(), b.uses) {
		return finding.Trial
	}
	return layer
}

// Claimed reports whether a study is the one whose claims were fixed: all of
// MNIST, and in every experiment that a claim reads the conditions of the layer.
// Other experiments do not matter. It is a variable so that a test can take a
// small study for it.
var Claimed = func(layer string, s params.Study, images string, claims []claim.Claim, uses []params.Use) bool {
	if images != mnistImages || s.TrainImages > 0 && s.TrainImages < params.MNIST.Train || s.TestImages > 0 && s.TestImages < params.MNIST.Test {
		return false
	}
	then, now := fixed.Conditions(layer), conditionsOf(uses)
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
// names, optimizers and settings, how their runs draw random numbers, and the
// epsilon of their CCMAS. It leaves out the seeds.
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
		c.Seeding = trainer.Seeding{Mode: c.Seeding.Mode}
		lines[u.Experiment] = append(lines[u.Experiment],
			fmt.Sprintf("%s %s %t %g %s", u.Condition, u.Optimizer, u.Ablate, u.CCMASEpsilon, params.Identity(c)))
	}
	sums := map[string]string{}
	for experiment, list := range lines {
		sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
		sums[experiment] = hex.EncodeToString(sum[:])
	}
	return sums
}
