package report

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

var tags = regexp.MustCompile(`<[^>]*>`)

// part returns the page's text, without tags, from the heading with an id to
// the next heading of its level or above.
func part(t *testing.T, page, id string) string {
	t.Helper()
	_, text, ok := strings.Cut(page, `<h3 id="`+id+`">`)
	if !ok {
		t.Fatalf("the page has no heading %q", id)
	}
	end := regexp.MustCompile(`<h[123]|</section>`).FindStringIndex(text)
	return strings.Join(strings.Fields(tags.ReplaceAllString(text[:end[0]], " ")), " ")
}

func wants(t *testing.T, page, id string, texts ...string) {
	t.Helper()
	got := part(t, page, id)
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q: %s", id, want, got)
		}
	}
}

// The top of the page answers in this order: what was claimed, what the
// thesis's own data say, what fresh seeds say, and what changed.
func TestLayers(t *testing.T) {
	r := example(t)
	page, _ := render(t, r)
	at := 0
	for _, id := range []string{"claimed", "reproduces", "holds", "changed", "trained", "conclusions"} {
		next := strings.Index(page, `<h3 id="`+id+`">`)
		if next < at {
			t.Errorf("the heading %q is at %d, after one at %d", id, next, at)
		}
		at = next
	}
	wants(t, page, "claimed", "6 of its statements", "5 of them its summary repeats", "commit "+r.Fixed.Commit, "one was changed since")
	wants(t, page, "reproduces", "re-analysis", "5 of 6 claims are judged", "go tool mage all ")
	wants(t, page, "holds", "2 of 6 claims are judged so far", "go tool mage all -profile=fresh")
	wants(t, page, "changed", "Of 2 claims that were judged on both kinds of seeds, 1 has another verdict on fresh ones. 1 is supported on one kind and contradicted on the other. "+
		"supported on the thesis's seeds, contradicted on fresh ones: 1 ( B10 ) This claim in words", "B10 supported contradicted",
		"After the claims had been fixed, one was changed B3 : a &lt;margin&gt; was wrong. On the thesis&#39;s seeds it was undecided and is now contradicted. "+
			"On fresh seeds it was contradicted and is now equivalent.")
	wants(t, page, "conclusions", "repeats 5 of the claims. On its own data 2 are supported, 1 contradicted, 1 equivalent, 1 undecided; "+
		"on fresh seeds 1 is supported, 1 contradicted, 0 equivalent, 0 undecided, 3 not judged.", "B2 supported supported", "B10 supported contradicted", "Z1 undecided not judged")
	if strings.Contains(part(t, page, "conclusions"), "X1") {
		t.Error("a claim that the summary does not repeat is among its conclusions")
	}
	for _, want := range []string{"on fresh seeds: contradicted", "on fresh seeds: not judged",
		"Layer “reproduces”: the thesis&#39;s own seeds."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}

	// The reason may be a sentence, some verdicts may be missing, and a change to
	// the judge is no changed claim.
	none := map[string]string{"holds": "not judged"}
	r.Fixed.Changes = append(r.Fixed.Changes,
		Change{ID: "B2", Why: "Words were missing.", Before: map[string]string{"reproduces": "supported"}, After: map[string]string{"reproduces": "supported"}},
		Change{ID: "judge", Why: "Only B3 differs.", Before: none, After: none})
	page, _ = render(t, r)
	wants(t, page, "claimed", "2 were changed since")
	wants(t, page, "changed", "After the claims had been fixed, 2 were changed", "B2 : Words were missing. On the thesis&#39;s seeds it was supported before and after. How claims are decided was "+
		"changed, too Only B3 differs.")
	if got := part(t, page, "changed"); strings.Contains(got, "..") || strings.Contains(got, "not judged") || strings.Contains(got, "judge ") {
		t.Errorf("the changes are worded badly: %s", got)
	}

	r.Fixed.Changes[1].Added = true
	page, _ = render(t, r)
	wants(t, page, "claimed", "one was changed and one was added since")

	r.Fixed.Changes = nil
	r.Layers[1].Findings = nil
	page, _ = render(t, r)
	wants(t, page, "claimed", "nothing about them was changed since")
	wants(t, page, "holds", "No claim is judged yet, or no verdict is true any more of these parameters and this code. go tool mage all -profile=fresh judges them.")
	wants(t, page, "changed", "No claim has been judged on both kinds of seeds yet.")

	r = example(t)
	for i := range r.Layers[1].Findings {
		r.Layers[1].Findings[i].Result.Verdict = r.Findings[i].Result.Verdict
	}
	page, _ = render(t, r)
	wants(t, page, "changed", "All 2 claims that were judged on both kinds of seeds have the same verdict on both.")
}

