package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/stages/quantity"
	"sparsel/stages/runvalues"
)

// runOf returns a run with the given values of metrics. The others are not
// finite.
func runOf(condition string, seed uint32, values map[string]float64) runvalues.Run {
	return runvalues.Run{Condition: condition, Optimizer: "SGD", Seed: seed, Epoch: 2, Values: runvalues.Of(func(m quantity.Metric) float64 {
		if v, ok := values[m.Name]; ok {
			return v
		}
		return math.NaN()
	})}
}

// failedRun returns a run that failed.
func failedRun(condition string, seed uint32) runvalues.Run {
	r := runOf(condition, seed, nil)
	r.Failed = true
	return r
}

func TestKendallTable(t *testing.T) {
	p := KendallParams{ID: "k", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"accuracy", "gini", "sparsity"}}
	var runs []runvalues.Run
	for seed, sign := range []float64{1, 1, -1} {
		for i, condition := range []string{"a", "b", "c"} {
			runs = append(runs, runOf(condition, uint32(seed), map[string]float64{"accuracy": float64(i) / 10, "gini": sign * float64(i)}))
		}
	}
	if err := TryRuns(p, map[string][]runvalues.Run{"e": runs}); err != nil {
		t.Fatal(err)
	}
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[1]; !slices.Equal(got, []string{"gini", "0.33", "", ""}) { // 1, 1 and −1
		t.Errorf("row %q", got)
	}
	if got := table.Rows[2][1]; got != "–" { // no run has a sparsity
		t.Errorf("sparsity and accuracy: %q", got)
	}
	// What is complete has no note, and says that it is.
	p.Metrics = p.Metrics[:2]
	table, err = p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil || len(table.Notes) > 0 ||
		!strings.HasPrefix(table.Caption, "Kendall's tau-b over all conditions and optimizers of e, after") ||
		!strings.Contains(table.Caption, "; mean over 3 seeds, and") {
		t.Errorf("%q, notes %q, %v", table.Caption, table.Notes, err)
	}
}

// Kendall's tau says from how many seeds and runs each number is, and the notes
// name whatever it lacks.
func TestKendallLeavesOut(t *testing.T) {
	p := KendallParams{ID: "k", Title: "Title", Experiments: []string{"e", "f"}, Metrics: []string{"accuracy", "sparsity", "dead"}}
	full := func(condition string, seed uint32, rank float64) runvalues.Run {
		return runOf(condition, seed, map[string]float64{"accuracy": rank, "sparsity": rank, "dead": float64(seed) / 2 * rank})
	}
	runs := map[string][]runvalues.Run{
		"e": {
			full("a", 0, 0.1), full("b", 0, 0.2), full("c", 0, 0.3), // dead is 0 in all of them
			full("a", 1, 0.1), failedRun("b", 1), full("c", 1, 0.3),
		},
		"f": {runOf("relu", 0, map[string]float64{"accuracy": 0.4, "dead": 0})},
	}
	table, err := p.table(runs)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"accuracy |  |  | ", "sparsity | 1.00 |  | ", "dead | 1.00, n = 1 | 1.00, n = 1 | "} {
		if got := strings.Join(table.Rows[i], " | "); got != want {
			t.Errorf("row %q, want %q", got, want)
		}
	}
	for i, want := range []string{"sparsity accuracy 2 2 5 7", "dead accuracy 1 2 6 7", "dead sparsity 1 2 5 7"} {
		d := table.Data[i+1]
		if got := strings.Join(slices.Concat(d[:3], d[7:]), " "); got != want {
			t.Errorf("record %q, want %q", got, want)
		}
	}
	if want := []string{
		"Left out because they failed: of e b with SGD (seed 1).",
		"Left out of sparsity because they are not finite: of f relu with SGD.",
		"In seed 1 there are no runs of f.",
		"There is no tau in seed 0, because fewer than two runs have both metrics, or those that do are all tied in one: " +
			"dead and accuracy; dead and sparsity.",
	}; !slices.Equal(table.Notes, want) {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(table.Notes, "\n"), strings.Join(want, "\n"))
	}
	if want := "over all conditions and optimizers of e, f but for what the notes name, after each run's last epoch, in each seed; " +
		"mean over 2 seeds, or over n where that is given,"; !strings.Contains(table.Caption, want) {
		t.Errorf("caption %q", table.Caption)
	}
}

