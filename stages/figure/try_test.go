package figure

import (
	"fmt"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/stages/quantity"
)

// The test checks what Try refuses, and which key it names.
func TestTry(t *testing.T) {
	many := func(n int) []Entry {
		var list []Entry
		for i := range n {
			list = append(list, Entry{Label: fmt.Sprint("c", i), Conditions: []Condition{condition(fmt.Sprint("c", i), float64(i))}})
		}
		return list
	}
	for _, c := range []struct {
		name  string
		spoil func(p *Params)
		key   string
		want  string
	}{
		{"as it is", func(p *Params) {}, "", ""},
		{"seven colours", func(p *Params) { p.Sources[0].Entries = many(7); p.Lines = []string{"condition", "optimizer"} }, "", ""},
		{"eight colours", func(p *Params) {
			p.Sources[0].Entries = many(8)
			p.Lines = []string{"condition", "optimizer"}
		}, "lines", "8 conditions as lines: 7 can be told apart by colour"},
		{"seven dashes", func(p *Params) { p.Sources[0].Entries = many(7); p.Lines = []string{"optimizer", "condition"} }, "", ""},
		{"eight dashes", func(p *Params) {
			p.Sources[0].Entries = many(8)
			p.Lines = []string{"optimizer", "condition"}
		}, "lines", "8 conditions as lines: 7 can be told apart by dash"},
		{"eight layers", func(p *Params) { p.Sources[0].Layers = 8; p.Lines = []string{"optimizer", "layer"} }, "lines", "layers as lines"},
		{"four products", func(p *Params) {
			p.Columns, p.Lines = "optimizer", []string{"metric"}
			for _, m := range []string{"accuracy", "sparsity", "selectivity", "test_loss"} {
				p.Panels = append(p.Panels, Panel{Metric: m + " * train_loss"})
			}
		}, "lines", "4 products as lines: 3 can be told apart"},
		{"a product of three", func(p *Params) { p.Panels = []Panel{{Metric: "accuracy * sparsity * selectivity"}} }, "", ""},
		{"a product of five", func(p *Params) {
			p.Panels = []Panel{{Metric: "accuracy * sparsity * selectivity * train_loss * test_loss"}}
		}, "", ""},
		{"every metric as a line", func(p *Params) {
			p.Columns, p.Lines, p.Panels = "optimizer", []string{"metric"}, nil
			for _, m := range quantity.All() {
				if !m.Further {
					p.Panels = append(p.Panels, Panel{Metric: m.Name})
				}
			}
		}, "", ""},
		{"every further metric as a line", func(p *Params) {
			p.Columns, p.Lines, p.Panels = "optimizer", []string{"metric"}, nil
			for _, m := range quantity.All() {
				if m.Further {
					p.Panels = append(p.Panels, Panel{Metric: m.Name})
				}
			}
		}, "lines", "further metrics as lines: 7 can be told apart"},
		{"a reference that is called like a line", func(p *Params) {
			p.Reference = &Reference{Experiment: "e", Condition: condition("c", 0), Label: "SGD"}
		}, "reference.label", `gives the reference the name "SGD", which a line of the figure has`},
		{"a line that is called like a marker line", func(p *Params) {
			p.Lines, p.X, p.Vertical, p.Columns = []string{"condition"}, X{Kind: Values}, "baseline", "optimizer"
			p.Sources[0].Entries = []Entry{{"baseline", many(2)[1].Conditions}}
			p.Sources[0].Optimizers[0].HasBaseline, p.Panels = true, p.Panels[:1]
		}, "names", `must give the line "baseline" another name`},
		{"no room for a marker line that made-up numbers put beyond the panel", func(p *Params) {
			p.Reference = &Reference{Experiment: "e", Condition: condition("c", 0), Label: strings.Repeat("a long name ", 20)}
			p.Panels = p.Panels[1:]
		}, "", "the legend has no room"},
		{"two looks alike", func(p *Params) { p.Style.Roles["Adam"] = p.Style.Roles["SGD"] }, "", `series "Adam" and "SGD" look the same`},
		{"a title that cannot be set", func(p *Params) { p.Title = "数" }, "title", "the font has no '数'"},
		{"a name that cannot be set", func(p *Params) { p.Sources[0].Entries[0].Label = "数" }, "names", "the font has no '数'"},
		{"a remark of two lines", func(p *Params) { p.Remark = "one\ntwo" }, "", ""},
		{"a remark with a bell", func(p *Params) { p.Remark = "ding\a" }, "remark", "single line"},
		{"accuracy of layers", func(p *Params) {
			p.X.Kind, p.Sources[0].Layers = Layers, 2
		}, "metrics", "name test accuracy, which belongs to the whole network"},
		{"a name longer than metadata may have", func(p *Params) {
			p.Sources[0].Experiment = strings.Repeat("e", 63)
		}, "", "metadata key"},
		{"28 panels", func(p *Params) {
			p.Rows, p.Columns, p.Lines, p.Panels = "metric", "optimizer", nil, nil
			p.Sources[0].Optimizers = []Optimizer{{Name: "SGD"}, {Name: "Adam"}, {Name: "Adagrad"}, {Name: "Adadelta"}}
			for _, m := range quantity.All() {
				p.Panels = append(p.Panels, Panel{Metric: m.Name})
			}
		}, "", "more than 26 panels"},
		{"no room", func(p *Params) { p.Style.Width = 1; p.Sources[0].Entries = many(7); p.X.Kind = Conditions }, "", "leave no room"},
	} {
		p, _ := baseline()
		p.Style = chart.DefaultStyle()
		c.spoil(&p)
		key, err := Try(p)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || key != c.key {
			t.Errorf("%s: key %q, %v; want key %q, %q", c.name, key, err, c.key, c.want)
		}
	}
}

func BenchmarkTry(b *testing.B) {
	p, _ := conditions(X{Kind: Epochs}, "optimizer", "condition")
	p.Style = chart.DefaultStyle()
	p.Epoch = 30
	for b.Loop() {
		if _, err := Try(p); err != nil {
			b.Fatal(err)
		}
	}
}
