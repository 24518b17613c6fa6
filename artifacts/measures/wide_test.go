package measures

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestWide(t *testing.T) {
	rows := []WideRow{
		{TidyRow{Experiment: "e", Condition: "c", Optimizer: "SGD", Seed: 1, Layer: "all", Epoch: 1, Accuracy: Recorded(0.5), Split: "test"},
			FurtherOf(Row{Gini: 0.25, TrevesRolls: math.Inf(1), CSI: 0.1, Dead: 0.5, Saturated: 1, Below: 1e-7, CCMASChance: 0.02})},
		{TidyRow{Experiment: "e", Condition: "c", Optimizer: "SGD", Seed: 2, Layer: "1", Epoch: 1, Split: "train", ParamName: "batch",
			ParamValue: Recorded(5)},
			make([]Number, len(Further))}, // a run that failed
	}
	var b bytes.Buffer
	if err := WriteWideCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if want := "e,c,SGD,1,all,1,0.5,,,,test,,,0.25,+Inf,0.1,0.5,1,1e-07,0.02,0"; !strings.Contains(text, want) {
		t.Errorf("the table lacks %q:\n%s", want, text)
	}
	back, err := ReadWideCSV(strings.NewReader(text))
	if err != nil || !reflect.DeepEqual(back, rows) {
		t.Errorf("read %+v, %v", back, err)
	}
	if err := WriteWideCSV(&b, []WideRow{rows[0], rows[0]}); err == nil {
		t.Error("a row that is there twice is written")
	}
	if err := WriteWideCSV(&b, []WideRow{{rows[0].TidyRow, nil}}); err == nil {
		t.Error("a row without its metrics is written")
	}
	for name, edit := range map[string][2]string{
		"column": {"gini", "genie"}, "number": {"0.25", "a quarter"}, "short line": {",1e-07", ""}, "seed": {"SGD,1", "SGD,x"},
	} {
		if _, err := ReadWideCSV(strings.NewReader(strings.Replace(text, edit[0], edit[1], 1))); err == nil {
			t.Errorf("another %s is read", name)
		}
	}
	if _, err := ReadWideCSV(strings.NewReader("")); err == nil {
		t.Error("an empty file is read")
	}
}
