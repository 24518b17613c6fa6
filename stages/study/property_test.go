package study

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
	"sparsel/stages/fetch"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/params"
	"sparsel/stages/table"
)

var generated = flag.Int("generated", 300, "parameter files of TestGeneratedFiles")

// Any parameter file is either refused with line and column when it is read, or
// every figure, table and finding that it asks for can be made from any numbers
// that the runs may have.
func TestGeneratedFiles(t *testing.T) {
	files, accepted, refused := 0, 0, map[string]int{}
	for seed := range uint64(*generated) {
		text, profile := generate(rand.New(rand.NewPCG(seed, 5)))
		for text != "" {
			p, s, err := readGenerated(text, profile)
			var problems *params.Problems
			switch {
			case errors.As(err, &problems):
				files++
				for _, q := range problems.List {
					refused[kindOf(q)]++
					if q.Line < 1 || q.Column < 1 || q.Message == "" {
						t.Fatalf("file %d: %s has no place: %s\n%s", seed, q.Path, q.Message, text)
					}
				}
				text = without(text, problems.List)
				continue
			case err != nil:
				t.Fatalf("file %d: refused without a place: %v\n%s", seed, err, text)
			}
			accepted++
			files++
			for i, number := range anyNumbers(seed) {
				if err := makeAll(s, p, number); err != nil {
					t.Errorf("file %d was accepted, but with numbers %d: %v\n%s", seed, i, err, text)
					break
				}
			}
			break
		}
	}
	t.Logf("%d of %d files accepted, for %d generated", accepted, files, *generated)
	for kind, n := range refused {
		t.Logf("%6d refused for %s", n, kind)
	}
	// The property would also hold for a generator whose files are never
	// accepted, or never wrong.
	if accepted < *generated/2 || files < *generated*3/2 || len(refused) < 40 {
		t.Errorf("%d of %d files accepted, refused for %d reasons: the generator shows nothing", accepted, files, len(refused))
	}
}

func readGenerated(text, profile string) (*params.Params, *Study, error) {
	p, err := params.Parse("generated.toml", []byte(text), profile)
	if err != nil {
		return nil, nil, err
	}
	s, err := New("generated.toml", p, fetch.Sources{})
	return p, s, err
}

// without returns a file without the entries that have the problems, as a
// person would make it readable. It is empty if none of the problems is in an
// entry.
func without(text string, problems []params.Problem) string {
	lines := strings.SplitAfter(text, "\n")
	entry := func(at int) (from, to int) { // lines are counted from 0
		for from = at; from >= 0 && !strings.HasPrefix(lines[from], "["); from-- {
		}
		for to = at + 1; to < len(lines) && !strings.HasPrefix(lines[to], "["); to++ {
		}
		return from, to
	}
	removed := false
	for _, q := range problems {
		from, to := entry(q.Line - 1)
		if from < 0 || !strings.HasPrefix(lines[from], "[[") {
			continue
		}
		for i := from; i < to; i++ {
			lines[i] = "#\n" // so that the other problems keep their places
		}
		removed = true
	}
	if text = strings.Join(lines, ""); !removed || !strings.Contains(text, "[[experiments]]") {
		return ""
	}
	return text
}

// kindOf summarises problems by the path without its indices and the beginning
// of the message.
func kindOf(q params.Problem) string {
	var b strings.Builder
	deep := false
	for _, r := range q.Path {
		deep = r == '[' || deep && r != ']'
		if !deep && r != ']' {
			b.WriteRune(r)
		}
	}
	words := strings.FieldsFunc(q.Message, func(r rune) bool { return r == '"' || r >= '0' && r <= '9' })
	if len(words) > 1 && len(words[0]) < 6 {
		return b.String() + ": … " + words[1][:min(30, len(words[1]))]
	}
	return b.String() + ": " + words[0][:min(40, len(words[0]))]
}

