package runs

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"sparsel/artifacts"
)

// ActivationReader reads an archive of activations, one block at a time.
type ActivationReader struct {
	archive *artifacts.Reader
	path    string
	widths  map[int]int // by layer
	group   int         // number of the next row group
	ahead   bool        // the columns hold row group `group` already
	block   Block

	epochs, layers, samples []int32
	labels, predictions     []uint8
	values                  artifacts.List[float32]
}

// OpenActivations opens the archive at path. The caller should have compared
// its SHA-256 before.
func OpenActivations(path string) (*ActivationReader, error) {
	a, err := artifacts.Open(path, activationFormat)
	if err != nil {
		return nil, err
	}
	r, err := newActivationReader(a, path)
	if err != nil {
		a.Close()
		return nil, err
	}
	return r, nil
}

func newActivationReader(a *artifacts.Reader, path string) (*ActivationReader, error) {
	r := &ActivationReader{archive: a, path: path, widths: map[int]int{}}
	note, ok := a.Note("units")
	if !ok {
		return nil, fmt.Errorf("read %s: the metadata lack the widths of the layers; make it again", path)
	}
	if note == "" {
		return r, nil // there are no blocks
	}
	for w := range strings.SplitSeq(note, ",") {
		layer, units, _ := strings.Cut(w, ":")
		l, err1 := strconv.Atoi(layer)
		u, err2 := strconv.Atoi(units)
		if err1 != nil || err2 != nil || l < 1 || u < 1 || u > activationGroup {
			return nil, fmt.Errorf("read %s: widths %q are not layer:units, joined by commas", path, note)
		}
		r.widths[l] = u
	}
	return r, nil
}

// Meta returns the provenance that the archive was written with.
func (r *ActivationReader) Meta() Meta { return r.archive.Meta() }

// Next returns the next block as it was appended, or io.EOF after the last. The
// next call reuses the memory of the block.
func (r *ActivationReader) Next() (Block, error) {
	b := &r.block
	b.Labels, b.Predictions, b.Values = b.Labels[:0], b.Predictions[:0], b.Values[:0]
	for ; r.group < r.archive.Groups(); r.group++ {
		if err := r.load(); err != nil {
			return Block{}, err
		}
		epoch, layer := int(r.epochs[0]), int(r.layers[0])
		if len(b.Labels) == 0 {
			if epoch < b.Epoch || epoch == b.Epoch && layer <= b.Layer {
				return Block{}, fmt.Errorf("read %s: epoch %d, layer %d comes after epoch %d, layer %d", r.path, epoch, layer, b.Epoch, b.Layer)
			}
			b.Epoch, b.Layer, b.Units = epoch, layer, r.widths[layer]
		} else if epoch != b.Epoch || layer != b.Layer {
			return *b, nil
		}
		if err := r.take(); err != nil {
			return Block{}, fmt.Errorf("read %s: epoch %d, layer %d: %w", r.path, epoch, layer, err)
		}
	}
	if len(b.Labels) == 0 {
		return Block{}, io.EOF
	}
	return *b, nil
}

// load reads the columns of the next row group, unless that has been done.
func (r *ActivationReader) load() error {
	if r.ahead {
		return nil
	}
	err := r.archive.Read(r.group, &r.epochs, &r.layers, &r.samples, &r.labels, &r.predictions, &r.values)
	r.ahead = err == nil
	return err
}

// take adds the loaded row group to the block, and checks each row.
func (r *ActivationReader) take() error {
	b := &r.block
	for i := range r.epochs {
		switch {
		case int(r.epochs[i]) != b.Epoch || int(r.layers[i]) != b.Layer:
			return fmt.Errorf("a row of epoch %d, layer %d in the same row group", r.epochs[i], r.layers[i])
		case int(r.samples[i]) != len(b.Labels)+i:
			return fmt.Errorf("sample %d where %d belongs", r.samples[i], len(b.Labels)+i)
		case int(r.values.Lengths[i]) != b.Units:
			return fmt.Errorf("sample %d has %d activations, want %d", r.samples[i], r.values.Lengths[i], b.Units)
		}
	}
	b.Labels = append(b.Labels, r.labels...)
	b.Predictions = append(b.Predictions, r.predictions...)
	b.Values = append(b.Values, r.values.Values...)
	r.ahead = false
	return nil
}

// Close closes the file.
func (r *ActivationReader) Close() error { return r.archive.Close() }
