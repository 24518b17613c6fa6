package contrast

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/stages/measured"
)

// made returns a layer with a sparsity and a selectivity, and nothing else.
func made(run, layer string, epoch int64, sparsity, selectivity float64) (l measured.Layer) {
	l.Run, l.Key.Layer, l.Epoch = run, layer, epoch
	l.Sparsity, l.Selectivity, l.Chance, l.Saturated = sparsity, selectivity, 0.25, math.NaN()
	return l
}

func runsOf(layer string, values ...float64) (list []measured.Layer) {
	for i, v := range values {
		list = append(list, made(fmt.Sprint(i+1), layer, 0, v, 0.5))
	}
	return list
}

func find(t *testing.T, rows []row, metric, group string) row {
	t.Helper()
	for _, r := range rows {
		if r.name == metric && r.group == group {
			return r
		}
	}
	t.Fatalf("there is no row of %s of %s", metric, group)
	return row{}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 5e-6*math.Abs(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The expected numbers are those of R 4.2.2: t.test(b, a, paired = TRUE) and
// t.test(b, a).
func TestIntervals(t *testing.T) {
	a, b := runsOf("h", 0.10, 0.12, 0.15, 0.11, 0.14), runsOf("h", 0.13, 0.14, 0.19, 0.12, 0.18)
	for _, c := range []struct {
		paired       bool
		low, high, p float64
		flip         float64
	}{
		{true, 0.0118106821529, 0.0441893178471, 0.00863579260755, 0.0625},
		{false, -0.0116093074921, 0.0676093074921, 0.138401960191, math.NaN()},
	} {
		p := Params{Files: []string{"a", "b"}, Groups: []string{"a", "b"}, By: ByFile, Paired: c.paired}
		rows, err := p.compare([][]measured.Layer{a, b})
		if err != nil {
			t.Fatal(err)
		}
		r := find(t, rows, "sparsity", "b")
		if r.reference != "a" || r.here.n != 5 || r.difference.n != 5 || r.paired != c.paired {
			t.Errorf("%+v", r)
		}
		near(t, "difference", r.difference.at, 0.028)
		for what, v := range map[string][2]float64{"low": {r.difference.low, c.low}, "high": {r.difference.high, c.high}, "p": {r.p, c.p}} {
			if math.Abs(v[0]-v[1]) > 5e-6*math.Abs(v[1]) { // six digits are given
				t.Errorf("paired %v: %s %v, want %v", c.paired, what, v[0], v[1])
			}
		}
		if r.flip != c.flip && !(math.IsNaN(r.flip) && math.IsNaN(c.flip)) {
			t.Errorf("p of sign flips %v, want %v", r.flip, c.flip)
		}
		// With the groups exchanged the difference has the opposite sign and
		// the same two-sided p.
		p.Reference = "b"
		if rows, err = p.compare([][]measured.Layer{a, b}); err != nil {
			t.Fatal(err)
		}
		back := find(t, rows, "sparsity", "a")
		near(t, "difference", back.difference.at, -0.028)
		near(t, "p", back.p, r.p)
		near(t, "low", back.difference.low, -r.difference.high)
		near(t, "selectivity above chance", find(t, rows, "selectivity_above_chance", "a").here.at, 0.25)
	}
}

// Groups are made from files, named groups, runs, layers or epochs.
func TestGroups(t *testing.T) {
	both := func(run string, x float64) []measured.Layer {
		return []measured.Layer{made(run, "1", 1, x, 0.1), made(run, "2", 1, x+0.1, 0.2), made(run, "1", 2, x+0.2, 0.3),
			made(run, "2", 2, x+0.3, 0.4)}
	}
	one := append(both("sgd/1", 0.1), append(both("sgd/2", 0.2), append(both("adam/1", 0.3), both("adam/2", 0.4)...)...)...)
	for name, c := range map[string]struct {
		p     Params
		files [][]measured.Layer
		want  string // group − reference of n at layer and epoch, for the metric sparsity
	}{
		"files in groups": {
			Params{Groups: []string{"a", "a", "b", "b"}, By: ByFile}, [][]measured.Layer{both("", 0.1), both("", 0.2), both("", 0.3), both("", 0.4)},
			"b−a 0.2000 n=2 layer 1, epoch 2; b−a 0.2000 n=2 layer 2, epoch 2",
		},
		"runs": {Params{Groups: []string{"x"}, By: ByRun}, [][]measured.Layer{one},
			"adam−sgd 0.2000 n=2 layer 1, epoch 2; adam−sgd 0.2000 n=2 layer 2, epoch 2"},
		"layers": {Params{Groups: []string{"x"}, By: ByLayer}, [][]measured.Layer{one}, "2−1 0.1000 n=4 epoch 2"},
		"epochs": {Params{Groups: []string{"x"}, By: ByEpoch}, [][]measured.Layer{one}, "2−1 0.2000 n=4 layer 1; 2−1 0.2000 n=4 layer 2"},
		"the last epoch of all": {
			Params{Groups: []string{"a", "b"}, By: ByFile}, [][]measured.Layer{both("1", 0.1), both("1", 0.3)[:3]},
			"b−a 0.2000 n=1 layer 1, epoch 2; b−a 0.2000 n=1 layer 2, epoch 1",
		},
	} {
		rows, err := c.p.compare(c.files)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, r := range rows {
			if r.name == "sparsity" {
				got = append(got, fmt.Sprintf("%s−%s %.4f n=%d %s", r.group, r.reference, r.difference.at, r.difference.n, r.what()))
			}
			if r.difference.n < 2 && !(math.IsNaN(r.difference.low) && math.IsNaN(r.holm)) {
				t.Errorf("%s: one run has the interval %v", name, r.difference)
			}
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		p     Params
		files [][]measured.Layer
	}{
		`run "1" has no /`:        {Params{Groups: []string{"a"}, By: ByRun}, [][]measured.Layer{runsOf("h", 1)}},
		`there is one layer, "h"`: {Params{Groups: []string{"a"}, By: ByLayer}, [][]measured.Layer{runsOf("h", 1)}},
		"-against=c is none of": {Params{Groups: []string{"a", "b"}, By: ByFile, Reference: "c"},
			[][]measured.Layer{runsOf("h", 1), runsOf("h", 1)}},
		"no layer is there at one epo": {Params{Groups: []string{"a", "b"}, By: ByFile}, [][]measured.Layer{runsOf("h", 1), runsOf("k", 1)}},
	} {
		if _, err := c.p.compare(c.files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Everything that is shown can be drawn, and a run without a partner or a value
// is named.
func TestShow(t *testing.T) {
	p := Params{Files: []string{"a", "b"}, Groups: []string{"a^{", "b"}, By: ByFile, Paired: true}
	rows, err := p.compare([][]measured.Layer{runsOf("", 0.1, 0.2, math.NaN()), runsOf("", 0.3, 0.5)})
	if err != nil {
		t.Fatal(err)
	}
	table := p.table(rows)
	if text := fmt.Sprint(table.Notes); !strings.Contains(text, "have no partner with a value") && !strings.Contains(text, "not finite") {
		t.Error(text)
	}
	for i, line := range table.Data {
		if len(line) != len(table.Data[0]) || i < len(table.Rows) && len(table.Rows[i]) != len(table.Header) {
			t.Errorf("line %d has another width", i)
		}
	}
	if err := p.figure(rows).Validate(chart.DefaultStyle()); err != nil {
		t.Error(err)
	}
	if err := archive(filepath.Join(t.TempDir(), "x.parquet"), rows); err != nil {
		t.Error(err)
	}
}

// Whatever groups and layers are called, the forest plot can be drawn, and
// lines that are left out are counted.
func TestForest(t *testing.T) {
	for _, n := range []int{1, 3, 12, 36} {
		p := Params{Files: []string{"a", "b"}, Groups: []string{strings.Repeat("W", 60) + "1", strings.Repeat("W", 60) + "2"}, By: ByFile}
		var files [2][]measured.Layer
		for i := range n {
			for k := range files {
				files[k] = append(files[k], runsOf(fmt.Sprintf("module.transformer.encoder.layer.%d.output.dense.activation", i), 0.1, 0.2)...)
			}
		}
		rows, err := p.compare(files[:])
		if err != nil {
			t.Fatal(err)
		}
		f := p.figure(rows)
		if err := chart.Check(f, chart.DefaultStyle()); err != nil {
			t.Errorf("%d lines: %v", n, err)
		}
		labels := map[string]bool{}
		for _, label := range f.Rows[0].Panels[0].Y.Categories {
			labels[label] = true
		}
		if len(labels) != min(n, 24) {
			t.Errorf("%d lines have the labels %v", n, labels)
		}
		want := ""
		if n > 24 {
			want = "The first 24 of 36 lines; the table has all."
		}
		if f.Note != want || !strings.HasSuffix(f.Caption, want) {
			t.Errorf("%d lines: note %q, caption %q", n, f.Note, f.Caption)
		}
	}
}

// The epoch that is compared is the last that all runs have. What some runs
// lack is named.
func TestUnequalRuns(t *testing.T) {
	full := func(values ...float64) (list []measured.Layer) {
		for i, v := range values {
			for epoch := range int64(2) {
				l := made(fmt.Sprint(i), "h", epoch, v+float64(epoch)/2, 0.5)
				l.Predicts, l.Accuracy = true, 0.5
				list = append(list, l)
			}
		}
		return list
	}
	short := full(0.2, 0.3, 0.4)
	short = append(short[:3:3], short[4]) // only run 0 has epoch 1
	for i := range short {
		short[i].Predicts = false
	}
	p := Params{Files: []string{"a", "c"}, Groups: []string{"a", "c"}, By: ByFile}
	rows, err := p.compare([][]measured.Layer{full(0.1, 0.2, 0.3), short})
	if err != nil {
		t.Fatal(err)
	}
	r := find(t, rows, "sparsity", "c")
	if r.here.n != 3 || r.there.n != 3 || r.epoch != 0 || math.Abs(r.difference.at-0.1) > 1e-12 || math.IsNaN(r.difference.low) {
		t.Errorf("%+v", r)
	}
	notes := fmt.Sprint(p.table(rows).Notes)
	for _, want := range []string{
		"layer h: epoch 0 is compared, the last that all runs have, and some go on to epoch 1", "c has no accuracy",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%s\nlacks %s", notes, want)
		}
	}
	if strings.Contains(notes, "the study has no") {
		t.Error(notes)
	}
	rows, err = p.compare([][]measured.Layer{full(0.1, 0.2, 0.3), {short[1], short[2]}}) // epoch 1 of run 0, epoch 0 of run 1
	if err != nil {
		t.Fatal(err)
	}
	notes = fmt.Sprint(p.table(rows).Notes)
	if want := `no epoch is there in all runs; epoch 1 is compared, which these runs lack: "1" of c`; !strings.Contains(notes, want) {
		t.Errorf("%s\nlacks %s", notes, want)
	}
}
