package study

import (
	"fmt"
	"maps"
	"slices"

	"sparsel/pipeline"
	"sparsel/stages/digits"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// digitsSeed is the seed of the generated digits.
const digitsSeed = 1

// What images may be of.
const (
	mnistImages = "MNIST"
	drawnImages = "generated digits"
)

// imagesOf decides what the images are of. Only a profile that says so ever takes generated digits for MNIST, and then
// whatever it makes is marked with it.
func imagesOf(p *params.Params, sources fetch.Sources) string {
	if p.Profile != nil && p.Profile.Data == "any" && !sources.AtHand(fetch.MNIST) {
		return drawnImages
	}
	return mnistImages
}

// addDataset adds the node that the study's images come from. MNIST is fetched where the study was opened: other machines
// need not have it.
func (b *builder) addDataset(p *params.Params, sources fetch.Sources, images string) {
	b.images = images
	if images == drawnImages {
		b.dataset = b.add(&pipeline.Node{
			Name: "digits", Stage: digits.Stage(),
			Params: digits.Params{Seed: digitsSeed, Train: p.Study.TrainImages, Test: p.Study.TestImages},
		})
	} else {
		sources.Otherwise = withoutMNIST(p.Profiles)
		b.dataset = b.add(&pipeline.Node{Name: "fetch/mnist", Stage: fetch.NewStage(sources), Params: fetch.MNIST, Here: true})
	}
	b.mark = p.Mark(b.images)
}

// withoutMNIST is the way out for those who cannot have MNIST: a profile that does without, if there is one.
func withoutMNIST(profiles map[string]params.Profile) string {
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		if profiles[name].Data == "any" {
			return fmt.Sprintf("see it work without MNIST: -profile=%s, on digits that sparsel draws itself, which say nothing about MNIST", name)
		}
	}
	return ""
}
