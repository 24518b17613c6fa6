package measure

import (
	"bytes"
	"fmt"
	"html/template"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
)

// Write makes all files of the layers in a folder: layers and units as tables, the figures, and index.html, which shows them.
func Write(dir string, layers []Layer) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	put := func(name string, data []byte) error {
		if err := renameio.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			return fmt.Errorf("measure: %w", err)
		}
		return nil
	}
	page := page{Title: "Measured activations"}
	for _, t := range []tabulate.Table{layerTable(layers), unitTable(layers)} {
		for _, format := range []string{"csv", "md", "tex"} {
			data, err := tabulate.Render(t, format)
			if err != nil {
				return fmt.Errorf("measure: %w", err)
			}
			if err := put(t.ID+"."+format, data); err != nil {
				return err
			}
		}
		page.Tables = append(page.Tables, t)
	}
	if n := len(page.Tables[1].Rows); n > mostShown {
		page.Tables[1].Rows = page.Tables[1].Rows[:mostShown]
		page.Tables[1].Notes = append(page.Tables[1].Notes, fmt.Sprintf("The first %d of %d; all are in units.csv.", mostShown, n))
	}
	if err := archives(filepath.Join(dir, "layers.parquet"), filepath.Join(dir, "units.parquet"), layers); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	for _, f := range figures(layers) {
		for _, format := range chart.Formats {
			data, err := chart.Render(f, chart.DefaultStyle(), format)
			if err != nil {
				return fmt.Errorf("measure: %w", err)
			}
			if err := put(f.ID+"."+format, data); err != nil {
				return err
			}
			if format == "svg" {
				at := max(0, bytes.Index(data, []byte("<svg"))) // behind the XML declaration
				page.Figures = append(page.Figures, picture{f.ID, f.Caption, template.HTML(data[at:])})
			}
		}
	}
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, page); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	return put("index.html", text.Bytes())
}

// mostShown bounds the units on the page.
const mostShown = 1000

type page struct {
	Title   string
	Tables  []tabulate.Table
	Figures []picture
}

type picture struct {
	ID, Caption string
	SVG         template.HTML
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Title}}</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; font-size: 13px; display: block; overflow: auto; max-height: 40em }
th, td { padding: .2em .6em; text-align: right; border-bottom: 1px solid #ddd }
svg { width: 100%; height: auto }
</style>
<h1>{{.Title}}</h1>
{{with index .Tables 0}}{{template "table" .}}{{end}}
{{range .Figures}}<h2 id="{{.ID}}">{{.Caption}}</h2>
{{.SVG}}
<p><a href="{{.ID}}.png">PNG</a> <a href="{{.ID}}.svg">SVG</a> <a href="{{.ID}}.pdf">PDF</a> <a href="{{.ID}}.csv">CSV</a></p>
{{end}}
{{with index .Tables 1}}{{template "table" .}}{{end}}
</html>
{{define "table"}}<h2>{{.Title}}</h2>
<table><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{range .Notes}}<p>{{.}}</p>
{{end}}<p><a href="{{.ID}}.csv">CSV</a> <a href="{{.ID}}.md">Markdown</a> <a href="{{.ID}}.tex">LaTeX</a> <a href="{{.ID}}.parquet">Parquet</a></p>
{{end}}`))
