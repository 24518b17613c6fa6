package train

import (
	"fmt"
	"sync"

	"sparsel/artifacts/idx"
	"sparsel/pipeline"
	"sparsel/trainer"
)

// dataset holds MNIST once for all runs of a process: 55 MB that every run only reads.
type dataset struct {
	mu          sync.Mutex
	ids         [4]pipeline.ContentID
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
	if d.ids != ids {
		if train, err = split(job, TrainImages, TrainLabels); err != nil {
			return train, test, err
		}
		if test, err = split(job, TestImages, TestLabels); err != nil {
			return train, test, err
		}
		d.ids, d.train, d.test = ids, train, test
	}
	if train, err = first(d.train, p.TrainFirst); err != nil {
		return train, test, fmt.Errorf("training set: %w", err)
	}
	if test, err = first(d.test, p.TestFirst); err != nil {
		return train, test, fmt.Errorf("test set: %w", err)
	}
	return train, test, nil
}

func split(job *pipeline.Job, images, labels string) (trainer.Split, error) {
	pictures, _ := job.Input(images)
	classes, _ := job.Input(labels)
	return Load(pictures, classes)
}

// Load reads a split from its two IDX files.
func Load(images, labels string) (trainer.Split, error) {
	set, err := idx.LoadSet(images, labels, trainer.Classes)
	if err != nil {
		return trainer.Split{}, err
	}
	return trainer.Split{Pixels: set.Rows * set.Cols, Images: set.Pixels, Labels: set.Labels}, nil
}

// first cuts a split down to its first n samples.
func first(s trainer.Split, n int) (trainer.Split, error) {
	if n == 0 {
		return s, nil
	}
	if n > len(s.Labels) {
		return s, fmt.Errorf("the parameters ask for %d images, there are %d", n, len(s.Labels))
	}
	return trainer.Split{Pixels: s.Pixels, Images: s.Images[:n*s.Pixels], Labels: s.Labels[:n]}, nil
}
