package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed page
var page embed.FS

// asset returns a file of the page, embedded in the program.
func asset(name string) string {
	text, err := page.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the file was not embedded
	}
	return strings.TrimSpace(string(text))
}

var pageTemplate = template.Must(template.New("report.html").Funcs(template.FuncMap{
	"anchor": anchor, "number": number, "short": short, "duration": duration, "size": size, "columns": columns,
	"interval": interval, "key": intervalKey, "claimed": claimed,
	"moment":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"absence": absence, "onItem": onItem, "stopped": stopped, "listed": listed[string], "seeds": listed[uint32], "pair": pair,
	"concluded": concluded,
}).ParseFS(page, "page/*.html"))

// Render returns the page and its id: the SHA-256 of the page without Local and
// without the id itself. Two machines that show the same study (parameters,
// code, results, and what is missing) have pages with the same id.
func Render(r Report) (html []byte, id string, err error) {
	v := newView(r)
	same, err := v.render()
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(same)
	v.ID, v.Local = hex.EncodeToString(sum[:]), &r.Local
	html, err = v.render()
	return html, v.ID, err
}

// view is what the template shows.
type view struct {
	Report
	ID     string
	Local  *Local // nil for the part that is the same on all machines; hides Report.Local
	Style  template.CSS
	Script template.JS
	Policy string // what the browser may load: nothing that is not in the file

	Verdicts []verdictCount // for the findings on this page
	Layers   []answers
	Compared []*comparison
	Findings []group[Finding]
	Figures  []group[figureView]
	Tables   []Table
	Missing  []missing
}

type verdictCount struct {
	Verdict string
	Count   int
}

type figureView struct {
	Figure
	Picture template.HTML
}

// missing counts the items of one kind that are not current.
type missing struct {
	Kind       string
	Count, All int
}

func newView(r Report) *view {
	v := &view{Report: r, Style: template.CSS(asset("report.css")), Script: template.JS(asset("report.js"))}
	// Nothing may be loaded, sent or framed. Style attributes, of which the
	// figures have thousands, are allowed, because they cannot load anything
	// under this policy. The empty icon keeps browsers from requesting one.
	v.Policy = "default-src 'none'; img-src data:; style-src-elem " + hashed(string(v.Style)) +
		"; style-src-attr 'unsafe-inline'; script-src-elem " +
		hashed(string(v.Script)) + "; script-src-attr 'none'; base-uri 'none'; form-action 'none'"

	v.Findings = grouped(r.Findings, func(f Finding) (string, string) { return section(f.Result.Source), f.ID })
	v.Verdicts = counts(r.Findings)
	v.layered()
	var figures []figureView
	for _, f := range r.Figures {
		// ReadFigure has checked that the SVG neither runs nor fetches
		// anything.
		figures = append(figures, figureView{f, template.HTML(f.SVG)})
	}
	v.Figures = grouped(figures, func(f figureView) (string, string) { return chapter(f.ID), f.ID })
	v.Tables = slices.Clone(r.Tables)
	slices.SortFunc(v.Tables, func(a, b Table) int { return natural(a.ID, b.ID) })
	for _, m := range []missing{
		count("finding", r.Findings, func(f Finding) bool { return f.Current }),
		count("figure", r.Figures, func(f Figure) bool { return f.Current }),
		count("table", r.Tables, func(t Table) bool { return t.Current }),
	} {
		if m.Count > 0 {
			v.Missing = append(v.Missing, m)
		}
	}
	return v
}

// hashed names the content of an element for a Content-Security-Policy.
func hashed(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func count[T any](kind string, list []T, current func(T) bool) missing {
	m := missing{Kind: kind, All: len(list)}
	for _, item := range list {
		if !current(item) {
			m.Count++
		}
	}
	return m
}

func (v *view) render() ([]byte, error) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("render report: %w", err)
	}
	return b.Bytes(), nil
}

