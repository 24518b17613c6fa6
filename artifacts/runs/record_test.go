package runs

import (
	"crypto/sha256"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"sparsel/artifacts"
)

// oddFloats are values that must come back bit for bit.
func oddFloats() []float64 {
	return []float64{
		math.NaN(), math.Float64frombits(0xfff8000000000123), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1),
		math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1,
	}
}

// someEpochs returns a record whose values are odd and differ in every place.
func someEpochs(n int, widths ...int) []Epoch {
	odd, at := oddFloats(), 0
	next := func() float64 {
		at++
		if at%3 == 0 {
			return odd[at/3%len(odd)]
		}
		return 1 / float64(at)
	}
	var epochs []Epoch
	for e := range n {
		epoch := Epoch{
			Epoch: 2*e + 1, Step: 1200 * (e + 1), TrainLoss: next(), TestLoss: next(), Correct: 100 * e, Samples: 10_000,
			TrainLossAfter: next(), TrainCorrect: 50 * e, TrainSamples: 60_000,
			ValidationLoss: next(), ValidationCorrect: 7 * e, ValidationSamples: 500,
			Digest: sha256.Sum256([]byte{byte(e)}),
		}
		for range 10 {
			epoch.ClassCorrect, epoch.ClassSamples = append(epoch.ClassCorrect, int64(10*e)), append(epoch.ClassSamples, 1000)
		}
		for _, w := range widths {
			l := Layer{Units: w, Activation: "tanh", Samples: int64(e + w), Thresholds: []float32{0.1, 0.5}}
			for _, sum := range l.sums() {
				*sum = next()
			}
			for j := range w {
				l.Squares = append(l.Squares, next())
				l.Least, l.Most = append(l.Least, float32(next())), append(l.Most, float32(next()))
				l.Below = append(l.Below, int64(j), int64(e))
			}
			for c := range 10 {
				l.ClassCounts = append(l.ClassCounts, int64(c*e))
			}
			for range 10 * w {
				l.ClassSums = append(l.ClassSums, next())
			}
			epoch.Layers = append(epoch.Layers, l)
		}
		epochs = append(epochs, epoch)
	}
	return epochs
}

// recordBits makes records that contain NaNs comparable.
func recordBits(epochs []Epoch) (words []uint64) {
	for _, e := range epochs {
		words = append(words, uint64(e.Epoch), math.Float64bits(e.TrainLoss), math.Float64bits(e.TestLoss),
			uint64(e.Correct), uint64(e.Samples), uint64(len(e.Layers)), uint64(e.Step), math.Float64bits(e.TrainLossAfter),
			uint64(e.TrainCorrect), uint64(e.TrainSamples), math.Float64bits(e.ValidationLoss),
			uint64(e.ValidationCorrect), uint64(e.ValidationSamples), uint64(len(e.ClassCorrect)))
		for c := range e.ClassCorrect {
			words = append(words, uint64(e.ClassCorrect[c]), uint64(e.ClassSamples[c]))
		}
		for _, b := range e.Digest {
			words = append(words, uint64(b))
		}
		for _, l := range e.Layers {
			words = append(words, uint64(l.Units), math.Float64bits(l.RatioSum), math.Float64bits(l.RatioSquares),
				uint64(l.Samples), uint64(len(l.ClassCounts)), uint64(len(l.ClassSums)), uint64(len(l.Activation)))
			for _, sum := range l.sums() {
				words = append(words, math.Float64bits(*sum))
			}
			for _, s := range l.Squares {
				words = append(words, math.Float64bits(s))
			}
			for _, list := range [][]float32{l.Least, l.Most, l.Thresholds} {
				for _, v := range list {
					words = append(words, uint64(math.Float32bits(v)))
				}
			}
			for _, n := range l.Below {
				words = append(words, uint64(n))
			}
			for _, c := range l.ClassCounts {
				words = append(words, uint64(c))
			}
			for _, s := range l.ClassSums {
				words = append(words, math.Float64bits(s))
			}
		}
	}
	return words
}

func TestRecordRoundTrip(t *testing.T) {
	for name, epochs := range map[string][]Epoch{
		"no epochs":       nil,
		"early points":    early(someEpochs(9, 20, 3), 4),
		"one unit":        someEpochs(1, 1),
		"baseline":        someEpochs(30, 256),
		"several layers":  someEpochs(5, 16, 1, 300),
		"many row groups": someEpochs(40, 768, 768), // 614,400 class sums, 262,144 per group
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.parquet")
			meta := Meta{"optimizer": "SGD"}
			if err := WriteRecord(path, meta, epochs); err != nil {
				t.Fatal(err)
			}
			gotMeta, got, err := ReadRecord(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(gotMeta, meta) || !reflect.DeepEqual(recordBits(got), recordBits(epochs)) {
				t.Error("the record read differs from the one written")
			}
		})
	}
}

