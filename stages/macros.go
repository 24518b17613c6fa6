package stages

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"sparsel/analysis/tabulate"
	"sparsel/stages/params"
	"sparsel/stages/report"
)

// Macros prints the numbers of all existing tables and findings as LaTeX
// macros, for a text that cites them. It trains nothing, and names what is
// missing.
func Macros(ctx context.Context, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	r, err := w.collect(ctx)
	if err != nil {
		return fmt.Errorf("macros: %w", err)
	}
	var tables []report.Table
	for _, t := range r.Tables {
		listed := func(d params.Table) bool { return d.ID == t.ID && d.Kind == "findings" }
		if !slices.ContainsFunc(w.Params.Tables, listed) { // its numbers are those of the findings
			tables = append(tables, t)
		}
	}
	r.Tables = tables
	text, err := macros(r)
	if err != nil {
		return err
	}
	_, err = o.stdout().Write(text)
	return err
}

// macros returns the text to be printed.
func macros(r report.Report) ([]byte, error) {
	var list []tabulate.Macro
	var b bytes.Buffer
	fmt.Fprintf(&b, "%% The numbers of %s: \\input this file, and cite them by their names.\n", r.ParamsName)
	if r.Mark != "" {
		fmt.Fprintf(&b, "%% %s\n", r.Mark)
	}
	for _, t := range r.Tables {
		switch {
		case !t.Current:
			fmt.Fprintf(&b, "%% missing: table %s\n", t.ID)
		case len(t.Text.Header) > 0:
			list = append(list, t.Text.Macros()...)
		}
	}
	verdicts := map[string]int{}
	for _, f := range r.Findings {
		if !f.Current {
			fmt.Fprintf(&b, "%% missing: finding %s\n", f.ID)
			continue
		}
		verdicts[f.Result.Verdict]++
		add := func(what string, x *float64) {
			if x != nil {
				list = append(list, tabulate.Macro{Path: []string{"Finding", f.ID, what}, Text: strconv.FormatFloat(*x, 'g', 4, 64)})
			}
		}
		add("effect", f.Result.Effect)
		add("low", f.Result.Low)
		add("high", f.Result.High)
		add("p", f.Result.P)
		n := float64(f.Result.N)
		add("n", &n)
	}
	for _, verdict := range report.Verdicts {
		if len(r.Findings) > 0 {
			list = append(list, tabulate.Macro{Path: []string{"Findings", verdict}, Text: strconv.Itoa(verdicts[verdict])})
		}
	}
	text, err := tabulate.RenderMacros(list)
	return append(b.Bytes(), text...), err
}
