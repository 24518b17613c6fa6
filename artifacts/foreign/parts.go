package foreign

import (
	"fmt"
	"maps"
	"slices"
)

// Part is one of the files that a source of activations or weights consists of.
type Part struct {
	Column string // that an array holds; empty for a file that holds all
	Path   string
}

// Parts are the files that activations consist of: one, or the arrays by column.
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

// Parts are the files that the activations at path consist of. They are opened, and not read.
func Parts(path string) ([]Part, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Parts(), nil
}

// The arrays of an output layer.
const (
	Weight = "weight"
	Bias   = "bias"
)

// Output is the layer behind the units of a network's last hidden layer.
type Output struct {
	Classes, Units int
	Weights        []float64 // [Classes][Units], row-major, as PyTorch's nn.Linear has them
	Bias           []float64 // [Classes]; zeros where there is no file of them
	Parts          []Part
}

// maxOutput bounds the numbers of an output layer: a gigabyte.
const maxOutput = 1 << 27

// ReadOutput reads X.weight.npy and, if there is one, X.bias.npy. Either may be named.
func ReadOutput(path string) (*Output, error) {
	o, err := readOutput(path)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", path, err)
	}
	return o, nil
}