// The page of fresh seeds has the same top, and its figures and tables say that
// they show fresh seeds.
func TestPageOfFreshSeeds(t *testing.T) {
	r := example(t)
	r.Layer, r.Mark = "holds", "fresh profile: 12 seeds"
	r.Layers[0].Here, r.Layers[1].Here = false, true
	r.Findings = r.Layers[1].Findings
	page, _ := render(t, r)
	wants(t, page, "changed", "B10 supported contradicted")
	if want := "Layer “holds”: fresh seeds."; strings.Count(page, want) != 4+2 {
		t.Errorf("%d of 4 figures and 2 tables say %q", strings.Count(page, want), want)
	}
	if !strings.Contains(page, "<strong>Fresh seeds, not the thesis's.</strong> fresh profile: 12 seeds</p>") ||
		strings.Contains(page, "Not the full study") {
		t.Error("the banner is not that of fresh seeds")
	}
	if !strings.Contains(page, "on the thesis&#39;s seeds: supported") {
		t.Error("a finding does not say what the thesis's own data do")
	}
}

// A profile that goes further than the thesis has claims of its own: they are
// counted apart, and not attributed to the thesis. Another commit fixed them.
func TestFurther(t *testing.T) {
	r := example(t)
	r.Layer, r.Further, r.Layers = "holds", true, nil
	page, _ := render(t, r)
	wants(t, page, "further", "The thesis makes none of these 6 claims", "were fixed by commit "+r.Fixed.Commit, "one was changed since", "After the claims had been fixed, one was changed", "Supported and contradicted", "5 of 6 are judged so far.")
	if !strings.Contains(page, `aria-label="2 supported, 1 contradicted, 1 equivalent, 1 undecided"`) {
		t.Error("the verdicts are not counted")
	}
	for _, bad := range []string{`id="claimed"`, `id="verdicts"`, "of its statements", "before anybody had seen", "computed again", "<span>thesis"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page says %q", bad)
		}
	}
	if !strings.Contains(page, "<span>after thesis 5.4.3, 6.1</span>") || !strings.Contains(page, "After section 5.4: hidden layers") {
		t.Error("the page does not say what part of the thesis a claim follows")
	}
}

// What answers the question that a figure asks stands at its head, also while
// the figure is missing.
func TestAnswers(t *testing.T) {
	r := example(t)
	r.Figures[0].Title = "Does sparsity rise?"
	for i, f := range r.Findings {
		if f.ID == "X1" {
			r.Findings[i].Result.Figure = "5.1"
		}
	}
	for _, current := range []bool{true, false} {
		r.Figures[0].Current = current
		page, _ := render(t, r)
		_, item, _ := strings.Cut(page, `<article class="item" id="figure-5.1"`)
		item, _, _ = strings.Cut(item, "</article>")
		text := strings.Join(strings.Fields(tags.ReplaceAllString(item, " ")), " ")
		question, b3 := strings.Index(text, "Does sparsity rise?"), strings.Index(text, "contradicted B3 Sparsity rises with depth")
		after := strings.Index(text, "Not built yet.")
		if current {
			after = strings.Index(text, "label &amp;")
		}
		if question < 0 || b3 < question || after < b3 {
			t.Errorf("no answer between the question and what follows it: %s", text)
		}
		for _, want := range []string{"Adam &lt;1&gt; effect 0.01235 95 % interval −2e−07 to 0.25 claimed above −0.1", "X1 Not yet decided. Not decided yet."} {
			if !strings.Contains(text, want) {
				t.Errorf("the answers lack %q: %s", want, text)
			}
		}
		if strings.Contains(text, "Findings:") {
			t.Error("the findings are named twice")
		}
	}
	page, _ := render(t, r)
	if _, item, _ := strings.Cut(page, `id="figure-5.2"`); strings.Contains(item, `class="answers"`) {
		t.Error("a figure whose title is no question has answers")
	}
}

