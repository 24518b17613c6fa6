package finding

import (
	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// Try decides a claim on parts of the tidy table, by experiment, which may be
// made up, and discards the verdict. It returns the error that would keep the
// stage from deciding the claim.
func Try(p Params, parts map[string][]measures.TidyRow) error {
	_, err := p.decided(func(experiment string) ([]measures.WideRow, error) { return wide(parts[experiment]), nil })
	return err
}

// TryTable makes the table of the claims without verdicts, in every format, and
// discards it.
func TryTable(p TableParams) error {
	var results []claim.Result
	for _, id := range p.Findings {
		f, err := Find(id)
		if err != nil {
			return err
		}
		results = append(results, claim.Result{ID: f.ID, Layer: p.Layer, Source: f.Source, Claim: f.Words, Figure: f.Figure,
			Verdict: claim.Undecided.String()})
	}
	correct(results, p.Absent)
	table := p.table(results)
	for _, format := range tabulate.Formats {
		if _, err := tabulate.Render(table, format); err != nil {
			return err
		}
	}
	return nil
}
