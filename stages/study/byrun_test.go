package study_test

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/quantity"
	"sparsel/stages/table"
	"sparsel/trainer"
)

// factorial is a study whose conditions have another name in the tidy table.
const factorial = `
[study]
seeds = [1, 2, 3]
optimizers = ["SGD"]
seeding = "paired"
archive = "last"
on_failed_run = "refuse"

[data]
directories = []
mirrors = []

[optimizers.SGD]
lr = 0.1

[baseline]
hidden = [4]
activation = "sigmoid"
sampler = "shuffled"
batch = 50
epochs = 2

[metrics]
ccmas_epsilon = 1e-7

[[experiments]]
name = "fac"
condition = "batch={batch} past={momentum}"
tidy = "factorial batch={batch} past={momentum}"
vary = [{ parameter = "batch", values = [50, 10] }, { parameter = "momentum", values = [0.0, 0.9] }]
`

// recordsAll lets the experiment have the metrics that not every run has.
const recordsAll = `ablate = true
[experiments.set]
train_loss_after = true
validation = 100
sampler = "phases"
phases = [{ classes = [0], epochs = 1 }, { classes = [1], epochs = 1 }]
`

// factor returns a made-up number that differs by run, metric and epoch.
func factor(run trainer.Config, layer, metric string, epoch int) float64 {
	h := fnv.New32a()
	fmt.Fprint(h, run.Batch, run.Optimizer.Momentum, run.Seeding.Seed, layer, metric, epoch)
	return float64(h.Sum32()%1000) / 1000
}

// Every metric is shown by every kind of table that takes metrics, with the
// value that the runs have. An effect is the difference of the means at the two
// levels of its factor, whatever the conditions are called in the tidy table.
func TestEveryMetricInEveryKindOfTable(t *testing.T) {
	var names []string
	for _, m := range quantity.All() {
		names = append(names, strconv.Quote(m.Name))
	}
	metrics := "metrics = [" + strings.Join(names, ", ") + "]\n"
	text := factorial + recordsAll + "[[tables]]\nid = \"f\"\nkind = \"final\"\nexperiment = \"fac\"\nerror = \"se\"\n" + metrics +
		"[[tables]]\nid = \"e\"\nkind = \"effects\"\nexperiment = \"fac\"\n" + metrics +
		"[[tables]]\nid = \"k\"\nkind = \"kendall\"\nexperiments = [\"fac\"]\n" + metrics +
		"[[tables]]\nid = \"p\"\nkind = \"pareto\"\nexperiments = [\"fac\"]\n" + metrics
	out := studytest.MadeUp(t, studytest.Of(t, text, ""), factor)
	records := func(id string) []map[string]string {
		return readCSV(t, filepath.Join(out, "tables", "table-"+id+".csv"))
	}

	// value returns a metric's mean over the seeds in a condition.
	value := func(m quantity.Metric, batch int, momentum float64) float64 {
		sum := 0.0
		for seed := range uint32(3) {
			run := trainer.Config{Batch: batch, Seeding: trainer.Seeding{Seed: seed + 1}}
			run.Optimizer.Momentum = momentum
			row := measures.Row{Epoch: 2, Layer: "all"}
			for _, other := range quantity.All() {
				if field := row.Field(other.Name); field != nil {
					*field = factor(run, "all", other.Name, 2)
				}
			}
			sum += m.Value(row) / 3
		}
		return sum
	}
	final, effects, kendall, pareto := records("f"), records("e"), records("k"), records("p")
	for _, m := range quantity.All() {
		a, b, c, d := value(m, 50, 0), value(m, 50, 0.9), value(m, 10, 0), value(m, 10, 0.9)
		for _, r := range final {
			want := map[string]float64{"batch=50 past=0.0": a, "batch=50 past=0": a, "batch=50 past=0.9": b, "batch=10 past=0.0": c,
				"batch=10 past=0": c, "batch=10 past=0.9": d}
			near(t, "final "+m.Name+" of "+r["condition"], r[m.Name+"_mean"], want[r["condition"]])
		}
		if m.Name != "diverged" { // of which all conditions have 0
			found := 0
			for _, r := range pareto {
				if r["metric"] != m.Name {
					continue
				}
				found++
				want := map[string]float64{"fac batch=50 past=0": a, "fac batch=50 past=0.9": b, "fac batch=10 past=0": c, "fac batch=10 past=0.9": d}
				near(t, "pareto "+m.Name+" of "+r["conditions"], r["mean"], want[r["conditions"]])
			}
			if found != 4 {
				t.Errorf("%d conditions in the Pareto table of %s", found, m.Name)
			}
		}
		found := 0
		for _, r := range effects {
			want, ok := map[string]float64{"batch size": (c + d - a - b) / 2, "momentum": (b + d - a - c) / 2,
				"batch size × momentum": (a + d - b - c) / 2}[r["effect"]]
			if r["metric"] != m.Name {
				continue
			}
			if found++; !ok || r["seeds"] != "3" || r["left_out"] != "" {
				t.Errorf("effect %v", r)
			}
			near(t, r["effect"]+" on "+m.Name, r["mean"], want)
		}
		if found != 3 {
			t.Errorf("%d effects on %s", found, m.Name)
		}
	}
	constant := func(metric string) bool { return metric == "diverged" } // 0 in all runs, so all are tied
	for _, r := range kendall {
		if r["runs"] != "12" || r["expected_runs"] != "12" || r["seeds"] == "0" && !constant(r["metric"]) && !constant(r["other"]) &&
			r["metric"] != "learnt" && r["other"] != "learnt" {
			t.Errorf("Kendall's tau: %v", r)
		}
	}
	if n := len(names); len(kendall) != n*(n-1)/2 {
		t.Errorf("%d taus of %d metrics", len(kendall), n)
	}
}