// anyNumbers lists numbers that runs may have.
func anyNumbers(seed uint64) []made {
	random := func(values ...float64) made {
		return func(u params.Use, layer, metric string, epoch int) float64 {
			h := uint64(epoch)*31 + uint64(u.Seed)*7 + seed
			for _, r := range u.Condition + u.Optimizer + layer + metric {
				h = h*1099511628211 ^ uint64(r)
			}
			h ^= h >> 29
			return values[h%uint64(len(values))] + float64(h%1000)/1e6
		}
	}
	// Losses are any float32 above 0. The other metrics are between 0 and 1.
	losses := func(shares, losses made) made {
		return func(u params.Use, layer, metric string, epoch int) float64 {
			if strings.HasSuffix(metric, "_loss") {
				return losses(u, layer, metric, epoch)
			}
			return shares(u, layer, metric, epoch)
		}
	}
	return []made{
		random(0, 0.1, 0.5, 0.9, 0.99), random(math.NaN(), 0.5), random(math.NaN()),
		losses(random(0, 0.5, 0.999), random(0.5, math.Inf(1), math.NaN(), 3e38)), losses(random(0), random(1e-38, 3e38, 0)),
	}
}

// makeAll makes every figure, table and finding from made-up numbers, using the
// code of the stages.
func makeAll(s *Study, p *params.Params, number made) error {
	_, uses := p.Expand()
	b := &builder{params: p, uses: uses}
	summaries, runs, tidy := map[string][]measures.Summary{}, map[string][]figure.Run{}, map[string][]measures.TidyRow{}
	var all []measures.TidyRow
	for _, u := range uses {
		if summaries[u.Experiment] == nil {
			summaries[u.Experiment] = b.summaries(u.Experiment, number, 1, math.MaxInt)
		}
		runs[u.Experiment] = append(runs[u.Experiment], figure.Run{Condition: u.Condition, Optimizer: u.Optimizer, Seed: u.Seed,
			Rows: metricRows(u, number)})
		rows := tidyRows(u, number, math.MaxInt)
		tidy[u.Experiment] = append(tidy[u.Experiment], rows...)
		all = append(all, rows...)
	}
	for i := range all { // accuracies are counts, whatever else overflows
		all[i].Accuracy = measures.Recorded(0.5)
	}
	if err := measures.WriteTidyCSV(new(strings.Builder), all); err != nil {
		return err
	}
	for _, n := range s.Graph.Nodes() {
		var err error
		switch q := n.Params.(type) {
		case figure.Params:
			numbers := map[string]figure.Numbers{}
			for _, in := range n.Inputs {
				if list, ok := summaries[in.Name]; ok {
					numbers[in.Name] = figure.Numbers{Summaries: list, Runs: runs[in.Name]}
				}
			}
			var f chart.Figure
			if f, err = figure.Describe(q, numbers); err == nil {
				for _, format := range []string{"csv", "svg"} {
					if _, failed := chart.Render(f, q.Style, format); failed != nil {
						err = failed
					}
				}
			}
		case finding.Params:
			err = finding.Try(q, tidy)
		case finding.TableParams:
			err = finding.TryTable(q)
		case table.FinalParams:
			err = table.Try(q, summaries[q.Experiment])
		case table.SearchParams:
			err = table.Try(q, summaries[q.Experiment])
		case table.PrintedParams:
			err = table.Try(q, summaries[q.Experiment])
		case table.TextParams:
			err = table.Try(q, nil)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return nil
}

// metricRows returns the metrics of a use's run.
func metricRows(u params.Use, number made) []measures.Row {
	var rows []measures.Row
	for epoch := 1; epoch <= u.Run.Config.Epochs; epoch++ {
		for _, layer := range layersOf(u) {
			of := func(metric string) float64 { return number(u, layer, metric, epoch) }
			rows = append(rows, measures.Row{
				Epoch: epoch, Layer: layer, Accuracy: number(u, measures.AllLayers, "accuracy", epoch), TrainLoss: of("train_loss"),
				TestLoss: of("test_loss"), Sparsity: of("sparsity"), SparsityStd: of("sparsity_std"), Selectivity: of("selectivity"),
				SelectivityStd: of("selectivity_std"),
			})
		}
	}
	return rows
}
