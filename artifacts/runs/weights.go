package runs

import (
	"fmt"
	"math"
	"slices"

	"sparsel/artifacts"
)

// Tensor is a named array of parameters.
type Tensor struct {
	Name   string
	Shape  []int     // at least one dimension, all positive
	Values []float32 // row-major
}

var weightFormat = artifacts.Format{
	Name:    "weights",
	Version: 1,
	Columns: []artifacts.Column{
		{Name: "name", Kind: artifacts.String, Bounds: true},
		{Name: "shape", Kind: artifacts.Int64s},
		{Name: "row", Kind: artifacts.Int32, Bounds: true},
		{Name: "value", Kind: artifacts.Float32s},
	},
}

// weightGroup is the number of values in a full row group: 2 MB.
const weightGroup = 1 << 19

// row returns the length of a tensor's rows: the length of a vector, or else
// the number of values for one index of the first dimension.
func (t *Tensor) row() (length int, err error) {
	if t.Name == "" || len(t.Shape) == 0 {
		return 0, fmt.Errorf("tensor %q of shape %v: want a name and a dimension", t.Name, t.Shape)
	}
	n := 1
	for _, d := range t.Shape {
		if d < 1 || d > math.MaxInt32 || n > math.MaxInt32/d {
			return 0, fmt.Errorf("tensor %q has the shape %v", t.Name, t.Shape)
		}
		n *= d
	}
	if n != len(t.Values) {
		return 0, fmt.Errorf("tensor %q of shape %v has %d values, want %d", t.Name, t.Shape, len(t.Values), n)
	}
	if len(t.Shape) == 1 {
		return n, nil
	}
	return n / t.Shape[0], nil
}

// WriteWeights writes tensors to path, in the given order, and reads them back.
// No two may have the same name. The file is not synced. On an error there is
// no file.
func WriteWeights(path string, meta Meta, tensors []Tensor) error {
	if err := checkWeights(tensors); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w, err := artifacts.Create(path, weightFormat, meta)
	if err != nil {
		return err
	}
	var rows weightRows
	for i := range tensors {
		t := &tensors[i]
		length, _ := t.row()
		for at := 0; at < len(t.Values); at += length {
			rows.append(t, at/length, t.Values[at:at+length])
			if len(rows.value.Values) >= weightGroup {
				w.Write(rows.columns()...) // Close reports its error
				rows = weightRows{}
			}
		}
	}
	w.Write(rows.columns()...)
	return w.Close()
}

func checkWeights(tensors []Tensor) error {
	seen := map[string]bool{}
	for i := range tensors {
		if _, err := tensors[i].row(); err != nil {
			return err
		}
		if seen[tensors[i].Name] {
			return fmt.Errorf("tensor %q for the second time", tensors[i].Name)
		}
		seen[tensors[i].Name] = true
	}
	return nil
}

// ReadWeights reads the tensors at path. The caller should have compared the
// file's SHA-256 before.
func ReadWeights(path string) (Meta, []Tensor, error) {
	r, err := artifacts.Open(path, weightFormat)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var tensors []Tensor
	for g := range r.Groups() {
		var rows weightRows
		if err := r.Read(g, &rows.name, &rows.shape, &rows.row, &rows.value); err != nil {
			return nil, nil, err
		}
		if tensors, err = rows.tensors(tensors); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	if err := checkWeights(tensors); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r.Meta(), tensors, nil
}

// weightRows is one row group of weights, stored by column.
type weightRows struct {
	name  []string
	shape artifacts.List[int64]
	row   []int32
	value artifacts.List[float32]
}

func (r *weightRows) columns() []any { return []any{r.name, r.shape, r.row, r.value} }

func (r *weightRows) append(t *Tensor, row int, values []float32) {
	r.name = append(r.name, t.Name)
	r.shape.Lengths = append(r.shape.Lengths, int32(len(t.Shape)))
	for _, d := range t.Shape {
		r.shape.Values = append(r.shape.Values, int64(d))
	}
	r.row = append(r.row, int32(row))
	add(&r.value, values)
}

// tensors appends the rows to tensors. The last tensor may be incomplete.
func (r *weightRows) tensors(tensors []Tensor) ([]Tensor, error) {
	for i, name := range r.name {
		var shape []int
		for _, d := range take(&r.shape, i) {
			shape = append(shape, int(d))
		}
		if r.row[i] == 0 {
			tensors = append(tensors, Tensor{Name: name, Shape: shape})
		}
		values := take(&r.value, i)
		n := len(tensors)
		if n == 0 || tensors[n-1].Name != name || len(values) == 0 || len(tensors[n-1].Values) != int(r.row[i])*len(values) {
			return nil, fmt.Errorf("row %d of %q does not belong after the one before it", r.row[i], name)
		}
		if !slices.Equal(tensors[n-1].Shape, shape) {
			return nil, fmt.Errorf("row %d of %q has another shape than row 0", r.row[i], name)
		}
		tensors[n-1].Values = append(tensors[n-1].Values, values...)
	}
	return tensors, nil
}
