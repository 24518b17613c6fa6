package table

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

func TestSearchTable(t *testing.T) {
	p := SearchParams{
		ID: "5.1", Title: "Title", Experiment: "e", Error: "se_population",
		Optimizers: []Searched{
			{"SGD", []Rate{{"lr=0.01", 0.01, "0.01"}, {"lr=0.1", 0.1, "0.1"}}, Rate{"", 0.1, "0.1"}, "momentum 0", 0, nil},
			{"Adam", []Rate{{"lr=0.001", 0.001, "0.001"}, {"lr=0.01", 0.01, "0.01"}, {"lr=0.1", 0.1, "0.1"}}, Rate{"", 0.001, "0.001"}, "beta1 0.9", 0, nil},
			{"Adadelta", []Rate{{"lr=0.1", 0.1, "0.1"}}, Rate{"", 1, "1"}, "rho 0.9", 0, nil},
			{"Adagrad", []Rate{{"lr=1", 1, "1"}}, Rate{"", 0.1, "0.1"}, "eps 0", 0, nil},
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
	table, err := p.table(summaries, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := markdown(t, table,
		"Test accuracy by learning rate. After epoch 2.",
		"| optimizer | 0.001 | 0.01 | 0.1 | 1 | highest at | baseline | other hyper-parameters |",
		"| SGD |  | 0.9100 ± 0.0010 | 0.9700 ± 0.0010 |  | 0.1 | 0.1 | momentum 0 |",
		"| Adam | 0.9797 ± 0.0010 | 0.9801 ± 0.0010 | 0.1000 ± 0.0010 |  | 0.01 | 0.001 | beta1 0.9 |",
		"| Adagrad |  |  |  | – | – | 0.1 | eps 0 |",
		"- Adam, learning rate 0.01: accuracy not finite: seed 1.\n- Adam: mean accuracy is 0.0004 higher at 0.01 than at the baseline's 0.001.",
		"- Adadelta: the baseline's learning rate, 1, was not among those tried.",
		"- Adagrad: no run has a finite accuracy.",
	)
	if strings.Contains(text, "- SGD") {
		t.Errorf("a remark where the baseline's rate is the best:\n%s", text)
	}
	data, err := tabulate.Render(table, "csv")
	if err != nil || !strings.Contains(string(data), "Adam,0.01,2,2,3,0.9801,0,0.002,0.001,true,false,accuracy not finite: seed 1\n") {
		t.Errorf("%v\n%s", err, data)
	}
	if _, err := p.table(summaries[2:], nil); err == nil ||
		!strings.Contains(err.Error(), "experiment e has no accuracy of SGD, condition lr=0.01, layer all, epoch 2") {
		t.Errorf("a rate without values: %v", err)
	}
}

// With images held out these choose the rate, and the test images choose
// nothing.
func TestSearchTableChoosesByHeldOutImages(t *testing.T) {
	p := SearchParams{ID: "5.1", Experiment: "e", Error: "se", Epoch: 2, Optimizers: []Searched{
		{Optimizer: "SGD", Conditions: []Rate{{"lr=0.01", 0.01, "0.01"}, {"lr=0.1", 0.1, "0.1"}}, Baseline: Rate{"", 0.1, "0.1"}, Validation: 100,
			Runs: []Run{{"lr=0.01", "SGD", 1}, {"lr=0.01", "SGD", 2}, {"lr=0.1", "SGD", 1}, {"lr=0.1", "SGD", 2}}},
	}}
	dir := t.TempDir()
	files := map[string]string{}
	for i, correct := range []float64{0.97, 0.99, 0.96} { // the last run failed
		r := p.Optimizers[0].Runs[i]
		files[r.Input()] = filepath.Join(dir, fmt.Sprint(i))
		rows := []measures.Row{{Epoch: 1, Layer: "all", ValidationAccuracy: 0.1}, {Epoch: 1, Layer: "1", ValidationAccuracy: 0.2},
			{Epoch: 2, Layer: "1", ValidationAccuracy: 0.2}, {Epoch: 2, Layer: "all", ValidationAccuracy: correct}}
		if err := measures.WriteRun(files[r.Input()], nil, rows); err != nil {
			t.Fatal(err)
		}
	}
	input := func(input string) (string, bool) { file, ok := files[input]; return file, ok }
	accuracy, err := p.heldOut(input)
	if err != nil {
		t.Fatal(err)
	}
	var summaries []measures.Summary
	for condition, mean := range map[string]float64{"lr=0.01": 0.9, "lr=0.1": 0.95} { // the test images would choose 0.1
		summaries = append(summaries, measures.Summary{Condition: condition, Optimizer: "SGD", Layer: "all", Metric: "accuracy", Epoch: 2,
			N: 2, Expected: 2, Mean: mean, SE: 0.002})
	}
	table, err := p.table(summaries, accuracy)
	if err != nil {
		t.Fatal(err)
	}
	markdown(t, table,
		"| optimizer | 0.01 | 0.1 | chosen | baseline |",
		"| SGD | 0.9000 ± 0.0020 | 0.9500 ± 0.0020 | 0.01 | 0.1 |",
		"| SGD, held out | 0.9800 ± 0.0100 | 0.9600 |  |  |",
		"- SGD: mean accuracy on the images held out is 0.0200 higher at 0.01 than at the baseline's 0.1.",
		"- Rates are chosen by accuracy on the last 100 training images, which the runs hold out. Test images choose nothing.",
	)
	data, err := tabulate.Render(table, "csv")
	if err != nil || !strings.Contains(string(data), "baseline,missing,validation_images,validation_n,") ||
		!strings.Contains(string(data), ",true,false,,100,2,0.98,") {
		t.Errorf("%v\n%s", err, data)
	}
	first := p.Optimizers[0].Runs[0].Input()
	if err := measures.WriteRun(files[first], nil, []measures.Row{{Epoch: 2, Layer: "all", ValidationAccuracy: math.NaN()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.heldOut(input); err == nil || !strings.Contains(err.Error(), "lr=0.01/SGD/seed 1: has no accuracy on held-out images after epoch 2") {
		t.Errorf("a run that held out no images: %v", err)
	}
}
