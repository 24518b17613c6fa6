package chart

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"sparsel/analysis/tabulate"
)

// csvHeader names the columns. Category is empty on numeric axes, name if x
// identifies the value, low and high if a value has no interval, and n and
// expected if a value is not a mean over runs. A rule has only x or only y.
var csvHeader = []string{
	"figure", "panel", "title", "x_axis", "y_axis", "kind", "label", "name", "x", "category", "y", "low", "high", "n", "expected",
}

// csv returns one line for each value and rule, in the order of the figure.
// Numbers are the shortest decimals that read back to the same float64.
func (f Figure) csv() []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	// A bytes.Buffer accepts everything, so Write returns no error.
	w.Write(csvHeader)
	letter := 'a'
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			panel := []string{f.ID, string(letter), p.Title, p.X.Label, p.Y.Label}
			for _, s := range p.Series {
				for i := range s.X {
					w.Write(tabulate.Cells(append(panel[:5:5], s.record(p.X, i)...)))
				}
				for _, r := range s.Runs {
					for i := range s.X {
						w.Write(tabulate.Cells(append(panel[:5:5], s.runRecord(r, p.X, i)...)))
					}
				}
			}
			if p.Heat != nil {
				for k, line := range p.Heat.Values {
					for i, v := range line {
						w.Write(tabulate.Cells(append(panel[:5:5], p.Heat.record(p, k, i, v)...)))
					}
				}
			}
			for _, r := range p.Rules {
				w.Write(tabulate.Cells(append(panel[:5:5], r.record()...)))
			}
			letter++
		}
	}
	w.Flush()
	return out.Bytes()
}

// record returns the CSV line of value i, from the column kind on.
func (s Series) record(x Axis, i int) []string {
	name, category, low, high, n, expected := "", "", "", "", "", ""
	if len(s.Names) > 0 {
		name = s.Names[i]
	}
	if x.Scale == Categorical {
		category = x.Categories[int(s.X[i])]
	}
	if len(s.Lo) > 0 {
		low, high = exact(s.Lo[i]), exact(s.Hi[i])
	}
	if len(s.N) > 0 {
		n = strconv.Itoa(s.N[i])
	}
	if len(s.Expected) > 0 {
		expected = strconv.Itoa(s.Expected[i])
	}
	return []string{"value", s.Label, name, exact(s.X[i]), category, exact(s.Y[i]), low, high, n, expected}
}

// runRecord returns the CSV line of a run's value i, from the column kind on.
func (s Series) runRecord(r Run, x Axis, i int) []string {
	category := ""
	if x.Scale == Categorical {
		category = x.Categories[int(s.X[i])]
	}
	return []string{"run", s.Label, r.Name, exact(s.X[i]), category, exact(r.Y[i]), "", "", "", ""}
}

// record returns the CSV line of the rule, from the column kind on.
func (r Rule) record() []string {
	kind, x, y, low, high, n := "diagonal", "", "", "", "", ""
	switch r.Kind {
	case Vertical:
		kind, x = "vertical", exact(r.At)
	case Horizontal:
		kind, y = "horizontal", exact(r.At)
	}
	if r.N > 0 {
		low, high, n = exact(r.Lo), exact(r.Hi), strconv.Itoa(r.N)
	}
	name := r.Name
	if name == "" {
		name = r.Role
	}
	return []string{kind, r.Label, name, x, "", y, low, high, n, ""}
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
