package stages

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sparsel/analysis/claim"
	"sparsel/stages/finding/fixed"
	"sparsel/stages/params"
	"sparsel/stages/study"
)

// report writes the study's report and returns the page and its id.
func (s *smallStudy) report() (page, id string) {
	s.t.Helper()
	if err := Report(context.Background(), s.options()); err != nil {
		s.t.Fatal(err)
	}
	if got, want := s.stdout.String(), s.path("out/report.html")+"\n"; got != want {
		s.t.Errorf("the target prints %q, want %q", got, want)
	}
	return s.page()
}

var reportID = regexp.MustCompile(`id="report-id">([0-9a-f]{64})</code>`)

func (s *smallStudy) page() (page, id string) {
	s.t.Helper()
	text, err := os.ReadFile(s.path("out/report.html"))
	if err != nil {
		s.t.Fatal(err)
	}
	match := reportID.FindSubmatch(text)
	if match == nil {
		s.t.Fatal("the report has no id")
	}
	return string(text), string(match[1])
}

// These parts of the page appear exactly if their item is shown.
const (
	shownFigure = `aria-labelledby="figure-5.1-h"><svg`
	shownTable  = `aria-labelledby="table-baseline-h"><table>`
	absent      = "Not built yet"
	notAll      = "Not the full study."
)

