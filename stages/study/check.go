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
	"sparsel/stages/quantity"
	"sparsel/stages/runvalues"
	"sparsel/stages/table"
	"sparsel/stages/units"
)

// Everything that a parameter file asks for is made once from made-up numbers
// before anything runs, with the code that makes it from the real ones. What
// can't be made is refused with its line and column, so that a run of hours
// does not end with an error that could have been found before.

// maxFileName is the largest length of a published file's name. File systems
// allow 255 bytes, and while a file is being written its name is up to 55 bytes
// longer.
const maxFileName = 200

// check makes every figure, table and finding from made-up numbers.
func (b *builder) check() []params.Problem {
	var problems []params.Problem
	report := func(at, format string, args ...any) {
		problems = append(problems, params.Problem{Path: at, Message: fmt.Sprintf(format, args...)})
	}
	tables := table.Stage()
	b.checkFiles(report)
	if len(problems) > 0 {
		return problems // two nodes have the same name, or would be written to the same place
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
				for _, made := range numbers {
					if err := table.TryRuns(p, b.runValues(experiments, made)); err != nil {
						report(at, "%v", err)
						break
					}
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

// checkFiles checks that the names of nodes and of published files are distinct
// and can be written.
func (b *builder) checkFiles(report func(at, format string, args ...any)) {
	names, files := map[string]bool{}, map[string]string{}
	for _, n := range b.nodes {
		at := b.places[n]
		if strings.HasSuffix(at, "]") { // belongs to a figure or table
			at += ".id"
		}
		if names[n.Name] {
			report(at, "makes %s for the second time; choose other names", n.Name)
		}
		names[n.Name] = true
		for _, file := range n.Publish {
			if base := path.Base(file); len(base) > maxFileName {
				report(at, "makes the file %s, whose name has %d bytes, %d more than file systems take; choose a shorter one",
					file, len(base), len(base)-maxFileName)
			}
			key := strings.ToLower(file) // some file systems ignore case
			if other, taken := files[key]; taken {
				report(at, "writes the file %s, as %s does; choose another id", file, other)
			}
			files[key] = n.Name
		}
	}
}

// tabled returns the experiment and the epoch that a table shows. A table made
// from the parameters alone has neither.
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

// made returns a made-up number: a run's value of a metric at an epoch.
type made func(u params.Use, layer, metric string, epoch int) float64

// numbers lists kinds of made-up numbers: ordinary ones, numbers that no run
// has, and the same number everywhere.
var numbers = []made{
	func(u params.Use, layer, metric string, epoch int) float64 {
		return math.Mod(0.618*float64(epoch+len(layer)+len(metric)+len(u.Condition)+3*len(u.Optimizer))+0.1*float64(u.Seed), 1)
	},
	func(params.Use, string, string, int) float64 { return math.NaN() },
	func(params.Use, string, string, int) float64 { return 0.5 },
}

// runValues returns the values that the runs of experiments would have with
// made-up numbers. It has one seed of each experiment, because the time for
// Kendall's tau grows with the seeds, and more of them would show nothing else.
func (b *builder) runValues(experiments []string, number made) map[string][]runvalues.Run {
	parts, seeds := map[string][]runvalues.Run{}, map[string]uint32{}
	for _, u := range b.uses {
		if !slices.Contains(experiments, u.Experiment) {
			continue
		}
		if seed, known := seeds[u.Experiment]; known && seed != u.Seed {
			continue
		}
		seeds[u.Experiment] = u.Seed
		epoch := u.Run.Config.Epochs
		of := func(m quantity.Metric) float64 { return number(u, measures.AllLayers, m.Name, epoch) }
		parts[u.Experiment] = append(parts[u.Experiment], runvalues.Run{
			Condition: u.Condition, Optimizer: u.Optimizer, Seed: u.Seed, Epoch: epoch, Values: runvalues.Of(of),
		})
	}
	return parts
}

// layersOf lists the layers that have rows in a run's metrics.
func layersOf(u params.Use) []string {
	list := []string{measures.AllLayers}
	if n := len(u.Run.Config.Network.Hidden); n > 1 {
		for i := range n {
			list = append(list, strconv.Itoa(i+1))
		}
	}
	return list
}

// summaries returns the summaries that an experiment would have with made-up
// numbers, for the epochs from one to another.
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

// summarize returns a summary of made-up numbers. Its errors are made up too,
// because tables only print them.
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

// fewEpochs is the number of epochs that is enough to check that a claim finds
// its runs. More would only give the claim more data.
const fewEpochs = 4

// tidy returns, by experiment, the parts of the tidy table that claims would
// read with made-up numbers. They have at most the given number of epochs.
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

// tidyRows returns the rows of a use.
func tidyRows(u params.Use, number made, epochs int) []measures.TidyRow {
	var rows []measures.TidyRow
	for epoch := 1; epoch <= min(epochs, u.Run.Config.Epochs); epoch++ {
		for _, layer := range layersOf(u) {
			of := func(metric string) measures.Number { return measures.Recorded(number(u, layer, metric, epoch)) }
			r := measures.TidyRow{
				Experiment: u.Experiment, Condition: u.Tidy, Optimizer: u.Optimizer, Seed: u.Seed, Layer: layer, Epoch: epoch,
				Accuracy: of("accuracy"), Sparsity: of("sparsity"), SelectivityAvg: of("selectivity"), SelectivityStd: of("selectivity_std"),
				Split: u.Split(),
			}
			if math.IsNaN(r.Accuracy.Value) {
				r.Accuracy = measures.Number{} // a run that failed has none
			}
			if u.Column != "" {
				value, _ := strconv.ParseFloat(u.Value, 64) // params wrote it
				r.ParamName, r.ParamValue = u.Column, measures.Recorded(value)
			}
			rows = append(rows, r)
		}
	}
	return rows
}
