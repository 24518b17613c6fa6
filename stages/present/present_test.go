package present

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/metric"
	"sparsel/artifacts"
	"sparsel/artifacts/foreign"
	"sparsel/stages/measured"
)

// two returns two layers of one file with two units each. The second has
// neither predictions nor a level of chance.
func two() []Layer {
	units := []activity.Unit{
		{Best: 3, Selectivity: 0.25, Chance: 0.125, CSI: 0.5, Mean: 1.5, RMS: 1.75, Least: 0.5, Most: 2.5},
		{Best: 7, Selectivity: 0.75, Chance: 0.0625, CSI: math.NaN(), Mean: 3, RMS: 3.5, Least: 1, Most: 4},
	}
	r := activity.Result{
		Measures: metric.Measures{Sparsity: 1.0 / 3, Selectivity: 0.5}, Samples: 12, Accuracy: 0.75, Chance: 0.1, P: 0.05,
		Classes: []int64{3, 7}, Means: [][]float64{{2, 1}, {1, 5}}, Units: units,
	}
	r.Bins[16] = 12
	first := Layer{"acts", measured.Layer{Key: foreign.Key{Run: "sgd/1", Epoch: 5, Layer: "h1"}, Predicts: true, Result: r}}
	second := first
	second.Key.Layer, second.Result.Accuracy, second.Result.Chance, second.Result.P = "=h2", math.NaN(), math.NaN(), math.NaN()
	return []Layer{first, second}
}

// A table for reading has the numbers of the table for programs, rounded, and
// no two columns have one name.
func TestTablesHaveEveryQuantity(t *testing.T) {
	layers := layerTable(two())
	if len(layers.Rows) != 2 || len(layers.Data) != 3 {
		t.Fatalf("%d rows, %d of data", len(layers.Rows), len(layers.Data))
	}
	row := map[string]string{}
	for i, name := range layers.Data[0] {
		row[name] = layers.Data[1][i]
	}
	for name, want := range map[string]string{
		"file": "acts", "run": "sgd/1", "epoch": "5", "layer": "h1", "samples": "12", "units": "2", "classes": "2", "accuracy": "0.75",
		"sparsity": "0.3333333333333333", "selectivity": "0.5", "selectivity_chance": "0.1", "selectivity_p": "0.05",
	} {
		if row[name] != want {
			t.Errorf("%s is %s, want %s", name, row[name], want)
		}
	}
	if len(row) != len(layers.Data[0]) {
		t.Errorf("columns of one name: %q", layers.Data[0])
	}
	units := unitTable(two())
	if len(units.Rows) != 4 {
		t.Fatalf("%d units", len(units.Rows))
	}
	if got, want := units.Data[2][:7], []string{"acts", "sgd/1", "5", "h1", "1", "7", "0.75"}; !slices.Equal(got, want) {
		t.Errorf("unit 1 has %q, want %q", got, want)
	}
	if got := units.Rows[1]; got[6] != "0.7500" || got[8] != "NaN" {
		t.Errorf("for reading it has %q", got)
	}
}

