package measures

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sparsel/artifacts"
)

var odd = []float64{
	math.NaN(), math.Float64frombits(0xfff8000000000123), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1),
	math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1,
}

func someRows(n int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rows[i].Epoch, rows[i].Step, rows[i].Layer = i/3+1, 100*i, []string{"all", "1", "12"}[i%3]
		for j, f := range fields {
			*f.of(&rows[i]) = odd[(i+j)%len(odd)]
		}
	}
	return rows
}

func someSummaries(n int) []Summary {
	summaries := make([]Summary, n)
	for i := range summaries {
		s := &summaries[i]
		s.Condition, s.Optimizer, s.Layer = fmt.Sprintf("lr=%d", i), "SGD", "all"
		s.Metric, s.Epoch, s.N, s.Expected = "sparsity", 30, i%3, 3
		s.Missing, s.NonFinite = strings.Repeat("seed 1;", i%2), "é"
		for j, v := range s.values() {
			*v = odd[(i+j)%len(odd)]
		}
	}
	return summaries
}

// sameNumbers compares rows bit for bit.
func sameNumbers(a, b *Row) bool {
	for _, f := range fields {
		if !same([]*float64{f.of(a)}, []*float64{f.of(b)}) {
			return false
		}
	}
	return true
}

// TestRoundTrip needs more than one full row group.
func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	meta := Meta{"experiment": "baseline"}
	for _, n := range []int{0, 1, 90, groupRows + 5} {
		rows := someRows(n)
		if err := WriteRun(path, meta, rows); err != nil {
			t.Fatal(err)
		}
		gotMeta, got, err := ReadRun(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n || !reflect.DeepEqual(gotMeta, meta) {
			t.Fatalf("%d rows, %v; want %d, %v", len(got), gotMeta, n, meta)
		}
		for i := range rows {
			if got[i].Epoch != rows[i].Epoch || got[i].Step != rows[i].Step || got[i].Layer != rows[i].Layer || !sameNumbers(&got[i], &rows[i]) {
				t.Fatalf("row %d: %v, want %v", i, got[i], rows[i])
			}
		}
		summaries := someSummaries(n)
		if err := WriteSummaries(path, meta, summaries); err != nil {
			t.Fatal(err)
		}
		gotMeta, has, err := ReadSummaries(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(has) != n || !reflect.DeepEqual(gotMeta, meta) {
			t.Fatalf("%d summaries, %v; want %d, %v", len(has), gotMeta, n, meta)
		}
		for i := range summaries {
			a, b := &has[i], &summaries[i]
			equal := same(a.values(), b.values())
			for j := range a.texts() {
				equal = equal && *a.texts()[j] == *b.texts()[j]
			}
			for j := range a.counts() {
				equal = equal && *a.counts()[j] == *b.counts()[j]
			}
			if !equal {
				t.Fatalf("summary %d: %v, want %v", i, *a, *b)
			}
		}
	}
}

func same[A [7]*float64 | []*float64](x, y A) bool {
	a, b := reflect.ValueOf(x), reflect.ValueOf(y)
	for i := range a.Len() {
		if math.Float64bits(a.Index(i).Elem().Float()) != math.Float64bits(b.Index(i).Elem().Float()) {
			return false
		}
	}
	return true
}

// TestColumns ties the names of the columns to the fields, because a round trip
// would not notice if two were swapped. The columns themselves are checked with
// DuckDB, if it is available, and here by reading them one by one.
func TestColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	row := Row{
		Epoch: 3, Layer: "2", Accuracy: 1, TrainLoss: 2, TestLoss: 3,
		Sparsity: 4, Selectivity: 5, SelectivityStd: 6, SparsityStd: 7,
		Step: 8, TrainLossAfter: 9, TrainAccuracy: 10, Gini: 11, GiniStd: 12, TrevesRolls: 13, TrevesRollsStd: 14,
		CSI: 15, CSIStd: 16, Dead: 17, Saturated: 18, Below: 19,
		CCMASChance: 20, ROC: 21, Precision: 22, Information: 23, Informedness: 24, SparsityWeighted: 25, SelectivityWeighted: 26,
		SparsityGain: 27, SelectivityGain: 28, PhaseAccuracy: 29, Forgetting: 30, Overlap: 31, AblationSelective: 32,
		AblationUnselective: 33, AblationRandom: 34, AblationMatched: 35, Impact: 36,
		SparsityVarying: 37, SelectivityVarying: 38, ValidationLoss: 39, ValidationAccuracy: 40,
	}
	if err := WriteRun(path, nil, []Row{row}); err != nil {
		t.Fatal(err)
	}
	check(t, path, runFormat, map[string]string{
		"epoch": "[3]", "layer": "[2]", "accuracy": "[1]", "train_loss": "[2]", "test_loss": "[3]",
		"sparsity": "[4]", "selectivity": "[5]", "selectivity_std": "[6]", "sparsity_std": "[7]",
		"step": "[8]", "train_loss_after": "[9]", "train_accuracy": "[10]", "validation_loss": "[39]", "validation_accuracy": "[40]", "gini": "[11]", "gini_std": "[12]",
		"treves_rolls": "[13]", "treves_rolls_std": "[14]", "csi": "[15]", "csi_std": "[16]",
		"dead": "[17]", "saturated": "[18]", "below": "[19]",
		"ccmas_chance": "[20]", "roc": "[21]", "precision": "[22]", "information": "[23]", "informedness": "[24]", "sparsity_varying": "[37]", "selectivity_varying": "[38]",
		"sparsity_weighted": "[25]", "selectivity_weighted": "[26]", "sparsity_gain": "[27]", "selectivity_gain": "[28]",
		"phase_accuracy": "[29]", "forgetting": "[30]", "overlap": "[31]", "ablation_selective": "[32]",
		"ablation_unselective": "[33]", "ablation_random": "[34]", "ablation_matched": "[35]", "impact": "[36]",
	})
	summary := Summary{
		Condition: "c", Optimizer: "o", Layer: "all", Metric: "m", Epoch: 30, N: 2, Expected: 3, Mean: 1, SD: 2,
		SDPopulation: 3, SE: 4, SEPopulation: 5, CILow: 6, CIHigh: 7, Missing: "x", NonFinite: "y",
	}
	if err := WriteSummaries(path, nil, []Summary{summary}); err != nil {
		t.Fatal(err)
	}
	check(t, path, summaryFormat, map[string]string{
		"condition": "[c]", "optimizer": "[o]", "layer": "[all]", "metric": "[m]", "epoch": "[30]", "n": "[2]",
		"expected": "[3]", "mean": "[1]", "sd": "[2]", "sd_population": "[3]", "se": "[4]", "se_population": "[5]",
		"ci_low": "[6]", "ci_high": "[7]", "missing": "[x]", "non_finite": "[y]",
	})
}

