package artifacts_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
)

// duckdb is what an independent reader says about a file.
type duckdb struct {
	meta    map[string]string
	schema  [][]string // name, type, repetition, converted type
	storage [][]string // created by, compression, encodings
	rows    [][]any    // strings and lists of strings
}

// ask reads a file through DuckDB. The package is installed once, at the exact
// versions in its package.json, below the user's cache directory. Without node,
// npm or a network the test is skipped, unless SPARSEL_REQUIRE names duckdb.
func ask(t *testing.T, file, query string) (d duckdb) {
	t.Helper()
	dir, err := installed(t.Context())
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "duckdb") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	script, err := filepath.Abs("testdata/duckdb/read.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, dir, file, query)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(bufio.NewReader(out))
	var meta [][]string
	for _, v := range []any{&meta, &d.schema, &d.storage} {
		if err := lines.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	d.meta = map[string]string{}
	for _, kv := range meta {
		d.meta[kv[0]] = kv[1]
	}
	for lines.More() {
		var row []any
		if err := lines.Decode(&row); err != nil {
			t.Fatal(err)
		}
		d.rows = append(d.rows, row)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return d
}

// installed returns the directory that has DuckDB in its node_modules.
func installed(ctx context.Context) (string, error) {
	versions, err := os.ReadFile("testdata/duckdb/package.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	// Each set of versions has its own directory.
	final := filepath.Join(cache, "sparsel", fmt.Sprintf("duckdb-%x", sha256.Sum256(versions)))
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("DuckDB needs %s: %w", program, err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(final), "install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "package.json"), versions, 0o644); err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	defer stop()
	npm := exec.CommandContext(ctx, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install DuckDB: %w\n%s", err, out)
	}
	if err := os.Rename(dir, final); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err // unless another test process was faster
	}
	return final, nil
}

// agree compares a value from DuckDB, as text, with one of ours.
func agree(has, want any) bool {
	w := reflect.ValueOf(want)
	if w.Kind() == reflect.Slice {
		list, ok := has.([]any)
		if !ok || len(list) != w.Len() {
			return false
		}
		for i := range list {
			if !agree(list[i], w.Index(i).Interface()) {
				return false
			}
		}
		return true
	}
	text, ok := has.(string)
	switch want := want.(type) {
	case float32:
		return ok && agree(text, float64(want))
	case float64:
		v, err := strconv.ParseFloat(text, 64)
		return ok && err == nil && (math.Float64bits(v) == math.Float64bits(want) || math.IsNaN(v) && math.IsNaN(want))
	}
	return ok && text == fmt.Sprint(want)
}

// compare compares all rows and the storage of a file.
func compare(t *testing.T, d duckdb, format string, want [][]any) {
	t.Helper()
	if d.meta["sparsel.format"]+" "+d.meta["sparsel.version"] != format || d.meta["run"] != "é 1" {
		t.Errorf("metadata %v", d.meta)
	}
	if len(want) > 0 && (len(d.storage) != 1 || !slices.Equal(d.storage[0][1:2], []string{"ZSTD"}) || d.storage[0][0] != "sparsel") {
		t.Errorf("storage %v", d.storage)
	}
	for _, node := range d.schema[1:] {
		if repetition := node[2]; repetition != "REQUIRED" && node[0] != "list" {
			t.Errorf("%s is %s, want REQUIRED", node[0], repetition)
		}
	}
	if len(d.rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(d.rows), len(want))
	}
	for i := range want {
		if len(d.rows[i]) != len(want[i]) {
			t.Fatalf("row %d has %d columns, want %d", i, len(d.rows[i]), len(want[i]))
		}
		for j := range want[i] {
			if !agree(d.rows[i][j], want[i][j]) {
				t.Fatalf("row %d, column %d: %v, want %v", i, j, d.rows[i][j], want[i][j])
			}
		}
	}
}

var provenance = runs.Meta{"run": "é 1"}

// The query in README returns the mean activation of each class.
func TestDocumentedSQL(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, query, found := strings.Cut(string(readme), "<!-- run by TestDocumentedSQL -->\n```sql\n")
	query, _, _ = strings.Cut(query, ";\n```")
	before, rest, ok := strings.Cut(query, "read_parquet('")
	_, after, end := strings.Cut(rest, "')")
	if !found || !ok || !end {
		t.Fatalf("README has no query of a file: %q", query)
	}
	path := filepath.Join(t.TempDir(), "activations")
	w, err := runs.CreateActivations(path, provenance)
	if err != nil {
		t.Fatal(err)
	}
	b := runs.Block{Epoch: 1, Layer: 1, Units: 2, Labels: []uint8{3, 0, 3}, Predictions: []uint8{3, 0, 0},
		Values: []float32{0.5, 0.25, 1, 0, 0.25, 0.5}}
	if err := errors.Join(w.Append(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	d := ask(t, path, before+"read_parquet('"+path+"')"+after)
	want := [][]any{{uint8(0), 0.5}, {uint8(3), 0.375}}
	if len(d.rows) != len(want) {
		t.Fatalf("%d rows, want %d: %v", len(d.rows), len(want), d.rows)
	}
	for i := range want {
		for j := range want[i] {
			if !agree(d.rows[i][j], want[i][j]) {
				t.Errorf("row %d, column %d: %v, want %v", i, j, d.rows[i][j], want[i][j])
			}
		}
	}
}

func TestDuckDBReadsActivations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it's.parquet")
	w, err := runs.CreateActivations(path, provenance)
	if err != nil {
		t.Fatal(err)
	}
	odd := []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0,
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.MaxFloat32, 0.1,
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var want [][]any
	for epoch := 1; epoch <= 3; epoch += 2 {
		for layer, units := range []int{256, 1, 37} {
			const samples = 300
			b := runs.Block{Epoch: epoch, Layer: layer + 1, Units: units}
			for s := range samples {
				b.Labels = append(b.Labels, uint8(s))
				b.Predictions = append(b.Predictions, uint8(rng.Uint32()))
				for range units {
					v := rng.Float32()
					if rng.IntN(10) == 0 {
						v = odd[rng.IntN(len(odd))]
					}
					b.Values = append(b.Values, v)
				}
				want = append(want, []any{epoch, layer + 1, s, b.Labels[s], b.Predictions[s], b.Values[s*units:]})
			}
			if err := w.Append(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d := ask(t, path, "from file")
	if d.meta["sparsel.units"] != "1:256,2:1,3:37" {
		t.Errorf("metadata %v", d.meta)
	}
	compare(t, d, "activations 1", want)
}

// TestDuckDBSumsActivations reads a file of full size, whose row groups are
// full. The sums are of doubles in an order that DuckDB may choose. They differ
// by at most (units-1) roundings of at most half an ulp of the sum of
// magnitudes, on either side.
func TestDuckDBSumsActivations(t *testing.T) {
	const samples, units = 10_000, 256
	path := filepath.Join(t.TempDir(), "a.parquet")
	w, err := runs.CreateActivations(path, provenance)
	if err != nil {
		t.Fatal(err)
	}
	b := runs.Block{
		Epoch: 30, Layer: 1, Units: units,
		Labels: make([]uint8, samples), Predictions: make([]uint8, samples), Values: make([]float32, samples*units),
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range b.Values {
		b.Values[i] = rng.Float32()
	}
	if err := errors.Join(w.Append(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	d := ask(t, path, `select sample, len(activation), list_sum(activation::double[]),
		list_dot_product(activation::double[], list_transform(range(1, len(activation) + 1), x -> x::double)) from file`)
	if len(d.rows) != samples {
		t.Fatalf("%d rows, want %d", len(d.rows), samples)
	}
	for s, row := range d.rows {
		if !agree(row[0], s) || !agree(row[1], units) {
			t.Fatalf("row %d is sample %v of %v units", s, row[0], row[1])
		}
		var sum, weighted float64
		for j, v := range b.Values[s*units : (s+1)*units] {
			sum += float64(v)
			weighted += float64(v) * float64(j+1) // exact products: 24 and 9 bits
		}
		for i, want := range map[int]float64{2: sum, 3: weighted} {
			got, err := strconv.ParseFloat(row[i].(string), 64)
			if tolerance := 2 * (units - 1) * 0x1p-53 * want; err != nil || !(math.Abs(got-want) <= tolerance) {
				t.Fatalf("sample %d, column %d: %v, want %v", s, i, row[i], want)
			}
		}
	}
}

func TestDuckDBReadsRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.parquet")
	var epochs []runs.Epoch
	var want [][]any
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1}
	for e := 1; e <= 7; e++ {
		epoch := runs.Epoch{Epoch: e, TrainLoss: odd[e-1], TestLoss: 1 / float64(e), Correct: 9000 + e, Samples: 10000,
			Digest: [32]byte{31: byte(e)},
			Step:   1200 * e, TrainLossAfter: odd[(e+1)%7], TrainCorrect: 50_000 + e, TrainSamples: 60_000,
			ValidationLoss: odd[(e+2)%7], ValidationCorrect: 400 + e, ValidationSamples: 500,
			ClassCorrect: []int64{900 + int64(e), 8100}, ClassSamples: []int64{980, 9020}}
		for layer, units := range []int{3, 1} {
			l := runs.Layer{Units: units, ClassCounts: []int64{980, math.MaxInt64}, RatioSum: odd[(e+2)%7], RatioSquares: odd[(e+3)%7],
				Samples:    10000,
				Activation: "relu", RatioFourths: odd[(e+4)%7], RankSum: odd[(e+5)%7], RankSquares: odd[(e+6)%7], Thresholds: []float32{0.5}}
			for i := range units {
				l.Squares = append(l.Squares, odd[(e+i)%7])
				l.Least, l.Most = append(l.Least, float32(odd[e%4])), append(l.Most, 0.25)
				l.Below = append(l.Below, int64(e*i))
			}
			for i := range 2 * units {
				l.ClassSums = append(l.ClassSums, odd[(e+i)%7])
			}
			epoch.Layers = append(epoch.Layers, l)
			want = append(want, []any{
				e, epoch.Step, layer + 1, epoch.TrainLoss, epoch.TestLoss, epoch.Correct, epoch.Samples,
				epoch.TrainLossAfter, epoch.TrainCorrect, epoch.TrainSamples,
				epoch.ValidationLoss, epoch.ValidationCorrect, epoch.ValidationSamples, epoch.ClassCorrect, epoch.ClassSamples,
				hex.EncodeToString(epoch.Digest[:]),
				units, l.Activation, l.ClassCounts, l.ClassSums, l.Squares, l.Least, l.Most, l.Thresholds, l.Below,
				l.RatioSum, l.RatioSquares, l.RatioFourths, l.RankSum, l.RankSquares, l.Samples,
			})
		}
		epochs = append(epochs, epoch)
	}
	if err := runs.WriteRecord(path, provenance, epochs); err != nil {
		t.Fatal(err)
	}
	compare(t, ask(t, path, "from file"), "run-record 2", want)
	if err := runs.WriteRecord(path, provenance, nil); err != nil {
		t.Fatal(err)
	}
	compare(t, ask(t, path, "from file"), "run-record 2", nil)
}

func TestDuckDBReadsMeasures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.parquet")
	inf := math.Inf(-1)
	row := measures.Row{
		Epoch: 1, Layer: "all", Accuracy: 0.9, TrainLoss: 0.5, TestLoss: inf,
		Sparsity: math.NaN(), Selectivity: 1e-300, SelectivityStd: 0.1, SparsityStd: 0.25,
		Step: 1200, TrainLossAfter: math.NaN(), TrainAccuracy: 0.5, Gini: 1, GiniStd: 2, TrevesRolls: 3, TrevesRollsStd: 4,
		CSI: 5, CSIStd: 6, Dead: 7, Saturated: 8, Below: 9,
		CCMASChance: 10, ROC: 11, Precision: 12, Information: 13, Informedness: 14, SparsityWeighted: 15, SelectivityWeighted: 16,
		SparsityGain: 17, SelectivityGain: 18, PhaseAccuracy: 19, Forgetting: 20, Overlap: 21, AblationSelective: 22,
		AblationUnselective: 23, AblationRandom: 24, AblationMatched: 25, Impact: 26,
		SparsityVarying: 27, SelectivityVarying: 28, ValidationLoss: 29, ValidationAccuracy: 30,
	}
	if err := measures.WriteRun(path, provenance, []measures.Row{row}); err != nil {
		t.Fatal(err)
	}
	compare(t, ask(t, path, "from file"), "run-measures 4", [][]any{{
		1, 1200, "all", 0.9, 0.5, inf, math.NaN(), 1e-300, 0.1, 0.25, math.NaN(), 0.5, 29.0, 30.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
		10.0, 11.0, 12.0, 13.0, 14.0, 27.0, 28.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0,
	}})
	summary := measures.Summary{
		Condition: "baseline", Optimizer: "SGD", Layer: "1", Metric: "sparsity", Epoch: 30, N: 2, Expected: 3,
		Mean: 0.1, SD: 0.2, SDPopulation: 0.3, SE: 0.4, SEPopulation: 0.5, CILow: inf, CIHigh: 0.7, Missing: "seed 1",
	}
	if err := measures.WriteSummaries(path, provenance, []measures.Summary{summary}); err != nil {
		t.Fatal(err)
	}
	compare(t, ask(t, path, "from file"), "summaries 1", [][]any{
		{"baseline", "SGD", "1", "sparsity", 30, 2, 3, "seed 1", "", 0.1, 0.2, 0.3, 0.4, 0.5, inf, 0.7},
	})
}

func TestDuckDBReadsWeights(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.parquet")
	tensors := []runs.Tensor{
		{Name: "conv1.weight", Shape: []int{2, 1, 1, 3}, Values: []float32{1, float32(math.Inf(1)), 3, -0.5, 0.1, 6}},
		{Name: "conv1.bias", Shape: []int{2}, Values: []float32{7, float32(math.NaN())}},
	}
	if err := runs.WriteWeights(path, provenance, tensors); err != nil {
		t.Fatal(err)
	}
	w := tensors[0].Values
	compare(t, ask(t, path, "from file"), "weights 1", [][]any{
		{"conv1.weight", []int64{2, 1, 1, 3}, 0, w[:3]}, {"conv1.weight", []int64{2, 1, 1, 3}, 1, w[3:]},
		{"conv1.bias", []int64{2}, 0, tensors[1].Values},
	})
}
