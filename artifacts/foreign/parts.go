package foreign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Part is one of the files that make up a source of activations or weights.
type Part struct {
	Column string // the column in an array; empty if the file has all columns
	Path   string
}

// Parts returns the files that make up the activations: a single file, or the
// arrays sorted by column.
func (f *File) Parts() []Part {
	p, ok := f.source.(*pair)
	if !ok {
		return []Part{{"", f.name}}
	}
	var parts []Part
	for _, column := range slices.Sorted(maps.Keys(p.arrays)) {
		parts = append(parts, Part{column, p.arrays[column].file.Name()})
	}
	return parts
}

// Array returns the prefix that an array's name shares with those of the other
// arrays of its input, and the array's column. It returns no column if the name
// is none of an array of activations.
func Array(path string) (prefix, column string) {
	for _, column := range columns {
		if prefix, ok := strings.CutSuffix(path, "."+column+".npy"); ok {
			return prefix, column
		}
	}
	return path, ""
}

// Parts returns the files that make up the activations at path. It opens them
// but does not read them.
func Parts(path string) ([]Part, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Parts(), nil
}

// sample is a column of this project's archives, which numbers the rows.
const sample = "sample"

// Unread lists the columns of the activations at path that are not read, and
// that may have been meant to be. It is empty if there are none.
func Unread(path string) (string, error) {
	f, err := Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return listed(slices.DeleteFunc(f.names(), func(name string) bool { return name == sample || slices.Contains(columns, name) })), nil
}

// The arrays of an output layer.
const (
	Weight = "weight"
	Bias   = "bias"
)

// Output is the output layer of a network, which follows the units of the last
// hidden layer.
type Output struct {
	Classes, Units int
	Weights        []float64 // [Classes][Units], row-major, as PyTorch's nn.Linear has them
	Bias           []float64 // [Classes]; zeros if there is no file for them
	Parts          []Part
}

// maxOutput bounds the numbers of an output layer, to a gigabyte.
const maxOutput = 1 << 27

// ReadOutput reads X.weight.npy and, if it exists, X.bias.npy. path may name
// either.
func ReadOutput(path string) (*Output, error) {
	o, err := readOutput(path)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", path, err)
	}
	return o, nil
}
