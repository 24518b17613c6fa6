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

// Row has the metrics of one run for one hidden layer ("1" is the one next to
// the input) or over all of them ("all"), either after an epoch or at an early
// point, which lies within the first epoch and has epoch 0.
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
	TrainLossAfter float64 // of the network, over the whole training set after the epoch; NaN if not requested
	TrainAccuracy  float64 // of the network, on the whole training set after the epoch; likewise

	ValidationLoss     float64 // of the network, over the images held out of training after the epoch; NaN if there are none
	ValidationAccuracy float64 // of the network, on the images held out of training after the epoch; likewise

	Gini           float64 // Gini index, mean over test samples
	GiniStd        float64 // Gini index, standard deviation over test samples
	TrevesRolls    float64 // Treves and Rolls' sparseness, mean over test samples
	TrevesRollsStd float64 // Treves and Rolls' sparseness, standard deviation over test samples
	CSI            float64 // class selectivity index, mean over units
	CSIStd         float64 // class selectivity index, standard deviation over units
	Dead           float64 // share of units that respond to nothing
	Saturated      float64 // share of units that are always at an end of the range of their function
	Below          float64 // share of activations below 0.1

	// The remaining numbers are NaN if there is nothing to compute them from.

	CCMASChance         float64 // CCMAS under permuted labels, mean over units and permutations; if activations are archived
	ROC                 float64 // area under the ROC curve of the best class, mean over units; likewise
	Precision           float64 // share of one class among the 100 most active samples, mean over units; likewise
	Information         float64 // on the class, in bits, mean over units; likewise
	Informedness        float64 // maximum informedness, mean over units; likewise
	SparsityVarying     float64 // sparsity of the units that are neither dead nor saturated; likewise
	SelectivityVarying  float64 // selectivity of the units that are neither dead nor saturated; likewise
	SparsityWeighted    float64 // of the network: the layers' sparsity, weighted by their activation
	SelectivityWeighted float64 // of the network: the layers' selectivity, weighted by their activation
	SparsityGain        float64 // sparsity minus that of the untrained network
	SelectivityGain     float64 // selectivity minus that of the untrained network
	PhaseAccuracy       float64 // of the network on the classes of the first phase
	Forgetting          float64 // PhaseAccuracy after the first phase minus the present one, from the end of that phase on
	Overlap             float64 // overlap of the units' mean activity for the classes of the first phase and for those of the second
	AblationSelective   float64 // area under the accuracy while units are removed, the most selective first
	AblationUnselective float64 // the same, the least selective first
	AblationRandom      float64 // the same in random order, mean over orders
	AblationMatched     float64 // area in random orders of like activity, mean over orders, minus AblationSelective
	Impact              float64 // Spearman's correlation, over units, of selectivity with the accuracy lost without the unit
}

// A field is a numeric column of a row.
type field struct {
	name string
	of   func(*Row) *float64
}

// fields are the numeric columns of a row, in order.
var fields = []field{
	{"accuracy", func(r *Row) *float64 { return &r.Accuracy }},
	{"train_loss", func(r *Row) *float64 { return &r.TrainLoss }},
	{"test_loss", func(r *Row) *float64 { return &r.TestLoss }},
	{"sparsity", func(r *Row) *float64 { return &r.Sparsity }},
	{"selectivity", func(r *Row) *float64 { return &r.Selectivity }},
	{"selectivity_std", func(r *Row) *float64 { return &r.SelectivityStd }},
	{"sparsity_std", func(r *Row) *float64 { return &r.SparsityStd }},
	{"train_loss_after", func(r *Row) *float64 { return &r.TrainLossAfter }},
	{"train_accuracy", func(r *Row) *float64 { return &r.TrainAccuracy }},
	{"validation_loss", func(r *Row) *float64 { return &r.ValidationLoss }},
	{"validation_accuracy", func(r *Row) *float64 { return &r.ValidationAccuracy }},
	{"gini", func(r *Row) *float64 { return &r.Gini }},
	{"gini_std", func(r *Row) *float64 { return &r.GiniStd }},
	{"treves_rolls", func(r *Row) *float64 { return &r.TrevesRolls }},
	{"treves_rolls_std", func(r *Row) *float64 { return &r.TrevesRollsStd }},
	{"csi", func(r *Row) *float64 { return &r.CSI }},
	{"csi_std", func(r *Row) *float64 { return &r.CSIStd }},
	{"dead", func(r *Row) *float64 { return &r.Dead }},
	{"saturated", func(r *Row) *float64 { return &r.Saturated }},
	{"below", func(r *Row) *float64 { return &r.Below }},
	{"ccmas_chance", func(r *Row) *float64 { return &r.CCMASChance }},
	{"roc", func(r *Row) *float64 { return &r.ROC }},
	{"precision", func(r *Row) *float64 { return &r.Precision }},
	{"information", func(r *Row) *float64 { return &r.Information }},
	{"informedness", func(r *Row) *float64 { return &r.Informedness }},
	{"sparsity_varying", func(r *Row) *float64 { return &r.SparsityVarying }},
	{"selectivity_varying", func(r *Row) *float64 { return &r.SelectivityVarying }},
	{"sparsity_weighted", func(r *Row) *float64 { return &r.SparsityWeighted }},
	{"selectivity_weighted", func(r *Row) *float64 { return &r.SelectivityWeighted }},
	{"sparsity_gain", func(r *Row) *float64 { return &r.SparsityGain }},
	{"selectivity_gain", func(r *Row) *float64 { return &r.SelectivityGain }},
	{"phase_accuracy", func(r *Row) *float64 { return &r.PhaseAccuracy }},
	{"forgetting", func(r *Row) *float64 { return &r.Forgetting }},
	{"overlap", func(r *Row) *float64 { return &r.Overlap }},
	{"ablation_selective", func(r *Row) *float64 { return &r.AblationSelective }},
	{"ablation_unselective", func(r *Row) *float64 { return &r.AblationUnselective }},
	{"ablation_random", func(r *Row) *float64 { return &r.AblationRandom }},
	{"ablation_matched", func(r *Row) *float64 { return &r.AblationMatched }},
	{"impact", func(r *Row) *float64 { return &r.Impact }},
}