// A study of the reader's own is shown as such: nothing about the thesis, its
// claims or its chapters is on the page.
func TestOwnStudy(t *testing.T) {
	r := example(t)
	r.Title, r.Source, r.OfThesis, r.Layer, r.Layers, r.Findings, r.Fixed = "Rates & widths", "", false, "trial", nil, nil, Fixed{}
	r.Plan = Plan{Optimizers: []string{"RMSprop"}, Seeds: []uint32{7}, ShortestRun: 3, LongestRun: 3, TrainFirst: 500, Images: "MNIST"}
	r.Tables = r.Tables[1:] // the text of the other one is made by the test
	r.Tables[0].Text.Caption, r.Tables[0].Text.Notes, r.Tables[0].Text.Header[4] = "", nil, "earlier"
	for i := range r.Tables[0].Text.Header {
		r.Tables[0].Text.Header[i] = strings.Replace(r.Tables[0].Text.Header[i], "thesis", "other", 1)
	}
	page, _ := render(t, r)
	for _, want := range []string{"<title>Rates &amp; widths: report</title>", "<h1>Rates &amp; widths</h1>",
		"A study of its own, as params.toml describes it."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	wants(t, page, "trained", "There are 912 distinct trainings", "with RMSprop, for 3 epochs on the first 500 training images of MNIST",
		"all test images", "with the seed 7.")
	// Trainings whose length is a number of updates have none in epochs.
	r.Plan.ShortestRun, r.Plan.LongestRun = 0, 0
	without, _ := render(t, r)
	wants(t, without, "trained", "with RMSprop, on the first 500 training images of MNIST")
	text, _, _ := strings.Cut(page, `<h3 id="params">`)
	_, text, _ = strings.Cut(text, "<body>")
	for _, bad := range []string{"2201.11653", "thesis", "Thesis", "claim", "Chapter", "Section", "Findings", "Adagrad", "Layer"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page of a study of its own says %q", bad)
		}
	}

	r.Source = "Doe 2020"
	if page, _ = render(t, r); !strings.Contains(page, "A study after Doe 2020, as params.toml describes it.") {
		t.Error("the source is not shown")
	}
	r.Title = ""
	if page, _ = render(t, r); !strings.Contains(page, "<h1>params</h1>") {
		t.Error("without a title the file's name does not stand in its place")
	}
	// If it has experiments that claims are about, their verdicts are shown,
	// with the remark that they answer neither question.
	r.Findings = example(t).Findings
	page, _ = render(t, r)
	wants(t, page, "verdicts", "say neither whether the thesis reproduces nor whether its claims hold")
	// The numbers of sections are those of the thesis, while those of figures
	// are the study's own. A figure that it does not have is the thesis's.
	for _, want := range []string{"<h3>Section 5.4 of the thesis: hidden layers</h3>", `title="Section 5.4 of the thesis: hidden layers"`,
		"<h3>Numbers 5</h3>", `<a href="#figure-5.1">Figure 5.1</a>`, "<span>the thesis&#39;s figure 9.9</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"Numbers 5.4", "Figure 9.9"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page says %q", bad)
		}
	}
}

