package finding

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
	"sparsel/pipeline"
)

// Outputs of the table stage. All has every finding in the form of its own
// file, with the p values that are corrected for the number of claims.
const (
	TableCSV      = "table.csv"
	TableMarkdown = "table.md"
	TableLaTeX    = "table.tex"
	TableJSON     = "table.json"
	All           = "findings.json"
)

// TableParams names the findings to list, in order. Each is an input with the
// finding's id as its name.
type TableParams struct {
	ID, Title, Mark string
	Layer           string
	Findings        []string
	Absent          []string // sources of the claims that are not decided; corrections count them
	Notes           []string
}

// TableStage lists the decided claims. Only this stage sees all of them, so it
// corrects their p values.
func TableStage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    "findings",
		Package: "sparsel/stages/finding",
		Outputs: []string{TableCSV, TableMarkdown, TableLaTeX, TableJSON, All},
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
		if r.Layer != p.Layer {
			return fmt.Errorf("finding %s: its layer is %q and the table's %q: nothing mixes layers", id, r.Layer, p.Layer)
		}
		results = append(results, r)
	}
	correct(results, p.Absent)
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(job.Output(All), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return tabulate.WriteFiles(p.table(results), func(format string) string { return job.Output("table." + format) })
}

// correct fills in the corrected p values: Holm's over the confirmatory claims
// within a section, Benjamini and Hochberg's over all claims. A claim that
// lacks something has no p value and counts as one with p = 1. So do the absent
// ones, whose sources are given, so that a p value does not depend on how much
// of a study has been done.
func correct(results []claim.Result, absent []string) {
	sources, all := slices.Clone(absent), make([]float64, len(absent), len(absent)+len(results))
	for i := range all {
		all[i] = math.NaN()
	}
	for _, r := range results {
		sources, all = append(sources, r.Source), append(all, uncorrected(r))
	}
	families := map[string][]int{}
	for i, source := range sources {
		if c := (claim.Claim{Source: source}); c.Confirmatory(conclusions) {
			families[c.Section()] = append(families[c.Section()], i)
		}
	}
	for i, p := range claim.BenjaminiHochberg(all) {
		if i >= len(absent) {
			results[i-len(absent)].BH = published(p)
		}
	}
	for _, family := range families {
		p := make([]float64, len(family))
		for k, i := range family {
			p[k] = all[i]
		}
		for k, q := range claim.Holm(p) {
			if i := family[k]; i >= len(absent) {
				results[i-len(absent)].Holm = published(q)
			}
		}
	}
}

// uncorrected returns the p value to be corrected. With fresh, paired seeds it
// is the exact one, as far as there are enough runs for that.
func uncorrected(r claim.Result) float64 {
	switch {
	case r.Layer == Holds && r.Exact != nil:
		return *r.Exact
	case r.P != nil:
		return *r.P
	}
	return math.NaN()
}

// published rounds a number to the digits of other published numbers.
func published(p float64) *float64 {
	var x float64
	fmt.Sscan(fmt.Sprintf("%.6g", p), &x)
	return &x
}

// layers say what the verdicts of a table are based on.
var layers = map[string]string{
	Reproduces: "Layer “reproduces”: a re-analysis of the thesis's own three seeds. " +
		"What is supported here is supported by the data that the claim was made from",
	Holds: "Layer “holds”: fresh seeds that nobody had seen when claims and margins were fixed, all conditions of a seed starting alike",
	Trial: "Layer “trial”: neither the thesis's runs nor fresh seeds. These verdicts answer neither question",
}

// headings say which question a layer answers.
var headings = map[string]string{
	Reproduces: "Does it reproduce? The study's claims on the author's seeds", Holds: "Does it hold? The study's claims on fresh seeds",
	Trial: "The study's claims on a trial run",
}

