package figure

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sparsel/analysis/chart"
)

// The caption counts the values that lie beyond the limits of an axis without
// an arrow.
func TestHiddenValuesAreCounted(t *testing.T) {
	p, n := baseline()
	p.Columns, p.Lines, p.X = "optimizer", nil, X{Kind: AgainstMetric, Metric: "accuracy"}
	p.Panels = []Panel{{Metric: "sparsity", Min: 0.4, Max: 0.6}}
	contains(t, describe(t, p, n).Caption, []string{
		"Beyond the limits of a panel and not drawn: 2 of 3 values in panel a and 2 of 3 values in panel b."})
	p.Panels[0].Min, p.Panels[0].Max, p.X.Limits = 0, 0, []Limits{{Optimizer: "Adam", Min: 0.4, Max: 0.9}}
	contains(t, describe(t, p, n).Caption, []string{"not drawn: 1 of 3 values in panel b."})
	p.X.Limits[0].Min = 0.2
	contains(t, describe(t, p, n).Caption, nil, "eyond")

	p, n = conditions(X{Kind: Values, Limits: []Limits{{Optimizer: "SGD", Min: 5, Max: 200}}}, "metric")
	p.Columns, p.Panels = "optimizer", []Panel{{Metric: "accuracy"}, {Metric: "sparsity"}}
	contains(t, describe(t, p, n).Caption, []string{"not drawn: 2 of 6 values in panel a."})

	// The mean is inside, and one of the runs is not.
	p, n = baseline()
	p.Panels = []Panel{{Metric: "accuracy", Min: 0.2, Max: 0.76}}
	contains(t, describe(t, p, n).Caption, []string{"Some single seeds are beyond the limits of a panel and not drawn there."}, "rrows")
}

// A marker line beyond its panel is not drawn. The caption and the table of
// numbers name it, and the legend does not.
func TestMarkerLinesBeyondTheirPanel(t *testing.T) {
	p, n := conditions(X{Kind: Values, Limits: []Limits{{Optimizer: "SGD", Min: 5, Max: 200}}}, "metric")
	p.Columns, p.Panels, p.Vertical = "optimizer", []Panel{{Metric: "accuracy"}}, "baseline"
	p.Sources[0].Optimizers = []Optimizer{{Name: "SGD", Baseline: 2, HasBaseline: true}}
	check := func(label, sentence string, lacks ...string) {
		t.Helper()
		f := describe(t, p, n)
		contains(t, f.Caption, []string{sentence}, lacks...)
		svg, err := chart.Render(f, p.Style, "svg")
		if err != nil {
			t.Fatal(err)
		}
		table, err := chart.Render(f, p.Style, "csv")
		if err != nil {
			t.Fatal(err)
		}
		drawn := f
		drawn.Rows[0].Panels[0].X.Min, drawn.Rows[0].Panels[0].Y.Min, drawn.Rows[0].Panels[0].Y.Max = 1, 0, 1
		whole, err := chart.Render(drawn, p.Style, "svg")
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Appendf(nil, ">%s</text>", label)
		if bytes.Contains(svg, shown) || !bytes.Contains(whole, shown) || !strings.Contains(string(table), label) {
			t.Errorf("%q: in the legend %v, if it is drawn %v; in the table %v", label, bytes.Contains(svg, shown), bytes.Contains(whole, shown),
				strings.Contains(string(table), label))
		}
	}
	check("baseline", "Beyond the limits of a panel and not drawn there: baseline (2 in panel a).", "ertical lines")
	p, n = baseline()
	p.Panels = []Panel{{Metric: "accuracy", Min: 0.1, Max: 0.5}}
	p.Reference = &Reference{Experiment: "e", Condition: condition("c", 0), Label: "high"}
	check("high", "Beyond the limits of a panel and not drawn there: high of SGD (0.75 in panel a) and high of Adam (0.75 in panel a).")
}

// Several vertical lines in a panel have the colours of what they belong to,
// and the caption and the table of numbers say it.
func TestWhoseVerticalLines(t *testing.T) {
	p, n := conditions(X{Kind: Values}, "optimizer")
	p.Vertical, p.Panels = "baseline", []Panel{{Metric: "accuracy"}}
	p.Sources[0].Optimizers = []Optimizer{{Name: "SGD", Baseline: 0, HasBaseline: true}, {Name: "Adam", Baseline: 10, HasBaseline: true}}
	f := describe(t, p, n)
	contains(t, f.Caption, []string{"Vertical lines mark the baseline's value: 0 of SGD and 10 of Adam."})
	if r := f.Rows[0].Panels[0].Rules; r[0].Role != "SGD" || r[0].Name != "SGD" || r[1].Role != "Adam" || r[1].At != 10 {
		t.Errorf("lines %+v", r)
	}
	p.Sources[0].Optimizers[0].Baseline = 10
	f = describe(t, p, n)
	contains(t, f.Caption, []string{"Vertical lines mark the baseline's value."})
	if r := f.Rows[0].Panels[0].Rules; len(r) != 1 || r[0].Role != "" {
		t.Errorf("one line for both: %+v", r)
	}
	p.X.Scale, p.Sources[0].Optimizers[1].Baseline = "equal", 20
	contains(t, describe(t, p, n).Caption, []string{"The baseline's value has no place along x: 20 of Adam."})
	// The best value of each condition, of which two share one.
	p, n = conditions(X{Kind: Values}, "condition")
	e := p.Sources[0].Entries[0]
	p.Sources[0].Entries = []Entry{{"low", e.Conditions[:1]}, {"all", e.Conditions}, {"high", e.Conditions[2:]}}
	p.Vertical, p.Panels = "best accuracy", []Panel{{Metric: "accuracy"}}
	contains(t, describe(t, p, n).Caption, []string{"highest mean test accuracy: 1 of low and 100 of all and high."})
}

// Each reference line has a look and a name of its own.
func TestReferenceLinesDiffer(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{"condition", "optimizer"}, `["r, SGD" "SGD" "" "dotted"] ["r, Adam" "Adam" "" "dashdot"]`},
		{[]string{"optimizer", "condition"}, `["r" "SGD" "SGD" "dotted"] ["r" "Adam" "Adam" "dotted"]`},
		{[]string{"optimizer", "layer"}, `["r, layer 1" "SGD, layer 1" "SGD" "dotted"] ["r, layer 1" "Adam, layer 1" "Adam" "dotted"] ` +
			`["r, layer 2" "SGD, layer 2" "SGD" "dashdot"] ["r, layer 2" "Adam, layer 2" "Adam" "dashdot"]`},
	} {
		p, n := baseline()
		p.Sources[0].Layers, p.Panels, p.Lines = 2, []Panel{{Metric: "sparsity"}}, c.lines
		p.Reference = &Reference{Experiment: "e", Condition: condition("c", 0), Label: "r"}
		var list []string
		for _, r := range describe(t, p, n).Rows[0].Panels[0].Rules {
			list = append(list, fmt.Sprintf("%q", []string{r.Label, r.Name, r.Role, r.Dash}))
		}
		if got := strings.Join(list, " "); got != c.want {
			t.Errorf("%v: lines %s, want %s", c.lines, got, c.want)
		}
	}
}
