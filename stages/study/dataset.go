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

// What the images show if the parameter file does not describe its own data
// set.
const (
	mnistImages = "MNIST"
	drawnImages = "generated digits"
)

// imagesOf decides what the images show. Generated digits replace MNIST only in
// a profile that says so, and everything made from them is marked.
func imagesOf(p *params.Params, sources fetch.Sources) string {
	switch data := p.Dataset(); {
	case data.Own():
		return data.Name
	case p.Profile != nil && p.Profile.Data == "any" && !sources.AtHand(fetch.MNIST):
		return drawnImages
	}
	return mnistImages
}

// addDataset adds the node that provides the study's images. Files are fetched
// on the machine where the study was opened, and other machines need not have
// them. Everything made from a data set other than MNIST is marked.
func (b *builder) addDataset(s *Study, sources fetch.Sources, images string) {
	p, data := b.params, b.params.Dataset()
	b.images = images
	switch {
	case data.Own():
		hashes, published := described(data)
		sources.Published, sources.Classes = published, data.Classes
		b.dataset = b.add(&pipeline.Node{Name: "fetch/" + data.Name, Stage: fetch.NewStage(sources), Params: hashes, Here: true})
		s.Files = hashes.Published(published)
	case images == drawnImages:
		b.dataset = b.add(&pipeline.Node{
			Name: "digits", Stage: digits.Stage(),
			Params: digits.Params{Seed: digitsSeed, Train: p.Study.TrainImages, Test: p.Study.TestImages},
		})
	default:
		sources.Otherwise = withoutMNIST(p.Profiles)
		b.dataset = b.add(&pipeline.Node{Name: "fetch/mnist", Stage: fetch.NewStage(sources), Params: fetch.MNIST, Here: true})
		s.Files = fetch.MNIST.Files()
	}
	s.Dataset, s.Images, s.Mark = b.dataset, b.images, p.Mark(b.images)
	b.mark = s.Mark
	if data.Own() {
		b.mark = fmt.Sprintf("On %s: %d classes, %d×%d pixels", data.Name, data.Classes, data.Side, data.Side)
		if s.Mark != "" {
			b.mark += "; " + s.Mark
		}
	}
}

// described returns what a data set's parameters say about it: the hashes that
// identify its files, and the names under which they are published.
func described(d params.Dataset) (fetch.Hashes, map[string]string) {
	hashes := fetch.Hashes{Train: d.Train, Test: d.Test, Side: d.Side}
	published := map[string]string{}
	fields := []*string{&hashes.TrainImages, &hashes.TrainLabels, &hashes.TestImages, &hashes.TestLabels}
	for i, f := range hashes.Files() {
		*fields[i], published[f.Name] = d.Files[i].SHA256, d.Files[i].Name
	}
	return hashes, published
}

// withoutMNIST names a profile that needs no MNIST, if there is one, for users
// who have no access to it.
func withoutMNIST(profiles map[string]params.Profile) string {
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		if profiles[name].Data == "any" {
			return fmt.Sprintf("see it work without MNIST: -profile=%s, on digits that sparsel draws itself, which say nothing about MNIST", name)
		}
	}
	return ""
}
