package present

import (
	"bytes"
	"fmt"
	"html/template"
	"os"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
)

// formats lists the formats of tables besides Parquet.
var formats = []string{"csv", "md", "tex"}

// write writes all files of the layers: tables of layers and units, the
// figures, and the page that shows them together with the results of other
// stages.
func write(path func(name string) string, layers []Layer, more []Section) error {
	put := func(name string, data []byte) error { return os.WriteFile(path(name), data, 0o666) }
	page := page{Title: "Measured activations", More: more}
	for _, t := range []tabulate.Table{layerTable(layers), unitTable(layers)} {
		for _, format := range formats {
			data, err := tabulate.Render(t, format)
			if err != nil {
				return err
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
	if err := archives(path("layers.parquet"), path("units.parquet"), layers); err != nil {
		return err
	}
	for _, f := range figures(layers) {
		for _, format := range chart.Formats {
			data, err := chart.Render(f, chart.DefaultStyle(), format)
			if err != nil {
				return err
			}
			if err := put(f.ID+"."+format, data); err != nil {
				return err
			}
			if format == "svg" {
				page.Figures = append(page.Figures, picture{f.ID, f.Caption, inline(data)})
			}
		}
	}
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, page); err != nil {
		return err
	}
	return put(Page, text.Bytes())
}

// inline returns an SVG for embedding in a page, which is the part after the
// XML declaration.
func inline(svg []byte) template.HTML {
	return template.HTML(svg[max(0, bytes.Index(svg, []byte("<svg"))):])
}

// Section is the result of another stage: a table, and a figure in a folder
// beside the page.
type Section struct {
	Folder, Picture string
	SVG             template.HTML
	Table           tabulate.Table
}

// mostShown is the largest number of units on the page.
const mostShown = 1000

type page struct {
	Title   string
	Tables  []tabulate.Table
	Figures []picture
	More    []Section
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
{{with index .Tables 0}}{{template "table" .}}{{template "links" .ID}}{{end}}
{{range .More}}{{template "table" .Table}}
<p>{{$at := print .Folder "/" .Table.ID}}<a href="{{$at}}.csv">CSV</a> <a href="{{$at}}.md">Markdown</a> ` +
	`<a href="{{$at}}.tex">LaTeX</a> <a href="{{$at}}.parquet">Parquet</a></p>
{{.SVG}}
<p>{{$at := print .Folder "/" .Picture}}<a href="{{$at}}.png">PNG</a> <a href="{{$at}}.svg">SVG</a> ` +
	`<a href="{{$at}}.pdf">PDF</a> <a href="{{$at}}.csv">CSV</a></p>
{{end}}{{range .Figures}}<h2 id="{{.ID}}">{{.Caption}}</h2>
{{.SVG}}
<p><a href="{{.ID}}.png">PNG</a> <a href="{{.ID}}.svg">SVG</a> <a href="{{.ID}}.pdf">PDF</a> <a href="{{.ID}}.csv">CSV</a></p>
{{end}}
{{with index .Tables 1}}{{template "table" .}}{{template "links" .ID}}{{end}}
</html>
{{define "table"}}<h2>{{.Title}}</h2>
<table><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{range .Notes}}<p>{{.}}</p>
{{end}}{{end}}
{{define "links"}}<p><a href="{{.}}.csv">CSV</a> <a href="{{.}}.md">Markdown</a> ` +
	`<a href="{{.}}.tex">LaTeX</a> <a href="{{.}}.parquet">Parquet</a></p>
{{end}}`))
