// Package measured defines the numbers that are measured for a layer of
// activations, and the archives that store them. One stage measures and writes
// these archives. Other stages read them to show layers, compare them and
// remove units, and do not depend on how activations are measured.
package measured

import (
	"fmt"

	"sparsel/analysis/activity"
	"sparsel/artifacts"
	"sparsel/artifacts/foreign"
)

// Archives of measured layers.
const (
	Layers = "layers.parquet"
	Means  = "means.parquet" // means of the classes
)

// Layer is one layer of a file, at one epoch of one run.
type Layer struct {
	foreign.Key
	Predicts bool // whether the file has predictions; Accuracy is theirs
	activity.Result
}

// A Finder returns the path of a file with the given content, and a function
// that returns an error if the file has changed since it was hashed.
type Finder func(content string) (path string, unchanged func() error, err error)

// numbers lists the numbers of a layer, by the names of their columns.
var numbers = []struct {
	name string
	of   func(*Layer) *float64
}{
	{"accuracy", func(l *Layer) *float64 { return &l.Accuracy }},
	{"sparsity", func(l *Layer) *float64 { return &l.Sparsity }},
	{"sparsity_std", func(l *Layer) *float64 { return &l.SparsityStd }},
	{"selectivity", func(l *Layer) *float64 { return &l.Selectivity }},
	{"selectivity_std", func(l *Layer) *float64 { return &l.SelectivityStd }},
	{"selectivity_chance", func(l *Layer) *float64 { return &l.Chance }},
	{"selectivity_p", func(l *Layer) *float64 { return &l.P }},
	{"gini", func(l *Layer) *float64 { return &l.Gini }},
	{"gini_std", func(l *Layer) *float64 { return &l.GiniStd }},
	{"treves_rolls", func(l *Layer) *float64 { return &l.TrevesRolls }},
	{"treves_rolls_std", func(l *Layer) *float64 { return &l.TrevesRollsStd }},
	{"csi", func(l *Layer) *float64 { return &l.CSI }},
	{"csi_std", func(l *Layer) *float64 { return &l.CSIStd }},
	{"dead", func(l *Layer) *float64 { return &l.Dead }},
	{"saturated", func(l *Layer) *float64 { return &l.Saturated }},
	{"below", func(l *Layer) *float64 { return &l.Below }},
}

// unitNumbers lists the numbers of a unit. Each is a list in the layer's row.
var unitNumbers = []struct {
	name string
	of   func(*activity.Unit) *float64
}{
	{"unit_selectivity", func(u *activity.Unit) *float64 { return &u.Selectivity }},
	{"unit_selectivity_chance", func(u *activity.Unit) *float64 { return &u.Chance }},
	{"unit_csi", func(u *activity.Unit) *float64 { return &u.CSI }},
	{"unit_mean", func(u *activity.Unit) *float64 { return &u.Mean }},
	{"unit_rms", func(u *activity.Unit) *float64 { return &u.RMS }},
}

// layersFormat has a row for each layer, in a row group of its own.
func layersFormat() artifacts.Format {
	f := artifacts.Format{Name: "measured-activations", Version: 1, Columns: []artifacts.Column{
		{Name: "run", Kind: artifacts.String}, {Name: "epoch", Kind: artifacts.Int64}, {Name: "layer", Kind: artifacts.String},
		{Name: "predicts", Kind: artifacts.Uint8}, {Name: "samples", Kind: artifacts.Int64}, {Name: "classes", Kind: artifacts.Int64s},
		{Name: "sparsity_counts", Kind: artifacts.Int64s}, {Name: "unit_best_class", Kind: artifacts.Int64s},
		{Name: "unit_least", Kind: artifacts.Float32s}, {Name: "unit_most", Kind: artifacts.Float32s},
	}}
	for _, n := range unitNumbers {
		f.Columns = append(f.Columns, artifacts.Column{Name: n.name, Kind: artifacts.Float64s})
	}
	for _, n := range numbers {
		f.Columns = append(f.Columns, artifacts.Column{Name: n.name, Kind: artifacts.Float64})
	}
	return f
}

// meansFormat has a row for each class of each layer, in the order of
// layersFormat and of the layer's classes.
var meansFormat = artifacts.Format{Name: "measured-class-means", Version: 1, Columns: []artifacts.Column{
	{Name: "place", Kind: artifacts.Int64}, {Name: "class", Kind: artifacts.Int64}, {Name: "mean", Kind: artifacts.Float64s},
}}

func listOf[T int64 | float32 | float64](values ...T) artifacts.List[T] {
	return artifacts.List[T]{Lengths: []int32{int32(len(values))}, Values: values}
}

