package runs

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts"
	"sparsel/artifacts/mutate"
)

// oddBlock returns a block in which every odd value eventually occurs in every
// place.
func oddBlock(epoch, layer, samples, units int) Block {
	b := sigmoidBlock(epoch, layer, samples, units)
	for i, bits := range []uint32{
		0x7fc00000, 0x7fc12345, 0xffc00001, 0x7f800000, 0xff800000, 0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x7f7fffff,
	} {
		for at := i; at < len(b.Values); at += 13 {
			b.Values[at] = math.Float32frombits(bits)
		}
	}
	return b
}

// blockBits returns a comparable copy of a block.
func blockBits(b Block) any {
	var bits []uint32
	for _, v := range b.Values {
		bits = append(bits, math.Float32bits(v))
	}
	return []any{b.Epoch, b.Layer, b.Units, bytes.Clone(b.Labels), bytes.Clone(b.Predictions), bits}
}

func readBlocks(path string) (meta Meta, blocks []any, err error) {
	r, err := OpenActivations(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	for {
		b, err := r.Next()
		if err == io.EOF {
			return r.Meta(), blocks, nil
		}
		if err != nil {
			return nil, nil, err
		}
		blocks = append(blocks, blockBits(b))
	}
}

func TestActivationsRoundTrip(t *testing.T) {
	full := groupRows(256)
	for name, blocks := range map[string][]Block{
		"no blocks":   nil,
		"one sample":  {oddBlock(30, 1, 1, 1)},
		"one unit":    {oddBlock(30, 1, 1000, 1)},
		"baseline":    {oddBlock(30, 1, 10_000, 256)},
		"full groups": {oddBlock(1, 1, 2*full, 256), oddBlock(2, 1, 2*full, 256)},
		"one beyond":  {oddBlock(1, 1, full+1, 256), oddBlock(1, 2, full-1, 256)},
		"several layers": {oddBlock(1, 1, 700, 16), oddBlock(1, 2, 700, 768), oddBlock(1, 4, 700, 3), oddBlock(9, 1, 70, 16),
			oddBlock(9, 4, 70, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "activations.parquet")
			meta := Meta{"seed": "1"}
			var want []any
			for _, b := range blocks {
				want = append(want, blockBits(b))
			}
			writeBlocks(t, path, meta, blocks...)
			gotMeta, got, err := readBlocks(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(gotMeta, meta) || !reflect.DeepEqual(got, want) {
				t.Error("the blocks read differ from those written")
			}
		})
	}
}

func TestAppendRejects(t *testing.T) {
	good := func() Block { return sigmoidBlock(3, 2, 4, 5) }
	for name, c := range map[string]struct {
		spoil func(*Block)
		want  string
	}{
		"epoch 0":       {func(b *Block) { b.Epoch = 0 }, "epoch 0, layer 2: both count from 1"},
		"layer 0":       {func(b *Block) { b.Layer = 0 }, "epoch 3, layer 0: both count from 1"},
		"again":         {func(*Block) {}, "epoch 3, layer 2 comes after epoch 3, layer 2"},
		"earlier layer": {func(b *Block) { b.Layer = 1 }, "comes after"},
		"earlier epoch": {func(b *Block) { b.Epoch = 2 }, "comes after"},
		"no units":      {func(b *Block) { b.Epoch, b.Units = 4, 0 }, "layer 2 has 0 units"},
		"other width":   {func(b *Block) { *b = sigmoidBlock(4, 2, 4, 6) }, "layer 2 has 6 units in epoch 4, 5 before"},
		"no samples":    {func(b *Block) { *b = Block{Epoch: 4, Layer: 2, Units: 5} }, "has 0 samples"},
		"predictions":   {func(b *Block) { b.Epoch, b.Predictions = 4, nil }, "4 labels, 0 predictions and 20 values of 5 units"},
		"values":        {func(b *Block) { b.Epoch, b.Values = 4, b.Values[1:] }, "4 labels, 4 predictions and 19 values of 5 units"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "activations.parquet")
			w, err := CreateActivations(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Append(good()); err != nil {
				t.Fatal(err)
			}
			bad := good()
			c.spoil(&bad)
			first := w.Append(bad)
			if first == nil || !strings.Contains(first.Error(), c.want) || !strings.Contains(first.Error(), path) {
				t.Fatalf("error %v, want %q", first, c.want)
			}
			next := good()
			next.Epoch = 100
			if err := w.Append(next); !errors.Is(err, first) {
				t.Errorf("after an error Append gives %v", err)
			}
			if err := w.Close(); !errors.Is(err, first) {
				t.Errorf("after an error Close gives %v", err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was left")
			}
		})
	}
}

// TestReadActivationsRejects writes rows that are not activations, under the
// name of their format. They resemble the ways in which the library loses data.
func TestReadActivationsRejects(t *testing.T) {
	type columns struct {
		epochs, layers, samples []int32
		labels                  []uint8
		values                  artifacts.List[float32]
	}
	group := func(epoch, layer, first int32, rows, units int) columns {
		b := sigmoidBlock(1, 1, rows, units)
		c := columns{repeat(nil, int(epoch), rows), repeat(nil, int(layer), rows), nil, b.Labels,
			artifacts.List[float32]{Lengths: repeat(nil, units, rows), Values: b.Values}}
		for s := range int32(rows) {
			c.samples = append(c.samples, first+s)
		}
		return c
	}
	for name, c := range map[string]struct {
		units  string
		groups []columns
		want   string
	}{
		"no such layer":  {"1:2", []columns{group(1, 2, 0, 3, 2)}, "sample 0 has 2 activations, want 0"},
		"other width":    {"1:2", []columns{group(1, 1, 0, 3, 4)}, "sample 0 has 4 activations, want 2"},
		"repeated rows":  {"1:2", []columns{group(1, 1, 0, 3, 2), group(1, 1, 0, 3, 2)}, "sample 0 where 3 belongs"},
		"lost rows":      {"1:2", []columns{group(1, 1, 3, 3, 2)}, "sample 3 where 0 belongs"},
		"layers go down": {"1:2,2:2", []columns{group(1, 2, 0, 3, 2), group(1, 1, 0, 3, 2)}, "epoch 1, layer 1 comes after epoch 1, layer 2"},
		"epochs go down": {"1:2", []columns{group(2, 1, 0, 3, 2), group(1, 1, 0, 3, 2)}, "epoch 1, layer 1 comes after epoch 2, layer 1"},
		"mixed": {"1:2", []columns{func() columns {
			c := group(1, 1, 0, 3, 2)
			c.epochs[1] = 2
			return c
		}()}, "a row of epoch 2, layer 1 in the same row group"},
		"widths":       {"256", nil, `widths "256" are not layer:units`},
		"zero width":   {"1:0", nil, "are not layer:units"},
		"absurd width": {"1:99999999", nil, "are not layer:units"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "activations.parquet")
			var groups [][]any
			for _, g := range c.groups {
				groups = append(groups, []any{g.epochs, g.layers, g.samples, g.labels, g.labels, g.values})
			}
			forge(t, path, activationFormat, Meta{"units": c.units}, groups...)
			if _, _, err := readBlocks(path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), path) != 1 {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "activations.parquet")
	forge(t, path, activationFormat, nil)
	if _, _, err := readBlocks(path); err == nil || !strings.Contains(err.Error(), "lack the widths") {
		t.Errorf("without widths: %v", err)
	}
	if err := WriteRecord(path, nil, someEpochs(1, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenActivations(path); err == nil || !strings.Contains(err.Error(), "is an archive of run-record, want activations") {
		t.Errorf("a record: %v", err)
	}
}

func TestDiscardActivations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "activations.parquet")
	w, err := CreateActivations(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Append(sigmoidBlock(1, 1, 10, 3)), w.Discard()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
}

// TestBoundedMemory writes and reads 20 blocks of 10 MB and watches the heap
// after a collection in each. The reader's block may have grown to 13 MB, and a
// row group is 2 MB of values, 2 MB of levels and a few copies that the library
// makes of both. 60 MB is twice all that and a third of what was written.
func TestBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 200 MB")
	}
	const blocks, limit = 20, 60 << 20
	b := sigmoidBlock(1, 1, 10_000, 256)
	var before, most int64
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before = heap()
	path := filepath.Join(t.TempDir(), "activations.parquet")
	w, err := CreateActivations(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for e := range blocks {
		b.Epoch = e + 1
		if err := w.Append(b); err != nil {
			t.Fatal(err)
		}
		most = max(most, heap()-before)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenActivations(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for e := range blocks {
		got, err := r.Next()
		if err != nil || got.Epoch != e+1 || !slices.Equal(got.Values, b.Values) {
			t.Fatalf("block %d: epoch %d, %v", e, got.Epoch, err)
		}
		most = max(most, heap()-before)
	}
	t.Logf("at most %d MB beyond the caller's block", most>>20)
	if most > limit {
		t.Errorf("the heap grew by %d MB, want at most %d", most>>20, limit>>20)
	}
}

// FuzzActivations feeds arbitrary bytes to the reader of activations.
func FuzzActivations(f *testing.F) {
	path := filepath.Join(f.TempDir(), "activations.parquet")
	writeBlocks(f, path, nil, oddBlock(1, 1, 3, 2), oddBlock(1, 2, 3, 5))
	file, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	mutate.Fuzz(f, func(t *testing.T, b []byte) {
		a, err := artifacts.NewReader(bytes.NewReader(b), "fuzz", activationFormat)
		if err != nil {
			return
		}
		r, err := newActivationReader(a, "fuzz")
		if err != nil {
			return
		}
		for {
			b, err := r.Next()
			if err != nil {
				return
			}
			if len(b.Labels) == 0 || len(b.Values) != len(b.Labels)*b.Units || len(b.Predictions) != len(b.Labels) {
				t.Fatalf("a block of %d samples has %d values of %d units", len(b.Labels), len(b.Values), b.Units)
			}
		}
	})
}
