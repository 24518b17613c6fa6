package report

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
)

// fakeSVG returns a figure as the figure stage draws it, with the parts that
// need care in a page: an id that every figure has, a reference to it, a
// prolog, and text that must be escaped.
func fakeSVG(label string) []byte {
	return []byte(`<?xml version="1.0"?>
<!-- drawn -->
<svg role="img" width="504pt" height="180pt" viewBox="0 0 504 180"
	xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<title>not for the page</title><metadata><entry xmlns="urn:x" key="k">v</entry></metadata>
<defs><clipPath id="clip"><path d="M40,10L490,10L490,150L40,150Z"/></clipPath><path id="glyph" d="M0,0L4,0L4,6Z"/></defs>
<g clip-path="url(#clip)"><path d="M40,140L200,60L490,30" style="fill:none;stroke:#D55E00;stroke-width:1.1"/></g>
<use xlink:href="#glyph" x="60" y="60"/>
<text x="200" y="172" style="font-family:'Liberation Sans',Arial,sans-serif;font-size:9px">` + html.EscapeString(label) + `</text>
</svg>`)
}

// example returns a study that is partly done, read from files as the stages
// write them.
func example(t testing.TB) Report {
	t.Helper()
	content := func(b string) string { return strings.Repeat(b, 64) }
	item := func(kind, id string, suffixes ...string) Item {
		i := Item{ID: id, Current: true}
		for n, s := range suffixes {
			i.Files = append(i.Files, File{kind + "s/" + kind + "-" + id + s, content(fmt.Sprint(n)), int64(900 << (6 * n))})
		}
		return i
	}
	r := Report{
		Title: "Sparsity & <selectivity>", Source: "arXiv 2201.11653", OfThesis: true, Layer: "reproduces",
		Plan: Plan{Optimizers: []string{"SGD", "Adam"}, Seeds: []uint32{1, 100, 1234}, ShortestRun: 30, LongestRun: 50, Images: "MNIST"},
		Fixed: Fixed{Commit: content("ab")[:40], Changes: []Change{{
			ID: "B3", Why: "a <margin> was wrong", Before: map[string]string{"reproduces": "undecided", "holds": "contradicted"},
			After: map[string]string{"reproduces": "contradicted", "holds": "equivalent"},
		}}},
		Trainings: 912, ParamsName: "params.toml", Params: "[study]\nseeds = [1, 100] # <b>not bold</b>\n",
		Code: []Code{{Stage: "train", Package: "sparsel/stages/train", ID: content("c"), Packages: 7, Modules: 2, Go: "go1.26"}},
		Local: Local{
			Written: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Out: "out",
			Machine: []Fact{{"processor", "Example <CPU>"}, {"kernels", "avx2"}},
			Stages:  []StageTime{{Stage: "train", Nodes: 912, Current: 900, Measured: 899, Total: 7 * time.Hour, Longest: 900 * time.Second}},
			Runs: []Run{{ID: "20300101T000000Z-abcdef", Request: "all", Started: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
				Ended: true, Elapsed: 3 * time.Hour, Executed: 2000, Failed: 1}},
			Absent: map[string]Absence{"figure/5.10": {Reason: "lr 0.1 → 0.2"}, "finding/X1": {Reason: "has not run before"},
				"table/7": {Reason: "no <disk>", Failed: true}},
		},
	}
	for _, id := range []string{"5.1", "5.2", "6.2", "7.1"} {
		text := fmt.Sprintf(`{"id":%q,"title":"Accuracy & <i>sparsity</i>, number %s","caption":"Means over the seeds, n < 4. xylophone%s",`+
			`"note":"mean ± SE, n = 3"}`, id, id, id)
		f, err := ReadFigure(item("figure", id, ".csv", ".pdf", ".png", ".svg"), []byte(text), fakeSVG("label & <"+id+">"))
		if err != nil {
			t.Fatal(err)
		}
		f.Experiments = []string{"depth"}
		r.Figures = append(r.Figures, f)
	}
	r.Figures = append(r.Figures, Figure{Item: Item{ID: "5.10", Files: []File{{Path: "figures/fig-5.10.svg"}}}})
	wide := `"header":["optimizer","accuracy","sparsity","selectivity","thesis accuracy","thesis sparsity","thesis selectivity",
		"difference","within 2 SE"],
		"rows":[["SGD","0.9765 ± 0.0010","0.2380","0.3279","0.9765","0.238","0.3279","−0.0001","yes"],
		["<Adam>","–","0.1","0.2","0.3","0.4","0.5","+0.6","no"]]`
	for _, id := range []string{"5.3", "10"} {
		table, err := ReadTable(item("table", id, ".csv", ".md", ".tex"),
			fmt.Appendf(nil, `{"id":%q,"title":"Hidden layers","caption":"Beside the <thesis>.",%s,"notes":["Typo & in the thesis."]}`, id, wide))
		if err != nil {
			t.Fatal(err)
		}
		r.Tables = append(r.Tables, table)
	}
	r.Tables = append(r.Tables, Table{Item: item("table", "epochs", ".csv")}, Table{Item: Item{ID: "7"}})
	for i, verdict := range []string{"supported", "supported", "contradicted", "equivalent"} {
		id := fmt.Sprintf("B%d", []int{10, 2, 3, 4}[i])
		text := fmt.Sprintf(`{"id":%q,"source":"5.4.3, 6.1","claim":"Sparsity rises with depth <always> for Adam & SGD, claim %s.",
			"verdict":%q,"figure":"5.1",
			"what":"Adam <1>","effect":0.01234567,"low":-2e-7,"high":0.25,"p":0.03,"layer":"holds","above":-0.1,"below":null,"n":3,
			"detail":["Adam: +0.1 <ok>","SGD: −0.2"],"missing":[],"mark":""}`, id, id, verdict)
		f, err := ReadFinding(item("finding", id, ".json"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f.Experiments = []string{"width", "depth"}
		r.Findings = append(r.Findings, f)
	}
	bare, err := ReadFinding(item("finding", "Z1", ".json"), []byte(`{"id":"Z1","source":"6.1","claim":"No number.",
		"verdict":"undecided","figure":"","effect":null,"low":null,"high":null,"n":0,"detail":[],"missing":["no SGD <x>"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Findings = append(r.Findings, bare, Finding{Item: Item{ID: "X1"},
		Result: claim.Result{ID: "X1", Source: "5.4", Claim: "Not yet decided.", Figure: "9.9"}, Experiments: []string{"depth"}})
	// On fresh seeds B10 has another verdict, B2 has the same one, and the
	// others have none yet.
	var fresh []Finding
	for _, f := range r.Findings {
		f.Files, f.Current = nil, f.ID == "B10" || f.ID == "B2"
		f.Result.Layer = "holds"
		if f.ID == "B10" {
			f.Result.Verdict = "contradicted"
		}
		fresh = append(fresh, f)
	}
	r.Layers = []Layer{
		{Name: "reproduces", Here: true, Command: "go tool mage all", Findings: r.Findings},
		{Name: "holds", Command: "go tool mage all -profile=fresh", Findings: fresh},
	}
	return r
}

func render(t testing.TB, r Report) (page, id string) {
	t.Helper()
	b, id, err := Render(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), id
}

var (
	idRule   = regexp.MustCompile(`[^-\w]id="([^"]*)"`)
	hrefRule = regexp.MustCompile(`href="([^"]*)"`)
	urlRule  = regexp.MustCompile(`url\(([^)]*)\)`)
)

// Every id occurs once, and every link and reference within the page has a
// target.
func TestReferences(t *testing.T) {
	page, _ := render(t, example(t))
	ids := map[string]bool{}
	for _, m := range idRule.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the id %q stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, id := range []string{"overview", "figure-5.1", "table-5.3", "finding-B3", "figure-5.1-clip", "figure-5.2-clip", "figure-5.10"} {
		if !ids[id] {
			t.Errorf("nothing has the id %q", id)
		}
	}
	internal := 0
	for _, m := range append(hrefRule.FindAllStringSubmatch(page, -1), urlRule.FindAllStringSubmatch(page, -1)...) {
		target, ok := strings.CutPrefix(html.UnescapeString(m[1]), "#")
		switch {
		case ok && !ids[target]:
			t.Errorf("%s leads nowhere", m[0])
		case !ok && m[1] != "data:," && m[1] != "https://arxiv.org/abs/2201.11653":
			t.Errorf("%s leaves the page", m[0])
		case ok:
			internal++
		}
	}
	if internal < 30 {
		t.Errorf("looked at %d references only", internal)
	}
	for _, m := range regexp.MustCompile(`aria-(?:labelledby|describedby)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !ids[id] {
				t.Errorf("%s names nothing", m[0])
			}
		}
	}
}

func TestEscapes(t *testing.T) {
	page, _ := render(t, example(t))
	for _, want := range []string{
		"Accuracy &amp; &lt;i&gt;sparsity&lt;/i&gt;, number 5.1", "label &amp; &lt;5.1&gt;", "&lt;Adam&gt;", "depth &lt;always&gt;",
		"# &lt;b&gt;not bold&lt;/b&gt;", "Example &lt;CPU&gt;", "&#43;0.1 &lt;ok&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<i>", "<b>not", "<Adam>", "<metadata", "not for the page", "ZgotmplZ", "<?xml"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// Missing items are named with the reason, and nothing is shown in their place.
// The page's policy allows its own style and script, by their hashes, and loads
// nothing.
func TestT44PageLoadsNothing(t *testing.T) {
	page, _, err := Render(example(t))
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	meta := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
	policy := html.UnescapeString(meta.FindStringSubmatch(text)[1])
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "script-src-attr 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	for _, bad := range []string{"http", "*", "'self'", "unsafe-eval", "strict-dynamic", "elem 'unsafe", "blob:"} {
		if strings.Contains(policy, bad) {
			t.Errorf("the policy allows %s: %s", bad, policy)
		}
	}
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`\b[^>]*>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		if hash := hashed(found[0][1]); !strings.Contains(policy, element+"-src-elem "+hash) {
			t.Errorf("the policy does not allow the page's own %s, %s: %s", element, hash, policy)
		}
	}
	if at := strings.Index(text, "<meta http-equiv"); at < 0 || strings.Contains(text[:at], "<link") || strings.Contains(text[:at], "<s") {
		t.Error("the policy does not come first")
	}
	if m := regexp.MustCompile(`(?i)<[^>]*\s(src|srcset|action|poster|data|ping|background)=`).FindString(text); m != "" {
		t.Errorf("the page loads something: %s", m)
	}
}

func TestMissing(t *testing.T) {
	page, _ := render(t, example(t))
	for _, want := range []string{
		"this code: 1 of 6 findings, 1 of 5 figures, 1 of 4 tables.",
		"Not built yet: lr 0.1 → 0.2.", "Failed: no &lt;disk&gt;.", "figures/fig-5.10.svg", "Too long to be shown here",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, `<svg width="504pt"`); n != 4 {
		t.Errorf("%d pictures, want 4", n)
	}
	page, _ = render(t, Report{})
	if n := strings.Count(page, "The study names none."); n != 2 {
		t.Errorf("an empty report says %d times that there is nothing, want 2", n)
	}
	if strings.Contains(page, "Not built yet, or") {
		t.Error("an empty report misses something")
	}
}

// Names of files lead to the files beside the page, and change nothing else: the
// page has the same id where they are missing.
func TestLinks(t *testing.T) {
	r := example(t)
	_, id := render(t, r)
	r.Local.Links = map[string]string{"figures/figure-5.1.svg": "figures/figure-5.1.svg", "tables/table-epochs.csv": "../tables/table-epochs.csv"}
	page, same := render(t, r)
	if same != id {
		t.Error("links change the id of the page")
	}
	for _, want := range []string{
		`<code>figures/figure-5.1.{csv,pdf,png,<a href="figures/figure-5.1.svg" aria-label="figures/figure-5.1.svg">svg</a>}</code>`,
		`<code><a href="../tables/table-epochs.csv">tables/table-epochs.csv</a></code></p>`,
		`<td><code><a href="../tables/table-epochs.csv">tables/table-epochs.csv</a></code></td>`,
		`<code>figures/figure-5.2.{csv,pdf,png,svg}</code>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	page, _ := render(t, example(t))
	for _, want := range []string{
		`aria-label="2 supported, 1 contradicted, 1 equivalent, 1 undecided"`,
		`aria-label="1 supported, 1 contradicted, 0 equivalent, 0 undecided"`,
	} {
		if n := strings.Count(page, want); n != 1 {
			t.Errorf("the page has %d of %s", n, want)
		}
	}
	for _, want := range []string{"effect <b>0.01235</b>", "95 % interval −2e−07 to 0.25", "claimed above −0.1", "n = 3", "p = 0.03",
		"layer: holds", `class="badge same"`, `<a href="#figure-5.1">Figure 5.1</a>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if b2, b10 := strings.Index(page, `id="finding-B2"`), strings.Index(page, `id="finding-B10"`); b2 > b10 {
		t.Error("B10 stands before B2")
	}
	_, z1, _ := strings.Cut(page, `id="finding-Z1"`)
	z1, _, _ = strings.Cut(z1, "</article>")
	if strings.Contains(z1, "effect <b>") || strings.Contains(z1, "interval") || strings.Contains(z1, "claimed") ||
		strings.Contains(z1, "n =") {
		t.Errorf("a finding without numbers shows some: %s", z1)
	}
}

func TestColumns(t *testing.T) {
	long := "A sentence that is too long for one line."
	table := Table{Text: tabulate.Table{
		Header: []string{"words", "numbers", "mixed", "nothing", "sentence"},
		Rows:   [][]string{{"SGD", "0.97 ± 0.01", "5", "–", ""}, {"Adam", "−0.1", "five", "", long}, {"", "–", "", "", "7"}},
	}}
	if got, want := fmt.Sprintf("%q", columns(table)), `["" "n" "" "" "long"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMark(t *testing.T) {
	r := example(t)
	if page, _ := render(t, r); strings.Contains(page, "Not the full study") {
		t.Error("the full study is marked")
	}
	r.Mark = "quick profile: 3 epochs, 1 seed"
	if page, _ := render(t, r); !strings.Contains(page, "Not the full study.</strong> quick profile: 3 epochs, 1 seed</p>") {
		t.Error("the mark is not shown")
	}
}

// The id depends on the study and not on the machine.
func TestID(t *testing.T) {
	page, id := render(t, example(t))
	if again, same := render(t, example(t)); again != page || same != id {
		t.Error("the same report has other bytes the second time")
	}
	if !strings.Contains(page, `id="report-id">`+id+`</code>`) {
		t.Error("the page doesn't show its id")
	}
	r := example(t)
	r.Local = Local{Written: time.Now(), Machine: []Fact{{"processor", "another"}},
		Absent: map[string]Absence{"figure/5.10": {Reason: "another"}}}
	for i := range r.Layers {
		r.Layers[i].Command += " -out=/elsewhere"
	}
	other, same := render(t, r)
	if same != id || other == page {
		t.Errorf("on another machine: id %s, want %s, and another page", same, id)
	}
	for name, edit := range map[string]func(*Report){
		"parameters": func(r *Report) { r.Params += "#" },
		"picture": func(r *Report) {
			r.Figures[0].SVG = bytes.Replace(r.Figures[0].SVG, []byte("M40,140"), []byte("M41,140"), 1)
		},
		"cell":    func(r *Report) { r.Tables[0].Text.Rows[0][2] = "0.2381" },
		"verdict": func(r *Report) { r.Findings[0].Result.Verdict = "undecided" },
		"content": func(r *Report) { r.Figures[0].Files[1].Content = strings.Repeat("f", 64) },
		"code":    func(r *Report) { r.Code[0].ID = strings.Repeat("d", 64) },
		"missing": func(r *Report) { r.Figures[1].Current = false },
		"mark":    func(r *Report) { r.Mark = "quick" },
		"title":   func(r *Report) { r.Title = "another" },
		"fresh":   func(r *Report) { r.Layers[1].Findings[0].Result.Verdict = "equivalent" },
		"commit":  func(r *Report) { r.Fixed.Commit = strings.Repeat("e", 40) },
		"plan":    func(r *Report) { r.Plan.Seeds = r.Plan.Seeds[:2] },
		"data":    func(r *Report) { r.Plan.Data = "shapes" },
	} {
		r := example(t)
		edit(&r)
		if _, changed := render(t, r); changed == id {
			t.Errorf("another %s leaves the id", name)
		}
	}
}

// A finding has the p value that the table of findings has: on fresh seeds, which
// are compared one by one, that of exact sign flips.
func TestPValues(t *testing.T) {
	for _, test := range []struct{ layer, exact, want string }{
		{"holds", "0.00049", "p = 0.00049<"}, {"holds", "null", "p = 0.03<"}, {"reproduces", "0.00049", "p = 0.03<"},
	} {
		f, err := ReadFinding(Item{ID: "B1", Current: true}, []byte(`{"id":"B1","verdict":"supported","layer":"`+test.layer+`","p":0.03,"p_exact":`+test.exact+`}`))
		if err != nil {
			t.Fatal(err)
		}
		page, _ := render(t, Report{Findings: []Finding{f}, Layer: test.layer})
		if !strings.Contains(page, test.want) || strings.Count(page, "p = ") != 1 {
			t.Errorf("%s, exact p %s: the page lacks %q", test.layer, test.exact, test.want)
		}
	}
}
