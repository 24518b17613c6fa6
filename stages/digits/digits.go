// Package digits is the pipeline's stage that draws a data set of its own: the
// ten digits as pen strokes, in the four files and the format of MNIST.
//
// It is meant for machines that have neither MNIST nor a network: to try the
// study from end to end, to test it, and to show how it works. It is not meant
// for results. Its images are simpler and more alike than handwriting, and
// numbers computed from them say nothing about MNIST. Everything made from them
// must say so.
//
// The parameters can ask for images with half as many pixels in each direction,
// and for more classes, which are digits that are turned or mirrored.
//
// The outputs have the names and the layout of those of stages/fetch, so that a
// node of either kind can feed stages/train:
//
//	data := &pipeline.Node{
//		Name: "digits", Stage: digits.Stage(),
//		Params: digits.Params{Seed: 1, Train: 10000, Test: 2000},
//	}
//
// Without the pipeline, [Draw] returns a split.
//
// To draw an image, the package chooses a digit and one of several ways to
// write it (shapes.go). It moves the control points, and bends, slants, turns
// and stretches the whole (hand.go). A pen of varying width draws it (pen.go)
// into a square of 20×20 pixels, whose centre of mass is then moved to the
// centre of 28×28 pixels, as was done for MNIST. About 80 % of the pixels are
// exactly 0.
//
// Image i of a split depends on the seed, the split and i, so that a smaller
// set is the beginning of a larger one. Splits share no randomness. Each class
// has a probability of one tenth for each image.
//
// All arithmetic is on integers, except for the square root, which IEEE 754
// rounds correctly. So the same parameters give the same bytes on every
// machine.
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

// Outputs of the stage: IDX files with the same names as those of stages/fetch.
const (
	TrainImages = "train-images"
	TrainLabels = "train-labels"
	TestImages  = "t10k-images"
	TestLabels  = "t10k-labels"
)

// Names of the splits for [Draw].
const (
	Train = "train"
	Test  = "test"
)

// Classes is the number of digits, which is also the number of classes unless
// the parameters set another.
const Classes = 10

// MaxClasses is the largest number of classes: the digits, the digits turned to
// the right, and the mirrored digits 2 to 7, which are those that do not look
// like another class.
const MaxClasses = 2*Classes + 6

// maxCount limits the size of a split, so that a typing error doesn't fill the
// memory. It corresponds to 784 MB, more than ten times MNIST.
const maxCount = 1_000_000

// Params determine every byte of the four files.
type Params struct {
	Seed        uint32
	Train, Test int // images in each split
	Side        int // pixels of an image in each direction: 28, also written 0, or half as many
	Classes     int // 2 to MaxClasses; 0 means the ten digits
}

func (p Params) side() int { return cmp.Or(p.Side, side) }

func (p Params) classes() int { return cmp.Or(p.Classes, Classes) }

// Validate returns an error that says what is wrong with the parameters.
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

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "digits"

// Stage returns the pipeline's stage. Its node has [Params] and no inputs.
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

// check reads an output back before the pipeline accepts it.
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
// format of MNIST.
func Draw(seed uint32, split string, count int) idx.Set {
	set, _ := draw(Params{Seed: seed}, split, count, func(int) error { return nil })
	return set
}

// chunk is how many images are drawn between two progress reports, which takes
// some ten milliseconds.
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
