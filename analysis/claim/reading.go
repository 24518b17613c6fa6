package claim

import (
	"fmt"
	"math"
)

// Reading says what is read from a run's course: its mean over a window of
// epochs, the mean size of its steps from epoch to epoch or of its fluctuations
// within the window, or its value at the epoch where another metric reaches a
// level.
type Reading struct {
	from, to int // epochs; 0 is the last one, −1 the one before
	kind     kind
	metric   string // the metric whose level determines the epoch, instead of from and to
	level    float64
}

// kind is the quantity that is computed over a window.
type kind int

const (
	levels kind = iota
	steps
	fluctuations
)

// First and Last are the values after the first and the last epoch. If curves
// of different lengths are compared, the last epoch is the last that all of
// them have.
var (
	First = Epoch(1)
	Last  = Epoch(0)
)

// Epoch is the value after an epoch, counted from 1; 0 is the last epoch and −k
// the one k before it.
func Epoch(e int) Reading { return Reading{from: e, to: e} }

// Mean is the mean over the epochs between the two given ones, inclusive, as
// far as they exist. They are counted as in Epoch.
func Mean(from, to int) Reading { return Reading{from: from, to: to} }

// StepSize is the mean of |v(e+1) − v(e)| over the epochs between the two given
// ones, inclusive, as far as they exist. They are counted as in Epoch.
func StepSize(from, to int) Reading { return Reading{from: from, to: to, kind: steps} }

// Fluctuation is the mean of |v(e+1) − 2·v(e) + v(e−1)| over the epochs between
// the two given ones, inclusive, as far as they exist. They are counted as in
// Epoch. It measures how much a course goes up and down, apart from a steady
// trend in one direction.
func Fluctuation(from, to int) Reading { return Reading{from: from, to: to, kind: fluctuations} }

// Reaching is the value after the first epoch at which the run's other metric
// is at least at a level. Each run has an epoch of its own; a run that never
// reaches the level is left out.
func Reaching(metric string, level float64) Reading { return Reading{metric: metric, level: level} }

// String returns the reading in full. It is part of a claim's definition.
func (r Reading) String() string {
	switch {
	case r.metric != "":
		return fmt.Sprintf("first epoch with %s of %s", r.metric, exact(r.level))
	case r == Last:
		return "last epoch"
	case r.kind == steps:
		return fmt.Sprintf("mean step of epochs %d to %d", r.from, r.to)
	case r.kind == fluctuations:
		return fmt.Sprintf("mean fluctuation of epochs %d to %d", r.from, r.to)
	case r.from != r.to:
		return fmt.Sprintf("mean of epochs %d to %d", r.from, r.to)
	}
	return fmt.Sprintf("epoch %d", r.from)
}

// span returns the reading's first and last epoch in a course of the given
// length. A window is clipped to the course.
func (r Reading) span(epochs int) (from, to int) {
	if r.metric != "" {
		return 1, 1
	}
	from, to = r.from, r.to
	if from <= 0 {
		from += epochs
	}
	if to <= 0 {
		to += epochs
	}
	if r.from != r.to {
		from, to = max(from, 1), min(to, epochs)
	}
	return from, to
}

// window is span for a course that has such epochs, and an error for others.
func (r Reading) window(epochs int) (from, to int, err error) {
	from, to = r.span(epochs)
	if from < 1 || to > epochs || from > to || to-from < int(r.kind) {
		return 0, 0, missing("%s: its runs have %d epochs", r.name(epochs), epochs)
	}
	return from, to, nil
}

func (r Reading) name(epochs int) string {
	from, to := r.span(epochs)
	switch {
	case r.metric != "":
		return r.String()
	case r.kind == steps && to == from+1:
		return fmt.Sprintf("step from epoch %d to %d", from, to)
	case r.kind == steps:
		return fmt.Sprintf("mean step over epochs %d to %d", from, to)
	case r.kind == fluctuations:
		return fmt.Sprintf("mean fluctuation over epochs %d to %d", from, to)
	case from != to:
		return fmt.Sprintf("mean of epochs %d to %d", from, to)
	}
	return fmt.Sprintf("epoch %d", from)
}

// of computes the reading of a course. It is NaN if a value that is needed is
// not finite.
func (r Reading) of(course []float64, from, to int) float64 {
	if to > len(course) {
		return math.NaN()
	}
	var sum float64
	window := course[from-1 : to]
	for i := int(r.kind); i < len(window); i++ { // the first index with enough epochs before it
		switch r.kind {
		case levels:
			sum += window[i]
		case steps:
			sum += math.Abs(window[i] - window[i-1])
		case fluctuations:
			sum += math.Abs((window[i] - window[i-1]) - (window[i-1] - window[i-2]))
		}
	}
	return sum / float64(len(window)-int(r.kind))
}
