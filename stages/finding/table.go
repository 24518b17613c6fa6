package finding

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
	"sparsel/pipeline"
)

// Outputs of the table stage.
const (
	TableCSV      = "table.csv"
	TableMarkdown = "table.md"
	TableLaTeX    = "table.tex"
	TableJSON     = "table.json"
)

// TableParams names the findings to list, in order. Each is an input of its own id.
type TableParams struct {
	ID, Title, Mark string
	Findings        []string
	Notes           []string
}

// TableStage lists the decided claims.
func TableStage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    "findings",
		Package: "sparsel/stages/finding",
		Outputs: []string{TableCSV, TableMarkdown, TableLaTeX, TableJSON},
		Run:     runTable,
	}
}

func runTable(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(TableParams)
	var results []claim.Result
	for _, id := range p.Findings {
		path, _ := job.Input(id)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r claim.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("finding %s: %w", id, err)
		}
		results = append(results, r)
	}
	return tabulate.WriteFiles(p.table(results), func(format string) string { return job.Output("table." + format) })
}

func (p TableParams) table(results []claim.Result) tabulate.Table {
	t := tabulate.Table{
		ID: p.ID, Title: p.Title,
		Header: []string{"id", "claim", "verdict", "deciding part", "effect", "n", "section", "figure"},
		Data:   [][]string{{"id", "claim", "verdict", "what", "effect", "low", "high", "level", "above", "below", "n", "source", "figure", "missing"}},
	}
	if t.Title == "" {
		t.Title = "The study's claims"
	}
	counts := map[string]int{}
	for _, r := range results {
		counts[r.Verdict]++
		what := r.What
		if len(r.Missing) > 0 {
			what = strings.Join(r.Missing, "; ")
		}
		t.Rows = append(t.Rows, []string{r.ID, r.Claim, r.Verdict, what, r.EffectText(), fmt.Sprint(r.N), r.Source, r.Figure})
		t.Data = append(t.Data, []string{
			r.ID, r.Claim, r.Verdict, r.What, digits(r.Effect), digits(r.Low), digits(r.High), digits(&r.Level),
			digits(r.Above), digits(r.Below), fmt.Sprint(r.N), r.Source, r.Figure, strings.Join(r.Missing, "; "),
		})
	}
	t.Caption = fmt.Sprintf("%d claims: %d supported, %d not supported, %d undecided. Effect and 95 %% interval are those of the part that decided",
		len(results), counts[claim.Supported.String()], counts[claim.NotSupported.String()], counts[claim.Undecided.String()])
	t.Notes = append(t.Notes, p.Notes...)
	if p.Mark != "" {
		t.Notes = append(t.Notes, p.Mark)
	}
	return t
}

// digits is a number with all its digits; empty if there is none.
func digits(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(*x)
}
