// Package aggregate is the pipeline's aggregate stage. From the metrics of an
// experiment's runs it computes their mean, spread and interval over the seeds,
// and the experiment's part of the tidy table.
package aggregate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/stages/quantity"
	"sparsel/stages/runvalues"
)

// Outputs of the stage.
const (
	Summaries = "summaries.parquet"
	Further   = "further.parquet" // the summaries of the further metrics; see quantity.Metric
	Tidy      = "tidy.csv"
	Wide      = "wide.csv" // the tidy table with the metrics that the author's records lack
	Runs      = "runs.csv" // every metric of each run after its last epoch; see package runvalues
)

// Params lists the runs of the experiment.
type Params struct {
	Experiment string
	Uses       []Use
}

// Use is one run of an experiment. Its input is called Input. If the input is
// absent, the run failed.
type Use struct {
	Condition, Optimizer string
	Seed                 uint32
	Column, Value        string // of the parameter that varies; empty if none does
	Tidy, Split          string // the condition's name in the tidy table, and the measured images: "test" or "train"
	Epochs, Layers       int
}

// Input returns the name of the use's input.
func (u Use) Input() string { return u.Condition + "/" + u.Optimizer + "/" + u.run() }

// run returns the name of the run within its group.
func (u Use) run() string { return fmt.Sprintf("seed %d", u.Seed) }

// layers lists the layers that have rows in the run's metrics.
func (u Use) layers() []string {
	list := []string{measures.AllLayers}
	if u.Layers > 1 {
		for i := range u.Layers {
			list = append(list, strconv.Itoa(i+1))
		}
	}
	return list
}

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "aggregate"

// Stage returns the aggregate stage.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/aggregate",
		Outputs: []string{Summaries, Further, Tidy, Wide, Runs},
		Run:     run,
	}
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	var values, further []summary.Value
	last := p.last()
	var tidy []measures.TidyRow
	var wide []measures.WideRow
	var runs []runvalues.Run
	cohorts := map[condition]cohort{}
	for _, u := range p.Uses {
		path, ok := job.Input(u.Input())
		if !ok { // the summary names it as missing, and its rows in the table have no numbers
			for _, r := range u.absent() {
				t, err := u.tidy(p.Experiment, r)
				if err != nil {
					return fmt.Errorf("%s: %w", u.Input(), err)
				}
				none := measures.Number{}
				t.Accuracy, t.Sparsity, t.SelectivityAvg, t.SelectivityStd = none, none, none, none
				tidy = append(tidy, t)
				wide = append(wide, measures.WideRow{TidyRow: t, Further: make([]measures.Number, len(measures.Further))})
			}
			runs = append(runs, u.final(nil))
			continue
		}
		meta, rows, err := measures.ReadRun(path)
		if err != nil {
			return fmt.Errorf("%s: %w", u.Input(), err)
		}
		if err := admit(cohorts, u, meta["run"]); err != nil {
			return fmt.Errorf("%s: %w", u.Input(), err)
		}
		if err := u.check(rows); err != nil {
			return fmt.Errorf("%s: %w", u.Input(), err)
		}
		for _, r := range rows {
			values = append(values, u.values(r, false)...)
			if r.Epoch == last {
				further = append(further, u.values(r, true)...)
			}
			t, err := u.tidy(p.Experiment, r)
			if err != nil {
				return fmt.Errorf("%s: %w", u.Input(), err)
			}
			tidy = append(tidy, t)
			wide = append(wide, measures.WideRow{TidyRow: t, Further: measures.FurtherOf(r)})
		}
		runs = append(runs, u.final(rows))
	}
	for _, output := range []struct {
		name   string
		design summary.Design
		values []summary.Value
	}{{Summaries, design(p.Uses), values}, {Further, furtherDesign(p.Uses, last), further}} {
		groups, err := summary.Summarize(output.design, output.values)
		if err != nil {
			return err
		}
		meta := measures.Meta{"experiment": p.Experiment}
		if err := measures.WriteSummaries(job.Output(output.name), meta, rowsOf(groups)); err != nil {
			return err
		}
	}
	if err := runvalues.WriteFile(job.Output(Runs), runs); err != nil {
		return err
	}
	if err := writeTable(job.Output(Tidy), tidy, measures.WriteTidyCSV); err != nil {
		return err
	}
	return writeTable(job.Output(Wide), wide, measures.WriteWideCSV)
}

// check returns an error if the metrics are not those of the run that the use
// means, because they have other epochs or layers.
func (u Use) check(rows []measures.Row) error {
	if want := u.Epochs * len(u.layers()); len(rows) != want {
		return fmt.Errorf("has %d rows of metrics, want %d (%d epochs, layers %s)", len(rows), want, u.Epochs, strings.Join(u.layers(), ", "))
	}
	return nil
}