// All writes a report of everything, and the second time leaves it alone.
func TestReportOfAll(t *testing.T) {
	s := newSmallStudy(t)
	page, id := s.page()
	for _, want := range []string{
		shownFigure, shownTable, "The four optimizers over the epochs", "seeds = [1, 100]",
		`<a href="figures/fig-5.1.pdf" aria-label="figures/fig-5.1.pdf">pdf</a>`,
		"There are 8 distinct trainings", "<h1>params</h1>", "A study of its own, as params.toml describes it.",
		`data-verdict="`, `<a href="#figure-5.1">`, "Claims about it:", "tables/epochs.csv", "sparsel/stages/train", "kernels", "<td>all</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""); !strings.Contains(text, "figures/fig-5.1.{csv,json,pdf,png,svg}") {
		t.Error("the report does not name a figure's files")
	}
	if strings.Contains(page, absent) || strings.Contains(page, notAll) {
		t.Error("something is missing in the report of everything")
	}
	before, err := os.Stat(s.path("out/report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if err := All(context.Background(), s.options()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(s.path("out/report.html")); err != nil || !os.SameFile(before, after) {
		t.Errorf("the second `all` wrote the report again (%v)", err)
	}
	if _, again := s.report(); again != id {
		t.Errorf("the target writes a report of id %s, all one of %s", again, id)
	}
	if other := newSmallStudy(t); other.dir == s.dir {
		t.Fatal("two studies in one folder")
	} else if _, same := other.report(); same != id {
		t.Error("the same study in another folder has another id")
	}
}

// claimedEnv makes worker processes of this test program take any study for the
// one whose claims were fixed, as anyStudy does.
const claimedEnv = "SPARSEL_TEST_CLAIMED"

func anyStudy(string, params.Study, string, []claim.Claim, []params.Use) bool { return true }

// The report of the thesis's study shows both layers. The layer of fresh seeds is
// read from the store once they have been run.
func TestReportOfLayers(t *testing.T) {
	t.Setenv(claimedEnv, "1")
	claimed := study.Claimed
	study.Claimed = anyStudy
	t.Cleanup(func() { study.Claimed = claimed })
	s := newSmallStudy(t)
	s.edit("[study]", "[study]\ntitle = \"A title\"\nsource = \"arXiv 2201.11653\"")
	s.edit("[optimizers.SGD]", "[profiles.fresh]\nseeds = [2001, 2002]\nseeding = \"paired\"\n\n[optimizers.SGD]")
	if err := All(context.Background(), s.options()); err != nil {
		t.Fatal(err)
	}
	page, id := s.page()
	for _, want := range []string{
		"<h1>A title</h1>", `<h3 id="reproduces">`, `<h3 id="holds">`, fixed.Commit, "this code. <code>go tool mage all -params=",
		"-profile=fresh",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	fresh := s.options()
	profile := "fresh"
	fresh.Profile = &profile
	if err := All(context.Background(), fresh); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.path("out/fresh/report.html"))
	if err != nil {
		t.Fatal(err)
	}
	both, after := s.report()
	if after == id {
		t.Error("with verdicts on fresh seeds the report has the id that it had without")
	}
	if !strings.Contains(string(text), `<a href="figures/fig-5.1.pdf"`) {
		t.Error("the profile's report does not lead to the files beside it")
	}
	for name, page := range map[string]string{"the study": both, "the profile": string(text)} {
		if strings.Contains(page, "No claim is judged yet") || !strings.Contains(page, "that were judged on both kinds of seeds") {
			t.Errorf("the report of %s lacks the verdicts of a layer", name)
		}
	}
	if !strings.Contains(string(text), "on the thesis&#39;s seeds: ") || !strings.Contains(both, "on fresh seeds: ") {
		t.Error("a finding lacks its verdict in the other layer")
	}
}

// A run is not disturbed by an edit of the source or the parameters: it succeeds,
// and its report shows what it made.
func TestReportOfARunDuringWhichTheSourceWasEdited(t *testing.T) {
	s := newSmallStudy(t)
	s.edit("lr = 0.001", "lr = 0.002")
	compiled, present := t.TempDir(), t.TempDir()
	for _, dir := range []string{compiled, present} {
		if err := copySources("..", dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(present)
	defer func() { Built = nil }()
	Built = os.DirFS(compiled)
	o := s.options()
	verbose := true
	o.Verbose = &verbose // every path
	o.Stdout = writerFunc(func(text []byte) (int, error) {
		if strings.Contains(string(text), "fig-5.1.png") { // the run is over, the report is to come
			if err := os.WriteFile("stages/figure/place.go", []byte("package figure\n"), 0o644); err != nil {
				t.Error(err)
			}
			s.edit("lr = 0.002", "lr = 0.003")
		}
		return s.stdout.Write(text)
	})
	if err := All(context.Background(), o); err != nil {
		t.Errorf("the run failed: %v", err)
	}
	page, _ := s.page()
	if !strings.Contains(page, shownFigure) || strings.Contains(page, absent) || !strings.Contains(page, "lr = 0.002") {
		t.Error("the report is not of the run")
	}
	if err := All(context.Background(), s.options()); !errors.Is(err, errOutdated) {
		t.Errorf("the next run works with edited source: %v", err)
	}
}

// writerFunc makes a function an io.Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

// What is not current is named with its reason and not shown.
func TestReportShowsNothingStale(t *testing.T) {
	s := newSmallStudy(t)
	_, full := s.report()
	s.edit("lr = 0.001", "lr = 0.002")
	page, id := s.report()
	if strings.Contains(page, shownFigure) || strings.Contains(page, shownTable) {
		t.Error("results of other parameters are shown")
	}
	if !strings.Contains(page, "</span> The four optimizers over the epochs</h4>") || strings.Contains(page, `href="figures/fig-5.1`) {
		t.Error("a missing figure has no title, or links to files of other parameters")
	}
	if !strings.Contains(page, absent+": results that it is made from are missing. <code>go tool mage figure 5.1 -params=") || id == full {
		t.Error("the report doesn't say what is missing")
	}
	s.edit("lr = 0.002", "lr = 0.001")
	if page, id = s.report(); !strings.Contains(page, shownFigure) || id != full {
		t.Error("with the parameters as they were the report is another")
	}
	// One output of a figure, with size and times as they were; the page is made of it.
	flipBit(t, s.blob("figure/5.1", "figure.svg"), 2000)
	page, _ = s.report()
	told := strings.Contains(page, "damaged") || strings.Contains(page, "has changed on disk")
	if strings.Contains(page, shownFigure) || !strings.Contains(page, shownTable) || !told {
		t.Error("a damaged figure is shown, or not said to be damaged, or takes the table with it")
	}
}

// Results that were packed elsewhere are shown although other trainings of the
// study are missing, for which a run would need the images, which no archive
// holds: read from the archive itself, or from the store after one figure was
// asked for.
func TestReportOfPackedResults(t *testing.T) {
	first := newSmallStudy(t)
	archive := filepath.Join(t.TempDir(), "results.zip")
	if text, err := first.pack(archive); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	second := first.secondMachine()
	second.edit("[[figures]]", "[[experiments]]\nname = \"missing\"\ncondition = \"lr\"\noptimizers = [\"SGD\"]\nset = { lr = 0.3 }\n\n[[figures]]")
	url := "file://" + archive
	o := second.options()
	o.Remote = &url
	if err := Report(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if page, _ := second.page(); !strings.Contains(page, shownFigure) {
		t.Error("the report lacks a figure that the archive has")
	}
	if _, err := os.Stat(second.path("out/store/blobs")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the report made a store: %v", err)
	}
	for target, build := range map[string]func(context.Context, string, Options) error{"5.1": Figure, "baseline": Table} {
		o := second.options()
		o.Remote = &url
		if err := build(context.Background(), target, o); err != nil {
			t.Fatal(err)
		}
	}
	page, _ := second.report()
	if !strings.Contains(page, shownFigure) || !strings.Contains(page, shownTable) || !strings.Contains(page, "5 of 5 findings, 3 of 4 tables") ||
		!strings.Contains(page, "<code>go tool mage table epochs -params=") {
		t.Error("without the archive the report lacks what was made, or does not say what was not and what makes it")
	}
}

// Without any result there is a report too, and it creates no store.
func TestReportOfNothing(t *testing.T) {
	s := newSmallStudy(t)
	writable(s.path("out"))
	if err := os.RemoveAll(s.path("out")); err != nil {
		t.Fatal(err)
	}
	page, _ := s.report()
	if !strings.Contains(page, absent+": has not run before") || !strings.Contains(page, "1 of 1 figure, 4 of 4 tables") ||
		strings.Contains(page, shownFigure) {
		t.Error("the report of nothing doesn't say so")
	}
	if _, err := os.Stat(s.path("out/store/blobs")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the report made a store: %v", err)
	}
	if err := Clean(context.Background(), nil, s.options()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path("out/report.html")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("clean leaves the report: %v", err)
	}
}

// A profile of a study and a try of it are not the whole study, and the report of
// either says so.
func TestReportOfLess(t *testing.T) {
	s := newSmallStudy(t)
	s.edit("[optimizers.SGD]", "[profiles.one]\nseeds = [1]\n\n[optimizers.SGD]")
	profile, try := s.options(), s.options()
	name, set := "one", "optimizers.SGD.lr=0.2"
	profile.Profile, try.Set = &name, &set
	for _, o := range []Options{profile, try} {
		s.stdout.Reset()
		if err := Report(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(strings.TrimSpace(s.stdout.String()))
		if err != nil || !strings.Contains(string(page), notAll) {
			t.Errorf("%s: the report does not say that it is not of the full study (%v)", s.stdout.String(), err)
		}
	}
}

// The lengths in epochs that the report gives leave out trainings whose length
// is a number of updates.
func TestPlanOfUpdates(t *testing.T) {
	s := newSmallStudy(t)
	s.edit("\n[[experiments]]", "\n[[experiments]]\nname = \"fixed\"\ncondition = \"u\"\nset = { epochs = 7, updates = 14 }\nseeding = \"paired\"\n\n[[experiments]]")
	w, _ := s.plan()
	if p := plan(w.Study); p.LongestRun == 7 || p.LongestRun == 0 {
		t.Errorf("trainings of %d to %d epochs", p.ShortestRun, p.LongestRun)
	}
}
