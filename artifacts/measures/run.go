package measures

import (
	"fmt"
	"math"
	"strconv"

	"sparsel/artifacts"
)

// Meta is the provenance of an archive: any UTF-8 text under keys that do not
// begin with "sparsel.".
type Meta = artifacts.Meta

// AllLayers is the layer of a row that averages over the hidden layers.
const AllLayers = "all"

// Row holds the metrics of one run after one epoch, of one hidden layer ("1"
// is the input side's) or over all of them ("all").
type Row struct {
	Epoch          int     // from 1
	Layer          string  // "all", "1", "2", ...
	Accuracy       float64 // of the network on the test set
	TrainLoss      float64 // of the network
	TestLoss       float64 // of the network
	Sparsity       float64 // Hoyer, mean over test samples
	Selectivity    float64 // CCMAS, mean over units
	SelectivityStd float64 // CCMAS, standard deviation over units
	SparsityStd    float64 // Hoyer, standard deviation over test samples
}

var runFormat = artifacts.Format{
	Name:    "run-measures",
	Version: 1,
	Columns: []artifacts.Column{
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "layer", Kind: artifacts.String, Bounds: true},
		{Name: "accuracy", Kind: artifacts.Float64},
		{Name: "train_loss", Kind: artifacts.Float64},
		{Name: "test_loss", Kind: artifacts.Float64},
		{Name: "sparsity", Kind: artifacts.Float64},
		{Name: "selectivity", Kind: artifacts.Float64},
		{Name: "selectivity_std", Kind: artifacts.Float64},
		{Name: "sparsity_std", Kind: artifacts.Float64},
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

// ReadRun reads the metrics of a run. The file's SHA-256 should have been
// compared before.
func ReadRun(path string) (Meta, []Row, error) {
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
		epoch int
		layer string
	}
	seen := make(map[key]bool, len(rows))
	for i := range rows {
		r := &rows[i]
		if err := checkPlace(r.Epoch, r.Layer); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		if k := (key{r.Epoch, r.Layer}); seen[k] {
			return fmt.Errorf("row %d: epoch %d, layer %s for the second time", i, r.Epoch, r.Layer)
		} else {
			seen[k] = true
		}
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
	layer  []string
	values [7][]float64 // in the order of Row's fields
}

func (r *Row) values() [7]*float64 {
	return [7]*float64{
		&r.Accuracy, &r.TrainLoss, &r.TestLoss, &r.Sparsity, &r.Selectivity, &r.SelectivityStd, &r.SparsityStd,
	}
}

func (c *runColumns) set(rows []Row) []any {
	*c = runColumns{}
	for i := range rows {
		c.epoch = append(c.epoch, int32(rows[i].Epoch))
		c.layer = append(c.layer, rows[i].Layer)
		for j, v := range rows[i].values() {
			c.values[j] = append(c.values[j], *v)
		}
	}
	return floats([]any{c.epoch, c.layer}, c.values[:])
}

func (c *runColumns) pointers() []any { return pointers([]any{&c.epoch, &c.layer}, c.values[:]) }

func (c *runColumns) rows() []Row {
	rows := make([]Row, len(c.epoch))
	for i := range rows {
		rows[i].Epoch, rows[i].Layer = int(c.epoch[i]), c.layer[i]
		for j, v := range rows[i].values() {
			*v = c.values[j][i]
		}
	}
	return rows
}
