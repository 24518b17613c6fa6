// Package digits is the pipeline's stage that draws a data set of its own: the
// ten digits as pen strokes, in the four files and the form of MNIST.
//
// It is for machines that have neither MNIST nor a network: to try the study
// end to end, to test it, to show how it works. It is not for results. These
// images are simpler and more alike than handwriting, and no number that comes
// of them says anything about MNIST; whatever is made from them must say that
// it is.
//
// The parameters can ask for images of half as many pixels each way, and for
// more classes: digits that are turned or mirrored.
//
// The outputs have the names and the layout of stages/fetch, so that a node of
// either can feed stages/train:
//
//	data := &pipeline.Node{
//		Name: "digits", Stage: digits.Stage(),
//		Params: digits.Params{Seed: 1, Train: 10000, Test: 2000},
//	}
//
// Without the pipeline, [Draw] returns a split.
//
// A digit is chosen, then one of several ways to write it (shapes.go); its
// control points are moved, and the whole is bent, slanted, turned and
// stretched (hand.go); a pen of varying width draws it (pen.go), into a square
// of 20×20 pixels whose centre of mass is then put in the middle of 28×28, as
// was done for MNIST. About 80 % of the pixels are exactly 0.
//
// Image i of a split depends on the seed, the split and i, so that a smaller
// set is the beginning of a larger one. Splits share no randomness. Each class
// has a chance of one tenth at every place.
//
// All arithmetic is on integers, the square root apart, which IEEE 754 rounds
// correctly: the same parameters give the same bytes on every machine.
package digits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sparsel/artifacts/idx"
	"sparsel/pipeline"
	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// Outputs of the stage: IDX files, named as those of stages/fetch.
const (
	TrainImages = "train-images"
	TrainLabels = "train-labels"
	TestImages  = "t10k-images"
	TestLabels  = "t10k-labels"
)

// Splits, as [Draw] knows them.
const (
	Train = "train"
	Test  = "test"
)

// Classes is the number of digits, and of classes unless parameters say
// otherwise.
const Classes = 10

// MaxClasses is the largest number of classes: the digits, the digits turned to
// the right, and those mirrored that do not look like another class then, 2 to
// 7.
const MaxClasses = 2*Classes + 6

// maxCount bounds a split, so that a slip of the finger doesn't fill the
// memory. It is 784 MB, more than ten times MNIST.
const maxCount = 1_000_000

// Params decide every byte of the four files.
type Params struct {
	Seed        uint32
	Train, Test int // images of each split
	Side        int // pixels of an image, each way: 28, also written 0, or half as many
	Classes     int // 2 to MaxClasses; 0: the ten digits
}

func (p Params) side() int { return cmp.Or(p.Side, side) }

func (p Params) classes() int { return cmp.Or(p.Classes, Classes) }

// Validate reports what is wrong with the parameters.
func (p Params) Validate() error {
	var errs []error
	for _, s := range []struct {
		name  string
		count int
	}{{Train, p.Train}, {Test, p.Test}} {
		if s.count < 1 || s.count > maxCount {
			errs = append(errs, fmt.Errorf("draw digits: %d %s images; ask for 1 to %d", s.count, s.name, maxCount))
		}
	}
	if p.side() != side && p.side() != side/2 {
		errs = append(errs, fmt.Errorf("draw digits: images of %d×%d pixels; ask for %d or %d", p.Side, p.Side, side, side/2))
	}
	if c := p.classes(); c < 2 || c > MaxClasses {
		errs = append(errs, fmt.Errorf("draw digits: %d classes; ask for 2 to %d", c, MaxClasses))
	}
	return errors.Join(errs...)
}

// Kind is what the pipeline and the names of nodes call the stage.
const Kind = "digits"

// Stage is the pipeline's stage. Its node has [Params] and no inputs.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/digits", Contract: kernel.Contract,
		Outputs: []string{TrainImages, TrainLabels, TestImages, TestLabels},
		Run:     run,
		Check:   check,
	}
}

func run(ctx context.Context, job *pipeline.Job) error {
	p, ok := job.Node().Params.(Params)
	if !ok {
		return fmt.Errorf("draw digits: parameters are a %T, expected digits.Params", job.Node().Params)
	}
	if err := p.Validate(); err != nil {
		return err
	}
	done := 0
	for _, s := range []struct {
		name, images, labels string
		count                int
	}{{Train, TrainImages, TrainLabels, p.Train}, {Test, TestImages, TestLabels, p.Test}} {
		set, err := draw(p, s.name, s.count, func(i int) error {
			job.Progress(float64(done+i), float64(p.Train+p.Test), fmt.Sprintf("%s: %d of %d digits", s.name, i, s.count))
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		done += s.count
		if err := write(job.Output(s.images), func(w io.Writer) error { return idx.WriteImages(w, set.Images) }); err != nil {
			return err
		}
		if err := write(job.Output(s.labels), func(w io.Writer) error { return idx.WriteLabels(w, set.Labels) }); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, content func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}

// check reads an output back before the pipeline takes it.
func check(output, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if output == TrainLabels || output == TestLabels {
		_, err = idx.ReadLabels(f, MaxClasses)
		return err
	}
	_, err = idx.ReadImages(f)
	return err
}

// Draw returns the first count images of a split, [Train] or [Test], in the
// form of MNIST.
func Draw(seed uint32, split string, count int) idx.Set {
	set, _ := draw(Params{Seed: seed}, split, count, func(int) error { return nil })
	return set
}

// chunk is how many images are drawn between two reports, some ten
// milliseconds of work.
const chunk = 500

func draw(params Params, split string, count int, report func(done int) error) (idx.Set, error) {
	size := params.side()
	set := idx.Set{
		Images: idx.Images{Count: count, Rows: size, Cols: size, Pixels: make([]byte, count*size*size)},
		Labels: make([]uint8, count),
	}
	var p page
	image := make([]byte, side*side)
	for i := range count {
		if i%chunk == 0 {
			if err := report(i); err != nil {
				return idx.Set{}, err
			}
		}
		r := rng.Named(params.Seed, "digits/"+split, uint64(i))
		class := r.Choice(params.classes())
		digit, view := class%Classes, upright
		switch class / Classes {
		case 1:
			view = turned
		case 2:
			digit, view = digit+2, mirrored
		}
		p.draw(r, take(r).write(r, digit))
		clear(image)
		p.print(r, image)
		view(set.Pixels[i*size*size:(i+1)*size*size], image, size)
		set.Labels[i] = uint8(class)
	}
	return set, report(count)
}
