// Package metrics is the pipeline's metrics stage. It computes a run's
// sparsity, selectivity and other metrics from its archives.
//
// It reads the archives and never a trainer's memory, and verifies the record
// of every run. Where activations are archived, the statistics computed from
// them must equal the recorded ones in every bit, and the number of correct
// predictions must be the recorded one.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"sparsel/analysis/metric"
	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/trainer/kernel"
)

// Output of the stage.
const Measures = "measures.parquet"

// Inputs of the stage: the archives of a run.
const (
	Record      = "record"
	Activations = "activations"
	Weights     = "weights" // for removing units
)

// Params are the parameters in the definitions of the metrics.
type Params struct {
	CCMASEpsilon float64
	Split        string  // whose activations are archived: "test" or "train"
	Phases       []Phase `json:",omitempty"` // of a training in phases; they belong to the run
	Ablate       bool    `json:",omitempty"` // units are taken out of the last hidden layer
}

// Phase is a phase of a training.
type Phase struct {
	Classes []int
	Epochs  int
}

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "metrics"

// Stage returns the metrics stage.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/metrics", Contract: kernel.Contract,
		Outputs: []string{Measures},
		Run:     run,
	}
}

func run(ctx context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	record, _ := job.Input(Record)
	activations, _ := job.Input(Activations)
	meta, epochs, err := runs.ReadRecord(record)
	if err != nil {
		return err
	}
	_, late := runs.EarlyAndLate(epochs)
	var tensors []runs.Tensor
	if p.Ablate {
		weights, _ := job.Input(Weights)
		if _, tensors, err = runs.ReadWeights(weights); err != nil {
			return err
		}
	}
	archive := archived{}
	n, err := Compare(ctx, late, activations, p.Split, func(b runs.Block) error {
		i := slices.IndexFunc(late, func(e runs.Epoch) bool { return e.Epoch == b.Epoch })
		return archive.add(b, statistics(late[i].Layers[b.Layer-1]), p.CCMASEpsilon, tensors)
	})
	if err != nil {
		return err
	}
	job.Logf("%d archived layers agree with the record in every bit", n)
	rows, err := FromRecord(epochs, p.CCMASEpsilon)
	if err != nil {
		return err
	}
	archive.complete(rows)
	p.complete(rows, epochs)
	return measures.WriteRun(job.Output(Measures), measures.Meta{"run": meta["params"]}, rows)
}

// FromRecord returns a run's metrics: for each epoch and early point the
// equally weighted mean over the hidden layers and, if there are several
// layers, the metrics of each. Metrics that the record does not have are NaN.
func FromRecord(epochs []runs.Epoch, epsilon float64) ([]measures.Row, error) {
	var rows []measures.Row
	start := map[string]metric.Measures{} // of the untrained network, by layer
	for _, e := range epochs {
		var layers []metric.Measures
		var weights []float64
		for i, l := range e.Layers {
			s := statistics(l)
			m, err := s.Measure(epsilon)
			if err != nil {
				return nil, fmt.Errorf("epoch %d, layer %d: %w", e.Epoch, i+1, err)
			}
			layers, weights = append(layers, m), append(weights, s.Activity())
		}
		mean, err := metric.Average(layers)
		if err != nil {
			return nil, fmt.Errorf("epoch %d: %w", e.Epoch, err)
		}
		if e.Epoch == 0 && e.Step == 0 {
			start[measures.AllLayers] = mean
			for i, m := range layers {
				start[strconv.Itoa(i+1)] = m
			}
		}
		add := func(layer string, m metric.Measures) {
			r := row(e, layer, m)
			r.SparsityWeighted, r.SelectivityWeighted = weighted(layers, weights)
			if s, ok := start[layer]; ok {
				r.SparsityGain, r.SelectivityGain = m.Sparsity-s.Sparsity, m.Selectivity-s.Selectivity
			}
			rows = append(rows, r)
		}
		add(measures.AllLayers, mean)
		if len(layers) == 1 {
			continue
		}
		for i, m := range layers {
			add(strconv.Itoa(i+1), m)
		}
	}
	return rows, nil
}

// weighted returns the means of sparsity and selectivity over layers. The
// weight of a layer is its share in the activation of all layers (the study's
// equation 5.2).
func weighted(layers []metric.Measures, weights []float64) (sparsity, selectivity float64) {
	var all float64
	for i, m := range layers {
		all += weights[i]
		sparsity += float64(weights[i] * m.Sparsity)
		selectivity += float64(weights[i] * m.Selectivity)
	}
	return sparsity / all, selectivity / all
}

