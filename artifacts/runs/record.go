package runs

import (
	"fmt"
	"math"

	"sparsel/artifacts"
)

// Meta is the provenance of an archive: any UTF-8 text under keys that do not
// begin with "sparsel.".
type Meta = artifacts.Meta

// Epoch is what a run records after one epoch, or at an early point within the
// first epoch. Early points have epoch 0.
type Epoch struct {
	Epoch     int     // from 1; 0 for an early point
	Step      int     // steps made since the start of the training
	TrainLoss float64 // mean over the batches of the epoch, each before its step; NaN before the first
	TestLoss  float64 // mean over the test samples
	Correct   int     // test samples classified correctly
	Samples   int     // test samples
	// TrainLossAfter is the loss over the whole training set, and TrainCorrect is
	// how many of its TrainSamples are classified correctly. They are NaN, 0 and 0
	// if not requested.
	TrainLossAfter             float64
	TrainCorrect, TrainSamples int
	// ValidationLoss, ValidationCorrect and ValidationSamples are those of the
	// images held out of training. They are NaN, 0 and 0 if there are none.
	ValidationLoss                       float64
	ValidationCorrect, ValidationSamples int
	// ClassCorrect and ClassSamples are Correct and Samples by class. Early points
	// do not have them.
	ClassCorrect, ClassSamples []int64
	Layers                     []Layer // hidden layers, input side first; at least one
	Digest                     [32]byte
}

// Layer has the statistics of the absolute values of one hidden layer's
// activations.
type Layer struct {
	Units        int
	Activation   string    // the function: sigmoid, relu or tanh
	ClassSums    []float64 // [classes][Units], row-major
	ClassCounts  []int64   // [classes]
	Squares      []float64 // [Units]
	Least, Most  []float32 // [Units]
	Thresholds   []float32 // ascending
	Below        []int64   // [thresholds][Units], row-major: number of samples below
	RatioSum     float64   // sum of the samples' norm ratios l1/l2
	RatioSquares float64
	RatioFourths float64
	RankSum      float64 // sum of the samples' mean ranks, weighted by activation
	RankSquares  float64
	Samples      int64
}

// EarlyAndLate splits a record into its early points and its epochs.
func EarlyAndLate(epochs []Epoch) (early, late []Epoch) {
	for _, e := range epochs {
		if e.Epoch == 0 {
			early = append(early, e)
		} else {
			late = append(late, e)
		}
	}
	return early, late
}

var recordFormat = artifacts.Format{
	Name:    "run-record",
	Version: 2,
	Columns: []artifacts.Column{
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "step", Kind: artifacts.Int64, Bounds: true},
		{Name: "layer", Kind: artifacts.Int32, Bounds: true},
		{Name: "train_loss", Kind: artifacts.Float64},
		{Name: "test_loss", Kind: artifacts.Float64},
		{Name: "correct", Kind: artifacts.Int64},
		{Name: "samples", Kind: artifacts.Int64},
		{Name: "train_loss_after", Kind: artifacts.Float64},
		{Name: "train_correct", Kind: artifacts.Int64},
		{Name: "train_samples", Kind: artifacts.Int64},
		{Name: "validation_loss", Kind: artifacts.Float64},
		{Name: "validation_correct", Kind: artifacts.Int64},
		{Name: "validation_samples", Kind: artifacts.Int64},
		{Name: "class_correct", Kind: artifacts.Int64s},
		{Name: "class_samples", Kind: artifacts.Int64s},
		{Name: "digest", Kind: artifacts.String},
		{Name: "units", Kind: artifacts.Int32},
		{Name: "activation", Kind: artifacts.String},
		{Name: "class_counts", Kind: artifacts.Int64s},
		{Name: "class_sums", Kind: artifacts.Float64s},
		{Name: "squares", Kind: artifacts.Float64s},
		{Name: "least", Kind: artifacts.Float32s},
		{Name: "most", Kind: artifacts.Float32s},
		{Name: "thresholds", Kind: artifacts.Float32s},
		{Name: "below", Kind: artifacts.Int64s},
		{Name: "ratio_sum", Kind: artifacts.Float64},
		{Name: "ratio_squares", Kind: artifacts.Float64},
		{Name: "ratio_fourths", Kind: artifacts.Float64},
		{Name: "rank_sum", Kind: artifacts.Float64},
		{Name: "rank_squares", Kind: artifacts.Float64},
		{Name: "layer_samples", Kind: artifacts.Int64},
	},
}

// recordGroup is the number of class sums in a full row group of the record: 2
// MB. A usual record of 30 epochs is one row group.
const recordGroup = 1 << 18

