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

// judgeLabels returns the problems of trainings whose samplers have no images,
// and of figures and tables whose metrics need images of every class. The labels
// decide that, so it is known before anything runs if the labels are at hand.
// Files that have to be downloaded are not waited for.
func (b *builder) judgeLabels(s *Study) []params.Problem {
	var labels params.PartLabels
	train, test := b.params.MeasuresPart()
	starves := b.params.NeedsLabels()
	drawn := b.images == drawnImages // with digits of every class, unless there are a handful
	if train && !drawn || starves {
		labels.Train = s.labels(b.images, digits.Train)
	}
	if test && !drawn {
		labels.Test = s.labels(b.images, digits.Test)
	}
	list := b.params.Unmeasured(labels)
	if starves {
		list = append(b.params.Starved(labels.Train), list...)
	}
	return list
}

// labels returns the labels of a part of the data set, digits.Train or
// digits.Test, or nil if they are not at hand.
func (s *Study) labels(images string, part string) []uint8 {
	p := s.Params
	if images == drawnImages {
		count := p.Dataset().Train
		if p.Study.TrainImages > 0 {
			count = p.Study.TrainImages
		}
		return digits.Draw(digitsSeed, part, count).Labels
	}
	dir, err := os.MkdirTemp("", "sparsel-labels-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	files := s.Files[1:2] // the labels of the training images
	if part == digits.Test {
		files = s.Files[3:4]
	}
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
