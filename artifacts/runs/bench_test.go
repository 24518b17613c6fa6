package runs

import (
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// sigmoidBlock returns synthetic data of the size of a baseline layer's: unit j
// has sigmoid(N(b_j, 2)), b_j ~ N(0, 1.5).
func sigmoidBlock(epoch, layer, samples, units int) Block {
	rng := rand.New(rand.NewPCG(uint64(epoch), uint64(layer)))
	bias := make([]float64, units)
	for j := range bias {
		bias[j] = 1.5 * rng.NormFloat64()
	}
	b := Block{
		Epoch: epoch, Layer: layer, Units: units,
		Labels: make([]uint8, samples), Predictions: make([]uint8, samples), Values: make([]float32, samples*units),
	}
	for s := range samples {
		b.Labels[s] = uint8(rng.IntN(10))
		b.Predictions[s] = uint8(rng.IntN(10))
		for j := range units {
			b.Values[s*units+j] = float32(1 / (1 + math.Exp(-bias[j]-2*rng.NormFloat64())))
		}
	}
	return b
}

func BenchmarkWriteActivations(b *testing.B) {
	block := sigmoidBlock(1, 1, 10_000, 256)
	path := filepath.Join(b.TempDir(), "activations.parquet")
	b.SetBytes(int64(4 * len(block.Values)))
	b.ReportAllocs()
	for b.Loop() {
		writeBlocks(b, path, nil, block)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size()), "file-bytes")
}

func BenchmarkReadActivations(b *testing.B) {
	block := sigmoidBlock(1, 1, 10_000, 256)
	path := filepath.Join(b.TempDir(), "activations.parquet")
	writeBlocks(b, path, nil, block)
	b.SetBytes(int64(4 * len(block.Values)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := OpenActivations(path)
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		r.Close()
	}
}

func writeBlocks(t testing.TB, path string, meta Meta, blocks ...Block) {
	t.Helper()
	w, err := CreateActivations(path, meta)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := w.Append(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
