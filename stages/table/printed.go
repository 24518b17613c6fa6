package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// PrintedParams describes the table of hidden layers beside the numbers that
// the thesis prints.
type PrintedParams struct {
	ID, Title, Mark string
	Experiment      string
	Error           string  // "se" or "se_population": the error shown, and the unit of the differences
	Depths          []Depth // in the order of the rows
	Epoch           int     // at which all rows are read
	Measurement     string  // what is numbered like epochs, if that is not an epoch for all runs
	Unequal         bool    // whether some runs continue beyond it
	Notes           []string
}

// Depth is an optimizer's condition and its number of hidden layers.
type Depth struct {
	Optimizer, Condition string
	Layers               int
}

// tolerance is the largest acceptable difference in standard errors.
const tolerance = 2

// agreement says how well a printed number agrees with ours.
type agreement int

const (
	unprinted agreement = iota // the thesis omits the number
	unknown                    // there is no standard error
	within                     // within the tolerance
	asPrinted                  // within the tolerance of a number that would be printed like this, rounded or cut off
	apart
)

// compare returns the difference ours − printed in standard errors, and the
// kind of agreement.
func compare(s measures.Summary, kind, text string) (float64, agreement) {
	if text == "" {
		return math.NaN(), unprinted
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("table: printed number " + text + " does not parse")
	}
	se := s.SE
	if kind == "se_population" {
		se = s.SEPopulation
	}
	if s.N < 2 || !(se > 0) {
		return math.NaN(), unknown
	}
	difference := s.Mean - number
	// The thesis rounds some numbers and cuts others off. So the number may be
	// up to half a unit below and a whole unit above the printed one.
	_, fraction, _ := strings.Cut(text, ".")
	unit := math.Pow10(-len(fraction))
	beyond := max(0, difference-unit, -difference-unit/2)
	switch {
	case math.Abs(difference) <= tolerance*se:
		return difference / se, within
	case beyond <= tolerance*se:
		return difference / se, asPrinted
	}
	return difference / se, apart
}

func (p PrintedParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	t := tabulate.Table{ID: p.ID, Title: p.Title, Header: []string{"optimizer", "hidden layers", "n"}}
	for _, m := range printedMetrics {
		t.Header = append(t.Header, m, "thesis", "difference in SE")
	}
	t.Header = append(t.Header, "verdict")
	t.Data = [][]string{{"optimizer", "hidden_layers", "epoch", "metric", "n", "mean", "sd", "se", "se_population", "thesis",
		"difference_in_se", "verdict"}}
	counts := map[agreement]int{}
	found := at(p.Epoch, summaries)
	fewer := false
	for _, depth := range p.Depths {
		row, err := p.row(found, depth)
		if err != nil {
			return t, err
		}
		final := finalRow{cells: row}
		fewer = fewer || final.fewer()
		line := []string{depth.Optimizer, strconv.Itoa(depth.Layers), final.counts()}
		var verdicts []string
		for i, s := range row {
			text := printed[depth.Optimizer][depth.Layers][i]
			difference, a := compare(s, p.Error, text)
			counts[a]++
			line = append(line, final.cell(i, p.Error), orDash(text), inErrors(difference))
			if a != within && a != unprinted {
				verdicts = append(verdicts, s.Metric+": "+a.String())
			}
			t.Data = append(t.Data, p.record(s, depth.Layers, text, difference, a))
		}
		switch {
		case printed[depth.Optimizer][depth.Layers][0] == "":
			verdicts = []string{"not in the thesis"}
		case verdicts == nil:
			verdicts = []string{"agrees"}
		}
		t.Rows = append(t.Rows, append(line, strings.Join(verdicts, ", ")))
		if m := final.missing(); m != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("%s, %s: %s.", depth.Optimizer, depth.Condition, m))
		}
	}
	t.Caption = fmt.Sprintf("%s, over all hidden layers. %s over the n runs%s; \"thesis\" is what its Table 5.3 prints",
		after(p.Measurement, p.Epoch, p.Unequal), errorName(p.Error), ownCounts(fewer))
	t.Notes = append(t.Notes, tally(counts))
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

// tally says how many of the printed numbers agree with ours.
func tally(counts map[agreement]int) string {
	without := ""
	if n := counts[unknown]; n > 0 {
		without = fmt.Sprintf(", and %d %s no standard error to compare with", n, plural(n, "has", "have"))
	}
	all := counts[within] + counts[asPrinted] + counts[apart] + counts[unknown]
	return fmt.Sprintf("Of %d printed %s %d %s within %d standard errors, "+
		"%d more %s when what stands there is taken for a number rounded or cut off, %d %s not%s.",
		all, plural(all, "number", "numbers"), counts[within], isOrAre(counts[within]), tolerance, counts[asPrinted],
		isOrAre(counts[asPrinted]), counts[apart], isOrAre(counts[apart]), without)
}

// plural returns one of two words, depending on a number.
func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func isOrAre(n int) string { return plural(n, "is", "are") }

// row reads the numbers of an optimizer's depth.
func (p PrintedParams) row(found map[place]measures.Summary, depth Depth) ([]measures.Summary, error) {
	var row []measures.Summary
	for _, metric := range printedMetrics {
		q := place{depth.Condition, depth.Optimizer, measures.AllLayers, metric, p.Epoch}
		s, ok := found[q]
		if !ok {
			return nil, fmt.Errorf("experiment %s has no %v", p.Experiment, q)
		}
		row = append(row, s)
	}
	return row, nil
}

func (a agreement) String() string {
	return [...]string{"not in the thesis", "no standard error", "agrees", "agrees as printed", "differs"}[a]
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func inErrors(difference float64) string {
	if math.IsNaN(difference) {
		return "–"
	}
	return signed(difference)
}

func (p PrintedParams) record(s measures.Summary, layers int, text string, difference float64, a agreement) []string {
	return []string{s.Optimizer, strconv.Itoa(layers), strconv.Itoa(s.Epoch), s.Metric, strconv.Itoa(s.N),
		exact(s.Mean), exact(s.SD), exact(s.SE), exact(s.SEPopulation), text, strconv.FormatFloat(difference, 'g', 6, 64), a.String()}
}
