package params

import (
	"fmt"
	"slices"

	"sparsel/stages/words"
	"sparsel/trainer"
)

// Some metrics compare the activations of all classes, and no run has them if a
// class has no image among those that are measured. The labels decide that, so
// it is found when the file is read, if they are at hand.

// ofClasses lists the metrics that compare all classes.
var ofClasses = []string{
	"selectivity", "selectivity_std", "csi", "ccmas_chance", "selectivity_above_chance", "informedness", "selectivity_varying",
	"selectivity_weighted", "selectivity_gain",
}

// PartLabels are the labels of a data set's two parts. A part is nil if its labels
// are not at hand.
type PartLabels struct{ Train, Test []uint8 }

// MeasuresPart says which labels decide whether all classes are measured. Those
// of all of MNIST are known to have every class. Training labels also show if
// another data set has fewer classes than the file says.
func (p *Params) MeasuresPart() (train, test bool) {
	train = p.dataset.Own()
	for _, u := range p.expanded.uses {
		switch {
		case u.Split() == "train":
			train = train || p.trainImages() < MNIST.Train
		default:
			test = test || p.dataset.Own() || p.testImages() < MNIST.Test
		}
	}
	return train, test
}

// testImages returns the number of test images that a run is measured on.
func (p *Params) testImages() int {
	if p.Study.TestImages > 0 {
		return p.Study.TestImages
	}
	return p.dataset.Test
}

// Unmeasured lists figures and tables of metrics that compare all classes where
// none of the runs that they show is measured on images of every class. If the
// data set itself has fewer classes than the file says, that is the problem.
func (p *Params) Unmeasured(labels PartLabels) []Problem {
	if p.dataset.Own() && len(labels.Train) == p.dataset.Train {
		if absent := p.absent(labels.Train); absent != nil {
			return []Problem{{Path: "data.classes", Message: fmt.Sprintf("none of the %d training images is of class %s; correct data.classes, %d",
				p.dataset.Train, words.Either(absent), p.dataset.Classes)}}
		}
	}
	var list []Problem
	report := func(at, metric string, uses []Use) {
		if why := p.unmeasured(uses, labels); why != "" {
			list = append(list, Problem{Path: at, Message: fmt.Sprintf("shows %s, which compares all classes, and %s; use more images, or leave it out",
				metric, why)})
		}
	}
	check := func(path string, metrics []string, uses []Use) {
		for k, metric := range metrics {
			for _, factor := range Factors(metric) {
				if slices.Contains(ofClasses, factor) {
					report(indexed(path+".metrics", k), factor, uses)
				}
			}
		}
	}
	uses := p.expanded.uses
	of := func(experiments ...string) []Use {
		return slices.DeleteFunc(slices.Clone(uses), func(u Use) bool { return !slices.Contains(experiments, u.Experiment) })
	}
	for i, f := range p.Figures {
		f = f.complete()
		var shown []Use
		for _, s := range p.Shown(f, uses).Sources {
			shown = append(shown, usesOf(uses, s.Experiment, s.Entries)...)
		}
		switch path := p.FigurePlace(i); f.X.Kind {
		case UnitClasses:
		case UnitEpochs, UnitActivity:
			report(path+".x", "selectivity", shown)
		default:
			check(path, f.Metrics, shown)
			if f.X.Kind == AgainstMetric && slices.Contains(ofClasses, f.X.Name) {
				report(path+".x", f.X.Name, shown)
			}
		}
	}
	for i, t := range p.Tables {
		switch experiments := t.Experiments; {
		case t.ID == eachExperiment:
			check(p.tablePlace(i), t.Metrics, uses)
		case t.Experiment != "":
			check(p.tablePlace(i), t.Metrics, of(t.Experiment))
		default:
			check(p.tablePlace(i), t.Metrics, of(experiments...))
		}
	}
	return list
}

// unmeasured says which classes no run of the uses is measured on. It is empty if
// a run is, or may be, measured on all.
func (p *Params) unmeasured(uses []Use, labels PartLabels) string {
	why := ""
	for _, u := range uses {
		part, images, name := labels.Test, p.testImages(), "test"
		if u.Split() == "train" {
			part, images, name = labels.Train, p.trainImages(), "training"
		}
		var absent []int
		if c := u.Run.Config; c.Measure == "train-running" && c.Sampler.Kind == "phases" {
			if absent = p.neverTogether(c); absent != nil {
				why = fmt.Sprintf("no phase of %s of %s has training images of all classes", u.Condition, u.Experiment)
				continue
			}
		}
		if part == nil || images > len(part) {
			return ""
		}
		if absent = p.absent(part[:images]); absent == nil {
			return ""
		}
		if why = fmt.Sprintf("none of the %d %s images that %s of %s is measured on is of class %s", images, name, u.Condition, u.Experiment,
			words.Either(absent)); images == 1 {
			why = fmt.Sprintf("%s of %s is measured on a single %s image", u.Condition, u.Experiment, name)
		}
	}
	return why
}

// absent lists the classes of which there is no label.
func (p *Params) absent(labels []uint8) []int {
	var list []int
	for class := range p.dataset.Classes {
		if !slices.Contains(labels, uint8(class)) {
			list = append(list, class)
		}
	}
	return list
}

// neverTogether returns the classes that the first phase of a training leaves
// out, or nil if the classes of some phase are all.
func (p *Params) neverTogether(c trainer.Config) []int {
	var absent []int
	for i, classes := range c.PhaseClasses(p.dataset.Classes) {
		if len(classes) == p.dataset.Classes {
			return nil
		}
		for class := range p.dataset.Classes {
			if i == 0 && !slices.Contains(classes, class) {
				absent = append(absent, class)
			}
		}
	}
	return absent
}
