package study

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/params"
	"sparsel/stages/table"
	"sparsel/stages/units"
)

// Whatever a parameter file asks for is made once with made-up numbers, by the
// code that makes it of the real ones, before anything runs. What can't be made
// is refused with its line and column; a run of hours does not end in what was
// known before.

// maxFileName is how long the name of a published file may be. File systems
// allow 255 bytes, and a file on its way has 55 more in front of its name at
// most.
const maxFileName = 200

// check makes every figure, table and finding with made-up numbers.
func (b *builder) check() []params.Problem {
	var problems []params.Problem
	report := func(at, format string, args ...any) {
		problems = append(problems, params.Problem{Path: at, Message: fmt.Sprintf(format, args...)})
	}
	tables := table.Stage()
	b.checkFiles(report)
	if len(problems) > 0 {
		return problems // two nodes of one name, or what would be written to one place
	}
	parts := []map[string][]measures.TidyRow{b.tidy(numbers[0], fewEpochs), b.tidy(numbers[1], fewEpochs)}
	for _, n := range b.nodes {
		at := b.places[n]
		switch p := n.Params.(type) {
		case figure.Params:
			if key, err := figure.Try(p); err != nil {
				if key != "" {
					at += "." + key
				}
				report(at, "%v", err)
			}
		case units.Params:
			if err := units.Try(p); err != nil {
				report(at, "%v", err)
			}
		case finding.TableParams:
			if err := finding.TryTable(p); err != nil {
				report(at, "%v", err)
			}
		case finding.Params:
			for _, part := range parts {
				if err := finding.Try(p, part); err != nil {
					report(at, "finding %s: %v", p.ID, err)
					break
				}
			}
		default:
			if n.Stage.Name != tables.Name {
				continue
			}
			if experiments, ok := table.ByRun(p); ok {
				if err := table.TryRuns(p, b.wide(experiments)); err != nil {
					report(at, "%v", err)
				}
				continue
			}
			experiment, epoch := tabled(p)
			for _, made := range numbers {
				summaries := b.summaries(experiment, made, epoch-1, epoch+1)
				if err := table.Try(p, summaries); err != nil {
					report(at, "%v", err)
					break
				}
			}
		}
	}
	return problems
}

// checkFiles holds the names of nodes and of published files to what can be
// told apart and written.
func (b *builder) checkFiles(report func(at, format string, args ...any)) {
	names, files := map[string]bool{}, map[string]string{}
	for _, n := range b.nodes {
		at := b.places[n]
		if strings.HasSuffix(at, "]") { // of a figure or table
			at += ".id"
		}
		if names[n.Name] {
			report(at, "makes %s for the second time; choose other names", n.Name)
		}
		names[n.Name] = true
		for _, file := range n.Publish {
			if base := path.Base(file); len(base) > maxFileName {
				report(at, "makes the file %s, whose name has %d bytes, %d more than file systems take; choose a shorter one", file, len(base), len(base)-maxFileName)
			}
			key := strings.ToLower(file) // some file systems know no capitals
			if other, taken := files[key]; taken {
				report(at, "writes the file %s, as %s does; choose another id", file, other)
			}
			files[key] = n.Name
		}
	}
}

// tabled is the experiment and the epoch that a table is of; a table of the
// parameters alone has none.
func tabled(p any) (experiment string, epoch int) {
	switch p := p.(type) {
	case table.FinalParams:
		return p.Experiment, p.Epoch
	case table.SearchParams:
		return p.Experiment, p.Epoch
	case table.PrintedParams:
		return p.Experiment, p.Epoch
	}
	return "", 0
}

// made is a made-up number: what a run has of a metric at an epoch.
type made func(u params.Use, layer, metric string, epoch int) float64

// numbers are kinds of made-up numbers: plain ones, ones that no run has, and
// one number everywhere.
var numbers = []made{
	func(u params.Use, layer, metric string, epoch int) float64 {
		return math.Mod(0.618*float64(epoch+len(layer)+len(metric)+len(u.Condition)+3*len(u.Optimizer))+0.1*float64(u.Seed), 1)
	},
	func(params.Use, string, string, int) float64 { return math.NaN() },
	func(params.Use, string, string, int) float64 { return 0.5 },
}

// wide is what runs of experiments would have of made-up numbers.
func (b *builder) wide(experiments []string) map[string][]measures.WideRow {
	parts := map[string][]measures.WideRow{}
	for _, u := range b.uses {
		if !slices.Contains(experiments, u.Experiment) {
			continue
		}
		for _, r := range tidyRows(u, numbers[0], 1) {
			parts[u.Experiment] = append(parts[u.Experiment], measures.WideRow{TidyRow: r, Further: make([]measures.Number, len(measures.Further))})
		}
	}
	return parts
}