// effects are of two factors. The batch has an effect of 0.2 on accuracy, the
// width one of 0.1, and their interaction is 0.04.
func effects() (EffectsParams, []runvalues.Run) {
	p := EffectsParams{
		ID: "x", Title: "Title", Experiment: "e", Metrics: []string{"accuracy"},
		Factors: []Factor{{"batch", "50", "1", []string{"b", "bw"}}, {"width", "256", "768", []string{"w", "bw"}}},
	}
	var runs []runvalues.Run
	for seed := range uint32(4) {
		for i, condition := range []string{"none", "b", "w", "bw"} {
			accuracy := []float64{0.3, 0.46, 0.36, 0.60}[i] + float64(seed)/100
			runs = append(runs, runOf(condition, seed, map[string]float64{"accuracy": accuracy, "selectivity": -accuracy}))
		}
	}
	return p, runs
}

func TestEffectsTable(t *testing.T) {
	p, runs := effects()
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"batch 4 0.200", "width 4 0.100", "batch × width 4 0.040"} {
		if got := strings.Join(table.Rows[i], " "); !strings.HasPrefix(got, want) {
			t.Errorf("row %q, want %q", got, want)
		}
	}
	if len(table.Notes) != 2 {
		t.Errorf("notes %q", table.Notes)
	}
}

// A seed is left out of a metric if it lacks a condition, if a run failed, or
// if a value is not finite. The number of seeds is each metric's own, in
// whatever order the metrics are, and the notes say what is left out and why.
func TestEffectsLeaveOut(t *testing.T) {
	p, runs := effects()
	at := func(condition string, seed uint32) *runvalues.Run {
		return &runs[slices.IndexFunc(runs, func(r runvalues.Run) bool { return r.Condition == condition && r.Seed == seed })]
	}
	*at("b", 1) = failedRun("b", 1)
	*at("w", 0) = runOf("w", 0, map[string]float64{"accuracy": 0.36})
	*at("w", 2) = runOf("w", 2, map[string]float64{"accuracy": 0.38})
	runs = runs[:len(runs)-1] // bw of seed 3
	for _, c := range []struct {
		metrics []string
		row     string
		notes   []string
	}{
		{[]string{"accuracy"}, "batch | 2/4 | 0.200 [0.200, 0.200]", []string{
			"Left out of accuracy: seed 1 (b failed), seed 3 (not every condition has a run)."}},
		{[]string{"accuracy", "selectivity"}, "batch | accuracy 2/4, selectivity 0/4 | 0.200 [0.200, 0.200] | –", []string{
			"Left out of accuracy: seed 1 (b failed), seed 3 (not every condition has a run).",
			"Left out of selectivity: seeds 0, 2 (w not finite), seed 1 (b failed), seed 3 (not every condition has a run)."}},
		{[]string{"selectivity", "accuracy"}, "batch | selectivity 0/4, accuracy 2/4 | – | 0.200 [0.200, 0.200]", nil},
	} {
		p.Metrics = c.metrics
		table, err := p.table(map[string][]runvalues.Run{"e": runs})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(table.Rows[0], " | "); got != c.row {
			t.Errorf("row %q, want %q", got, c.row)
		}
		if got := table.Notes[2:]; c.notes != nil && !slices.Equal(got, c.notes) {
			t.Errorf("notes %q, want %q", got, c.notes)
		}
		if d := table.Data[1]; d[3] != fmt.Sprint(map[string]int{"accuracy": 2}[d[2]]) || d[8] != "4" ||
			!strings.Contains(d[9], "seed 1 (b failed)") {
			t.Errorf("record %q", d)
		}
	}
}

