package contrast

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/analysis/portrait"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts"
	"sparsel/stages/measured"
)

// what names the layer and epoch of a row, except for what is being compared.
func (r row) what() string {
	var parts []string
	if r.layer != "" {
		parts = append(parts, "layer "+r.layer)
	}
	if r.epoch != 0 {
		parts = append(parts, fmt.Sprint("epoch ", r.epoch))
	}
	return strings.Join(parts, ", ")
}

func (p Params) table(rows []row) tabulate.Table {
	t := tabulate.Table{
		ID: Table, Title: "Comparison by " + p.By,
		Header: []string{"metric", "layer", "group", "n", "mean", "reference", "n", "mean", "difference", "95 % interval",
			"d_z", "p", "p, sign flips", "p, Holm"},
		Data: [][]string{{
			"metric", "layer", "epoch", "group", "n", "mean", "low", "high", "reference", "n_reference", "mean_reference",
			"low_reference", "high_reference",
			"paired", "n_difference", "difference", "difference_low", "difference_high", "d_z", "p", "p_sign_flip", "p_holm",
		}},
	}
	var notes []string
	for _, r := range rows {
		between := fmt.Sprintf("%s to %s", measured.Short(r.difference.low), measured.Short(r.difference.high))
		if math.IsNaN(r.difference.low) {
			between = "–"
		}
		t.Rows = append(t.Rows, []string{
			r.head, r.what(), r.group, strconv.Itoa(r.here.n), measured.Short(r.here.at), r.reference, strconv.Itoa(r.there.n),
			measured.Short(r.there.at),
			measured.Short(r.difference.at), between, measured.Short(r.dz), small(r.p), small(r.flip), small(r.holm),
		})
		data := []string{r.name, r.layer, strconv.FormatInt(r.epoch, 10), r.group}
		for _, side := range []interval{r.here, r.there} {
			data = append(data, strconv.Itoa(side.n), exact(side.at), exact(side.low), exact(side.high))
			if len(data) == 8 {
				data = append(data, r.reference)
			}
		}
		data = append(data, strconv.FormatBool(r.paired), strconv.Itoa(r.difference.n))
		for _, v := range []float64{r.difference.at, r.difference.low, r.difference.high, r.dz, r.p, r.flip, r.holm} {
			data = append(data, exact(v))
		}
		t.Data = append(t.Data, data)
		for _, n := range r.notes {
			if !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
	}
	t.Notes = []string{p.method(), "d_z: the mean difference over its standard deviation. p, Holm: corrected for all rows of this table."}
	if slices.ContainsFunc(rows, func(r row) bool { return r.difference.n < 2 }) {
		t.Notes = append(t.Notes, "Fewer than two runs have no interval: nothing tells how far another would be from them.")
	}
	for _, n := range notes {
		t.Notes = append(t.Notes, n+".")
	}
	return t
}

// method says how the intervals were computed.
func (p Params) method() string {
	switch {
	case p.By == ByLayer || p.By == ByEpoch:
		return "Differences are within each network: Student's t on the differences, and all sign flips of them."
	case p.Paired:
		return "Runs of one name are pairs: Student's t on their differences, and all sign flips of them."
	}
	return "Runs are independent: Welch's t. If runs of one name started alike, -paired compares them one by one."
}

// small formats a p value, which is never 0.
func small(p float64) string {
	if p < 0.00005 {
		return "< 0.0001"
	}
	return measured.Short(p)
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// shown lists the metrics in the forest plot. The table has all of them.
var shown = []string{"accuracy", "sparsity", "selectivity", "selectivity_above_chance"}

// mostLines is the largest number of lines in a panel.
const mostLines = 24

// figure is a forest plot. For each metric a panel shows the differences from
// the reference, in a line for each group and layer. If there are too many, it
// shows the first and says so.
func (p Params) figure(rows []row) chart.Figure {
	style := chart.DefaultStyle()
	title := "Differences from "
	f := chart.Figure{ID: Picture, Title: title + portrait.Names([]string{rows[0].reference}, style.TitleSize, 72*style.Width/2)[0]}
	f.Caption = f.Title + ". " + p.method()
	var metrics [][]row
	lines := 0
	for _, name := range shown {
		var of []row
		for _, r := range rows {
			if r.name == name {
				of = append(of, r)
			}
		}
		if lines = max(lines, len(of)); len(of) > 0 {
			metrics = append(metrics, of[:min(mostLines, len(of))])
		}
	}
	if lines > mostLines {
		f.Note = fmt.Sprintf("The first %d of %d lines; the table has all.", mostLines, lines)
		f.Caption += " " + f.Note
	}
	// The labels take at most two fifths of a panel.
	most := 72 * style.Width * 2 / 5 / float64(min(2, max(1, len(metrics))))
	for _, of := range metrics {
		if n := len(f.Rows); n == 0 || len(f.Rows[n-1].Panels) == 2 {
			f.Rows = append(f.Rows, chart.Row{})
		}
		row := &f.Rows[len(f.Rows)-1]
		var labels []string
		for _, r := range of {
			label := r.group
			if r.layer != "" {
				label += ", " + r.layer
			}
			labels = append(labels, label)
		}
		row.Panels = append(row.Panels, forest(of, portrait.Names(labels, style.TickSize, most)))
	}
	return f
}

// forest returns the panel of one metric. There is a label for each row.
func forest(rows []row, labels []string) chart.Panel {
	panel := chart.Panel{
		X: chart.Axis{Label: "difference in " + rows[0].head}, Y: chart.Axis{Scale: chart.Categorical},
		Rules: []chart.Rule{{Kind: chart.Vertical, At: 0}},
	}
	points := chart.Series{Label: "difference", Role: "level1", Marks: chart.Points}
	lines := chart.Series{Label: "95 % interval", Role: "level1", Marks: chart.LineOnly}
	for i, r := range slices.Backward(rows) { // the first is at the top
		at := float64(len(rows) - 1 - i)
		label := labels[i]
		panel.Y.Categories = append(panel.Y.Categories, label)
		if !math.IsNaN(r.difference.low) { // with a gap after each
			lines.X = append(lines.X, r.difference.low, r.difference.high, r.difference.high)
			lines.Y = append(lines.Y, at, at, math.NaN())
			lines.Names = append(lines.Names, label, label, label)
		}
		if !math.IsNaN(r.difference.at) {
			points.X, points.Y, points.Names = append(points.X, r.difference.at), append(points.Y, at), append(points.Names, label)
		}
	}
	for _, s := range []*chart.Series{&points, &lines} {
		if len(s.X) == 0 { // an empty panel says so
			s.X, s.Y, s.Names = []float64{0}, []float64{math.NaN()}, []string{""}
		}
	}
	panel.Series = []chart.Series{lines, points}
	return panel
}

// archive writes the table as Parquet.
func archive(path string, rows []row) error {
	f := artifacts.Format{Name: "comparison", Version: 1}
	var columns []any
	texts := func(name string, of func(row) string) {
		var list []string
		for _, r := range rows {
			list = append(list, of(r))
		}
		f.Columns, columns = append(f.Columns, artifacts.Column{Name: name, Kind: artifacts.String}), append(columns, list)
	}
	integers := func(name string, of func(row) int64) {
		var list []int64
		for _, r := range rows {
			list = append(list, of(r))
		}
		f.Columns, columns = append(f.Columns, artifacts.Column{Name: name, Kind: artifacts.Int64}), append(columns, list)
	}
	numbers := func(name string, of func(row) float64) {
		var list []float64
		for _, r := range rows {
			list = append(list, of(r))
		}
		f.Columns, columns = append(f.Columns, artifacts.Column{Name: name, Kind: artifacts.Float64}), append(columns, list)
	}
	texts("metric", func(r row) string { return r.name })
	texts("layer", func(r row) string { return r.layer })
	integers("epoch", func(r row) int64 { return r.epoch })
	texts("group", func(r row) string { return r.group })
	texts("reference", func(r row) string { return r.reference })
	for _, side := range []struct {
		suffix string
		of     func(row) interval
	}{{"", func(r row) interval { return r.here }}, {"_reference", func(r row) interval { return r.there }},
		{"_difference", func(r row) interval { return r.difference }}} {
		integers("n"+side.suffix, func(r row) int64 { return int64(side.of(r).n) })
		numbers("mean"+side.suffix, func(r row) float64 { return side.of(r).at })
		numbers("low"+side.suffix, func(r row) float64 { return side.of(r).low })
		numbers("high"+side.suffix, func(r row) float64 { return side.of(r).high })
	}
	numbers("d_z", func(r row) float64 { return r.dz })
	numbers("p", func(r row) float64 { return r.p })
	numbers("p_sign_flip", func(r row) float64 { return r.flip })
	numbers("p_holm", func(r row) float64 { return r.holm })
	w, err := artifacts.Create(path, f, nil)
	if err != nil {
		return err
	}
	w.Write(columns...) // Close returns the error
	return w.Close()
}
