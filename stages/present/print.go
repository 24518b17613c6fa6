package present

import (
	"fmt"
	"io"
	"math"

	"sparsel/analysis/tabulate"
)

// Print writes the layers as lines for reading. If all is set, it includes all
// metrics.
func Print(out io.Writer, layers []Layer, all bool) error {
	if all {
		text, err := tabulate.Render(layerTable(layers), "md")
		if err != nil {
			return fmt.Errorf("present: %w", err)
		}
		_, err = out.Write(text)
		return err
	}
	for _, l := range layers {
		chance := ""
		if l.Chance == l.Chance {
			chance = fmt.Sprintf(" (by chance %s, p %.3f)", short(l.Chance), l.P)
		}
		if _, err := fmt.Fprintf(out, "%s: %d samples, %d units, %d classes: sparsity %s%s, selectivity %s%s\n",
			l.title(), l.Samples, len(l.Units), len(l.Classes), short(l.Sparsity), l.lacking(), short(l.Selectivity), chance); err != nil {
			return err
		}
	}
	return nil
}

// Summary returns the layers for JSON. Numbers that are not finite are null.
func Summary(layers []Layer) []map[string]any {
	var list []map[string]any
	for _, l := range layers {
		m := map[string]any{
			"file": l.File, "run": l.Run, "epoch": l.Epoch, "layer": l.Key.Layer,
			"samples": l.Samples, "units": len(l.Units), "classes": l.Classes,
		}
		for _, q := range layerQuantities {
			if v := q.of(l); math.IsNaN(v) || math.IsInf(v, 0) {
				m[q.name] = nil
			} else {
				m[q.name] = v
			}
		}
		list = append(list, m)
	}
	return list
}
