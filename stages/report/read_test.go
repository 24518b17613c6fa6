package report

import (
	"strings"
	"testing"
)

func TestReadRefuses(t *testing.T) {
	item := Item{ID: "5.1", Current: true}
	finding := `{"id":"5.1","source":"5","claim":"c","verdict":"supported","figure":"","effect":1,"low":0,"high":2,"n":3,"detail":[]}`
	if _, err := ReadFinding(item, []byte(finding)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		read func() error
		want string
	}{
		"figure of another id": {func() error { _, err := ReadFigure(item, []byte(`{"id":"5.2"}`), fakeSVG("")); return err },
			"about figure 5.2"},
		"figure cut short":    {func() error { _, err := ReadFigure(item, []byte(`{"id":"5.1"`), fakeSVG("")); return err }, "read figure 5.1"},
		"unknown field":       {func() error { _, err := ReadFigure(item, []byte(`{"id":"5.1","extra":1}`), fakeSVG("")); return err }, "extra"},
		"table of another id": {func() error { _, err := ReadTable(item, []byte(`{"id":"5.2"}`)); return err }, "about table 5.2"},
		"ragged table": {func() error {
			_, err := ReadTable(item, []byte(`{"id":"5.1","header":["a","b"],"rows":[["1","2"],["1"]]}`))
			return err
		}, "row 2 has 1 cells, the header 2"},
		"unknown verdict": {func() error {
			_, err := ReadFinding(item, []byte(strings.Replace(finding, "supported", "plausible", 1)))
			return err
		}, `verdict "plausible"`},
		"finding of another id": {func() error {
			_, err := ReadFinding(item, []byte(strings.Replace(finding, "5.1", "B1", 1)))
			return err
		}, "about finding B1"},
	} {
		if err := c.read(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// T44: only shapes and text of a picture reach the page.
func TestT44InlineSVG(t *testing.T) {
	got, err := inlineSVG([]byte(`<?xml version="1.0"?><!DOCTYPE svg><svg viewBox="0 0 1 1" xmlns="x" role="img" aria-label="y">`+
		`<title>t</title>
		<g style="fill:url( '#a' )" id="a"><text x="1">A &lt; B</text><use href="#a"/></g></svg>`), "p-")
	want := `<svg viewBox="0 0 1 1"><g style="fill:url(#p-a)" id="p-a"><text x="1">A &lt; B</text><use href="#p-a"/></g></svg>`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for name, c := range map[string][2]string{
		"script":         {`<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>`, "<script> has no place"},
		"script, case":   {`<svg viewBox="0 0 1 1"><SCRIPT>alert(1)</SCRIPT></svg>`, "<SCRIPT> has no place"},
		"foreign object": {`<svg viewBox="0 0 1 1"><foreignObject/></svg>`, "<foreignObject> has no place"},
		"handler":        {`<svg viewBox="0 0 1 1"><g onload="alert(1)"/></svg>`, "onload has no place"},
		"other file":     {`<svg viewBox="0 0 1 1"><use href="http://x/y#z"/></svg>`, `refers to "http://x/y#z"`},
		"other paint":    {`<svg viewBox="0 0 1 1"><g style="fill:url(http://x/y)"/></svg>`, `refers to "http://x/y"`},
		"escaped paint":  {`<svg viewBox="0 0 1 1"><g style="fill:u\72l(http://x/y)"/></svg>`, "fill is"},
		"escaped, plain": {`<svg viewBox="0 0 1 1"><g fill="u\72l(http://x/y)"/></svg>`, "fill is"},
		"paint with two": {`<svg viewBox="0 0 1 1"><g fill="url(#a) url(http://x/y)"/></svg>`, "fill is"},
		"image set":      {`<svg viewBox="0 0 1 1"><g style="fill:image-set('http://x/y' 1x)"/></svg>`, "fill is"},
		"import":         {`<svg viewBox="0 0 1 1"><g style="@import 'http://x'"/></svg>`, "has no place"},
		"background":     {`<svg viewBox="0 0 1 1"><g style="background:#fff"/></svg>`, `the style "background" has no place`},
		"over the page":  {`<svg viewBox="0 0 1 1" style="position:fixed"/>`, `the style "position" has no place`},
		"link":           {`<svg viewBox="0 0 1 1"><a href="http://x"><text>y</text></a></svg>`, "<a> has no place"},
		"script link":    {`<svg viewBox="0 0 1 1"><use href="javascript:alert(1)"/></svg>`, "outside itself"},
		"data link":      {`<svg viewBox="0 0 1 1"><use href="data:image/svg+xml,x#a"/></svg>`, "outside itself"},
		"other's link":   {`<svg viewBox="0 0 1 1"><g href="#a"/></svg>`, "href has no place"},
		"base":           {`<svg viewBox="0 0 1 1" xml:base="http://x/"/>`, "xml:base has no place"},
		"image":          {`<svg viewBox="0 0 1 1"><image href="http://x"/></svg>`, "<image> has no place"},
		"filter image":   {`<svg viewBox="0 0 1 1"><filter id="a"><feImage href="http://x"/></filter></svg>`, "<filter> has no place"},
		"animation":      {`<svg viewBox="0 0 1 1"><use href="#a"><set attributeName="href" to="http://x"/></use></svg>`, "<set> has no place"},
		"style sheet":    {`<svg viewBox="0 0 1 1"><style>@import url(http://x)</style></svg>`, "<style> has no place"},
		"another space":  {`<svg viewBox="0 0 1 1" xmlns:h="http://www.w3.org/1999/xhtml"><h:script/></svg>`, "<script> has no place"},
		"prefixed":       {`<svg viewBox="0 0 1 1" xmlns:s="http://www.w3.org/2000/svg"><s:g/></svg>`, "<g> has no place"},
		"HTML":           {`<svg viewBox="0 0 1 1"><iframe src="http://x"/></svg>`, "<iframe> has no place"},
		"class":          {`<svg viewBox="0 0 1 1"><g class="mark"/></svg>`, "class has no place"},
		"unknown":        {`<svg viewBox="0 0 1 1"><g formaction="x"/></svg>`, "formaction has no place"},
		"transformation": {`<svg viewBox="0 0 1 1"><g transform="url(http://x)"/></svg>`, "transform is"},
		"id":             {`<svg viewBox="0 0 1 1"><g id="a b"/></svg>`, "id has no place"},
		"entity":         {`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg viewBox="0 0 1 1"><text>&x;</text></svg>`, "parse SVG"},
		"laughs":         {`<svg viewBox="0 0 1 1">` + strings.Repeat(`<use href="#a"/>`, 17) + `</svg>`, "more than 16 <use>"},
		"no viewBox":     {`<svg width="1"></svg>`, "no viewBox"},
		"no SVG":         {`<html></html>`, "<html> has no place"},
		"nested":         {`<svg viewBox="0 0 1 1"><svg viewBox="0 0 1 1"/></svg>`, "<svg> has no place"},
		"cut short":      {`<svg viewBox="0 0 1 1"><g>`, "cut short"},
		"nothing":        {``, "cut short"},
		"crossed":        {`<svg viewBox="0 0 1 1"><g><path></g></path></svg>`, "does not close"},
	} {
		if got, err := inlineSVG([]byte(c[0]), "p-"); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: got %s, %v, want an error with %q", name, got, err, c[1])
		}
	}
}

func TestNatural(t *testing.T) {
	ordered := []string{"", "5", "5.1", "5.2", "5.10", "5.10a", "B2", "B2t", "B10", "epochs", "epochs1"}
	for i, a := range ordered {
		for k, b := range ordered {
			if got := natural(a, b); (got < 0) != (i < k) || (got > 0) != (i > k) {
				t.Errorf("natural(%q, %q) = %d", a, b, got)
			}
		}
	}
	for source, want := range map[string]string{"5.4.3, 6.1": "5.4", "6.1": "6.1", "": "other", "5": "5"} {
		if got := section(source); got != want {
			t.Errorf("section(%q) = %q, want %q", source, got, want)
		}
	}
}
