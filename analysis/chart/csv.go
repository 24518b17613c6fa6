package chart

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// csvHeader names the columns; category is empty on axes of numbers, low and high are
// empty where a value has no interval, and a rule has x or y only.
var csvHeader = []string{"figure", "panel", "title", "kind", "label", "x", "category", "y", "low", "high"}

// csv returns one line for each value and rule, in the order of the figure. Numbers are
// the shortest decimals that read back to the same float64.
func (f Figure) csv() []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	// A bytes.Buffer takes everything: Write has no error to return.
	w.Write(csvHeader)
	letter := 'a'
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			for _, s := range p.Series {
				for i := range s.X {
					category, low, high := "", "", ""
					if p.X.Scale == Categorical {
						category = p.X.Categories[int(s.X[i])]
					}
					if len(s.Lo) > 0 {
						low, high = exact(s.Lo[i]), exact(s.Hi[i])
					}
					w.Write([]string{f.ID, string(letter), p.Title, "value", s.Label, exact(s.X[i]), category, exact(s.Y[i]), low, high})
				}
			}
			for _, r := range p.Rules {
				kind, x, y := "diagonal", "", ""
				switch r.Kind {
				case Vertical:
					kind, x = "vertical", exact(r.At)
				case Horizontal:
					kind, y = "horizontal", exact(r.At)
				}
				w.Write([]string{f.ID, string(letter), p.Title, kind, r.Label, x, "", y, "", ""})
			}
			letter++
		}
	}
	w.Flush()
	return out.Bytes()
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