// Write writes layers to one file and the means of their classes to another.
// Read returns all of it bit for bit.
func Write(layersPath, meansPath string, layers []Layer) error {
	w, err := artifacts.Create(layersPath, layersFormat(), nil)
	if err != nil {
		return err
	}
	for i := range layers {
		w.Write(layers[i].columns()...) // Close returns the error
	}
	if err := w.Close(); err != nil {
		return err
	}
	if w, err = artifacts.Create(meansPath, meansFormat, nil); err != nil {
		return err
	}
	for i, l := range layers {
		for c, class := range l.Classes {
			w.Write([]int64{int64(i)}, []int64{class}, listOf(l.Means[c]...))
		}
	}
	return w.Close()
}

func (l *Layer) columns() []any {
	predicts := uint8(0)
	if l.Predicts {
		predicts = 1
	}
	var best []int64
	var least, most []float32
	for _, u := range l.Units {
		best, least, most = append(best, u.Best), append(least, u.Least), append(most, u.Most)
	}
	list := []any{
		[]string{l.Run}, []int64{l.Epoch}, []string{l.Key.Layer}, []uint8{predicts}, []int64{l.Samples}, listOf(l.Classes...),
		listOf(l.Bins[:]...), listOf(best...), listOf(least...), listOf(most...),
	}
	for _, n := range unitNumbers {
		var values []float64
		for j := range l.Units {
			values = append(values, *n.of(&l.Units[j]))
		}
		list = append(list, listOf(values...))
	}
	for _, n := range numbers {
		list = append(list, []float64{*n.of(l)})
	}
	return list
}

// Read reads what Write wrote. If meansPath is empty, the layers have no means.
func Read(layersPath, meansPath string) ([]Layer, error) {
	r, err := artifacts.Open(layersPath, layersFormat())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var layers []Layer
	for g := range r.Groups() {
		l, err := readLayer(r, g)
		if err != nil {
			return nil, fmt.Errorf("read %s: row %d: %w", layersPath, g, err)
		}
		layers = append(layers, l)
	}
	if meansPath == "" {
		return layers, nil
	}
	return layers, readMeans(meansPath, layers)
}

func readLayer(r *artifacts.Reader, group int) (Layer, error) {
	var runs, names []string
	var epochs, samples []int64
	var predicts []uint8
	var classes, bins, best artifacts.List[int64]
	var least, most artifacts.List[float32]
	units := make([]artifacts.List[float64], len(unitNumbers))
	values := make([][]float64, len(numbers))
	into := []any{&runs, &epochs, &names, &predicts, &samples, &classes, &bins, &best, &least, &most}
	for i := range units {
		into = append(into, &units[i])
	}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := r.Read(group, into...); err != nil {
		return Layer{}, err
	}
	n := len(best.Values)
	fits := len(runs) == 1 && len(bins.Values) == activity.Bins && len(least.Values) == n && len(most.Values) == n
	for _, list := range units {
		fits = fits && len(list.Values) == n
	}
	if !fits {
		return Layer{}, fmt.Errorf("its lists do not fit together")
	}
	l := Layer{Key: foreign.Key{Run: runs[0], Epoch: epochs[0], Layer: names[0]}, Predicts: predicts[0] == 1}
	l.Samples, l.Classes, l.Units, l.Bins = samples[0], classes.Values, make([]activity.Unit, n), [activity.Bins]int64(bins.Values)
	for j := range l.Units {
		u := &l.Units[j]
		u.Best, u.Least, u.Most = best.Values[j], least.Values[j], most.Values[j]
		for i, number := range unitNumbers {
			*number.of(u) = units[i].Values[j]
		}
	}
	for i, number := range numbers {
		*number.of(&l) = values[i][0]
	}
	return l, nil
}

func readMeans(path string, layers []Layer) error {
	r, err := artifacts.Open(path, meansFormat)
	if err != nil {
		return err
	}
	defer r.Close()
	group := 0
	for i := range layers {
		l := &layers[i]
		for _, class := range l.Classes {
			var places, classes []int64
			var mean artifacts.List[float64]
			if group == r.Groups() {
				return fmt.Errorf("read %s: it ends before class %d of layer %d", path, class, i)
			}
			if err := r.Read(group, &places, &classes, &mean); err != nil {
				return err
			}
			if group++; len(places) != 1 || places[0] != int64(i) || classes[0] != class || len(mean.Values) != len(l.Units) {
				return fmt.Errorf("read %s: row %d is not class %d of layer %d", path, group-1, class, i)
			}
			l.Means = append(l.Means, mean.Values)
		}
	}
	return nil
}