// The banner of a study of the reader's own says how many images it uses, and
// not that something is missing. A profile or a try of it is not the whole study.
func TestOwnStudyIsWhole(t *testing.T) {
	r := example(t)
	r.Source, r.OfThesis, r.Layer, r.Layers, r.Findings = "", false, "trial", nil, nil
	r.Mark = "Trained on the first 500 of 60000 images"
	for _, whole := range []bool{true, false} {
		r.Whole = whole
		page, _ := render(t, r)
		want := `role="note">` + r.Mark + "</p>"
		if !whole {
			want = `role="note"><strong>Not the full study.</strong> ` + r.Mark + "</p>"
		}
		if !strings.Contains(page, want) {
			t.Errorf("whole %v: the page lacks %q", whole, want)
		}
	}
}

// Figures without numbers are all of them, unless others have numbers.
func TestFiguresWithoutNumbers(t *testing.T) {
	r := example(t)
	r.OfThesis, r.Layers = false, nil
	r.Figures[0].ID = "rates"
	page, _ := render(t, r)
	if !strings.Contains(page, "<h3>Numbers 5</h3>") || !strings.Contains(page, "<h3>All others</h3>") {
		t.Error("figures with and without numbers are not told apart")
	}
	r.Figures = r.Figures[:1]
	if page, _ = render(t, r); !strings.Contains(page, "<h3>All of this study</h3>") || strings.Contains(page, "others</h3>") {
		t.Error("the only figures are called the others")
	}
}

// A figure of one's own that has the number of a figure of the thesis, but shows
// other experiments, is not what claims are about.
func TestFigureOfTheSameNumber(t *testing.T) {
	r := example(t)
	r.Source, r.OfThesis, r.Layer, r.Layers = "", false, "trial", nil
	r.Figures[0].Experiments = []string{"mine"}
	page, _ := render(t, r)
	if !strings.Contains(page, "<span>the thesis&#39;s figure 5.1</span>") || strings.Contains(page, `<a href="#figure-5.1">`) {
		t.Error("a claim leads to a figure that it is not about")
	}
	if strings.Contains(page, "Claims about it:") {
		t.Error("claims are said to be about a figure that does not show their experiments")
	}
	r.Figures[0].Title = "Does it?"
	if page, _ = render(t, r); strings.Contains(page, `id="figure-5.1-f"`) {
		t.Error("claims answer the question of a figure that does not show their experiments")
	}
}

// A profile of a study of one's own may have experiments and figures of its own.
// No other work has left them for later.
func TestFurtherOfAnOwnStudy(t *testing.T) {
	r := example(t)
	r.OfThesis, r.Further, r.Layer, r.Layers, r.Fixed = false, true, "trial", nil, Fixed{}
	for source, want := range map[string]string{
		"":         "A study of its own, as params.toml describes it. It repeats no other work. This is a profile of it that",
		"Doe 2020": "A study after Doe 2020, as params.toml describes it. This is a profile of it that",
	} {
		r.Source = source
		page, _ := render(t, r)
		if !strings.Contains(page, want) || strings.Contains(page, "for later") {
			t.Errorf("source %q: the page lacks %q, or says that something was left for later", source, want)
		}
		if strings.Contains(page, "9.9") || strings.Contains(page, "whose question it answers") {
			t.Error("the page speaks of figures that it does not have")
		}
		wants(t, page, "further", "for conditions that it did not try. ", "Supported and contradicted speak")
	}
	r.Figures[0].Title = "Does it?"
	page, _ := render(t, r)
	wants(t, page, "further", "did not try. A claim stands at the head of the figure whose question it answers.")
}