// absent returns the rows that a failed run would have had, without numbers.
func (u Use) absent() []measures.Row {
	var rows []measures.Row
	for epoch := range u.Epochs {
		for _, layer := range u.layers() {
			rows = append(rows, measures.Row{Epoch: epoch + 1, Layer: layer})
		}
	}
	return rows
}

// final returns a run's values after its last epoch. Without rows the run
// failed. It has the condition's own name, because the tidy table's may be the
// same for several conditions.
func (u Use) final(rows []measures.Row) runvalues.Run {
	run := runvalues.Run{Condition: u.Condition, Optimizer: u.Optimizer, Seed: u.Seed, Epoch: u.Epochs, Failed: rows == nil}
	run.Values = runvalues.Of(func(m quantity.Metric) float64 {
		for _, r := range rows {
			if r.Epoch == u.Epochs && r.Layer == measures.AllLayers {
				return m.Value(r)
			}
		}
		return math.NaN()
	})
	return run
}

// values returns a run's metrics in one of its rows: the study's own, or the
// further ones.
func (u Use) values(r measures.Row, further bool) []summary.Value {
	var list []summary.Value
	for _, m := range quantity.All() {
		if m.Further == further {
			key := summary.Key{Condition: u.Condition, Optimizer: u.Optimizer, Layer: r.Layer, Metric: m.Name, Epoch: r.Epoch}
			list = append(list, summary.Value{Key: key, Run: u.run(), Value: m.Value(r)})
		}
	}
	return list
}

// last returns the last epoch that all runs have.
func (p Params) last() int {
	last := 0
	for _, u := range p.Uses {
		if last == 0 || u.Epochs < last {
			last = u.Epochs
		}
	}
	return last
}

// design says which values there should be. It looks at the uses alone, so that
// a failed run is noticed.
func design(uses []Use) summary.Design { return designOf(uses, false) }

// furtherDesign is the design of the further metrics after one epoch.
func furtherDesign(uses []Use, epoch int) summary.Design {
	d := designOf(uses, true)
	for i := range d {
		d[i].Epochs = []int{epoch}
	}
	return d
}

func designOf(uses []Use, further bool) summary.Design {
	type cell struct {
		condition, optimizer string
		epochs, layers       int
	}
	var order []cell
	seeds := map[cell][]string{}
	for _, u := range uses {
		c := cell{u.Condition, u.Optimizer, u.Epochs, u.Layers}
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
		seeds[c] = append(seeds[c], u.run())
	}
	var names, shares []string
	for _, m := range quantity.All() {
		if m.Further != further {
			continue
		}
		if names = append(names, m.Name); m.Low == 0 && m.High == 1 && !strings.HasSuffix(m.Name, "_std") {
			shares = append(shares, m.Name) // in [0, 1]: the interval is taken on the logit
		}
	}
	var d summary.Design
	for _, c := range order {
		var epochs []int
		for e := range c.epochs {
			epochs = append(epochs, e+1)
		}
		d = append(d, summary.Cell{
			Condition: c.condition, Optimizer: c.optimizer, Runs: seeds[c],
			Layers: Use{Layers: c.layers}.layers(), Metrics: names, Epochs: epochs, Shares: shares,
		})
	}
	return d
}

func rowsOf(groups []summary.Group) []measures.Summary {
	rows := make([]measures.Summary, len(groups))
	for i, g := range groups {
		rows[i] = measures.Summary{
			Condition: g.Condition, Optimizer: g.Optimizer, Layer: g.Layer, Metric: g.Metric, Epoch: g.Epoch,
			N: g.N, Expected: g.Expected, Mean: g.Mean,
			SD: g.SD, SDPopulation: g.SDPopulation, SE: g.SE, SEPopulation: g.SEPopulation, CILow: g.CILow, CIHigh: g.CIHigh,
			Missing: strings.Join(g.Missing, ";"), NonFinite: strings.Join(g.NonFinite, ";"),
		}
	}
	return rows
}

func (u Use) tidy(experiment string, r measures.Row) (measures.TidyRow, error) {
	row := measures.TidyRow{
		Experiment: experiment, Condition: u.Tidy, Optimizer: u.Optimizer, Seed: u.Seed, Layer: r.Layer, Epoch: r.Epoch,
		Accuracy: measures.Recorded(r.Accuracy), Sparsity: measures.Recorded(r.Sparsity),
		SelectivityAvg: measures.Recorded(r.Selectivity), SelectivityStd: measures.Recorded(r.SelectivityStd),
		Split: u.Split,
	}
	if u.Column == "" {
		return row, nil
	}
	value, err := strconv.ParseFloat(u.Value, 64)
	if err != nil {
		return row, fmt.Errorf("the tidy table takes numbers only: %s is %q", u.Column, u.Value)
	}
	row.ParamName, row.ParamValue = u.Column, measures.Recorded(value)
	return row, nil
}

func writeTable[Row any](path string, rows []Row, write func(io.Writer, []Row) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f, rows), f.Close())
}