// Field returns the number of the row in the column with that name, or nil if
// there is no such column.
func (r *Row) Field(name string) *float64 {
	for _, f := range fields {
		if f.name == name {
			return f.of(r)
		}
	}
	return nil
}

var runFormat = func() artifacts.Format {
	f := artifacts.Format{
		Name:    "run-measures",
		Version: 4,
		Columns: []artifacts.Column{
			{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
			{Name: "step", Kind: artifacts.Int64, Bounds: true},
			{Name: "layer", Kind: artifacts.String, Bounds: true},
		},
	}
	for _, field := range fields {
		f.Columns = append(f.Columns, artifacts.Column{Name: field.name, Kind: artifacts.Float64})
	}
	return f
}()

// groupRows is the number of rows in a full row group: well under a megabyte
// per column, and more rows than any run or experiment of the study has.
const groupRows = 1 << 16

// WriteRun writes the metrics of a run to path, in the given order, and reads
// them back. No two rows may have the same epoch and layer. The file is not
// synced. On an error there is no file.
func WriteRun(path string, meta Meta, rows []Row) error {
	if err := checkRun(rows); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return write(path, runFormat, meta, rows, newRunColumns())
}

// ReadRun reads the metrics of a run after its epochs, without its early
// points. The caller should have compared the file's SHA-256 before.
func ReadRun(path string) (Meta, []Row, error) {
	meta, rows, err := ReadPoints(path)
	return meta, slices.DeleteFunc(rows, func(r Row) bool { return r.Epoch == 0 }), err
}

// ReadPoints reads all of a run's metrics: those at its early points, whose
// epoch is 0, and those after its epochs.
func ReadPoints(path string) (Meta, []Row, error) {
	meta, rows, err := read(path, runFormat, newRunColumns())
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
		if epoch == 0 { // an early point, which is identified by its step
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
	values [][]float64 // in the order of fields
}

func newRunColumns() *runColumns { return &runColumns{values: make([][]float64, len(fields))} }

func (c *runColumns) set(rows []Row) []any {
	*c = *newRunColumns()
	for i := range rows {
		c.epoch = append(c.epoch, int32(rows[i].Epoch))
		c.step = append(c.step, int64(rows[i].Step))
		c.layer = append(c.layer, rows[i].Layer)
		for j, f := range fields {
			c.values[j] = append(c.values[j], *f.of(&rows[i]))
		}
	}
	return floats([]any{c.epoch, c.step, c.layer}, c.values)
}

func (c *runColumns) pointers() []any {
	return pointers([]any{&c.epoch, &c.step, &c.layer}, c.values)
}

func (c *runColumns) rows() []Row {
	rows := make([]Row, len(c.epoch))
	for i := range rows {
		rows[i].Epoch, rows[i].Step, rows[i].Layer = int(c.epoch[i]), int(c.step[i]), c.layer[i]
		for j, f := range fields {
			*f.of(&rows[i]) = c.values[j][i]
		}
	}
	return rows
}