// rivals are three conditions of an optimizer in two seeds: a is most accurate,
// b is sparsest, and c is worse than a in both. In the second seed a is as
// sparse as b.
func rivals() (ParetoParams, map[string][]runvalues.Run) {
	var runs []runvalues.Run
	for seed, values := range [][3]point{{{0.9, 0.2}, {0.8, 0.5}, {0.7, 0.1}}, {{0.9, 0.5}, {0.8, 0.5}, {0.7, 0.1}}} {
		for i, condition := range []string{"c", "b", "a"} {
			v := values[2-i]
			runs = append(runs, runOf(condition, uint32(seed), map[string]float64{"accuracy": v.accuracy, "sparsity": v.metric}))
		}
	}
	p := ParetoParams{ID: "p", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"sparsity"}}
	return p, map[string][]runvalues.Run{"e": runs}
}

func TestParetoTable(t *testing.T) {
	p, runs := rivals()
	if err := TryRuns(p, runs); err != nil {
		t.Fatal(err)
	}
	table, err := p.table(runs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, strings.Join([]string{row[2], row[3], row[4][:5], row[5][:5], row[6]}, " | "))
	}
	if want := []string{"e a | 2 | 0.900 | 0.350 | 2 of 2", "e b | 2 | 0.800 | 0.500 | 1 of 2"}; !slices.Equal(got, want) {
		t.Errorf("the front is %q, want %q", got, want)
	}
	if beaten := table.Data[3]; len(table.Data) != 4 || beaten[2] != "e c" || beaten[3] != "false" || beaten[len(beaten)-1] != "0" {
		t.Errorf("data %q", table.Data)
	}
}

// Conditions that share their trainings are one. A run without a value counts
// for no mean, and a condition without any is named.
func TestParetoLeavesOut(t *testing.T) {
	p, runs := rivals()
	p.Experiments = append(p.Experiments, "again", "more")
	runs["again"] = []runvalues.Run{runs["e"][2], runs["e"][5]}
	runs["more"] = []runvalues.Run{
		runOf("d", 0, map[string]float64{"accuracy": 0.95, "sparsity": 0.1}), failedRun("d", 1),
		runOf("f", 0, map[string]float64{"accuracy": 0.99}), failedRun("f", 1),
	}
	table, err := p.table(runs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, row[2]+" | "+row[3]+" | "+row[6])
	}
	if want := []string{"more d | 1/2 | 1 of 1", "e a; again a | 2 | 2 of 2", "e b | 2 | 1 of 2"}; !slices.Equal(got, want) {
		t.Errorf("the front is %q, want %q", got, want)
	}
	if want := []string{"Left out of sparsity, because no run has a finite value of it: more f with SGD."}; !slices.Equal(table.Notes, want) {
		t.Errorf("notes %q, want %q", table.Notes, want)
	}
	p.Metrics = []string{"loss"}
	if err := TryRuns(p, runs); err == nil {
		t.Error("a front of a metric that there is not")
	}
}

// The line has 1 at 1 and 3 at 100. Over the logarithm it has 2 at 10, and 3 at
// 100 itself, whose next condition has no value.
func TestDistancesTable(t *testing.T) {
	p := DistancesParams{
		ID: "d", Title: "Title", Experiment: "e", Column: "effective_step", Of: "rate *", Metrics: []string{"sparsity"},
		Line: []Placed{{"rate 1", "SGD", 1}, {"rate 100", "SGD", 100}, {"rate 1000", "SGD", 1000}},
		Others: []Placed{
			{"low", "SGD", 0.5}, {"between", "SGD", 10}, {"at", "SGD", 100.00000000001}, {"past", "SGD", 300}, {"between", "Adam", 10},
		},
	}
	var runs []runvalues.Run
	for seed := range uint32(2) {
		for condition, v := range map[string]float64{"rate 1": 1, "rate 100": 3, "low": 9, "between": 2.25, "at": 2.5} {
			runs = append(runs, runOf(condition, seed, map[string]float64{"sparsity": v + float64(seed)}))
		}
	}
	runs = append(runs, failedRun("rate 1000", 0), failedRun("rate 1000", 1))
	if err := TryRuns(p, map[string][]runvalues.Run{"e": runs}); err != nil {
		t.Fatal(err)
	}
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, strings.Join(row, " | "))
	}
	if want := []string{
		"SGD | between | 10 | 2 | 0.250 [0.250, 0.250]", "SGD | at | 100 | 2 | -0.500 [-0.500, -0.500]", "SGD | past | 300 | 0/2 | –",
	}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if want := []string{"Beyond the ends of the line: low with SGD; between with Adam."}; !slices.Equal(table.Notes, want) {
		t.Errorf("notes %q, want %q", table.Notes, want)
	}
	p.Metrics = []string{"loss"}
	if err := TryRuns(p, map[string][]runvalues.Run{"e": runs}); err == nil {
		t.Error("distances of a metric that there is not")
	}
}