// stopped adds a full stop to a text that has no stop at its end.
func stopped(text string) string {
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// onItem passes a template the page and one of its items.
func onItem(page *view, item any) any {
	return struct {
		Page *view
		Item any
	}{page, item}
}

// absence says why an item is missing, as far as that is known.
func absence(l *Local, kind, id string) Absence {
	if l == nil {
		return Absence{}
	}
	return l.Absent[kind+"/"+id]
}

// A link is a piece of text, with the file that it leads to if that is beside
// the page.
type link struct{ Text, Path, To string }

// Linked writes the names of files as a shell would if they differ only in
// their extensions: fig-5.1.{png,svg}. Each leads to its file.
func (v *view) Linked(files []File) []link {
	to := func(f File) string {
		if v.Local == nil {
			return ""
		}
		return v.Local.Links[f.Path]
	}
	stem := strings.TrimSuffix(files[0].Path, path.Ext(files[0].Path))
	for _, f := range files {
		if strings.TrimSuffix(f.Path, path.Ext(f.Path)) != stem {
			stem = ""
		}
	}
	var list []link
	add := func(text string) { list = append(list, link{Text: text}) }
	whole := stem == "" || len(files) == 1
	if !whole {
		add(stem + ".{")
	}
	for i, f := range files {
		text, between := f.Path, ", "
		if !whole {
			text, between = strings.TrimPrefix(path.Ext(f.Path), "."), ","
		}
		if i > 0 {
			add(between)
		}
		list = append(list, link{text, f.Path, to(f)})
	}
	if !whole {
		add("}")
	}
	return list
}

// number formats a number with four significant digits, so that an effect of
// 3·10⁻⁷ does not appear as 0. Zero has no sign.
func number(v *float64) string {
	switch {
	case v == nil || math.IsNaN(*v):
		return "–"
	case *v == 0:
		return "0"
	}
	return strings.ReplaceAll(strconv.FormatFloat(*v, 'g', 4, 64), "-", "−")
}

// short returns enough of an id to tell it from others at a glance.
func short(id string) string { return id[:min(12, len(id))] }

func duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < 10*time.Second:
		return fmt.Sprintf("%.2g s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// longCell is the number of characters above which a cell is broken into lines.
// It is longer than any number with its error.
const longCell = 32

// columns returns the class of each column of a table: "n" if it has only
// numbers, which are aligned right, and "long" if it has sentences, which need
// several lines.
func columns(t Table) []string {
	classes := make([]string, len(t.Text.Header))
	for c := range classes {
		numbers, words, long := false, false, false
		for _, row := range t.Text.Rows {
			cell := strings.TrimSpace(row[c])
			long = long || utf8.RuneCountInString(cell) > longCell
			switch {
			case cell == "" || cell == "–" || cell == "-" || cell == "NaN":
			case strings.ContainsAny(cell[:1], "0123456789+-.") || strings.HasPrefix(cell, "−"):
				numbers = true
			default:
				words = true
			}
		}
		switch {
		case long:
			classes[c] = "long"
		case numbers && !words:
			classes[c] = "n"
		}
	}
	return classes
}

// Shows reports whether the page has a place for the figure that a finding is
// about. In a study of one's own, another figure may have the same id.
func (v *view) Shows(f Finding) bool {
	return slices.ContainsFunc(v.Report.Figures, func(g Figure) bool { return f.about(g) })
}

// about reports whether a finding is about a figure: it names the figure, and
// the figure shows one of its experiments.
func (f Finding) about(g Figure) bool {
	return f.Result.Figure == g.ID && slices.ContainsFunc(f.Experiments, func(name string) bool { return slices.Contains(g.Experiments, name) })
}

// HasTable reports whether the page has a place for the table with that id.
func (v *view) HasTable(id string) bool {
	return slices.ContainsFunc(v.Tables, func(t Table) bool { return t.ID == id })
}

// About lists the findings that belong to a figure.
func (v *view) About(figure figureView) []Finding {
	var list []Finding
	for _, g := range v.Findings {
		for _, f := range g.Items {
			if f.Current && f.about(figure.Figure) {
				list = append(list, f)
			}
		}
	}
	return list
}

// Answers lists the findings that answer the question that is a figure's title.
func (v *view) Answers(f figureView) []Finding {
	if !strings.HasSuffix(f.Title, "?") {
		return nil
	}
	var list []Finding
	for _, g := range v.Findings {
		for _, finding := range g.Items {
			if finding.about(f.Figure) {
				list = append(list, finding)
			}
		}
	}
	return list
}

// Answered reports whether a finding answers the question of a figure.
func (v *view) Answered() bool {
	return slices.ContainsFunc(v.Report.Figures, func(f Figure) bool { return len(v.Answers(figureView{Figure: f})) > 0 })
}

// Files lists every published file, in order of their paths.
func (v *view) Files() []File {
	var list []File
	for _, i := range v.Report.Figures {
		list = append(list, i.Files...)
	}
	for _, i := range v.Report.Tables {
		list = append(list, i.Files...)
	}
	for _, i := range v.Report.Findings {
		list = append(list, i.Files...)
	}
	slices.SortFunc(list, func(a, b File) int { return natural(a.Path, b.Path) })
	return list
}

// Unmeasured reports whether the journal lacks the time of any current result.
func (l *Local) Unmeasured() bool {
	return slices.ContainsFunc(l.Stages, func(s StageTime) bool { return s.Measured < s.Current })
}
