package present

import (
	"fmt"
	"math"
	"strconv"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts"
	"sparsel/stages/measured"
)

// Layer is one layer with the name of its file, without folders.
type Layer struct {
	File string
	measured.Layer
}

// without returns the number of samples that have no sparsity, which are in no
// bin. One of them makes the layer's mean NaN.
func (l Layer) without() int64 {
	n := l.Samples
	for _, k := range l.Bins {
		n -= k
	}
	return n
}

// lacking says, after a sparsity of NaN, for how many samples it is.
func (l Layer) lacking() string {
	if n := l.without(); n > 0 {
		return fmt.Sprintf(" (undefined for %d of %d samples)", n, l.Samples)
	}
	return ""
}

// silence says which layers have samples without a sparsity, and why. It is
// empty if none has.
func silence(layers []Layer) string {
	var first Layer
	more := -1
	for _, l := range layers {
		if l.without() == 0 {
			continue
		}
		if more++; more == 0 {
			first = l
		}
	}
	if more < 0 {
		return ""
	}
	others := ""
	if more > 0 {
		others = fmt.Sprintf(" (number of other such layers: %d)", more)
	}
	return fmt.Sprintf("The sparsity of a layer is NaN if one of its samples has none, because all activations are 0, one is not finite, or "+
		"there is only one unit. This is so for %d of %d samples of %s%s.", first.without(), first.Samples, first.title(), others)
}

// quantity is a column of numbers.
type quantity[T any] struct {
	name, head string // in files for programs, and for people
	of         func(T) float64
}

var layerQuantities = []quantity[Layer]{
	{"accuracy", "accuracy", func(l Layer) float64 { return l.Accuracy }},
	{"sparsity", "sparsity", func(l Layer) float64 { return l.Sparsity }},
	{"sparsity_std", "SD", func(l Layer) float64 { return l.SparsityStd }},
	{"selectivity", "selectivity", func(l Layer) float64 { return l.Selectivity }},
	{"selectivity_std", "SD", func(l Layer) float64 { return l.SelectivityStd }},
	{"selectivity_chance", "by chance", func(l Layer) float64 { return l.Chance }},
	{"selectivity_p", "p", func(l Layer) float64 { return l.P }},
	{"gini", "Gini", func(l Layer) float64 { return l.Gini }},
	{"gini_std", "SD", func(l Layer) float64 { return l.GiniStd }},
	{"treves_rolls", "Treves–Rolls", func(l Layer) float64 { return l.TrevesRolls }},
	{"treves_rolls_std", "SD", func(l Layer) float64 { return l.TrevesRollsStd }},
	{"csi", "CSI", func(l Layer) float64 { return l.CSI }},
	{"csi_std", "SD", func(l Layer) float64 { return l.CSIStd }},
	{"dead", "dead", func(l Layer) float64 { return l.Dead }},
	{"saturated", "saturated", func(l Layer) float64 { return l.Saturated }},
	{"below", "below .1", func(l Layer) float64 { return l.Below }},
}

// unit is a unit with its layer.
type unit struct {
	layer *Layer
	index int
}

var unitQuantities = []quantity[unit]{
	{"selectivity", "selectivity", func(u unit) float64 { return u.layer.Units[u.index].Selectivity }},
	{"selectivity_chance", "by chance", func(u unit) float64 { return u.layer.Units[u.index].Chance }},
	{"csi", "CSI", func(u unit) float64 { return u.layer.Units[u.index].CSI }},
	{"mean", "mean activity", func(u unit) float64 { return u.layer.Units[u.index].Mean }},
	{"rms", "RMS activity", func(u unit) float64 { return u.layer.Units[u.index].RMS }},
	{"least", "least", func(u unit) float64 { return float64(u.layer.Units[u.index].Least) }},
	{"most", "most", func(u unit) float64 { return float64(u.layer.Units[u.index].Most) }},
}

// layerTable has a row for each layer.
func layerTable(layers []Layer) tabulate.Table {
	t := tabulate.Table{
		ID: "layers", Title: "Sparsity and selectivity of each layer",
		Header: []string{"file", "run", "epoch", "layer", "samples", "units", "classes"},
		Notes: []string{
			"Sparsity (Hoyer), Gini and Treves–Rolls are means over samples, selectivity (CCMAS) and CSI over units.",
			"By chance: the mean selectivity under permuted labels; p: the share of permutations, the labels given being one, that reach the " +
				"selectivity.",
			"All metrics are about absolute activations. Numbers that are not defined are NaN.",
		},
	}
	if note := silence(layers); note != "" {
		t.Notes = append(t.Notes, note)
	}
	data := append([]string(nil), t.Header...)
	for _, q := range layerQuantities {
		t.Header, data = append(t.Header, q.head), append(data, q.name)
	}
	t.Data = [][]string{data}
	for _, l := range layers {
		row := []string{
			l.File, l.Run, strconv.FormatInt(l.Epoch, 10), l.Key.Layer,
			strconv.FormatInt(l.Samples, 10), strconv.Itoa(len(l.Units)), strconv.Itoa(len(l.Classes)),
		}
		all := append([]string(nil), row...)
		for _, q := range layerQuantities {
			row, all = append(row, short(q.of(l))), append(all, exact(q.of(l)))
		}
		t.Rows, t.Data = append(t.Rows, row), append(t.Data, all)
	}
	return t
}