func row(e runs.Epoch, layer string, m metric.Measures) measures.Row {
	nan := math.NaN()
	r := measures.Row{
		Epoch: e.Epoch, Step: e.Step, Layer: layer,
		Accuracy: float64(e.Correct) / float64(e.Samples), TrainLoss: e.TrainLoss, TestLoss: e.TestLoss,
		TrainLossAfter: e.TrainLossAfter, TrainAccuracy: math.NaN(), ValidationLoss: e.ValidationLoss, ValidationAccuracy: math.NaN(),
		Sparsity: m.Sparsity, SparsityStd: m.SparsityStd, Selectivity: m.Selectivity, SelectivityStd: m.SelectivityStd,
		Gini: m.Gini, GiniStd: m.GiniStd, TrevesRolls: m.TrevesRolls, TrevesRollsStd: m.TrevesRollsStd, CSI: m.CSI, CSIStd: m.CSIStd,
		Dead: m.Dead, Saturated: m.Saturated, Below: m.Below,

		CCMASChance: nan, ROC: nan, Precision: nan, Information: nan, Informedness: nan, SparsityVarying: nan, SelectivityVarying: nan,
		SparsityGain: nan, SelectivityGain: nan,
		PhaseAccuracy: nan, Forgetting: nan, Overlap: nan,
		AblationSelective: nan, AblationUnselective: nan, AblationRandom: nan, AblationMatched: nan, Impact: nan,
	}
	if e.TrainSamples > 0 {
		r.TrainAccuracy = float64(e.TrainCorrect) / float64(e.TrainSamples)
	}
	if e.ValidationSamples > 0 {
		r.ValidationAccuracy = float64(e.ValidationCorrect) / float64(e.ValidationSamples)
	}
	return r
}

func statistics(l runs.Layer) metric.Statistics {
	return metric.Statistics{
		Units: l.Units, Activation: l.Activation, ClassSums: l.ClassSums, ClassCounts: l.ClassCounts, Squares: l.Squares,
		Least: l.Least, Most: l.Most, Thresholds: l.Thresholds, Below: l.Below,
		RatioSum: l.RatioSum, RatioSquares: l.RatioSquares, RatioFourths: l.RatioFourths,
		RankSum: l.RankSum, RankSquares: l.RankSquares, Samples: l.Samples,
	}
}

// Compare recomputes the statistics of a record from the archived activations,
// as far as they allow, and passes on each layer that agrees. It returns the
// number of layers compared. Any difference, down to the last bit, is an error
// that names the epoch, the layer and the number.
//
// The recorded accuracy is that of the test set, so archived predictions are
// compared with it if split is "test".
func Compare(ctx context.Context, epochs []runs.Epoch, activations, split string, each func(runs.Block) error) (int, error) {
	reader, err := runs.OpenActivations(activations)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		block, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if err := compare(epochs, block, split); err != nil {
			return n, fmt.Errorf("archived activations disagree with the run record: epoch %d, layer %d: %w", block.Epoch, block.Layer, err)
		}
		if err := each(block); err != nil {
			return n, fmt.Errorf("measure archived activations: epoch %d, layer %d: %w", block.Epoch, block.Layer, err)
		}
	}
}

func compare(epochs []runs.Epoch, block runs.Block, split string) error {
	i := slices.IndexFunc(epochs, func(e runs.Epoch) bool { return e.Epoch == block.Epoch })
	if i < 0 || block.Layer < 1 || block.Layer > len(epochs[i].Layers) {
		return errors.New("not in the record")
	}
	correct := 0
	for s, label := range block.Labels {
		if block.Predictions[s] == label {
			correct++
		}
	}
	if split == "test" && (correct != epochs[i].Correct || len(block.Labels) != epochs[i].Samples) {
		return fmt.Errorf("%d of %d predictions are right, recorded are %d of %d",
			correct, len(block.Labels), epochs[i].Correct, epochs[i].Samples)
	}
	recorded := statistics(epochs[i].Layers[block.Layer-1])
	got, err := metric.FromActivations(block.Values, block.Units, block.Labels, len(recorded.ClassCounts), recorded.Thresholds)
	if err != nil {
		return err
	}
	return got.Same(recorded)
}