// layersOf lists the layers that a run's metrics have rows for.
func layersOf(u params.Use) []string {
	list := []string{measures.AllLayers}
	if n := len(u.Run.Config.Network.Hidden); n > 1 {
		for i := range n {
			list = append(list, strconv.Itoa(i+1))
		}
	}
	return list
}

// summaries are those that an experiment would have of made-up numbers, at the
// epochs from one to another.
func (b *builder) summaries(experiment string, number made, from, to int) []measures.Summary {
	type cell struct{ condition, optimizer string }
	runs := map[cell][]params.Use{}
	for _, u := range b.uses {
		if c := (cell{u.Condition, u.Optimizer}); u.Experiment == experiment {
			runs[c] = append(runs[c], u)
		}
	}
	var list []measures.Summary
	for _, first := range b.distinct(experiment) {
		for epoch := max(1, from); epoch <= min(to, first.Run.Config.Epochs); epoch++ {
			for _, layer := range layersOf(first) {
				for _, metric := range params.MetricNames {
					list = append(list, summarize(runs[cell{first.Condition, first.Optimizer}], layer, metric, epoch, number))
				}
			}
		}
	}
	return list
}

// summarize is a summary of made-up numbers. Its errors are as made up as they
// are: tables only show them.
func summarize(runs []params.Use, layer, metric string, epoch int, number made) measures.Summary {
	s := measures.Summary{
		Condition: runs[0].Condition, Optimizer: runs[0].Optimizer, Layer: layer, Metric: metric, Epoch: epoch, Expected: len(runs),
		SD: math.NaN(), SE: math.NaN(), SEPopulation: math.NaN(), CILow: math.NaN(), CIHigh: math.NaN(),
	}
	var gone []string
	sum := 0.0
	for _, u := range runs {
		if v := number(u, layer, metric, epoch); math.IsNaN(v) || math.IsInf(v, 0) {
			gone = append(gone, fmt.Sprintf("seed %d", u.Seed))
		} else {
			s.N++
			sum += v
		}
	}
	s.NonFinite, s.Mean = strings.Join(gone, ";"), sum/float64(s.N)
	if s.N > 1 {
		s.SD, s.SE, s.SEPopulation, s.CILow, s.CIHigh = 0.02, 0.01, 0.008, s.Mean-0.04, s.Mean+0.04
	}
	return s
}

// fewEpochs are enough to see that a claim finds its runs. How many there are
// decides what a claim has to go by, and nothing else.
const fewEpochs = 4

// tidy are the parts of the tidy table that claims would read of made-up
// numbers, by experiment, of so many epochs at most.
func (b *builder) tidy(number made, epochs int) map[string][]measures.TidyRow {
	claimed := map[string]bool{}
	for _, n := range b.nodes {
		if _, ok := n.Params.(finding.Params); ok {
			for _, in := range n.Inputs {
				claimed[in.Name] = true
			}
		}
	}
	parts := map[string][]measures.TidyRow{}
	for _, u := range b.uses {
		if claimed[u.Experiment] {
			parts[u.Experiment] = append(parts[u.Experiment], tidyRows(u, number, epochs)...)
		}
	}
	return parts
}

// tidyRows are those of a use.
func tidyRows(u params.Use, number made, epochs int) []measures.TidyRow {
	var rows []measures.TidyRow
	for epoch := 1; epoch <= min(epochs, u.Run.Config.Epochs); epoch++ {
		for _, layer := range layersOf(u) {
			of := func(metric string) measures.Number { return measures.Recorded(number(u, layer, metric, epoch)) }
			r := measures.TidyRow{
				Experiment: u.Experiment, Condition: u.Tidy, Optimizer: u.Optimizer, Seed: u.Seed, Layer: layer, Epoch: epoch,
				Accuracy: of("accuracy"), Sparsity: of("sparsity"), SelectivityAvg: of("selectivity"), SelectivityStd: of("selectivity_std"), Split: u.Split(),
			}
			if math.IsNaN(r.Accuracy.Value) {
				r.Accuracy = measures.Number{} // a run that failed has none
			}
			if u.Column != "" {
				value, _ := strconv.ParseFloat(u.Value, 64) // written by params
				r.ParamName, r.ParamValue = u.Column, measures.Recorded(value)
			}
			rows = append(rows, r)
		}
	}
	return rows
}
