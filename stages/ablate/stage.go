// Package ablate is the stage that removes the units of one measured layer from
// their network, using the weights of the network's output layer. It writes a
// table, a figure and the impact of each unit.
package ablate

import (
	"context"
	"fmt"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts"
	"sparsel/pipeline"
	"sparsel/stages/measured"
	"sparsel/trainer/kernel"
)

// Kind is the name of the stage.
const Kind = "ablate"

// The outputs are Table and Picture, in each of their formats, and the
// following files.
const (
	Table   = "ablation"
	Picture = "removal"
	Units   = "impact.parquet"
)

// Layers is the input that holds the measured layers of the file.
const Layers = measured.Layers

// Params are the parameters that the result depends on, besides the layers.
type Params struct {
	Content string // SHA-256 of the activations
	Weights string // SHA-256 of the output layer
	Layer   string // name of the layer; with Last, the last layer in the file
	Last    bool
	Orders  int // number of random orders, and of orders for each matched set
}

// Stage returns the stage.
func Stage(activations, weights measured.Finder) *pipeline.Stage {
	s := &pipeline.Stage{Name: Kind, Package: "sparsel/stages/ablate", Contract: kernel.Contract, Outputs: []string{Units, Table + ".parquet"}}
	for _, format := range tabulate.Formats {
		s.Outputs = append(s.Outputs, Table+"."+format)
	}
	for _, format := range chart.Formats {
		s.Outputs = append(s.Outputs, Picture+"."+format)
	}
	s.Run = func(ctx context.Context, job *pipeline.Job) error {
		p := job.Node().Params.(Params)
		path, unchanged, err := activations(p.Content)
		if err != nil {
			return err
		}
		behind, same, err := weights(p.Weights)
		if err != nil {
			return err
		}
		archive, _ := job.Input(Layers)
		layers, err := measured.Read(archive, "")
		if err != nil {
			return err
		}
		r, err := ablate(ctx, p, path, behind, layers, func(done, all int64) { job.Progress(float64(done), float64(all), "rows") })
		if err != nil {
			return fmt.Errorf("ablate: %w", err)
		}
		for _, check := range []func() error{unchanged, same} {
			if err := check(); err != nil {
				return err
			}
		}
		return r.write(job.Output)
	}
	return s
}

func (r *result) write(path func(name string) string) error {
	t := r.table()
	if err := tabulate.WriteFiles(t, func(format string) string { return path(Table + "." + format) }); err != nil {
		return err
	}
	if err := chart.WriteFiles(r.figure(), chart.DefaultStyle(), func(format string) string {
		return path(Picture + "." + format)
	}); err != nil {
		return err
	}
	if err := r.archive(path(Table + ".parquet")); err != nil {
		return err
	}
	return r.impacts(path(Units))
}

var unitsFormat = artifacts.Format{Name: "ablated-units", Version: 1, Columns: []artifacts.Column{
	{Name: "unit", Kind: artifacts.Int64}, {Name: "selectivity", Kind: artifacts.Float64}, {Name: "mean", Kind: artifacts.Float64},
	{Name: "accuracy_without", Kind: artifacts.Float64}, {Name: "impact", Kind: artifacts.Float64},
}}

// impacts writes a row for each unit.
func (r *result) impacts(path string) error {
	var units []int64
	var selectivity, mean []float64
	for j, u := range r.layer.Units {
		units, selectivity, mean = append(units, int64(j)), append(selectivity, u.Selectivity), append(mean, u.Mean)
	}
	w, err := artifacts.Create(path, unitsFormat, nil)
	if err != nil {
		return err
	}
	w.Write(units, selectivity, mean, r.without, r.impact) // Close returns the error
	return w.Close()
}

var curvesFormat = artifacts.Format{Name: "ablation-curves", Version: 1, Columns: []artifacts.Column{
	{Name: "order", Kind: artifacts.String}, {Name: "number", Kind: artifacts.Int64}, {Name: "area", Kind: artifacts.Float64},
	{Name: "units", Kind: artifacts.Int64s}, {Name: "accuracy", Kind: artifacts.Float64s},
}}

// archive writes a row for each order: the units in the order of their removal,
// and the accuracy with none of them removed, with one removed, and so on.
func (r *result) archive(path string) error {
	w, err := artifacts.Create(path, curvesFormat, nil)
	if err != nil {
		return err
	}
	for _, s := range r.sets {
		for i, c := range s.curves {
			order := artifacts.List[int64]{Lengths: []int32{int32(len(c.order))}}
			for _, unit := range c.order {
				order.Values = append(order.Values, int64(unit))
			}
			w.Write([]string{s.name}, []int64{int64(i)}, []float64{c.area}, order, // Close returns the error
				artifacts.List[float64]{Lengths: []int32{int32(len(c.accuracy))}, Values: c.accuracy})
		}
	}
	return w.Close()
}
