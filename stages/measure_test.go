package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/artifacts/runs"
	"sparsel/stages/toolkit"
)

// The arrays that a pattern names are one input for each prefix.
func TestArraysAreOneInput(t *testing.T) {
	words := strings.Fields("sgd= d/sgd-0.activation.npy d/sgd-0.label.npy d/sgd-0.layer.npy ./d/sgd-1.label.npy d/sgd-1.activation.npy " +
		"adam= d/adam-0.epoch.npy d/adam-0.label.npy d/other.parquet")
	a, err := MeasureFlags{}.judge(words)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, path := range a.paths {
		got = append(got, a.Files[i].Group+" "+path)
	}
	const want = "sgd d/sgd-0.activation.npy, sgd ./d/sgd-1.label.npy, adam d/adam-0.label.npy, adam d/other.parquet"
	if text := strings.Join(got, ", "); text != want || a.Name != "sgd-0-and-3-more" {
		t.Errorf("%s: %s, want %s", a.Name, text, want)
	}
}

func TestMeasureRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"a= x.label.npy b= x.activation.npy": "x.label.npy and x.activation.npy are arrays of one input, and are in two groups",
		"x.label.npy x.label.npy":            "two files are called x.label.npy",
		"files.json.parquet":                 `in a folder files.json, which is the name of a file there; rename the file`,
		"files.json.label.npy":               `in a folder files.json`,
		"a\nb.parquet":                       `"a\nb.parquet" has a control character`,
		"a\x1bb.parquet":                     `"a\x1bb.parquet" has a control character`,
	} {
		if _, err := (MeasureFlags{}).judge(strings.Split(words, " ")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", words, err, want)
		}
	}
}

// Columns that may have been meant to be read are named.
func TestColumnsThatAreNotRead(t *testing.T) {
	dir := t.TempDir()
	for column, header := range map[string]string{"activation": "'<f4'|(1, 1)", "label": "'<i4'|(1,)", "layers": "'<i4'|(1,)"} {
		kind, shape, _ := strings.Cut(header, "|")
		header = fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }\n", kind, shape)
		data := "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + "\x00\x00\x00\x00"
		if err := os.WriteFile(filepath.Join(dir, "acts."+column+".npy"), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	a, err := (MeasureFlags{}).judge([]string{filepath.Join(dir, "acts.label.npy")})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	const want = "measure: \"acts.label.npy\" has columns that are not read: \"layers\"\n"
	if err := a.unread(&out); err != nil || out.String() != want {
		t.Errorf("%s, %v", &out, err)
	}
}

// Two inputs of the same bytes are no two runs. Without a comparison they may
// be the same.
func TestSameContentIsNoSecondRun(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.parquet"), filepath.Join(dir, "b.parquet")
	w, err := runs.CreateActivations(first, nil)
	if err != nil {
		t.Fatal(err)
	}
	block := runs.Block{Epoch: 1, Layer: 1, Units: 2, Labels: []uint8{0, 1}, Predictions: []uint8{0, 1}, Values: []float32{1, 2, 3, 4}}
	if err := errors.Join(w.Append(block), w.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(first)
	if err == nil {
		err = os.WriteFile(second, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"x= " + first + " " + second + " y= " + first + "2": "have the same content",
		"x= " + first + " y= " + second:                     "have the same content",
		first + " " + second:                                "",
	} {
		a, err := (MeasureFlags{}).judge(strings.Split(words, " "))
		if err != nil {
			t.Fatal(err)
		}
		err = a.identify(context.Background(), toolkit.OpenSources(filepath.Join(dir, "files.json")))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), first+" and "+second+" "+want)) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
}
