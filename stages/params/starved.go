package params

import (
	"fmt"
	"slices"

	"sparsel/trainer"
)

// Some samplers take images by their class, and have none to train on if there
// are too few of a class. Then the training ends with an error, which must be
// found when the file is read.

// mostOfClass returns the largest number of training images that a class can
// have. Only of all of MNIST it is known without looking at the labels.
func (p *Params) mostOfClass(images int) int {
	switch {
	case p.dataset.Own() && images == p.dataset.Train: // each class has an image
		return images - (p.dataset.Classes - 1)
	case p.dataset.Own() || p.Profile != nil && p.Profile.Data == "any":
		return images
	}
	return min(images, slices.Max(classCounts))
}

// starved says why a sampler has no images to train on, given the number of
// training images of each class. It is empty if it has some.
func starved(c trainer.Config, counts []int) string {
	s := c.Sampler
	switch {
	case s.Kind == "consecutive" && !s.Clean:
		if most := slices.Max(counts); s.Block > most {
			return tooLong(s.Block, most)
		}
	case s.Kind == "classes" && !s.Clean:
		if class := slices.Index(counts, 0); class >= 0 {
			return fmt.Sprintf("no training image is of class %d, and batches of a few classes may then be empty; use more images, or clean = true",
				class)
		}
	case s.Kind == "phases":
		for i, classes := range c.PhaseClasses(len(counts)) {
			if !slices.ContainsFunc(classes, func(class int) bool { return counts[class] > 0 }) {
				return fmt.Sprintf("no training image is of a class of phase %d, %s; use more images, or other classes",
					i+1, numbersText(classes))
			}
		}
	}
	return ""
}

func tooLong(block, most int) string {
	return fmt.Sprintf("block is %d, and no class has more than %d training images, so no block would be full; make it smaller, or say "+
		"clean = true", block, most)
}

// numbersText lists numbers.
func numbersText(list []int) string {
	text := ""
	for i, n := range list {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	return text
}

// NeedsLabels reports whether the labels of the training images decide if a run
// can be trained.
func (p *Params) NeedsLabels() bool {
	return slices.ContainsFunc(p.expanded.runs, func(r *Run) bool {
		if p.knowsCounts(r.Config) {
			return false
		}
		s := r.Config.Sampler
		return s.Kind == "phases" || !s.Clean && (s.Kind == "consecutive" || s.Kind == "classes")
	})
}

// knowsCounts reports whether a run has all of MNIST, with enough images of each
// class for any block and phase that is not refused already.
func (p *Params) knowsCounts(c trainer.Config) bool {
	drawn := p.Profile != nil && p.Profile.Data == "any"
	return !p.dataset.Own() && !drawn && p.trainImages() == MNIST.Train && c.Validation == 0
}

// Starved lists the problems of samplers that have no images to train on,
// given the labels of the data set's first training images.
func (p *Params) Starved(labels []uint8) []Problem {
	var list []Problem
	for _, u := range p.expanded.uses {
		c := u.Run.Config
		images := p.trainImages() - c.Validation
		if images > len(labels) {
			continue // the files are not those that the parameters describe, which fetching them reports
		}
		counts := make([]int, p.dataset.Classes)
		for _, label := range labels[:images] {
			if int(label) < len(counts) {
				counts[label]++
			}
		}
		if why := starved(c, counts); why != "" {
			list = append(list, Problem{Path: u.path, Message: fmt.Sprintf("%s, %s: %s", u.Condition, u.Optimizer, why)})
		}
	}
	return list
}
