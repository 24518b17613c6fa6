package table

import (
	"math"
	"strings"
	"testing"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

func TestSearchTable(t *testing.T) {
	p := SearchParams{
		ID: "5.1", Title: "Title", Experiment: "e", Error: "se_population",
		Optimizers: []Searched{
			{"SGD", []Rate{{"lr=0.01", 0.01, "0.01"}, {"lr=0.1", 0.1, "0.1"}}, Rate{"", 0.1, "0.1"}, "momentum 0"},
			{"Adam", []Rate{{"lr=0.001", 0.001, "0.001"}, {"lr=0.01", 0.01, "0.01"}, {"lr=0.1", 0.1, "0.1"}}, Rate{"", 0.001, "0.001"}, "beta1 0.9"},
			{"Adadelta", []Rate{{"lr=0.1", 0.1, "0.1"}}, Rate{"", 1, "1"}, "rho 0.9"},
			{"Adagrad", []Rate{{"lr=1", 1, "1"}}, Rate{"", 0.1, "0.1"}, "eps 0"},
		},
		Epoch: 2,
	}
	var summaries []measures.Summary
	put := func(optimizer, condition string, mean float64, n int) {
		for epoch := 1; epoch <= 2; epoch++ {
			summaries = append(summaries, measures.Summary{
				Condition: condition, Optimizer: optimizer, Layer: "all", Metric: "accuracy", Epoch: epoch, N: n, Expected: 3,
				Mean: mean * float64(epoch) / 2, SE: 0.002, SEPopulation: 0.001,
			})
		}
	}
	put("SGD", "lr=0.01", 0.91, 3)
	put("SGD", "lr=0.1", 0.97, 3)
	put("Adam", "lr=0.001", 0.9797, 3)
	put("Adam", "lr=0.01", 0.9801, 2)
	put("Adam", "lr=0.1", 0.1, 3)
	put("Adadelta", "lr=0.1", 0.95, 3)
	put("Adagrad", "lr=1", math.NaN(), 0)
	for i := range summaries {
		if s := &summaries[i]; s.Optimizer == "Adam" && s.N == 2 {
			s.NonFinite = "seed 1"
		}
	}
	table, err := p.table(summaries)
	if err != nil {
		t.Fatal(err)
	}
	text, err := tabulate.Render(table, "md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Test accuracy by learning rate. After epoch 2.",
		"| optimizer | 0.001 | 0.01 | 0.1 | 1 | highest at | baseline | other hyper-parameters |",
		"| SGD |  | 0.9100 ± 0.0010 | 0.9700 ± 0.0010 |  | 0.1 | 0.1 | momentum 0 |",
		"| Adam | 0.9797 ± 0.0010 | 0.9801 ± 0.0010 | 0.1000 ± 0.0010 |  | 0.01 | 0.001 | beta1 0.9 |",
		"| Adagrad |  |  |  | – | – | 0.1 | eps 0 |",
		"- Adam, learning rate 0.01: accuracy not finite: seed 1.\n- Adam: mean accuracy is 0.0004 higher at 0.01 than at the baseline's 0.001.",
		"- Adadelta: the baseline's learning rate, 1, was not among those tried.",
		"- Adagrad: no run has a finite accuracy.",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "- SGD") {
		t.Errorf("a remark where the baseline's rate is the best:\n%s", text)
	}
	data, err := tabulate.Render(table, "csv")
	if err != nil || !strings.Contains(string(data), "Adam,0.01,2,2,3,0.9801,0,0.002,0.001,true,false,accuracy not finite: seed 1\n") {
		t.Errorf("%v\n%s", err, data)
	}
	if _, err := p.table(summaries[2:]); err == nil ||
		!strings.Contains(err.Error(), "experiment e has no accuracy of SGD, condition lr=0.01, layer all, epoch 2") {
		t.Errorf("a rate without values: %v", err)
	}
}