func near(t *testing.T, what, text string, want float64) {
	t.Helper()
	if got, err := strconv.ParseFloat(text, 64); err != nil || !(math.Abs(got-want) < 1e-12) {
		t.Errorf("%s is %q, want %v", what, text, want)
	}
}

// readCSV returns the records of a file by column.
func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, line := range lines[1:] {
		record := map[string]string{}
		for i, column := range lines[0] {
			record[column] = line[i]
		}
		list = append(list, record)
	}
	return list
}

// What a failed run leaves empty is made without it, and so is a figure of
// units. A study that refuses failed runs waits for all of them.
func TestFailedRunsAreOptional(t *testing.T) {
	text := factorial +
		"[[figures]]\nid = \"u\"\ntitle = \"Units\"\nexperiments = [\"fac\"]\nx = \"unit activity\"\n"
	for mode, want := range map[string]bool{"refuse": false, "show": true} {
		s := studytest.Of(t, strings.Replace(text, `on_failed_run = "refuse"`, fmt.Sprintf("on_failed_run = %q", mode), 1), "")
		inputs := s.Figures["u"].Inputs
		if len(inputs) != 4 {
			t.Fatalf("%d inputs, want one for each condition", len(inputs))
		}
		for _, in := range inputs {
			if in.Optional != want {
				t.Errorf("%s: the input %s is optional: %t", mode, in.Name, in.Optional)
			}
		}
	}
}

// The size of a network is shown whatever the order of its images, of which the
// original class loaders draw a number that nobody can count beforehand.
func TestParametersOfClassLoaders(t *testing.T) {
	s := studytest.Of(t, factorial+`
[[experiments]]
name = "cl"
condition = "c={classes}"
set = { sampler = "classes", batch = 60, hidden = [4] }
vary = [{ parameter = "classes", values = [2, 5] }]

[[tables]]
id = "p"
kind = "parameters"
experiment = "cl"
`, "")
	rows := s.Tables["p"].Params.(table.TextParams).Rows
	if want := []string{"4", "784 → 4 → 10", "3190"}; len(rows) != 1 || !slices.Equal(rows[0], want) { // 785·4 + 5·10
		t.Errorf("rows %q, want %q", rows, want)
	}
}

// Tables say which of their numbers are of training images, by condition and,
// where its optimizers differ, by optimizer.
func TestTablesNameTrainingImages(t *testing.T) {
	const tables = `
[[experiments]]
name = "tr"
conditions = [{ condition = "a" }, { condition = "b", set = { measure = "train-running" } }]

[[experiments]]
name = "all"
condition = "c"
set = { measure = "train-running", batch = 20 }

[[tables]]
id = "final"
kind = "final"
experiment = "tr"
error = "se"
metrics = ["accuracy", "sparsity", "selectivity_weighted"]

[[tables]]
id = "accuracy"
kind = "final"
experiment = "tr"
error = "se"
metrics = ["accuracy", "test_loss"]

[[tables]]
id = "each"
kind = "final"
experiment = "all"
error = "se"
metrics = ["selectivity"]

[[tables]]
id = "tested"
kind = "final"
experiment = "fac"
error = "se"
metrics = ["sparsity"]

[[tables]]
id = "kendall"
kind = "kendall"
experiments = ["tr", "all", "fac"]
metrics = ["accuracy", "sparsity"]

[[tables]]
id = "effects"
kind = "effects"
experiment = "tr"
metrics = ["gini", "sparsity"]
`
	out := studytest.MadeUp(t, studytest.Of(t, factorial+tables, ""), factor)
	for id, want := range map[string]string{
		"final": "Sparsity and selectivity weighted of b are of training images.", "accuracy": "", "tested": "",
		"each":    "Selectivity is of training images.",
		"kendall": "Sparsity of tr b; all c is of training images.",
		"effects": "Gini and sparsity of b are of training images.",
	} {
		text, err := os.ReadFile(filepath.Join(out, "tables", "table-"+id+".md"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) || strings.Contains(string(text), "of training images") != (want != "") {
			t.Errorf("table %s lacks %q:\n%s", id, want, text)
		}
	}
}