// The words for numbers of things are in the singular for one.
func TestOneOfEach(t *testing.T) {
	r := example(t)
	r.Trainings, r.Figures = 1, r.Figures[4:] // of which none is current
	r.Findings = r.Findings[:1]
	for i := range r.Layers {
		r.Layers[i].Findings = r.Layers[i].Findings[:2]
		r.Layers[i].Findings[1].Current = false
	}
	page, _ := render(t, r)
	wants(t, page, "trained", "There is one training: small", "1 of 1 figure,")
	wants(t, page, "reproduces", "1 of 2 claims is judged so far.")
	wants(t, page, "changed", "Of 1 claim that was judged on both kinds of seeds, 1 has another verdict")
	r.Layers[1].Findings[0].Result.Verdict = r.Layers[0].Findings[0].Result.Verdict
	page, _ = render(t, r)
	wants(t, page, "changed", "The one claim that was judged on both kinds of seeds has the same verdict on both.")
	r.Further, r.Layers = true, nil
	r.Findings = append(r.Findings, Finding{Item: Item{ID: "X1"}})
	page, _ = render(t, r)
	wants(t, page, "further", "1 of 2 is judged so far.")
}

// Zero has no sign.
func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{math.Copysign(0, -1): "0", 1e-7: "1e−07", -0.00012345: "−0.0001234", 1.089335666e30: "1.089e+30"} {
		if got := number(&v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	if got := number(nil); got != "–" {
		t.Errorf("no number is %q", got)
	}
}

// A claim that may be true by arithmetic alone says so wherever it has a verdict,
// and each layer says it of its own runs alone.
func TestDoubts(t *testing.T) {
	r := example(t)
	for l := range r.Layers {
		for i, f := range r.Layers[l].Findings {
			if f.ID == "B2" { // supported on both kinds of seeds
				r.Layers[l].Findings[i].Artefacts = []string{"B3", "B4", "X1"}
			}
		}
	}
	r.Findings = r.Layers[0].Findings
	const care = "Read with care: B2 is supported, but B3 is contradicted. A claim may be true by arithmetic alone"
	page, _ := render(t, r)
	wants(t, page, "reproduces", care)
	wants(t, page, "conclusions", "B2 supported but B3 is contradicted supported Sparsity")
	if strings.Contains(part(t, page, "holds"), "care") {
		t.Error("fresh seeds have not judged B3, and the page says that they contradict it")
	}
	if want := `Read it with care: <a href="#finding-B3">B3</a> is contradicted, so it may`; strings.Count(page, want) != 1 {
		t.Errorf("the finding does not say %q", want)
	}

	for i := range r.Layers[1].Findings {
		if f := &r.Layers[1].Findings[i]; f.ID == "B3" || f.ID == "B4" {
			f.Current, f.Result.Verdict = true, "contradicted"
		}
	}
	page, _ = render(t, r)
	wants(t, page, "holds", "Read with care: B2 is supported, but B3 and B4 are contradicted.")
	r.Layers[0].Findings[1].Result.Verdict = "contradicted"
	page, _ = render(t, r)
	if strings.Contains(part(t, page, "reproduces"), "care") {
		t.Error("a claim that is not supported has to be read with care")
	}
}

// What changed is summed up before it is listed, with what matters most first.
func TestTransitions(t *testing.T) {
	r := example(t)
	verdicts := map[string][2]string{"B2": {"undecided", "supported"}, "B3": {"contradicted", "supported"}, "B4": {"equivalent", "supported"},
		"B10": {"supported", "undecided"}, "Z1": {"undecided", "supported"}}
	for l := range r.Layers {
		for i := range r.Layers[l].Findings {
			f := &r.Layers[l].Findings[i]
			if v, ok := verdicts[f.ID]; ok {
				f.Current, f.Result.Verdict = true, v[l]
			}
		}
	}
	page, _ := render(t, r)
	wants(t, page, "changed", "5 have other verdicts on fresh ones. 1 is supported on one kind and contradicted on the other. "+
		"contradicted on the thesis's seeds, supported on fresh ones: 1 ( B3 ) "+
		"equivalent on the thesis's seeds, supported on fresh ones: 1 ( B4 ) "+
		"supported on the thesis's seeds, undecided on fresh ones: 1 ( B10 ) "+
		"undecided on the thesis's seeds, supported on fresh ones: 2 ( B2 , Z1 )")
	r.Layers[1].Findings[2].Current = false // B3
	page, _ = render(t, r)
	wants(t, page, "changed", "None is supported on one kind and contradicted on the other.")
}
