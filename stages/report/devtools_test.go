package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sparsel/analysis/chart"
)

// A devtools session drives a page in headless Chromium with the DevTools
// protocol over a pipe: JSON messages that end in a zero byte, on file
// descriptors 3 (to the browser) and 4 (from it).
type devtools struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
}

// openPage opens a page in a window of the given size in CSS pixels.
func openPage(t *testing.T, page string, width, height int) *devtools {
	t.Helper()
	chromium := browser(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, page) }))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // the test's own context ends before its cleanup
	t.Cleanup(cancel)
	toRead, toWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromRead, fromWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(),
		"--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toRead.Close()
	fromWrite.Close()
	d := &devtools{t: t, to: toWrite, from: bufio.NewReader(fromRead)}
	t.Cleanup(func() {
		d.session = ""
		d.call("Browser.close", nil, nil)
		cmd.Wait()
		toWrite.Close()
		fromRead.Close()
	})
	var target struct{ TargetID string }
	d.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	d.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	d.session = session.SessionID
	d.call("Page.enable", nil, nil)
	d.call("Emulation.setDeviceMetricsOverride",
		map[string]any{"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 500}, nil)
	d.call("Page.navigate", map[string]any{"url": server.URL}, nil)
	d.event("Page.loadEventFired")
	return d
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (d *devtools) next() message {
	d.t.Helper()
	text, err := d.from.ReadBytes(0)
	if err != nil {
		d.t.Fatalf("chromium: %v", err)
	}
	var m message
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		d.t.Fatalf("chromium says %q: %v", text, err)
	}
	return m
}

// call calls a method and decodes its result.
func (d *devtools) call(method string, params map[string]any, result any) {
	d.t.Helper()
	d.last++
	request := map[string]any{"id": d.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if d.session != "" {
		request["sessionId"] = d.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.to.Write(append(text, 0)); err != nil {
		d.t.Fatal(err)
	}
	for {
		m := d.next()
		if m.ID != d.last {
			continue
		}
		if m.Error != nil {
			d.t.Fatalf("%s: %s", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				d.t.Fatalf("%s: %v in %s", method, err, m.Result)
			}
		}
		return
	}
}

// event waits for an event.
func (d *devtools) event(method string) {
	d.t.Helper()
	for d.next().Method != method {
	}
}

// value evaluates a JavaScript expression.
func (d *devtools) value(expression string, v any) {
	d.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	d.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		d.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	if err := json.Unmarshal(out.Result.Value, v); err != nil {
		d.t.Fatalf("%s: %v in %s", expression, err, out.Result.Value)
	}
}

func (d *devtools) press(key string) {
	d.t.Helper()
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		code := map[string]int{"Tab": 9, "Enter": 13}[key]
		d.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
		if key == "Enter" && kind == "rawKeyDown" {
			d.call("Input.dispatchKeyEvent", map[string]any{"type": "char", "key": key, "code": key, "text": "\r"}, nil)
		}
	}
}

// overflowing lists what is wider than the window, except what scrolls in a box
// of its own.
const overflowing = `[...document.querySelectorAll("body *")].filter((e) => {
	const box = e.getBoundingClientRect();
	return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) &&
		!e.closest(".scroll *") && !e.matches(".skip") && !e.closest("svg svg, svg *");
}).map((e) => e.tagName + "." + e.className + "#" + e.id)`

// On a phone only figures and tables in boxes of their own are wider than the
// screen, and all text is large enough.
func TestPhone(t *testing.T) {
	r := example(t)
	r.Mark = "quick profile, not the study: 300 images"
	page, _ := render(t, r)
	d := openPage(t, page, 390, 844)
	var width int
	var wide, small []string
	d.value("document.documentElement.scrollWidth", &width)
	if d.value(overflowing, &wide); width != 390 || len(wide) > 0 {
		t.Errorf("on a screen of 390 the page is %d wide; too wide are %q", width, wide)
	}
	d.value(`[...document.querySelectorAll("p, td, th, li, a, dt, dd, code, figcaption, summary")].filter((e) =>
		parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.tagName + "." + e.className)`, &small)
	if len(small) > 0 {
		t.Errorf("too small to read are %q", small)
	}
	d.value(`document.getElementById("places").open = true, 0`, new(int))
	// A finger needs 24 pixels (WCAG 2.2, 2.5.8). Links within sentences are
	// exempt.
	d.value(`[...document.querySelectorAll("nav a, select, input, summary")].filter((e) => e.getClientRects().length &&
		e.getBoundingClientRect().height < 24).map((e) => e.textContent + " " + e.getBoundingClientRect().height)`, &small)
	if len(small) > 0 {
		t.Errorf("too small to touch are %q", small)
	}
}

// On a narrow phone, and where a page is magnified four times, a claim's words are
// within the screen and not beyond the edge of a table. The table is still one to a
// screen reader.
func TestComparedOnPhone(t *testing.T) {
	page, _ := render(t, example(t))
	for _, width := range []int{360, 320} {
		d := openPage(t, page, width, 800)
		var wide []string
		d.value(`document.querySelectorAll("details").forEach((e) => { e.open = true; }), [...document.querySelectorAll(".compared :is(th, td, .badge)")]
			.filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.textContent)`, &wide)
		if len(wide) > 0 {
			t.Errorf("on a screen of %d one has to scroll for %q", width, wide)
		}
		var beside bool
		d.value(`[...document.querySelectorAll(".compared tbody tr")].every((row) => row.cells[3].getBoundingClientRect().top >=
			row.cells[1].getBoundingClientRect().bottom - 1)`, &beside)
		if !beside {
			t.Errorf("on a screen of %d a claim's words are not below its verdicts", width)
		}
		var over []string
		d.value(`[...document.querySelectorAll(".compared .badge, .compared thead th")].filter((e) => {
			const cell = e.closest("th, td"), next = cell.nextElementSibling;
			return e.scrollWidth > e.clientWidth + 1 || e.matches("th") && e.getBoundingClientRect().height > 36 || next && e.getBoundingClientRect().right > next.getBoundingClientRect().left &&
				next.getBoundingClientRect().top < e.getBoundingClientRect().bottom;
		}).map((e) => e.textContent)`, &over)
		if len(over) > 0 {
			t.Errorf("on a screen of %d these do not fit their column: %q", width, over)
		}
		d.call("Accessibility.enable", nil, nil)
		var tree struct {
			Nodes []struct {
				Ignored    bool
				Role, Name struct{ Value any }
			}
		}
		d.call("Accessibility.getFullAXTree", nil, &tree)
		count := map[any]int{}
		for _, n := range tree.Nodes {
			if !n.Ignored {
				count[n.Role.Value]++
			}
		}
		if count["rowheader"] != 1+5 || count["table"] < 4 {
			t.Errorf("on a screen of %d there are %d tables and %d claims in them, want 4 or more and 6: %v", width, count["table"], count["rowheader"], count)
		}
	}
}

// With the colours of a reader's own system, figures keep the white ground that
// they are drawn for, and bars are not blotted out.
func TestForcedColors(t *testing.T) {
	page, _ := render(t, example(t))
	d := openPage(t, page, 1280, 800)
	d.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	var forced bool
	if d.value(`matchMedia("(forced-colors: active)").matches`, &forced); !forced {
		t.Fatal("the browser does not force colours")
	}
	var ground, body, label string
	var bars []string
	d.value(`getComputedStyle(document.querySelector(".plot")).backgroundColor`, &ground)
	d.value(`getComputedStyle(document.body).backgroundColor`, &body)
	d.value(`getComputedStyle(document.querySelector(".plot text")).fill`, &label)
	d.value(`[...document.querySelectorAll(".bar")].map((e) => getComputedStyle(e).backgroundColor)`, &bars)
	if ground != "rgb(255, 255, 255)" || label == ground {
		t.Errorf("figures have the ground %s and labels of %s", ground, label)
	}
	for _, bar := range bars {
		if bar == body {
			t.Errorf("a bar is %s on %s", bar, body)
		}
	}
}

// The contents are folded on a phone, and open where there is room beside the
// text, also after a phone was turned or a window made wider.
func TestContents(t *testing.T) {
	page, _ := render(t, example(t))
	d := openPage(t, page, 390, 844)
	for _, size := range []struct {
		width int
		open  bool
	}{{390, false}, {1280, true}, {390, false}} {
		d.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": size.width, "height": 844, "deviceScaleFactor": 1, "mobile": false}, nil)
		var open, shown bool
		for range 100 { // the page is told a frame later
			if d.value(`document.getElementById("places").open`, &open); open == size.open {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		d.value(`document.querySelector("#places ul a").checkVisibility({ contentVisibilityAuto: true })`, &shown)
		if open != size.open || shown != size.open {
			t.Errorf("at %d pixels the contents are open: %t, and shown: %t", size.width, open, shown)
		}
	}
}

// In print the overview and every figure, table and verdict is present and fits
// the page, and controls that work only on screens are absent.
func TestPrint(t *testing.T) {
	page, _ := render(t, example(t))
	d := openPage(t, page, 680, 980) // A4 less margins of 15 mm, in CSS pixels
	d.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	var wide, missing, left []string
	if d.value(overflowing, &wide); len(wide) > 0 {
		t.Errorf("wider than the page are %q", wide)
	}
	d.value(`[...document.querySelectorAll(".plot svg, td, th, .badge, h1, h2, h3, h4, .layer, figcaption")].filter((e) =>
		!e.closest("details") && !e.getClientRects().length).map((e) => e.tagName + "." + e.className + " " + e.textContent)`, &missing)
	if len(missing) > 0 {
		t.Errorf("not printed are %q", missing)
	}
	if d.value(`[...document.querySelectorAll("nav, form, .skip")].filter((e) => e.getClientRects().length).map((e) => e.tagName)`,
		&left); len(left) > 0 {
		t.Errorf("printed are %q", left)
	}
	d.value(`[...document.querySelectorAll(".plot svg, table")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) =>
		e.tagName + " " + e.getBoundingClientRect().right)`, &wide)
	if len(wide) > 0 {
		t.Errorf("cut off at the page's edge are %q", wide)
	}
	// A wide table is on a page of its own, on its side, with the heading before it.
	var pages []string
	d.value(`["#tables > h2", "#table-5\\.3", "#table-10"].map((s) => getComputedStyle(document.querySelector(s)).page)`, &pages)
	if len(pages) != 3 || pages[0] != "wide" || pages[1] != "wide" {
		t.Errorf("the heading and the wide tables are on pages of kind %q", pages)
	}
	// Sentences have room: no column of them is narrower than a fifth of the page.
	d.value(`[...document.querySelectorAll("td.long")].filter((e) => e.getBoundingClientRect().width < innerWidth / 5).map((e) =>
		e.textContent)`, &wide)
	if len(wide) > 0 {
		t.Errorf("a word or two in a line have %q", wide)
	}
	// Nobody can open anything on paper.
	d.value(`window.folded = -1, addEventListener("beforeprint", () => {
		window.folded = document.querySelectorAll(".finding details:not([open])").length }), 0`, new(int))
	var pdf struct{ Data string }
	d.call("Page.printToPDF", map[string]any{"printBackground": false, "preferCSSPageSize": true}, &pdf)
	if data, err := base64.StdEncoding.DecodeString(pdf.Data); err != nil || !strings.HasPrefix(string(data), "%PDF-") {
		t.Errorf("it cannot be printed: %v", err)
	}
	var folded int
	if d.value("window.folded", &folded); folded != 0 {
		t.Errorf("%d lists of parts are folded on paper", folded)
	}
}

// With the keyboard alone a reader sees the focus, can skip the contents, and
// reaches everything that scrolls or can be operated.
func TestKeyboard(t *testing.T) {
	page, _ := render(t, example(t))
	d := openPage(t, page, 1280, 800)
	where := func() (is struct {
		Tag, ID, Href string
		Outline       float64
		Left, Width   float64
	}) {
		d.value(`(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
			return { Tag: e.tagName, ID: e.id, Href: e.getAttribute("href") || "", Left: b.left, Width: b.width,
				Outline: s.outlineStyle === "none" ? 0 : parseFloat(s.outlineWidth) }; })()`, &is)
		return is
	}
	d.press("Tab")
	if is := where(); is.Href != "#main" || is.Left < 0 || is.Outline < 2 {
		t.Errorf("the first key leads to %+v, want the visible link past the contents", is)
	}
	d.press("Enter")
	if is := where(); is.ID != "main" {
		t.Errorf("the link past the contents leads to %+v", is)
	}
	var all int
	d.value(`[...document.querySelectorAll("a[href], input, select, summary, [tabindex='0']")]`+
		`.filter((e) => e.checkVisibility()).length`, &all)
	d.value(`document.activeElement.blur(), getSelection().removeAllRanges(), document.body.focus(), 0`, new(int))
	d.call("Page.reload", nil, nil)
	d.event("Page.loadEventFired")
	d.value(`window.seen = new Set(), document.addEventListener("focusin", (e) => window.seen.add(e.target)), 0`, new(int))
	for range all {
		d.press("Tab")
		if is := where(); is.Outline < 2 {
			t.Errorf("one does not see that %+v is chosen", is)
		}
	}
	var missed []string
	d.value(`[...document.querySelectorAll("a[href], input, select, summary, [tabindex='0']")].filter((e) =>
		e.checkVisibility() && !window.seen.has(e)).map((e) => e.outerHTML.slice(0, 80))`, &missed)
	if len(missed) > 0 {
		t.Errorf("%d of %d places cannot be reached: %q", len(missed), all, missed)
	}
}

// A screen reader is told what everything is: headings are in order with a
// single one of the first level, controls have names, figures have names and
// descriptions, tables have headings, and landmarks have names.
func TestScreenReader(t *testing.T) {
	page, _ := render(t, example(t))
	d := openPage(t, page, 1280, 800)
	var levels []int
	d.value(`[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map((e) => +e.tagName[1])`, &levels)
	for i, level := range levels {
		if (i == 0) != (level == 1) || i > 0 && level > levels[i-1]+1 {
			t.Errorf("heading %d is of level %d: %v", i+1, level, levels)
			break
		}
	}
	d.call("Accessibility.enable", nil, nil)
	type text struct{ Value any }
	var tree struct {
		Nodes []struct {
			Ignored                 bool
			Role, Name, Description text
		}
	}
	d.call("Accessibility.getFullAXTree", nil, &tree)
	count := map[string]int{}
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		name, _ := n.Name.Value.(string)
		if n.Ignored {
			continue
		}
		count[role]++
		switch role {
		case "link", "searchbox", "combobox", "heading", "image", "img", "region", "navigation", "article", "columnheader":
			if strings.TrimSpace(name) == "" {
				t.Errorf("a %s has no name", role)
			}
		}
		description, _ := n.Description.Value.(string)
		if (role == "img" || role == "image") && strings.Contains(name, "Figure") && description == "" {
			t.Errorf("the picture %q has no description", name)
		}
		// What a figure shows is more than what is drawn: the claims about it.
		if role == "image" && strings.Contains(name, "Figure 5.1 ") && !strings.Contains(description, "contradicted B3 Sparsity rises") {
			t.Errorf("the picture %q is described without its claims: %s", name, description)
		}
	}
	for role, least := range map[string]int{"main": 1, "navigation": 1, "search": 1, "table": 4, "columnheader": 20, "article": 10,
		"banner": 1, "contentinfo": 1} {
		if count[role] < least {
			t.Errorf("%d of role %s, want %d or more: %v", count[role], role, least, count)
		}
	}
	if count["image"]+count["img"] < 4 {
		t.Errorf("%d pictures, want 4: %v", count["image"]+count["img"], count)
	}
}

// A reader without the fonts that a figure names sees its text in another, here
// one that is much wider. It still takes no more room than the layout has left.
func TestOtherFonts(t *testing.T) {
	svg, err := chart.Render(chart.Figure{
		ID: "1", Title: "Momentum, ρ, β₁ and β₂",
		Rows: []chart.Row{{Panels: []chart.Panel{{
			X: chart.Axis{Label: "k / 10^{7}, of Adagrad"}, Y: chart.Axis{Label: "Test accuracy", Max: 1},
			Series: []chart.Series{{Label: "SGD", Role: "SGD", X: []float64{1, 2}, Y: []float64{0.5, 0.9}}, {Label: "Adadelta", Role: "Adadelta", X: []float64{1, 2}, Y: []float64{0.4, 0.3}}},
		}}}},
	}, chart.DefaultStyle(), "svg")
	if err != nil {
		t.Fatal(err)
	}
	d := openPage(t, "<!doctype html><style>text { font-family: monospace !important }</style>"+string(svg[bytes.Index(svg, []byte("<svg")):]), 1000, 800)
	type text struct {
		Text                string
		Length, Shown, Free float64
	}
	var texts []text
	d.value(`[...document.querySelectorAll("text")].map((e) => {
	const text = {text: e.textContent, length: +e.getAttribute("textLength"), shown: e.getBBox().width};
	e.removeAttribute("textLength");
	text.free = e.getBBox().width;
	return text;
})`, &texts)
	wider := 0
	for _, x := range texts {
		if math.Abs(x.Shown-x.Length) > 0.5 {
			t.Errorf("%q is %.1f wide, and has room for %.1f", x.Text, x.Shown, x.Length)
		}
		if x.Free > x.Length+1 {
			wider++
		}
	}
	if wider < len(texts)/2 {
		t.Errorf("only %d of %d texts would be wider in the other font", wider, len(texts))
	}
}