func check(t *testing.T, path string, f artifacts.Format, want map[string]string) {
	t.Helper()
	r, err := artifacts.Open(path, f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var columns []any
	for _, c := range f.Columns {
		columns = append(columns, map[artifacts.Kind]any{
			artifacts.Int32: new([]int32), artifacts.Int64: new([]int64), artifacts.Float64: new([]float64), artifacts.String: new([]string),
		}[c.Kind])
	}
	if err := r.Read(0, columns...); err != nil {
		t.Fatal(err)
	}
	if len(f.Columns) != len(want) {
		t.Errorf("%d columns, want %d", len(f.Columns), len(want))
	}
	for i, c := range f.Columns {
		if got := fmt.Sprint(reflect.ValueOf(columns[i]).Elem()); got != want[c.Name] {
			t.Errorf("column %s holds %s, want %s", c.Name, got, want[c.Name])
		}
	}
}

func TestArchivesReject(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	run := func(spoil func([]Row)) error {
		rows := someRows(3)
		spoil(rows)
		return WriteRun(path, nil, rows)
	}
	summaries := func(spoil func([]Summary)) error {
		s := someSummaries(3)
		spoil(s)
		return WriteSummaries(path, nil, s)
	}
	for want, err := range map[string]error{
		"row 1: epoch -1 is not in 1..":                   run(func(r []Row) { r[1].Epoch = -1 }),
		"row 1: after -1 steps":                           run(func(r []Row) { r[1].Step = -1 }),
		"row 1: epoch 0, step 7, layer 1 for the second":  run(func(r []Row) { r[0] = Row{Step: 7, Layer: "1"}; r[1] = r[0] }),
		`row 0: layer "" is neither "all" nor a number`:   run(func(r []Row) { r[0].Layer = "" }),
		`row 0: layer "01" is neither "all" nor`:          run(func(r []Row) { r[0].Layer = "01" }),
		`row 0: layer "0" is neither "all" nor`:           run(func(r []Row) { r[0].Layer = "0" }),
		"row 2: epoch 1, step 200, layer all for the sec": run(func(r []Row) { r[2].Layer = "all" }),
		"summary 0: epoch -1 is not in 1..":               summaries(func(s []Summary) { s[0].Epoch = -1 }),
		`summary 0: condition "", optimizer "SGD"`:        summaries(func(s []Summary) { s[0].Condition = "" }),
		"summary 1: 4 of 3 runs":                          summaries(func(s []Summary) { s[1].N = 4 }),
		"summary 1: -1 of 3 runs":                         summaries(func(s []Summary) { s[1].N = -1 }),
		"summary 2: {lr=0 SGD all sparsity 30} for the s": summaries(func(s []Summary) { s[2].Condition = "lr=0" }),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was left")
	}
	// Rows that WriteRun would reject, under the name of its format.
	if err := write(path, runFormat, nil, []Row{{Epoch: 1, Layer: "x"}}, new(runColumns)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadRun(path); err == nil || !strings.Contains(err.Error(), `layer "x"`) {
		t.Errorf("ReadRun gives %v", err)
	}
	if err := write(path, summaryFormat, nil, []Summary{{Epoch: 1, Layer: "x"}}, new(summaryColumns)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadSummaries(path); err == nil || !strings.Contains(err.Error(), `layer "x"`) {
		t.Errorf("ReadSummaries gives %v", err)
	}
	if _, _, err := ReadRun(path); err == nil || !strings.Contains(err.Error(), "is an archive of summaries, want run-measures") {
		t.Errorf("the other format: %v", err)
	}
}

// Early points are returned to callers who ask for them, and to nobody else.
func TestEarlyPoints(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	rows := []Row{{Layer: "all"}, {Layer: "1"}, {Layer: "all", Step: 10}, {Layer: "1", Step: 10}, {Epoch: 1, Step: 12, Layer: "all"}}
	if err := WriteRun(path, Meta{"run": "x"}, rows); err != nil {
		t.Fatal(err)
	}
	meta, got, err := ReadRun(path)
	if err != nil || len(got) != 1 || got[0] != rows[4] || meta["run"] != "x" {
		t.Errorf("after epochs: %v, %v, %v", meta, got, err)
	}
	if _, got, err = ReadPoints(path); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("all points: %v, %v", got, err)
	}
}
