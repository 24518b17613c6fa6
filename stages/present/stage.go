// Package present is the stage that shows measured layers. It writes tables and
// figures of them, and a page with these and with what other stages made from
// the same layers.
package present

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
	"sparsel/pipeline"
	"sparsel/stages/measured"
)

// Kind is the name of the stage.
const Kind = "present"

// The outputs that are neither tables nor figures. The request is what was
// asked for. With it, whoever finds the results can explain and repeat the
// work.
const (
	Page    = "index.html"
	Request = "request.json"
)

// Params are the parameters that the pages depend on, besides the layers.
type Params struct {
	Files   []string // names without folders, in order
	Others  []Other
	Request string // JSON
}

// Other is a stage that made a table and a figure of the same layers.
type Other struct{ Folder, Table, Picture string }

// The inputs of a node are the archives of each file, and for each other stage
// its table as JSON and its figure as SVG.
func LayersOf(file int) string       { return "layers " + strconv.Itoa(file) }
func MeansOf(file int) string        { return "means " + strconv.Itoa(file) }
func TableOf(folder string) string   { return folder + " table" }
func PictureOf(folder string) string { return folder + " picture" }

// Outputs lists all files that the stage makes.
func Outputs() []string {
	list := []string{Page, Request, "layers.parquet", "units.parquet"}
	for _, table := range []string{"layers", "units"} {
		for _, format := range formats {
			list = append(list, table+"."+format)
		}
	}
	for _, figure := range []string{"selectivity", "classes", "activity", "sparsity"} {
		for _, format := range chart.Formats {
			list = append(list, figure+"."+format)
		}
	}
	return list
}

// Stage returns the stage.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{Name: Kind, Package: "sparsel/stages/present", Outputs: Outputs(), Run: run}
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	layers, err := Load(p.Files, func(file int) (string, string) {
		archive, _ := job.Input(LayersOf(file))
		means, _ := job.Input(MeansOf(file))
		return archive, means
	})
	if err != nil {
		return err
	}
	var more []Section
	for _, o := range p.Others {
		s, err := section(job, o)
		if err != nil {
			return err
		}
		more = append(more, s)
	}
	if err := os.WriteFile(job.Output(Request), []byte(p.Request), 0o666); err != nil {
		return err
	}
	return write(job.Output, layers, more)
}

func section(job *pipeline.Job, o Other) (Section, error) {
	s := Section{Folder: o.Folder, Picture: o.Picture}
	path, _ := job.Input(TableOf(o.Folder))
	data, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	var t tabulate.Table
	if err := json.Unmarshal(data, &t); err != nil {
		return s, fmt.Errorf("read the table of the %s: %w", o.Folder, err)
	}
	s.Table = t
	path, _ = job.Input(PictureOf(o.Folder))
	svg, err := os.ReadFile(path)
	s.SVG = inline(svg)
	return s, err
}

// Load reads the layers of files in order. If paths returns no path for the
// means, these are left out.
func Load(files []string, paths func(file int) (layers, means string)) ([]Layer, error) {
	var list []Layer
	for i, name := range files {
		layers, err := measured.Read(paths(i))
		if err != nil {
			return nil, err
		}
		for _, l := range layers {
			list = append(list, Layer{name, l})
		}
	}
	return list, nil
}
