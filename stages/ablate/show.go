package ablate

import (
	"fmt"
	"math"
	"strconv"

	"sparsel/analysis/ablation"
	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
	"sparsel/stages/measured"
)

// quarters are the shares of removed units for which the table gives an
// accuracy.
var quarters = []float64{0.25, 0.5, 0.75}

// table has a row for each set of orders.
func (r *result) table() tabulate.Table {
	t := tabulate.Table{
		ID: Table, Title: "Accuracy as units are removed from " + r.layer.Key.String(),
		Header: []string{"order", "orders", "area", "2.5 %", "97.5 %", "25 % removed", "50 %", "75 %", "p, at random", "p, like activity"},
		Data: [][]string{{"order", "orders", "area", "area_low", "area_high", "accuracy_25", "accuracy_50", "accuracy_75",
			"p_random", "p_matched"}},
		Notes: []string{
			fmt.Sprintf("%d samples, %d units; with all units the accuracy is %s. A unit that is removed gives 0 to the output layer.",
				r.layer.Samples, len(r.layer.Units), measured.Short(r.intact)),
			"Area: under the accuracy over the share of units removed. Of several orders, the median, with quantiles of their areas.",
			fmt.Sprintf("Like: orders that are random within strata of about %d units of like mean activity, with as many units of each "+
				"stratum gone at every step as in the order named.",
				ablation.StratumUnits),
			"p: two-sided, by the share of the orders at random, or of those like it, whose area is at or beyond the order's.",
			"Spearman's correlation of the units' selectivity and impact, the accuracy that removing the unit alone costs: " +
				measured.Short(r.spearman) + ".",
		},
	}
	for i, s := range r.sets {
		if len(s.curves) == 0 {
			continue
		}
		areas := s.areas()
		numbers := []float64{middle(areas), math.NaN(), math.NaN()}
		if len(areas) > 1 {
			numbers[1], numbers[2] = ablation.Quantile(areas, 0.025), ablation.Quantile(areas, 0.975)
		}
		for _, q := range quarters {
			numbers = append(numbers, s.at(int(math.Round(q*float64(len(r.layer.Units))))))
		}
		random, like := math.NaN(), math.NaN()
		if i == mostFirst || i == leastFirst {
			random = ablation.P(areas[0], r.sets[atRandom].areas())
			like = ablation.P(areas[0], r.sets[likeMost+i-mostFirst].areas())
		}
		row, data := []string{s.name, strconv.Itoa(len(areas))}, []string{s.name, strconv.Itoa(len(areas))}
		for _, v := range append(numbers, random, like) {
			row, data = append(row, measured.Short(v)), append(data, strconv.FormatFloat(v, 'g', -1, 64))
		}
		t.Rows, t.Data = append(t.Rows, row), append(t.Data, data)
	}
	return t
}

// at returns the median accuracy over the curves after the given number of
// units has been removed.
func (s set) at(removed int) float64 {
	var list []float64
	for _, c := range s.curves {
		list = append(list, c.accuracy[removed])
	}
	return middle(list)
}

// middle returns the median, or the lower of the two middle values.
func middle(values []float64) float64 { return ablation.Quantile(values, 0.5) }

// looks gives each set its role in figures.
var looks = []string{mostFirst: "level5", leastFirst: "level1", atRandom: "test_loss", likeMost: "level6", likeLeast: "Adadelta"}

// mostPoints is the largest number of points in a curve. A wider layer is shown
// in equal steps.
const mostPoints = 128

func (r *result) figure() chart.Figure {
	units := len(r.layer.Units)
	in := func(title string) chart.Panel {
		return chart.Panel{Title: title, X: chart.Axis{Label: "share of units removed", Min: 0, Max: 1},
			Y: chart.Axis{Label: "accuracy", Min: 0, Max: 1}}
	}
	most, least := in("Most selective first"), in("Least selective first")
	steps := min(units, mostPoints)
	for i, s := range r.sets {
		if len(s.curves) == 0 {
			continue
		}
		line := chart.Series{Label: s.name, Role: looks[i], Marks: chart.LineOnly}
		for k := range steps + 1 {
			removed := k * units / steps
			var list []float64
			for _, c := range s.curves {
				list = append(list, c.accuracy[removed])
			}
			line.X, line.Y = append(line.X, float64(removed)/float64(units)), append(line.Y, middle(list))
			if len(list) > 1 {
				line.Lo, line.Hi = append(line.Lo, ablation.Quantile(list, 0.025)), append(line.Hi, ablation.Quantile(list, 0.975))
			}
		}
		if i != leastFirst && i != likeLeast {
			most.Series = append(most.Series, line)
		}
		if i != mostFirst && i != likeMost {
			least.Series = append(least.Series, line)
		}
	}
	points := chart.Series{Role: "selectivity", Marks: chart.Points, Alpha: 0.6}
	for j, u := range r.layer.Units {
		if math.IsNaN(u.Selectivity) || math.IsInf(u.Selectivity, 0) {
			continue
		}
		points.X, points.Y, points.Names = append(points.X, u.Selectivity), append(points.Y, r.impact[j]), append(points.Names, strconv.Itoa(j))
	}
	if len(points.X) == 0 {
		points.X, points.Y, points.Names = []float64{0}, []float64{math.NaN()}, []string{""}
	}
	alone := chart.Panel{
		Title: "One at a time", X: chart.Axis{Label: "selectivity (CCMAS)"}, Y: chart.Axis{Label: "accuracy lost"},
		Series: []chart.Series{points},
		Rules:  []chart.Rule{{Kind: chart.Horizontal, At: 0}},
	}
	note := "Lines of several orders: medians; bands: 95 % of the orders."
	if r.params.Orders < 2 {
		note = ""
	}
	title := "Accuracy as units are removed"
	return chart.Figure{
		ID: Picture, Title: title, Note: note, Rows: []chart.Row{{Panels: []chart.Panel{most, least}, ShareY: true},
			{Panels: []chart.Panel{alone}}},
		Caption: fmt.Sprintf("%s. Spearman's correlation of selectivity and the accuracy lost is %s.", title, measured.Short(r.spearman)),
	}
}
