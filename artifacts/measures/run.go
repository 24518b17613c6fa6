package measures

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"sparsel/artifacts"
)

// Meta is the provenance of an archive: any UTF-8 text under keys that do not
// begin with "sparsel.".
type Meta = artifacts.Meta

// AllLayers is the layer of a row that averages over the hidden layers.
const AllLayers = "all"

// Row holds the metrics of one run after one epoch, or at an early point, within the
// first epoch and of the epoch 0, of one hidden layer ("1"
// is the input side's) or over all of them ("all").
type Row struct {
	Epoch          int     // from 1; 0 for an early point
	Layer          string  // "all", "1", "2", ...
	Accuracy       float64 // of the network on the test set
	TrainLoss      float64 // of the network
	TestLoss       float64 // of the network
	Sparsity       float64 // Hoyer, mean over test samples
	Selectivity    float64 // CCMAS, mean over units
	SelectivityStd float64 // CCMAS, standard deviation over units
	SparsityStd    float64 // Hoyer, standard deviation over test samples
	Step           int     // steps made since the start of the training
	TrainLossAfter float64 // of the network, over the whole training set after the epoch; NaN where it was not asked for
	TrainAccuracy  float64 // of the network, on the whole training set after the epoch; likewise
	Gini           float64 // Gini index, mean over test samples
	GiniStd        float64 // Gini index, standard deviation over test samples
	TrevesRolls    float64 // Treves and Rolls' sparseness, mean over test samples
	TrevesRollsStd float64 // Treves and Rolls' sparseness, standard deviation over test samples
	CSI            float64 // class selectivity index, mean over units
	CSIStd         float64 // class selectivity index, standard deviation over units
	Dead           float64 // share of units that respond to nothing
	Saturated      float64 // share of units that are always at an end of their function
	Below          float64 // share of activations below 0.1
}

var runFormat = artifacts.Format{
	Name:    "run-measures",
	Version: 2,
	Columns: []artifacts.Column{
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "step", Kind: artifacts.Int64, Bounds: true},
		{Name: "layer", Kind: artifacts.String, Bounds: true},
		{Name: "accuracy", Kind: artifacts.Float64},
		{Name: "train_loss", Kind: artifacts.Float64},
		{Name: "test_loss", Kind: artifacts.Float64},
		{Name: "sparsity", Kind: artifacts.Float64},
		{Name: "selectivity", Kind: artifacts.Float64},
		{Name: "selectivity_std", Kind: artifacts.Float64},
		{Name: "sparsity_std", Kind: artifacts.Float64},
		{Name: "train_loss_after", Kind: artifacts.Float64},
		{Name: "train_accuracy", Kind: artifacts.Float64},
		{Name: "gini", Kind: artifacts.Float64},
		{Name: "gini_std", Kind: artifacts.Float64},
		{Name: "treves_rolls", Kind: artifacts.Float64},
		{Name: "treves_rolls_std", Kind: artifacts.Float64},
		{Name: "csi", Kind: artifacts.Float64},
		{Name: "csi_std", Kind: artifacts.Float64},
		{Name: "dead", Kind: artifacts.Float64},
		{Name: "saturated", Kind: artifacts.Float64},
		{Name: "below", Kind: artifacts.Float64},
	},
}

// groupRows is the number of rows in a full row group: well under a megabyte a
// column, and more rows than any run or experiment of the study has.
const groupRows = 1 << 16

// WriteRun writes the metrics of a run to path, in the given order, and reads
// them back. No two rows may have the same epoch and layer. The file is not
// synced; on an error there is none.
func WriteRun(path string, meta Meta, rows []Row) error {
	if err := checkRun(rows); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return write(path, runFormat, meta, rows, new(runColumns))
}

// ReadRun reads the metrics of a run after its epochs, without its early points. The
// file's SHA-256 should have been compared before.
func ReadRun(path string) (Meta, []Row, error) {
	meta, rows, err := ReadPoints(path)
	return meta, slices.DeleteFunc(rows, func(r Row) bool { return r.Epoch == 0 }), err
}

// ReadPoints reads all of a run's metrics: at its early points, whose epoch is 0,
// and after its epochs.
func ReadPoints(path string) (Meta, []Row, error) {
	meta, rows, err := read(path, runFormat, new(runColumns))
	if err != nil {
		return nil, nil, err
	}
	if err := checkRun(rows); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return meta, rows, nil
}

func checkRun(rows []Row) error {
	type key struct {
		epoch, step int
		layer       string
	}
	seen := make(map[key]bool, len(rows))
	for i := range rows {
		r := &rows[i]
		k := key{r.Epoch, 0, r.Layer}
		epoch := r.Epoch
		if epoch == 0 { // an early point, whose place is its step
			k.step, epoch = r.Step, 1
		}
		if err := checkPlace(epoch, r.Layer); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		if r.Step < 0 {
			return fmt.Errorf("row %d: after %d steps", i, r.Step)
		}
		if seen[k] {
			return fmt.Errorf("row %d: epoch %d, step %d, layer %s for the second time", i, r.Epoch, r.Step, r.Layer)
		}
		seen[k] = true
	}
	return nil
}

// checkPlace checks an epoch and a layer.
func checkPlace(epoch int, layer string) error {
	if epoch < 1 || epoch > math.MaxInt32 {
		return fmt.Errorf("epoch %d is not in 1..%d", epoch, math.MaxInt32)
	}
	if layer == AllLayers {
		return nil
	}
	if n, err := strconv.Atoi(layer); err != nil || n < 1 || strconv.Itoa(n) != layer {
		return fmt.Errorf("layer %q is neither %q nor a number from 1", layer, AllLayers)
	}
	return nil
}

// runColumns is one row group of a run's metrics.
type runColumns struct {
	epoch  []int32
	step   []int64
	layer  []string
	values [18][]float64 // in the order of Row.values
}

func (r *Row) values() [18]*float64 {
	return [18]*float64{
		&r.Accuracy, &r.TrainLoss, &r.TestLoss, &r.Sparsity, &r.Selectivity, &r.SelectivityStd, &r.SparsityStd,
		&r.TrainLossAfter, &r.TrainAccuracy, &r.Gini, &r.GiniStd, &r.TrevesRolls, &r.TrevesRollsStd, &r.CSI, &r.CSIStd,
		&r.Dead, &r.Saturated, &r.Below,
	}
}

func (c *runColumns) set(rows []Row) []any {
	*c = runColumns{}
	for i := range rows {
		c.epoch = append(c.epoch, int32(rows[i].Epoch))
		c.step = append(c.step, int64(rows[i].Step))
		c.layer = append(c.layer, rows[i].Layer)
		for j, v := range rows[i].values() {
			c.values[j] = append(c.values[j], *v)
		}
	}
	return floats([]any{c.epoch, c.step, c.layer}, c.values[:])
}

func (c *runColumns) pointers() []any {
	return pointers([]any{&c.epoch, &c.step, &c.layer}, c.values[:])
}

func (c *runColumns) rows() []Row {
	rows := make([]Row, len(c.epoch))
	for i := range rows {
		rows[i].Epoch, rows[i].Step, rows[i].Layer = int(c.epoch[i]), int(c.step[i]), c.layer[i]
		for j, v := range rows[i].values() {
			*v = c.values[j][i]
		}
	}
	return rows
}
