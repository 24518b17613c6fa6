package train

import (
	"fmt"
	"slices"
	"sync"

	"sparsel/artifacts/idx"
	"sparsel/pipeline"
	"sparsel/trainer"
)

// dataset holds the data once for all runs of a process. MNIST takes 55 MB,
// which every run only reads.
type dataset struct {
	mu          sync.Mutex
	ids         [4]pipeline.ContentID
	classes     int
	train, test trainer.Split
}

// load returns the splits that a run trains and is measured on.
func (d *dataset) load(job *pipeline.Job, p Params) (train, test trainer.Split, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := [4]string{TrainImages, TrainLabels, TestImages, TestLabels}
	var ids [4]pipeline.ContentID
	for i, name := range names {
		ids[i] = job.InputID(name)
	}
	if d.ids != ids || d.classes != p.Classes {
		if train, err = split(job, TrainImages, TrainLabels, p.Classes); err != nil {
			return train, test, err
		}
		if test, err = split(job, TestImages, TestLabels, p.Classes); err != nil {
			return train, test, err
		}
		if err := fit(train, test); err != nil {
			return train, test, err
		}
		d.ids, d.classes, d.train, d.test = ids, p.Classes, train, test
	}
	if train, err = first(d.train, p.TrainFirst); err != nil {
		return train, test, fmt.Errorf("training set: %w", err)
	}
	if test, err = first(d.test, p.TestFirst); err != nil {
		return train, test, fmt.Errorf("test set: %w", err)
	}
	return train, test, nil
}

func split(job *pipeline.Job, images, labels string, classes int) (trainer.Split, error) {
	pictures, _ := job.Input(images)
	answers, _ := job.Input(labels)
	return Load(pictures, answers, classes)
}

// Load reads a split with the given number of classes from its two IDX files.
// Images must be square.
func Load(images, labels string, classes int) (trainer.Split, error) {
	if classes < trainer.MinClasses || classes > trainer.MaxClasses {
		return trainer.Split{}, fmt.Errorf("load %s: %d classes, want %d to %d", labels, classes, trainer.MinClasses, trainer.MaxClasses)
	}
	set, err := idx.LoadSet(images, labels, classes)
	if err != nil {
		return trainer.Split{}, err
	}
	if set.Rows != set.Cols {
		return trainer.Split{}, fmt.Errorf("load %s: images of %d×%d pixels, want square ones", images, set.Rows, set.Cols)
	}
	return trainer.Split{Pixels: set.Rows * set.Cols, Images: set.Pixels, Labels: set.Labels, Classes: classes}, nil
}

// fit compares the two splits of a data set. A class without a training image
// means that the number of classes is wrong. It would make every selectivity
// NaN.
func fit(train, test trainer.Split) error {
	if train.Pixels != test.Pixels {
		return fmt.Errorf("load data: training images have %d pixels and test images %d; they are not of one data set",
			train.Pixels, test.Pixels)
	}
	var seen [trainer.MaxClasses]bool
	for _, label := range train.Labels {
		seen[label] = true
	}
	if missing := slices.Index(seen[:train.Classes], false); missing >= 0 {
		return fmt.Errorf("load data: none of the %d training images is of class %d; correct the number of classes, %d",
			len(train.Labels), missing, train.Classes)
	}
	return nil
}

// first truncates a split to its first n samples.
func first(s trainer.Split, n int) (trainer.Split, error) {
	if n == 0 {
		return s, nil
	}
	if n > len(s.Labels) {
		return s, fmt.Errorf("the parameters ask for %d images, there are %d", n, len(s.Labels))
	}
	return trainer.Split{Pixels: s.Pixels, Images: s.Images[:n*s.Pixels], Labels: s.Labels[:n], Classes: s.Classes}, nil
}
