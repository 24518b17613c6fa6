package study_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/tabulate"
	"sparsel/stages/finding"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/table"
)

// The tables that the parameters alone determine are compared row by row with
// those of the thesis, whose misprints are corrected here.
func TestTablesOfParameters(t *testing.T) {
	s := studytest.Whole(t, "")
	for id, want := range map[string][]string{
		"5.2": {
			"condition | optimizers | network | epochs",
			"1HL | all | 784 → 256 → 10 | 50", "2HL | all | 784 → 256 → 256 → 10 | 50", "3HL | all | 784 → 256 → 256 → 256 → 10 | 50",
			"4HL | all | 784 → 256 → 256 → 256 → 256 → 10 | 50", "5HL | all | 784 → 256 → 256 → 256 → 256 → 256 → 10 | 50",
		},
		"5.4": {
			"parameter | optimizers | values | values tried | baseline",
			"weight_decay | all | 11 | 1e-05, 3.981e-05, 0.0001585, 0.000631, 0.002512, 0.01, 0.03981, 0.1585, 0.631, 2.512, 10 | SGD 0, " +
				"Adagrad 0, Adadelta 0, Adam 0",
			"learning_rate | all | 15 | 1e-05, 3.728e-05, 0.0001389, 0.0005179, 0.001931, 0.007197, 0.02683, 0.1, 0.3728, 1.389, 5.179, 19.31, " +
				"71.97, 268.3, 1000 | SGD 0.1, Adagrad 0.1, Adadelta 1, Adam 0.001",
			"momentum | SGD | 11 | 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.999 | SGD 0",
			"rho | Adadelta | 11 | 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.999 | Adadelta 0.9",
			"beta1 | Adam | 11 | 0.0001, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.999 | Adam 0.9",
			"beta2 | Adam | 11 | 0.0001, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.999 | Adam 0.999",
		},
		"5.5": {
			"condition | optimizers | batch size", "bs=1 | all | 1", "bs=5 | all | 5", "bs=10 | all | 10", "bs=50 | all | 50",
			"bs=200 | all | 200", "bs=500 | all | 500", "bs=1000 | all | 1000",
		},
		"5.6": {
			"condition | optimizers | training images | batch size | CCMAS epsilon", "baseline | all | shuffled | 50 | 0",
			"con1 | all | shuffled | 1 | 0", "con5 | all | runs of 5 of one class in the order of seed 1 | 1 | 0",
			"con10 | all | runs of 10 of one class in the order of seed 1 | 1 | 1e-07",
		},
		"5.8": {
			"hidden units | network | parameters", "64 | 784 → 64 → 10 | 50890", "128 | 784 → 128 → 10 | 101770", "256 | 784 → 256 → 10 | 203530",
			"384 | 784 → 384 → 10 | 305290", "512 | 784 → 512 → 10 | 407050", "640 | 784 → 640 → 10 | 508810", "768 | 784 → 768 → 10 | 610570",
		},
		"5.9": {
			"condition | optimizers | training images | measured on",
			"original | all | shuffled | training images during the epoch", "original_test | all | shuffled | test images after the epoch",
			"5nums | all | 5 classes a batch | test images after the epoch", "pair | all | 2 classes a batch | test images after the epoch",
			"single | all | 1 class a batch | test images after the epoch",
		},
		"5.10": {"condition | optimizers | training images | epochs", "sorted | all | sorted by class | 100", "unsorted | all | shuffled | 100"},
		"5.11": {
			"condition | optimizers | network | training images | batch size | momentum | CCMAS epsilon",
			"sgd_bs1 | SGD | 784 → 256 → 10 | shuffled | 1 | 0 | 0", "sgd_momentum0.9 | SGD | 784 → 256 → 10 | shuffled | 50 | 0.9 | 0",
			"sgd_combined | SGD | 784 → 256 → 10 | shuffled | 1 | 0.9 | 1e-07", "adam_single | Adam | 784 → 256 → 10 | 1 class a batch | 50 |  | 0",
			"adam_768neurons | Adam | 784 → 768 → 10 | shuffled | 50 |  | 0", "adam_combined | Adam | 784 → 768 → 10 | 1 class a batch | 50 |  | 0",
		},
	} {
		p := s.Tables[id].Params.(table.TextParams)
		got := []string{strings.Join(p.Header, " | ")}
		for _, row := range p.Rows {
			got = append(got, strings.Join(row, " | "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("table %s has\n%s\nwant\n%s", id, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, format := range tabulate.Formats {
			if _, err := tabulate.Render(tabulate.Table{ID: p.ID, Title: p.Title, Caption: p.Caption, Header: p.Header, Rows: p.Rows,
				Notes: p.Notes}, format); err != nil {
				t.Error(err)
			}
		}
	}
	widths := s.Tables["5.7"].Params.(table.TextParams)
	if len(widths.Rows) != 14 || strings.Join(widths.Rows[13], " | ") != "bs=1/H=768 | all | 784 → 768 → 10 | 1" {
		t.Errorf("table 5.7 has %v", widths.Rows)
	}
}

// Tables of values take their rows from the parameters. Numbers are in
// ascending order, and words keep their order.
func TestTablesOfValues(t *testing.T) {
	s := studytest.Whole(t, "quick")
	final := s.Tables["batch_size"].Params.(table.FinalParams)
	rowsOf := func(optimizer string) string {
		var list []string
		for _, r := range final.Rows {
			if r.Optimizer == optimizer {
				list = append(list, r.Condition+" "+r.Label)
			}
		}
		return strings.Join(list, ", ")
	}
	if got := rowsOf("Adam"); final.Parameter != "batch_size" ||
		got != "bs=1 1, bs=5 5, bs=10 10, bs=50 50, bs=200 200, bs=500 500, bs=1000 1000" {
		t.Errorf("batch sizes: %s %s", final.Parameter, got)
	}
	final = s.Tables["single_bs10_vs_con10_bs1"].Params.(table.FinalParams)
	if got := rowsOf("SGD"); final.Parameter != "" || got != "single_bs10 single_bs10, con10_bs1 con10_bs1" {
		t.Errorf("words: %s %s", final.Parameter, got)
	}
	final = s.Tables["hidden_layers_each"].Params.(table.FinalParams)
	if len(final.Rows) != 4*5 || final.Rows[1] != (table.Row{Optimizer: "SGD", Condition: "4HL", Label: "4HL", Layer: "1"}) ||
		final.Rows[19].Optimizer != "Adam" {
		t.Errorf("rows %v", final.Rows)
	}
	search := s.Tables["5.1"].Params.(table.SearchParams)
	if adam := search.Optimizers[3]; adam.Baseline.Value != 0.001 || len(adam.Conditions) != 5 || adam.Conditions[0].Value != 1e-5 ||
		adam.Others != "beta1 0.9, beta2 0.999, eps 1e-08, weight decay 0" {
		t.Errorf("Adam's search: %+v", adam)
	}
	printed := s.Tables["5.3"].Params.(table.PrintedParams)
	if fmt.Sprint(printed.Depths[:6]) != "[{SGD 1HL 1} {SGD 2HL 2} {SGD 3HL 3} {SGD 4HL 4} {SGD 5HL 5} {Adagrad 1HL 1}]" {
		t.Errorf("depths %v", printed.Depths)
	}
	// A profile says what it is on every table that shows values or conditions.
	for _, mark := range []string{final.Mark, search.Mark, printed.Mark, s.Tables["5.2"].Params.(table.TextParams).Mark,
		s.Tables["findings"].Params.(finding.TableParams).Mark} {
		if !strings.Contains(mark, "quick profile") {
			t.Errorf("mark %q", mark)
		}
	}
	// Every experiment has its table.
	for _, e := range s.Params.Experiments {
		if s.Tables[e.Name] == nil {
			t.Errorf("experiment %s has no table", e.Name)
		}
	}
}

// Every claim is decided, and listed.
func TestFindingsOfTheStudy(t *testing.T) {
	s := studytest.Whole(t, "")
	list := s.Tables["findings"].Params.(finding.TableParams)
	for _, f := range finding.Claims() {
		n := s.Findings[f.ID]
		if n == nil || len(n.Inputs) != len(f.Experiments) || !slices.Contains(list.Findings, f.ID) {
			t.Errorf("claim %s: node %+v", f.ID, n)
		}
	}
	if len(list.Notes) > 0 {
		t.Errorf("left out: %v", list.Notes)
	}
}
