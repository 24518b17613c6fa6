// Package agreement compares runs with recorded ones, row by row of the tidy
// table, and summarises by condition and by experiment how well they agree.
package agreement

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"sparsel/artifacts/measures"
)

// A Line says how far the runs of one experiment, condition and optimizer are
// from the recorded ones.
type Line struct {
	experiment, condition, optimizer string

	seeds       []uint32
	Rows        int // rows of both tables
	missing     int // recorded rows without a run of ours
	accuracy    deviation
	sparsity    deviation
	selectivity deviation
}

// deviation compares one column.
type deviation struct {
	compared, equal int     // equal means equal in every recorded digit
	largest         float64 // absolute difference
	firstEpoch      int     // of a difference; 0 if there is none
	unlike          int     // rows in which only one side is finite
}

func (d *deviation) add(ours, recorded measures.Number, epoch int, same func(a, b float64) bool) {
	if !ours.Recorded || !recorded.Recorded {
		return
	}
	d.compared++
	a, b := ours.Value, recorded.Value
	if finite(a) != finite(b) || !finite(a) && math.IsNaN(a) != math.IsNaN(b) {
		d.unlike++
		d.unequalAt(epoch)
		return
	}
	if finite(a) {
		d.largest = max(d.largest, math.Abs(a-b))
	}
	if !finite(a) || same(a, b) {
		d.equal++
		return
	}
	d.unequalAt(epoch)
}

func (d *deviation) unequalAt(epoch int) {
	if d.firstEpoch == 0 || epoch < d.firstEpoch {
		d.firstEpoch = epoch
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// sameAccuracy compares fractions of the 10,000 test images, which are written
// with four decimals.
func sameAccuracy(a, b float64) bool { return math.Abs(a-b) < 0.5e-4 }

// sameMeasure compares numbers to the seven digits of the float32 values that
// the records hold.
func sameMeasure(a, b float64) bool { return math.Abs(a-b) <= 1e-7 }

// A Run identifies a run and its record. Sweep values are compared as numbers,
// because the records were written in another language, which spells them
// differently.
type Run struct {
	Experiment, Condition, Optimizer, Split, Parameter string
	Seed                                               uint32
}

// RunOf returns the run to which a row belongs.
func RunOf(r measures.TidyRow) Run {
	parameter := ""
	if r.ParamValue.Recorded {
		parameter = strconv.FormatFloat(r.ParamValue.Value, 'g', 10, 64)
	}
	return Run{r.Experiment, sameSpelling(r.Condition), r.Optimizer, r.Split, parameter, r.Seed}
}

type rowKey struct {
	Run
	layer string
	epoch int
}

func keyOf(r measures.TidyRow) rowKey { return rowKey{RunOf(r), r.Layer, r.Epoch} }

// sameSpelling rewrites "name=number" with ten digits.
func sameSpelling(condition string) string {
	name, value, ok := strings.Cut(condition, "=")
	if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
		return name + "=" + strconv.FormatFloat(v, 'g', 10, 64)
	}
	return condition
}

// conditionOf names the condition of a recorded run. It adds the swept
// parameter unless the condition contains it.
func conditionOf(r measures.TidyRow, key rowKey) string {
	if key.Parameter == "" || strings.HasSuffix(key.Condition, "="+key.Parameter) {
		return r.Condition
	}
	return fmt.Sprintf("%s, %s=%s", r.Condition, r.ParamName, key.Parameter)
}

// Compare compares our tidy table with a recorded one, in the order of the
// records. Records of experiments or seeds that we do not have are counted as
// missing.
func Compare(ours, recorded []measures.TidyRow) []Line {
	own := make(map[rowKey]measures.TidyRow, len(ours))
	for _, r := range ours {
		own[keyOf(r)] = r
	}
	var list []Line
	for _, r := range recorded {
		key := keyOf(r)
		condition := conditionOf(r, key)
		i := slices.IndexFunc(list, func(a Line) bool {
			return a.experiment == r.Experiment && a.condition == condition && a.optimizer == r.Optimizer
		})
		if i < 0 {
			i = len(list)
			list = append(list, Line{experiment: r.Experiment, condition: condition, optimizer: r.Optimizer})
		}
		a := &list[i]
		mine, ok := own[key]
		if !ok {
			a.missing++
			continue
		}
		a.Rows++
		if !slices.Contains(a.seeds, r.Seed) {
			a.seeds = append(a.seeds, r.Seed)
		}
		a.accuracy.add(mine.Accuracy, r.Accuracy, r.Epoch, sameAccuracy)
		a.sparsity.add(mine.Sparsity, r.Sparsity, r.Epoch, sameMeasure)
		a.selectivity.add(mine.SelectivityAvg, r.SelectivityAvg, r.Epoch, sameMeasure)
	}
	return list
}

// Print writes a line for each experiment, condition and optimizer that we have
// runs of, and says how many records were left out.
func Print(w io.Writer, list []Line) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "experiment\tcondition\toptimizer\tseeds\trows\taccuracy equal\tfirst differs\tmax |Δ| accuracy\t"+
		"max |Δ| sparsity\tmax |Δ| selectivity")
	compared, left, unlike := 0, 0, 0
	for _, a := range list {
		left += a.missing
		if a.Rows == 0 {
			continue
		}
		compared += a.Rows
		unlike += a.accuracy.unlike + a.sparsity.unlike + a.selectivity.unlike
		slices.SortFunc(a.seeds, cmp.Compare[uint32])
		first := "never"
		if a.accuracy.firstEpoch > 0 {
			first = fmt.Sprintf("epoch %d", a.accuracy.firstEpoch)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d of %d\t%s\t%.1e\t%.1e\t%.1e\n", a.experiment, a.condition, a.optimizer,
			strings.Trim(fmt.Sprint(a.seeds), "[]"), a.Rows, a.accuracy.equal, a.accuracy.compared, first,
			a.accuracy.largest, a.sparsity.largest, a.selectivity.largest)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printVerdicts(w, list); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d recorded rows compared, %d left out (experiments, conditions, seeds or epochs that params.toml does "+
		"not have), %d numbers finite on one side only\n",
		compared, left, unlike)
	return err
}

// near is the largest difference from a record's accuracies for which a run
// still counts as near: 10 of the 10,000 test images.
const near = 10.5e-4

// verdicts counts the lines of an experiment by the distance of their
// accuracies from the record's.
type verdicts struct {
	experiment         string
	equal, close, away int
	sparsity           float64 // largest difference among the equal ones
}

// printVerdicts summarises the agreement by experiment.
func printVerdicts(w io.Writer, list []Line) error {
	var all []verdicts
	for _, a := range list {
		if a.Rows == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(v verdicts) bool { return v.experiment == a.experiment })
		if i < 0 {
			i = len(all)
			all = append(all, verdicts{experiment: a.experiment})
		}
		v := &all[i]
		switch {
		case a.accuracy.firstEpoch == 0:
			v.equal++
			v.sparsity = max(v.sparsity, a.sparsity.largest)
		case a.accuracy.largest < near && a.accuracy.unlike == 0:
			v.close++
		default:
			v.away++
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nexperiment\tlines\tequal in every epoch\twithin 10 images\tfurther apart\tmax |Δ| sparsity where equal")
	for _, v := range all {
		sparsity := ""
		if v.equal > 0 {
			sparsity = fmt.Sprintf("%.1e", v.sparsity)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\n", v.experiment, v.equal+v.close+v.away, v.equal, v.close, v.away, sparsity)
	}
	return t.Flush()
}
