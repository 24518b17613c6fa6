package study

import (
	"context"
	"os"
	"path/filepath"

	"sparsel/artifacts/idx"
	"sparsel/stages/digits"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// starved returns the problems of trainings whose samplers have no images. The
// labels decide that, so it is known before anything runs if the labels are at
// hand. Files that have to be downloaded are not waited for.
func (b *builder) starved(s *Study) []params.Problem {
	if !b.params.NeedsLabels() {
		return nil
	}
	return b.params.Starved(s.trainLabels(b.images))
}

// trainLabels returns the labels of the training images, or nil if they are not
// at hand.
func (s *Study) trainLabels(images string) []uint8 {
	p := s.Params
	if images == drawnImages {
		count := p.Dataset().Train
		if p.Study.TrainImages > 0 {
			count = p.Study.TrainImages
		}
		return digits.Draw(digitsSeed, digits.Train, count).Labels
	}
	dir, err := os.MkdirTemp("", "sparsel-labels-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	files := s.Files[1:2] // the labels of the training images
	here := fetch.Sources{Blob: s.Sources.Blob, Dirs: s.Sources.Dirs}
	output := func(name string) string { return filepath.Join(dir, name) }
	if err := fetch.Fetch(context.Background(), files, output, here, fetch.Observer{}); err != nil {
		return nil
	}
	f, err := os.Open(output(files[0].Name))
	if err != nil {
		return nil
	}
	defer f.Close()
	labels, err := idx.ReadLabels(f, p.Dataset().Classes)
	if err != nil {
		return nil // fetching the files says what is wrong with them
	}
	return labels
}