func TestRecordRejects(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func([]Epoch) []Epoch
		want  string
	}{
		"epoch -1":    {func(e []Epoch) []Epoch { e[0].Epoch = -1; return e }, "epoch -1 is not in 0.."},
		"step":        {func(e []Epoch) []Epoch { e[0].Step = -1; return e }, "epoch 1 is after -1 steps"},
		"late early":  {func(e []Epoch) []Epoch { e[1].Epoch = 0; return e }, "the early point at step 2400 follows epoch 1, step 1200"},
		"early twice": {func(e []Epoch) []Epoch { early(e, 2)[1].Step = 0; return e }, "the early point at step 0 follows epoch 0, step 0"},
		"squares": {func(e []Epoch) []Epoch { e[0].Layers[1].Squares = nil; return e },
			"layer 2 has 0 squares, 3 least and 3 most, want 3 of each"},
		"least":        {func(e []Epoch) []Epoch { e[0].Layers[1].Least = nil; return e }, "layer 2 has 3 squares, 0 least"},
		"most":         {func(e []Epoch) []Epoch { e[0].Layers[1].Most = nil; return e }, "and 0 most"},
		"thresholds":   {func(e []Epoch) []Epoch { e[0].Layers[1].Thresholds = nil; return e }, "6 counts below, want 0 thresholds x 3 units"},
		"order":        {func(e []Epoch) []Epoch { e[1].Epoch = 1; return e }, "epoch 1 follows epoch 1"},
		"no layers":    {func(e []Epoch) []Epoch { e[0].Layers = nil; return e }, "epoch 1 has no layers"},
		"fewer layers": {func(e []Epoch) []Epoch { e[2].Layers = e[2].Layers[:1]; return e }, "epoch 5 has 1 layers, epoch 1 has 2"},
		"no units":     {func(e []Epoch) []Epoch { e[0].Layers[0].Units = 0; return e }, "epoch 1, layer 1 has 0 units"},
		"sums": {func(e []Epoch) []Epoch { e[0].Layers[1].ClassSums = nil; return e },
			"layer 2 has 0 class sums, want 10 classes x 3 units"},
		"other width": {func(e []Epoch) []Epoch { return append(e[:1], rename(someEpochs(1, 2, 4), 9)...) },
			"epoch 9, layer 2 has 4 units and 10 classes, other than before"},
		"other classes": {func(e []Epoch) []Epoch {
			l := &e[1].Layers[0]
			l.ClassCounts, l.ClassSums = l.ClassCounts[:9], l.ClassSums[:9*2]
			return e
		}, "epoch 3, layer 1 has 2 units and 9 classes, other than before"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.parquet")
			err := WriteRecord(path, nil, c.spoil(someEpochs(3, 2, 3)))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was left")
			}
		})
	}
}

// early turns the first n epochs into early points.
func early(epochs []Epoch, n int) []Epoch {
	for i := range n {
		epochs[i].Epoch, epochs[i].Step = 0, 10*i
	}
	return epochs
}

func TestEarlyAndLate(t *testing.T) {
	points, epochs := EarlyAndLate(early(someEpochs(9, 2), 4))
	if len(points) != 4 || len(epochs) != 5 || points[3].Step != 30 || epochs[0].Epoch != 9 {
		t.Errorf("%d early points and %d epochs", len(points), len(epochs))
	}
}

func rename(epochs []Epoch, first int) []Epoch {
	for i := range epochs {
		epochs[i].Epoch = first + i
	}
	return epochs
}

// TestReadRecordRejects writes rows that are not a record, under its name.
func TestReadRecordRejects(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*recordRows)
		want  string
	}{
		"digest":        {func(r *recordRows) { r.digest[1] = "abc" }, `digest "abc" of epoch 1 is not 64 hex digits`},
		"long digest":   {func(r *recordRows) { r.digest[0] += "00" }, "is not 64 hex digits"},
		"no layer 1":    {func(r *recordRows) { r.layer[0] = 2 }, "row of epoch 1, layer 2 does not belong"},
		"layer missing": {func(r *recordRows) { r.layer[1] = 3 }, "row of epoch 1, layer 3 does not belong"},
		"layer twice":   {func(r *recordRows) { r.layer[1] = 1 }, "epoch 1 follows epoch 1"},
		"other epoch":   {func(r *recordRows) { r.epoch[1] = 2 }, "row of epoch 2, layer 2 does not belong"},
		"other loss":    {func(r *recordRows) { r.testLoss[1] = 7 }, "row of epoch 1, layer 2 does not belong"},
		"units":         {func(r *recordRows) { r.units[3]++ }, "30 class sums, want 10 classes x 4 units"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.parquet")
			var rows recordRows
			for _, e := range someEpochs(2, 2, 3) {
				rows.append(&e)
			}
			c.spoil(&rows)
			forge(t, path, recordFormat, nil, rows.columns())
			if _, _, err := ReadRecord(path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), path) != 1 {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// forge writes an archive with the right form and the wrong contents.
func forge(t *testing.T, path string, f artifacts.Format, notes Meta, groups ...[]any) {
	t.Helper()
	w, err := artifacts.Create(path, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range notes {
		w.Note(k, v)
	}
	for _, g := range groups {
		if err := w.Write(g...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	dir := t.TempDir()
	meta := Meta{"c": "3", "a": "1", "b": "2"}
	sums := map[string][32]byte{}
	for _, procs := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(procs)
		for range 3 {
			record, activations, weights := filepath.Join(dir, "record"), filepath.Join(dir, "activations"), filepath.Join(dir, "weights")
			if err := WriteRecord(record, meta, someEpochs(30, 64, 3)); err != nil {
				t.Fatal(err)
			}
			writeBlocks(t, activations, meta, sigmoidBlock(1, 1, 5000, 256), sigmoidBlock(1, 2, 5000, 10))
			if err := WriteWeights(weights, meta, someTensors()); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{record, activations, weights} {
				file, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(file)
				if first, again := sums[path]; again && first != sum {
					t.Errorf("GOMAXPROCS %d: %s has other bytes", procs, filepath.Base(path))
				}
				sums[path] = sum
			}
		}
	}
}