// unitTable has a row for each unit of each layer.
func unitTable(layers []Layer) tabulate.Table {
	t := tabulate.Table{
		ID: "units", Title: "Each unit",
		Header: []string{"file", "run", "epoch", "layer", "unit", "best_class"},
		Notes:  []string{"Units count from 0. The best class is the one with the largest mean absolute activation."},
	}
	data := append([]string(nil), t.Header...)
	for _, q := range unitQuantities {
		t.Header, data = append(t.Header, q.head), append(data, q.name)
	}
	t.Data = [][]string{data}
	for i := range layers {
		l := &layers[i]
		for j, u := range l.Units {
			row := []string{l.File, l.Run, strconv.FormatInt(l.Epoch, 10), l.Key.Layer, strconv.Itoa(j), strconv.FormatInt(u.Best, 10)}
			all := append([]string(nil), row...)
			for _, q := range unitQuantities {
				row, all = append(row, short(q.of(unit{l, j}))), append(all, exact(q.of(unit{l, j})))
			}
			t.Rows, t.Data = append(t.Rows, row), append(t.Data, all)
		}
	}
	return t
}

func short(v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// archives writes both tables as Parquet.
func archives(layersPath, unitsPath string, layers []Layer) error {
	var key keys
	var samples, units, classes []int64
	numbers := make([][]float64, len(layerQuantities))
	for _, l := range layers {
		key.add(l)
		samples, units, classes = append(samples, l.Samples), append(units, int64(len(l.Units))), append(classes, int64(len(l.Classes)))
		for k, q := range layerQuantities {
			numbers[k] = append(numbers[k], q.of(l))
		}
	}
	columns := keyColumns
	for _, name := range []string{"samples", "units", "classes"} {
		columns = append(columns[:len(columns):len(columns)], artifacts.Column{Name: name, Kind: artifacts.Int64})
	}
	if err := archive(layersPath, "measured-layers", columns, layerQuantities, append(key.columns(), samples, units, classes),
		numbers); err != nil {
		return err
	}
	key = keys{}
	var index, best []int64
	numbers = make([][]float64, len(unitQuantities))
	for i := range layers {
		for j, u := range layers[i].Units {
			key.add(layers[i])
			index, best = append(index, int64(j)), append(best, u.Best)
			for k, q := range unitQuantities {
				numbers[k] = append(numbers[k], q.of(unit{&layers[i], j}))
			}
		}
	}
	columns = keyColumns
	for _, name := range []string{"unit", "best_class"} {
		columns = append(columns[:len(columns):len(columns)], artifacts.Column{Name: name, Kind: artifacts.Int64})
	}
	return archive(unitsPath, "measured-units", columns, unitQuantities, append(key.columns(), index, best), numbers)
}

var keyColumns = []artifacts.Column{
	{Name: "file", Kind: artifacts.String}, {Name: "run", Kind: artifacts.String},
	{Name: "epoch", Kind: artifacts.Int64}, {Name: "layer", Kind: artifacts.String},
}

// keys are the columns that identify the layer of a row.
type keys struct {
	files, runs, layers []string
	epochs              []int64
}

func (k *keys) add(l Layer) {
	k.files, k.runs, k.epochs, k.layers = append(k.files, l.File), append(k.runs, l.Run), append(k.epochs, l.Epoch),
		append(k.layers, l.Key.Layer)
}

func (k *keys) columns() []any { return []any{k.files, k.runs, k.epochs, k.layers} }

// archive writes one row group, or several with a million rows each.
func archive[T any](path, name string, columns []artifacts.Column, quantities []quantity[T], values []any, numbers [][]float64) error {
	for k, q := range quantities {
		columns = append(columns, artifacts.Column{Name: q.name, Kind: artifacts.Float64})
		values = append(values, numbers[k])
	}
	w, err := artifacts.Create(path, artifacts.Format{Name: name, Version: 1, Columns: columns}, nil)
	if err != nil {
		return err
	}
	if err := w.Write(values...); err != nil {
		return err
	}
	return w.Close()
}
