package stages

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/analysis/summary"
	"sparsel/artifacts/measures"
	"sparsel/stages/figure"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/params"
)

// TestAuthorsFigures draws every figure of the project from the author's
// records, of which one seed is available. Two made-up runs beside each
// recorded one give the bands a width, and the figures say so. With
// SPARSEL_FIGURES=DIR the pictures are kept there for inspection.
func TestAuthorsFigures(t *testing.T) {
	records := authorsRecords(t)
	s := studytest.Whole(t, params.Paper)
	_, uses := s.Params.Expand()
	experiments := recordedNumbers(t, uses, records)
	out := os.Getenv("SPARSEL_FIGURES")
	for _, f := range s.Params.Figures {
		t.Run(f.ID, func(t *testing.T) {
			q := s.Figures[f.ID].Params.(figure.Params)
			q.Mark = "author's seed 1 with made-up bands"
			q.Style.DPI = 150
			described, err := figure.Describe(q, experiments)
			if err != nil {
				t.Fatal(err)
			}
			formats := []string{"svg"}
			if out != "" {
				formats = []string{"svg", "png", "csv"}
			}
			for _, format := range formats {
				data, err := chart.Render(described, q.Style, format)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(data), "no finite values") {
					t.Error("a panel is empty")
				}
				if out == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(out, f.ID+"."+format), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%s\n%s", described.Note, described.Caption)
		})
	}
}

// rate returns the whole number closest to the learning rate of a sweep's run.
func rate(u params.Use) string {
	if u.Column != "learning_rate" {
		return ""
	}
	return strconv.FormatFloat(math.Round(u.Run.Config.Optimizer.LR), 'f', 0, 64)
}

// authorsRecords reads the author's records or skips the test.
func authorsRecords(t *testing.T) []measures.TidyRow {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "reference", "author_seed1.csv"))
	if err != nil {
		testenv.Absent(t, "reference", err)
	}
	defer f.Close()
	rows, err := measures.ReadTidyCSV(f)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// recordedNumbers returns the records by the uses to which they belong, by
// experiment, run by run and summarised.
func recordedNumbers(t *testing.T, uses []params.Use, records []measures.TidyRow) map[string]figure.Numbers {
	t.Helper()
	type recorded struct {
		experiment, condition, optimizer, split string
		value                                   string
	}
	rows := map[recorded][]measures.TidyRow{}
	for _, r := range records {
		value := ""
		if r.ParamName != "" {
			value = strconv.FormatFloat(r.ParamValue.Value, 'g', 9, 64)
			if !strings.HasPrefix(r.Experiment, "neurons") {
				value = r.ParamName + value
			}
		}
		if strings.HasPrefix(r.Experiment, "hyper") {
			r.Condition = ""
		}
		k := recorded{r.Experiment, r.Condition, r.Optimizer, r.Split, value}
		rows[k] = append(rows[k], r)
	}
	of := func(u params.Use) []measures.TidyRow {
		k := recorded{u.Experiment, u.Tidy, u.Optimizer, u.Split(), ""}
		if strings.HasPrefix(u.Experiment, "hyper") {
			k.condition = ""
		}
		if u.Value != "" {
			v, err := strconv.ParseFloat(u.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			k.value = strconv.FormatFloat(v, 'g', 9, 64)
			if u.Experiment != "neurons" {
				k.value = u.Column + k.value
			}
		}
		return rows[k]
	}
	seeds := []uint32{1, 100, 1234}
	result := map[string]figure.Numbers{}
	designs, values := map[string]summary.Design{}, map[string][]summary.Value{}
	for _, u := range uses {
		if u.Seed != 1 {
			continue
		}
		list := of(u)
		for _, other := range uses { // runs that are shown again may be recorded once
			if len(list) == 0 && other.Run == u.Run {
				list = of(other)
			}
		}
		if len(list) == 0 {
			if u.Experiment != "learning_rate_search" {
				t.Errorf("no record of %s, %s, %s", u.Experiment, u.Condition, u.Optimizer)
			}
			continue
		}
		runs := []string{"seed 1", "seed 100", "seed 1234"}
		cell := summary.Cell{Condition: u.Condition, Optimizer: u.Optimizer, Runs: runs, Metrics: []string{"accuracy", "sparsity", "selectivity"}}
		for _, r := range list {
			if !slices.Contains(cell.Layers, r.Layer) {
				cell.Layers = append(cell.Layers, r.Layer)
			}
			if !slices.Contains(cell.Epochs, r.Epoch) {
				cell.Epochs = append(cell.Epochs, r.Epoch)
			}
			made := make([]measures.Row, len(runs))
			for metric, n := range map[string]measures.Number{"accuracy": r.Accuracy, "sparsity": r.Sparsity, "selectivity": r.SelectivityAvg} {
				v := n.Value
				if !n.Recorded {
					v = math.NaN()
				}
				key := summary.Key{Condition: u.Condition, Optimizer: u.Optimizer, Layer: r.Layer, Metric: metric, Epoch: r.Epoch}
				for i, run := range runs { // 15 % of v(1-v) up and down around the recorded value
					value := v + 0.15*float64(i-1)*v*(1-v)
					if metric == "sparsity" && i == 2 && slices.Contains([]string{"SGD 72", "Adadelta 268"}, u.Optimizer+" "+rate(u)) {
						value = math.NaN() // as recorded for seed 1234
					}
					values[u.Experiment] = append(values[u.Experiment], summary.Value{Key: key, Run: run, Value: value})
					made[i].Epoch, made[i].Layer = r.Epoch, r.Layer
					*map[string]*float64{"accuracy": &made[i].Accuracy, "sparsity": &made[i].Sparsity, "selectivity": &made[i].Selectivity}[metric] = value
				}
			}
			list := result[u.Experiment]
			for i, row := range made {
				list.Runs = append(list.Runs, figure.Run{Condition: u.Condition, Optimizer: u.Optimizer, Seed: seeds[i], Rows: []measures.Row{row}})
			}
			result[u.Experiment] = list
		}
		designs[u.Experiment] = append(designs[u.Experiment], cell)
	}
	for experiment, design := range designs {
		groups, err := summary.Summarize(design, values[experiment])
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			list := result[experiment]
			list.Summaries = append(list.Summaries, measures.Summary{
				Condition: g.Condition, Optimizer: g.Optimizer, Layer: g.Layer, Metric: g.Metric, Epoch: g.Epoch,
				N: g.N, Expected: g.Expected, Mean: g.Mean, SE: g.SE, SEPopulation: g.SEPopulation, CILow: g.CILow, CIHigh: g.CIHigh,
				Missing: strings.Join(g.Missing, ";"), NonFinite: strings.Join(g.NonFinite, ";"),
			})
			result[experiment] = list
		}
	}
	return result
}