// The Parquet files hold what the tables for programs hold.
func TestArchivesAreTheTables(t *testing.T) {
	layersPath, unitsPath := filepath.Join(t.TempDir(), "layers.parquet"), filepath.Join(t.TempDir(), "units.parquet")
	if err := archives(layersPath, unitsPath, two()); err != nil {
		t.Fatal(err)
	}
	counts := []string{"samples", "units", "classes", "unit", "best_class"}
	for _, of := range []struct {
		path, name string
		want       [][]string
	}{{layersPath, "measured-layers", layerTable(two()).Data}, {unitsPath, "measured-units", unitTable(two()).Data}} {
		format := artifacts.Format{Name: of.name, Version: 1, Columns: keyColumns[:len(keyColumns):len(keyColumns)]}
		buffers := []any{new([]string), new([]string), new([]int64), new([]string)}
		for _, name := range of.want[0][len(keyColumns):] {
			if slices.Contains(counts, name) {
				format.Columns = append(format.Columns, artifacts.Column{Name: name, Kind: artifacts.Int64})
				buffers = append(buffers, new([]int64))
			} else {
				format.Columns = append(format.Columns, artifacts.Column{Name: name, Kind: artifacts.Float64})
				buffers = append(buffers, new([]float64))
			}
		}
		r, err := artifacts.Open(of.path, format)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if r.Groups() != 1 || r.Rows(0) != len(of.want)-1 {
			t.Fatalf("%s: %d groups, %d rows", of.name, r.Groups(), r.Rows(0))
		}
		if err := r.Read(0, buffers...); err != nil {
			t.Fatal(err)
		}
		for i, want := range of.want[1:] {
			var got []string
			for _, buffer := range buffers {
				switch values := buffer.(type) {
				case *[]string:
					got = append(got, (*values)[i])
				case *[]int64:
					got = append(got, strconv.FormatInt((*values)[i], 10))
				case *[]float64:
					got = append(got, exact((*values)[i]))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, row %d: %q, the table has %q", of.name, i, got, want)
			}
		}
	}
}

// JSON has no NaN: an undefined number is null.
func TestSummaryIsJSON(t *testing.T) {
	text, err := json.Marshal(Summary(two()))
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if list[0]["accuracy"] != 0.75 || list[1]["accuracy"] != nil || list[1]["selectivity_chance"] != nil || list[0]["samples"] != 12.0 {
		t.Errorf("%s", text)
	}
	if want := 7 + len(layerQuantities); len(list[0]) != want {
		t.Errorf("%d keys, want %d", len(list[0]), want)
	}
}

func TestPrint(t *testing.T) {
	var short, all bytes.Buffer
	if err := Print(&short, two(), false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(short.String()), "\n")
	const want = "12 samples, 2 units, 2 classes: sparsity 0.3333, selectivity 0.5000 (by chance 0.1000, p 0.050)"
	if len(lines) != 2 || !strings.Contains(lines[0], want) || strings.Contains(lines[1], "chance") {
		t.Errorf("%s", short.String())
	}
	if err := Print(&all, two(), true); err != nil {
		t.Fatal(err)
	}
	for _, q := range layerQuantities {
		if !strings.Contains(all.String(), q.head) {
			t.Errorf("%s is not printed", q.name)
		}
	}
}

// Of many layers the last six are drawn, two in a row, and the figure says so.
// A sparsity of NaN comes with the number of samples that made it so, for one
// in thousands is enough.
func TestSamplesWithoutSparsity(t *testing.T) {
	layers := two()
	if notes := layerTable(layers).Notes; len(notes) != 3 {
		t.Errorf("%q", notes)
	}
	for i := range layers {
		layers[i].Sparsity = math.NaN()
		layers[i].Bins[16] = 11 - int64(i)
	}
	var out bytes.Buffer
	if err := Print(&out, layers, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sparsity NaN (undefined for 1 of 12 samples), selectivity", "sparsity NaN (undefined for 2 of 12 samples), selectivity"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: want %s", &out, want)
		}
	}
	notes := layerTable(layers).Notes
	const want = "This is so for 1 of 12 samples of acts: run sgd/1, epoch 5, layer h1 (number of other such layers: 1)."
	if len(notes) != 4 || !strings.HasSuffix(notes[3], want) {
		t.Errorf("%q", notes)
	}
	if notes = layerTable(layers[1:]).Notes; !strings.HasSuffix(notes[3], "for 2 of 12 samples of acts: run sgd/1, epoch 5, layer =h2.") {
		t.Errorf("%q", notes)
	}
}

func TestFiguresShowTheLastLayers(t *testing.T) {
	var layers []Layer
	for i := range 9 {
		l := two()[0]
		l.Key.Layer = fmt.Sprintf("%s h%d", strings.Repeat("deep ", 12), i)
		layers = append(layers, l)
	}
	list := figures(layers)
	if len(list) != 4 {
		t.Fatalf("%d figures", len(list))
	}
	for _, f := range list {
		if len(f.Rows) != 3 || len(f.Rows[0].Panels) != 2 || len(f.Rows[2].Panels) != 2 {
			t.Errorf("%s: %d rows", f.ID, len(f.Rows))
		}
		if title := f.Rows[0].Panels[0].Title; !strings.HasPrefix(title, "acts: run") || !strings.HasSuffix(title, "h3") {
			t.Errorf("%s begins with %q", f.ID, title)
		}
		const says = "The last 6 of 9 layers; the tables have all."
		if !strings.HasSuffix(f.Note, says) || !strings.HasSuffix(f.Caption, says) {
			t.Errorf("%s: note %q, caption %q", f.ID, f.Note, f.Caption)
		}
	}
	f := figures(layers[:1])[3]
	if rules := f.Rows[0].Panels[0].Rules; len(f.Rows) != 1 || len(rules) != 1 || rules[0].Kind != chart.Vertical || f.Note != "" {
		t.Errorf("one layer: %+v", f)
	}
}

// Whatever a file and its layers are called, the figures can be drawn, and the
// titles of layers that differ differ.
func TestLongNames(t *testing.T) {
	for _, n := range []int{1, 2, 6} {
		for _, name := range []string{strings.Repeat("W", 60), "module.transformer.encoder.layer.11.output.dense.activation"} {
			var layers []Layer
			for i := range n {
				l := two()[0]
				l.File = strings.Repeat("W", 40) + ".parquet"
				l.Key.Layer = fmt.Sprint(name, i)
				layers = append(layers, l)
			}
			for _, f := range figures(layers) {
				if err := chart.Check(f, chart.DefaultStyle()); err != nil {
					t.Errorf("%d panels: %v", n, err)
				}
				titles := map[string]bool{}
				for _, row := range f.Rows {
					for _, p := range row.Panels {
						titles[p.Title] = true
					}
				}
				if len(titles) != n {
					t.Errorf("%s, %d panels: %v", f.ID, n, titles)
				}
			}
		}
	}
}
