package runs

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts"
)

// Block has the activations of one hidden layer after one epoch.
type Block struct {
	Epoch       int       // from 1
	Layer       int       // from 1, input side first
	Units       int       // width of the layer
	Labels      []uint8   // [samples]
	Predictions []uint8   // [samples]
	Values      []float32 // [samples][Units], row-major
}

var activationFormat = artifacts.Format{
	Name:    "activations",
	Version: 1,
	Columns: []artifacts.Column{
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "layer", Kind: artifacts.Int32, Bounds: true},
		{Name: "sample", Kind: artifacts.Int32, Bounds: true},
		{Name: "label", Kind: artifacts.Uint8},
		{Name: "prediction", Kind: artifacts.Uint8},
		{Name: "activation", Kind: artifacts.Float32s},
	},
}

// activationGroup is the number of values in a full row group: 2 MB. Writing
// and reading then use some 10 MB with levels and compressed copies, and 2048
// samples of a layer of 256 units are one row group.
const activationGroup = 1 << 19

// groupRows returns the number of samples of a layer in a full row group. A row
// group never spans two blocks, so all of its lists have the same length.
func groupRows(units int) int { return max(1, activationGroup/units) }

// ActivationWriter writes an archive of activations, one block at a time.
type ActivationWriter struct {
	archive *artifacts.Writer
	path    string
	widths  map[int]int // by layer
	epoch   int
	layer   int
	err     error

	epochs, layers, samples, lengths []int32
}

// CreateActivations begins an archive at path and replaces any file there. It
// must be ended by Close or Discard.
func CreateActivations(path string, meta Meta) (*ActivationWriter, error) {
	w, err := artifacts.Create(path, activationFormat, meta)
	if err != nil {
		return nil, err
	}
	return &ActivationWriter{archive: w, path: path, widths: map[int]int{}}, nil
}

// Append adds a block of at least one sample. Blocks must be in ascending order
// of epoch and layer, and a layer must have the same width in all epochs.
// Append does not keep the memory of the block. After an error the archive is
// lost.
func (w *ActivationWriter) Append(b Block) error {
	if w.err == nil {
		w.err = w.append(b)
	}
	return w.err
}

func (w *ActivationWriter) append(b Block) error {
	if err := w.check(b); err != nil {
		return fmt.Errorf("write %s: %w", w.path, err)
	}
	w.epoch, w.layer, w.widths[b.Layer] = b.Epoch, b.Layer, b.Units
	for from := 0; from < len(b.Labels); {
		to := min(from+groupRows(b.Units), len(b.Labels))
		w.epochs = repeat(w.epochs, b.Epoch, to-from)
		w.layers = repeat(w.layers, b.Layer, to-from)
		w.lengths = repeat(w.lengths, b.Units, to-from)
		w.samples = w.samples[:0]
		for s := from; s < to; s++ {
			w.samples = append(w.samples, int32(s))
		}
		values := artifacts.List[float32]{Lengths: w.lengths, Values: b.Values[from*b.Units : to*b.Units]}
		if err := w.archive.Write(w.epochs, w.layers, w.samples, b.Labels[from:to], b.Predictions[from:to], values); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (w *ActivationWriter) check(b Block) error {
	width, seen := w.widths[b.Layer]
	switch {
	case b.Epoch < 1 || b.Epoch > math.MaxInt32 || b.Layer < 1 || b.Layer > math.MaxInt32:
		return fmt.Errorf("epoch %d, layer %d: both count from 1", b.Epoch, b.Layer)
	case b.Epoch < w.epoch || b.Epoch == w.epoch && b.Layer <= w.layer:
		return fmt.Errorf("epoch %d, layer %d comes after epoch %d, layer %d; append in ascending order", b.Epoch, b.Layer, w.epoch, w.layer)
	case b.Units < 1 || b.Units > activationGroup:
		return fmt.Errorf("layer %d has %d units, want 1..%d", b.Layer, b.Units, activationGroup)
	case seen && width != b.Units:
		return fmt.Errorf("layer %d has %d units in epoch %d, %d before", b.Layer, b.Units, b.Epoch, width)
	case len(b.Labels) == 0 || len(b.Labels) > math.MaxInt32:
		return fmt.Errorf("epoch %d, layer %d has %d samples", b.Epoch, b.Layer, len(b.Labels))
	case len(b.Predictions) != len(b.Labels) || len(b.Values) != len(b.Labels)*b.Units:
		return fmt.Errorf("epoch %d, layer %d has %d labels, %d predictions and %d values of %d units",
			b.Epoch, b.Layer, len(b.Labels), len(b.Predictions), len(b.Values), b.Units)
	}
	return nil
}

func repeat(s []int32, v, n int) []int32 {
	s = s[:0]
	for range n {
		s = append(s, int32(v))
	}
	return s
}

// Close ends the archive, reads it back and compares every value with what was
// appended. It does not sync the file. After an error, even one from Append, it
// removes the file.
func (w *ActivationWriter) Close() error {
	if w.err != nil {
		return errors.Join(w.err, w.archive.Discard())
	}
	var widths []string
	for _, l := range slices.Sorted(maps.Keys(w.widths)) {
		widths = append(widths, strconv.Itoa(l)+":"+strconv.Itoa(w.widths[l]))
	}
	w.archive.Note("units", strings.Join(widths, ","))
	return w.archive.Close()
}

// Discard ends an archive that is not wanted and removes its file.
func (w *ActivationWriter) Discard() error { return w.archive.Discard() }