func (p TableParams) table(results []claim.Result) tabulate.Table {
	t := tabulate.Table{
		ID: p.ID, Title: p.Title,
		Header: []string{"id", "claim", p.Layer, "deciding part", "effect", "n", "p", "Holm", "BH", "smallest margin", "artefacts",
			"section", "figure"},
		Data: [][]string{{
			"layer", "id", "claim", "verdict", "inherited", "what", "effect", "low", "high", "d_z", "above", "below", "n", "p", "p_sign_flip",
			"p_contradict", "p_equivalent", "p_holm", "p_bh", "margin", "smallest_margin", "artefacts", "source", "figure", "missing",
		}},
	}
	if t.Title == "" {
		t.Title = headings[p.Layer]
	}
	counts := map[string]int{}
	confirmed := 0
	for _, r := range results {
		counts[r.Verdict]++
		if r.Verdict == claim.Supported.String() && r.Holm != nil && *r.Holm < 0.05 {
			confirmed++
		}
		what, verdict := r.What, r.Verdict
		if len(r.Missing) > 0 {
			what = strings.Join(r.Missing, "; ")
		}
		if r.Inherited != "" {
			verdict += " (by " + r.Inherited + ")"
		}
		p := finite(uncorrected(r))
		t.Rows = append(t.Rows, []string{
			r.ID, r.Claim, verdict, what, r.EffectText(), fmt.Sprint(r.N), brief(p), brief(r.Holm), brief(r.BH), brief(r.Smallest),
			beside(r.ID, results), r.Source, r.Figure,
		})
		t.Data = append(t.Data, []string{
			r.Layer, r.ID, r.Claim, r.Verdict, r.Inherited, r.What, digits(r.Effect), digits(r.Low), digits(r.High), digits(r.DZ),
			digits(r.Above), digits(r.Below), fmt.Sprint(r.N), digits(r.P), digits(r.Flip), digits(r.Contra), digits(r.Equal),
			digits(r.Holm), digits(r.BH), digits(r.Margin), digits(r.Smallest), beside(r.ID, results), r.Source, r.Figure,
			strings.Join(r.Missing, "; "),
		})
	}
	var tally []string
	for _, v := range claim.Verdicts {
		tally = append(tally, fmt.Sprintf("%d %s", counts[v], v))
	}
	number := fmt.Sprintf("%d claims", len(results))
	if len(results) == 1 {
		number = "1 claim"
	}
	t.Caption = fmt.Sprintf("%s. %s: %s. Of those supported that the thesis concludes in %s, %d stay so after Holm's "+
		"correction within their section. Effect, 95 %% interval and margin are those of the part that decided",
		layers[p.Layer], number, strings.Join(tally, ", "), conclusions, confirmed)
	t.Notes = append(slices.Clone(p.Notes), fmt.Sprintf(
		"p is %s; Holm's is corrected within a section among the claims of %s, BH is the false discovery rate over all %d claims.",
		corrected(p.Layer), conclusions, len(results)+len(p.Absent)))
	if slices.ContainsFunc(results, func(r claim.Result) bool { return beside(r.ID, results) != "" }) {
		t.Notes = append(t.Notes, "Artefacts: the verdicts on the same claim with measures that arithmetic does not move with the width "+
			"(g, t) or that take chance off (c, u), on how many units are saturated or dead (a), and on the units that are neither (v). "+
			"A claim that they do not share may be true by arithmetic alone.")
	}
	if p.Mark != "" {
		t.Notes = append(t.Notes, p.Mark)
	}
	return t
}

// beside returns the verdicts that tell whether a claim is an artefact.
func beside(id string, results []claim.Result) string {
	var list []string
	for _, other := range Artefacts(id) {
		if i := slices.IndexFunc(results, func(r claim.Result) bool { return r.ID == other }); i >= 0 {
			list = append(list, other+" "+results[i].Verdict)
		}
	}
	return strings.Join(list, ", ")
}

func corrected(layer string) string {
	if layer == Holds {
		return "that of exact sign flips for parts with at least six paired runs, and of the interval's test for others"
	}
	return "that of the interval's test"
}

// brief formats a number for reading, and digits with all its digits. Both are
// empty if there is none.
func brief(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprintf("%.3g", *x)
}

func digits(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(*x)
}

func finite(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