// A metric that there is not is refused and not taken for one without values.
func TestUnknownMetric(t *testing.T) {
	p, runs := effects()
	p.Metrics = []string{"loss"}
	by := map[string][]runvalues.Run{"e": runs}
	if err := TryRuns(p, by); err == nil {
		t.Error("a table of effects on a metric that there is not")
	}
	kendall := KendallParams{ID: "k", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"accuracy", "loss"}}
	if err := TryRuns(kendall, by); err == nil {
		t.Error("a table of a metric that there is not")
	}
}

// The interval of a share stays within [0, 1], as that of the summaries does.
// That of a difference need not.
func TestParetoIntervals(t *testing.T) {
	p := ParetoParams{ID: "p", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"dead", "forgetting"}, Measurement: "measurement"}
	var runs []runvalues.Run
	for seed, dead := range []float64{0.875, 1, 1} {
		runs = append(runs, runOf("a", uint32(seed), map[string]float64{"accuracy": dead - 0.5, "dead": dead, "forgetting": dead}))
	}
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"0.958 [0.205, 1.000]", "0.958 [0.779, 1.138]"} {
		if got := table.Rows[i][5]; got != want {
			t.Errorf("%s: %q, want %q", table.Rows[i][0], got, want)
		}
	}
	if got := table.Rows[0][4]; got != "0.458 [0.291, 0.635]" {
		t.Errorf("accuracy %q", got)
	}
	if !strings.Contains(table.Caption, "After each run's last measurement; means") {
		t.Errorf("caption %q", table.Caption)
	}
}

// With a single seed there is neither a mean nor an interval.
func TestKendallOfOneSeed(t *testing.T) {
	p := KendallParams{ID: "k", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"accuracy", "sparsity"}, Measurement: "epoch or measurement"}
	runs := []runvalues.Run{
		runOf("a", 7, map[string]float64{"accuracy": 0.1, "sparsity": 0.2}), runOf("b", 7, map[string]float64{"accuracy": 0.2, "sparsity": 0.1}),
	}
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil {
		t.Fatal(err)
	}
	if want := "of e, after each run's last epoch or measurement, in the only seed"; !strings.HasSuffix(table.Caption, want) || table.Rows[1][1] != "-1.00" {
		t.Errorf("caption %q, tau %s", table.Caption, table.Rows[1][1])
	}
}

// Effects and distances of runs with a fixed number of updates are after their
// last measurement.
func TestAfterTheLastMeasurement(t *testing.T) {
	p, runs := effects()
	p.Measurement = "measurement"
	table, err := p.table(map[string][]runvalues.Run{"e": runs})
	if err != nil || !strings.HasPrefix(table.Caption, "After the last measurement. A main effect") {
		t.Errorf("effects: %q, %v", table.Caption, err)
	}
	d := DistancesParams{ID: "d", Title: "Title", Experiment: "e", Measurement: "measurement"}
	table, err = d.table(nil)
	if err != nil || !strings.HasPrefix(table.Caption, "After each run's last measurement: how far") {
		t.Errorf("distances: %q, %v", table.Caption, err)
	}
}