// WriteRecord writes the run record of a run to path and reads it back. Epochs
// must be in ascending order, after early points with ascending steps, and all
// must have the same layers and classes. The file is not synced. On an error
// there is no file.
func WriteRecord(path string, meta Meta, epochs []Epoch) error {
	if err := checkRecord(epochs); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w, err := artifacts.Create(path, recordFormat, meta)
	if err != nil {
		return err
	}
	var rows recordRows
	for i := range epochs {
		rows.append(&epochs[i])
		if len(rows.classSums.Values) >= recordGroup {
			w.Write(rows.columns()...) // Close reports its error
			rows = recordRows{}
		}
	}
	w.Write(rows.columns()...)
	return w.Close()
}

// ReadRecord reads the run record at path. The caller should have compared its
// SHA-256 before.
func ReadRecord(path string) (Meta, []Epoch, error) {
	r, err := artifacts.Open(path, recordFormat)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	epochs, err := readRecord(r, path)
	if err != nil {
		return nil, nil, err
	}
	return r.Meta(), epochs, nil
}

func readRecord(r *artifacts.Reader, path string) ([]Epoch, error) {
	var epochs []Epoch
	for g := range r.Groups() {
		var rows recordRows
		if err := r.Read(g, rows.pointers()...); err != nil {
			return nil, err
		}
		var err error
		if epochs, err = rows.epochs(epochs); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	if err := checkRecord(epochs); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return epochs, nil
}

// checkRecord checks the shapes of a record, before writing and after reading.
func checkRecord(epochs []Epoch) error {
	for i := range epochs {
		e, first := &epochs[i], &epochs[0]
		switch {
		case e.Epoch < 0 || e.Epoch > math.MaxInt32:
			return fmt.Errorf("epoch %d is not in 0..%d", e.Epoch, math.MaxInt32)
		case e.Step < 0:
			return fmt.Errorf("epoch %d is after %d steps", e.Epoch, e.Step)
		case i > 0 && e.Epoch == 0 && (epochs[i-1].Epoch != 0 || e.Step <= epochs[i-1].Step):
			return fmt.Errorf("the early point at step %d follows epoch %d, step %d; record early points first, in order",
				e.Step, epochs[i-1].Epoch, epochs[i-1].Step)
		case i > 0 && e.Epoch > 0 && e.Epoch <= epochs[i-1].Epoch:
			return fmt.Errorf("epoch %d follows epoch %d; record each once, in order", e.Epoch, epochs[i-1].Epoch)
		case len(e.Layers) == 0:
			return fmt.Errorf("epoch %d has no layers; a record needs at least one", e.Epoch)
		case len(e.Layers) != len(first.Layers):
			return fmt.Errorf("epoch %d has %d layers, epoch %d has %d", e.Epoch, len(e.Layers), first.Epoch, len(first.Layers))
		}
		if err := e.checkClasses(len(first.Layers[0].ClassCounts)); err != nil {
			return fmt.Errorf("epoch %d has %w", e.Epoch, err)
		}
		for j := range e.Layers {
			if err := e.Layers[j].check(&first.Layers[j], len(first.Layers[0].ClassCounts)); err != nil {
				return fmt.Errorf("epoch %d, layer %d has %w", e.Epoch, j+1, err)
			}
		}
	}
	return nil
}

// checkClasses checks the counts by class, which early points do not have.
func (e *Epoch) checkClasses(classes int) error {
	if len(e.ClassCorrect) == 0 && len(e.ClassSamples) == 0 {
		return nil
	}
	if len(e.ClassCorrect) != classes || len(e.ClassSamples) != classes {
		return fmt.Errorf("%d and %d counts by class, want %d of each", len(e.ClassCorrect), len(e.ClassSamples), classes)
	}
	correct, samples := int64(0), int64(0)
	for c := range classes {
		correct, samples = correct+e.ClassCorrect[c], samples+e.ClassSamples[c]
	}
	if correct != int64(e.Correct) || samples != int64(e.Samples) {
		return fmt.Errorf("%d of %d test samples right by class, %d of %d in all", correct, samples, e.Correct, e.Samples)
	}
	return nil
}

// check checks the shapes of a layer. first is the same layer in the first
// epoch.
func (l *Layer) check(first *Layer, classes int) error {
	switch {
	case l.Units < 1 || l.Units > math.MaxInt32:
		return fmt.Errorf("%d units", l.Units)
	case len(l.ClassSums) != len(l.ClassCounts)*l.Units:
		return fmt.Errorf("%d class sums, want %d classes x %d units", len(l.ClassSums), len(l.ClassCounts), l.Units)
	case len(l.Squares) != l.Units || len(l.Least) != l.Units || len(l.Most) != l.Units:
		return fmt.Errorf("%d squares, %d least and %d most, want %d of each", len(l.Squares), len(l.Least), len(l.Most), l.Units)
	case len(l.Below) != len(l.Thresholds)*l.Units:
		return fmt.Errorf("%d counts below, want %d thresholds x %d units", len(l.Below), len(l.Thresholds), l.Units)
	case l.Units != first.Units || len(l.ClassCounts) != classes:
		return fmt.Errorf("%d units and %d classes, other than before", l.Units, len(l.ClassCounts))
	}
	return nil
}
