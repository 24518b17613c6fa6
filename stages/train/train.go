// Package train is the pipeline's train stage. It trains one run and writes its
// record, its archived activations and its final weights.
//
// The package's imports are the stage's code identity. It therefore imports
// neither the metrics nor the figures, so that these may change without
// training a run again.
package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/trainer"
	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// Outputs of the stage.
const (
	Record      = "record.parquet"
	Activations = "activations.parquet"
	Weights     = "weights.parquet"
)

// Inputs of the stage: the IDX files, decompressed.
const (
	TrainImages = "train-images"
	TrainLabels = "train-labels"
	TestImages  = "t10k-images"
	TestLabels  = "t10k-labels"
)

// Params holds everything besides the data that determines a run's bytes.
type Params struct {
	Data       string // what the images show, for the archives
	Classes    int    // number of classes in the data
	Run        trainer.Config
	Archive    []int // epochs whose activations are kept, ascending
	TrainFirst int   // number of images to train on, the first of the data; 0 means all
	TestFirst  int   // number of images to measure on, the first of the data; 0 means all
}

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "train"

// Stage returns the train stage. It may run for several nodes at once. Each run
// uses one goroutine, so as many runs as there are cores keep all of them busy.
func Stage() *pipeline.Stage {
	var data dataset
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/train", Contract: kernel.Contract + ", " + gemm.Contract,
		Outputs: []string{Record, Activations, Weights},
		Run: func(ctx context.Context, job *pipeline.Job) error {
			return run(ctx, job, &data)
		},
		Check: check,
	}
}

func run(ctx context.Context, job *pipeline.Job, data *dataset) error {
	p := job.Node().Params.(Params)
	train, test, err := data.load(job, p)
	if err != nil {
		return err
	}
	meta, err := provenance(p)
	if err != nil {
		return err
	}
	activations, err := runs.CreateActivations(job.Output(Activations), meta)
	if err != nil {
		return err
	}
	var early, epochs []runs.Epoch
	var weights []runs.Tensor
	steps := 0
	start := time.Now()
	err = trainer.Train(ctx, p.Run, train, test, func(e trainer.Epoch, a *trainer.Activations) error {
		for _, point := range e.Early {
			early = append(early, recordOf(p.Run, point.Step, point.Result))
		}
		steps += e.Steps
		epoch := recordOf(p.Run, steps, e.Result)
		epoch.Epoch = e.Epoch
		if e.TrainSamples > 0 {
			epoch.TrainLossAfter, epoch.TrainCorrect, epoch.TrainSamples = canonical(e.TrainLossAfter), e.TrainCorrect, e.TrainSamples
		}
		if e.ValidationSamples > 0 {
			epoch.ValidationLoss = canonical(e.ValidationLoss)
			epoch.ValidationCorrect, epoch.ValidationSamples = e.ValidationCorrect, e.ValidationSamples
		}
		epoch.ClassCorrect, epoch.ClassSamples = slices.Clone(e.ClassCorrect), slices.Clone(e.ClassSamples)
		epochs = append(epochs, epoch)
		for _, t := range e.Weights {
			weights = append(weights, runs.Tensor(t))
		}
		accuracy := float64(e.Correct) / float64(e.Samples)
		job.Logf("epoch %d: train loss %.5f, test loss %.5f, test accuracy %.4f, weights %x, %.2f s",
			e.Epoch, e.TrainLoss, e.TestLoss, accuracy, e.Digest[:6], time.Since(start).Seconds())
		job.Progress(float64(e.Epoch), float64(p.Run.Epochs), fmt.Sprintf("epoch %d of %d, accuracy %.4f", e.Epoch, p.Run.Epochs, accuracy))
		if !slices.Contains(p.Archive, e.Epoch) {
			return nil
		}
		return archive(activations, e.Epoch, a)
	})
	if err != nil {
		return errors.Join(err, activations.Discard())
	}
	if err := activations.Close(); err != nil {
		return err
	}
	if err := runs.WriteWeights(job.Output(Weights), meta, weights); err != nil {
		return err
	}
	return runs.WriteRecord(job.Output(Record), meta, append(early, epochs...))
}

// provenance describes how an archive was made. It names what determines the
// bytes and nothing else, such as code identity or time, so that equal results
// have equal bytes and stop a rerun from spreading.
func provenance(p Params) (runs.Meta, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("describe run: %w", err)
	}
	source := p.Data + ", test set, after each epoch"
	switch p.Run.Measure {
	case "train":
		source = p.Data + ", training set, after each epoch"
	case "train-running":
		source = p.Data + ", training set, each batch before its own step"
	}
	return runs.Meta{"params": string(text), "source": source}, nil
}

// recordOf returns the record of an epoch or an early point. It leaves out what
// an early point does not have.
func recordOf(c trainer.Config, step int, e trainer.Result) runs.Epoch {
	r := runs.Epoch{
		Step: step, TrainLoss: e.TrainLoss, TestLoss: e.TestLoss, Correct: e.Correct, Samples: e.Samples,
		TrainLossAfter: math.NaN(), ValidationLoss: math.NaN(), Digest: e.Digest,
	}
	for _, l := range e.Layers {
		for j := range l.Most {
			l.Least[j], l.Most[j] = canonical(l.Least[j]), canonical(l.Most[j])
			l.Squares[j] = canonical(l.Squares[j])
		}
		r.Layers = append(r.Layers, runs.Layer{
			Units: l.Units, Activation: c.Network.Activation, ClassSums: l.ClassSums, ClassCounts: l.ClassCounts,
			Squares: l.Squares, Least: l.Least, Most: l.Most, Thresholds: trainer.Thresholds(), Below: l.Below,
			RatioSum: l.RatioSum, RatioSquares: l.RatioSquares, RatioFourths: canonical(l.RatioFourths),
			RankSum: canonical(l.RankSum), RankSquares: canonical(l.RankSquares), Samples: l.Samples,
		})
	}
	return r
}

// canonical makes every NaN the same, because processors produce different
// ones. The losses and sums that the first version of the record had are not
// changed, so that records can be compared with those of that version.
func canonical[T float32 | float64](x T) T {
	if x != x {
		return T(math.NaN())
	}
	return x
}

func archive(w *runs.ActivationWriter, epoch int, a *trainer.Activations) error {
	for i, values := range a.Layers {
		block := runs.Block{Epoch: epoch, Layer: i + 1, Units: a.Units[i], Labels: a.Labels, Predictions: a.Predictions, Values: values}
		if err := w.Append(block); err != nil {
			return err
		}
	}
	return nil
}

// check reads an output back before the pipeline accepts it.
func check(output, path string) error {
	switch output {
	case Record:
		_, _, err := runs.ReadRecord(path)
		return err
	case Weights:
		_, _, err := runs.ReadWeights(path)
		return err
	}
	r, err := runs.OpenActivations(path) // its values were compared when it was closed
	if err != nil {
		return err
	}
	return r.Close()
}
