package params

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// example returns the project's own parameter file with replacements, old then
// new.
func example(t *testing.T, replace ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "study.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("params.toml no longer holds %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return []byte(text)
}

func mustParse(t *testing.T, data []byte) *Params {
	t.Helper()
	p, err := Parse("params.toml", data, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBaselineExpandsToTwelveRuns(t *testing.T) {
	runs, uses := mustParse(t, example(t)).Expand()
	if len(runs) != 12 || len(uses) != 12 {
		t.Fatalf("got %d runs and %d uses, want 12 and 12", len(runs), len(uses))
	}
	// Positions in the session: each run draws 203,530 parameters and 60,005
	// numbers in each of 30 epochs (the study's records).
	const draws = 203530 + 30*60005
	for _, r := range runs {
		want := map[string]uint64{"Adadelta": 0, "Adagrad": draws, "SGD": 2 * draws, "Adam": 3 * draws}[r.Config.Optimizer.Name]
		if r.Config.Seeding.Skip != want {
			t.Errorf("%s starts after %d draws, want %d", r.Name, r.Config.Seeding.Skip, want)
		}
		if err := r.Config.Validate(); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
	if got, want := runs[0].Name, "train_vs_test/baseline/Adadelta/seed=1"; got != want {
		t.Errorf("first run is %s, want %s", got, want)
	}
}

const batches = `name = "batch_size"
condition = "bs={batch}"
optimizers = ["Adadelta", "Adagrad", "SGD", "Adam"]
vary = [{ parameter = "batch", column = "batch_size", values = [10, 50] }]

[[experiments]]
name = "train_vs_test"`

func TestEqualRunsAreShared(t *testing.T) {
	p := mustParse(t, example(t, `name = "train_vs_test"`, batches))
	runs, uses := p.Expand()
	// Batch 50 is the baseline, at the same place of an equal session.
	if len(runs) != 24 || len(uses) != 36 {
		t.Fatalf("got %d runs and %d uses, want 24 and 36", len(runs), len(uses))
	}
	last := uses[len(uses)-1]
	if want := "batch_size/bs=50/Adam/seed=1234"; last.Run.Name != want {
		t.Errorf("the baseline's last use has the run %s, want %s", last.Run.Name, want)
	}
	if u := uses[0]; u.Column != "batch_size" || u.Value != "10" || u.Condition != "bs=10" {
		t.Errorf("first use is %+v", u)
	}
}

func TestSessions(t *testing.T) {
	const four = 4 * (203530 + 30*60005) // the draws of the four optimizers' runs at any batch size
	for _, c := range []struct {
		sessions string
		want     map[string]uint64 // draws before a run, by condition, optimizer and seed
	}{
		{``, map[string]uint64{"bs=10 Adadelta 1": 0, "bs=50 Adadelta 1": 0, "bs=50 Adam 1": four / 4 * 3}},
		{`runs = [{ experiment = "batch_size" }]`, map[string]uint64{"bs=10 Adadelta 1": 0, "bs=50 Adadelta 1": four,
			"bs=50 Adam 100": four / 4 * 7}},
		{`runs = [{ experiment = "batch_size", conditions = ["bs=50"] }, { experiment = "batch_size", conditions = ["bs=10"], optimizers = ` +
			`["Adam"] }]`,
			map[string]uint64{"bs=50 Adadelta 1": 0, "bs=10 Adam 1": four, "bs=10 Adadelta 1": 0}},
		{"seeds = [100]\nruns = [{ experiment = \"batch_size\", conditions = [\"bs=*\"] }]",
			map[string]uint64{"bs=50 Adadelta 1": 0, "bs=50 Adadelta 100": four}},
	} {
		session := ""
		if c.sessions != "" {
			session = "[[sessions]]\n" + c.sessions + "\n\n"
		}
		p := mustParse(t, example(t, `name = "train_vs_test"`, batches, "[[figures]]", session+"[[figures]]"))
		_, uses := p.Expand()
		for _, u := range uses {
			want, known := c.want[fmt.Sprintf("%s %s %d", u.Condition, u.Optimizer, u.Seed)]
			if got := u.Run.Config.Seeding.Skip; known && u.Experiment == "batch_size" && got != want {
				t.Errorf("%q: %s with %s starts after %d draws, want %d", c.sessions, u.Condition, u.Optimizer, got, want)
			}
		}
	}
}

func TestSessionRefusals(t *testing.T) {
	for _, c := range [][2]string{
		{`runs = []`, "sessions[0].runs: is empty"},
		{`runs = [{ experiment = "batches" }]`, `sessions[0].runs[0].experiment: is "batches", must be one of batch_size`},
		{`runs = [{ experiment = "batch_size", conditions = ["bs=20"] }]`,
			`sessions[0].runs[0].conditions[0]: is "bs=20", which is no condition of batch_size`},
		{`runs = [{ experiment = "batch_size", optimizers = ["RMSprop"] }]`,
			`sessions[0].runs[0].optimizers[0]: is "RMSprop", with which batch_size trains none of these; it has Adadelta, Adagrad, Adam, SGD`},
		{`runs = [{ experiment = "batch_size" }, { experiment = "batch_size", optimizers = ["SGD"]}]`,
			"sessions[0].runs[1]: has batch_size/bs=10 with SGD and seed 1, which is in session 1 already"},
		{"seeds = [1, 1]\nruns = [{ experiment = \"batch_size\" }]", "sessions[0].seeds[1]: is 1 for the second time"},
	} {
		sessions, want := c[0], c[1]
		_, err := Parse("params.toml", example(t, `name = "train_vs_test"`, batches, "[[figures]]",
			"[[sessions]]\n"+sessions+"\n\n[[figures]]"), "")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "  params.toml: ") {
			t.Errorf("%s: %v, want %s", sessions, err, want)
		}
	}
}

func TestGridsAndOverrides(t *testing.T) {
	p := mustParse(t, example(t, `name = "train_vs_test"`, `name = "grid"
condition = "lr={lr} depth={depth}"
optimizers = ["SGD"]
seeding = "paired"
seeds = [100]
set = { width = 64, epochs = 2, weight_decay = 0.5 }
vary = [
  { parameter = "lr", logspace = { from = -5, to = 3, count = 15 } },
  { parameter = "depth", values = [1, 3] },
]

[[experiments]]
name = "train_vs_test"`))
	_, uses := p.Expand()
	uses = uses[:30]
	// The study's grid, as its records print it.
	for k, want := range map[int]float64{0: 1e-5, 1: 3.727593720314938e-05, 8: 0.3727593720314938, 14: 1000} {
		got := uses[2*k].Run.Config.Optimizer.LR
		if diff := got/want - 1; diff > 1e-11 || diff < -1e-11 {
			t.Errorf("learning rate %d is %v, want %v", k, got, want)
		}
	}
	c := uses[29].Run.Config
	if fmt.Sprint(c.Network.Hidden) != "[64 64 64]" || c.Epochs != 2 || c.Optimizer.WeightDecay != 0.5 || c.Seeding.Mode != "paired" ||
		c.Seeding.Skip != 0 || c.Seeding.Seed != 100 {
		t.Errorf("last run is %+v", c)
	}
	if uses[1].Condition != "lr=1e-05 depth=3" || uses[1].Column != "depth" || uses[1].Value != "3" {
		t.Errorf("second use is %+v", uses[1])
	}
}

// All mistakes in a file are reported at once, each at its place.
func TestAllProblemsTogether(t *testing.T) {
	data := example(t,
		`seeds = [1, 100, 1234]`, `seeds = [1, -5, 1]`,
		`seeding = "author"`, `seedling = "author"`,
		`lr = 0.1`, `lr = "fast"`,
		`rho = 0.9`, `rho = 1.5`,
		`batch = 50`, `batch = 2.5`,
		`limits = { sparsity = [0.0, 0.8]`, `limits = { sparsity = [0.8, 0.0]`,
		`color = "#d55e00"`, `color = "red"`)
	_, err := Parse("params.toml", data, "")
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want problems", err)
	}
	want := []string{
		`study.seeds[1]: is -5, must lie between 0 and 4294967295`,
		`study.seeds[2]: is 1 for the second time`,
		`study.seeding: is missing`,
		`study.seedling: is not a known parameter`,
		`optimizers.SGD.lr: is the string "fast", must be a number`,
		`optimizers.Adadelta.rho: is 1.5: want 0 to 1`,
		`baseline.batch: is the number 2.5, must be a whole number`,
		`figures[0].limits.sparsity: is [0.8 0], must be a lower and a higher number`,
		`style.roles.SGD.color: is "red", must be a colour as #rrggbb`,
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("missing from the report: %s", w)
		}
	}
	if len(problems.List) != len(want) {
		t.Errorf("got %d problems, want %d:\n%v", len(problems.List), len(want), err)
	}
	lines := strings.Split(string(data), "\n")
	for _, p := range problems.List {
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1]) {
			t.Errorf("%s: no such place: line %d, column %d", p.Path, p.Line, p.Column)
			continue
		}
		rest := lines[p.Line-1][p.Column-1:]
		for path, starts := range map[string]string{
			"study.seeds[1]": "-5", "study.seedling": "seedling", "optimizers.SGD.lr": `"fast"`, "baseline.batch": "2.5",
			"style.roles.SGD.color": `"red"`,
		} {
			if p.Path == path && !strings.HasPrefix(rest, starts) {
				t.Errorf("%s is placed at %q, want at %q", path, rest, starts)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"syntax", "[study]", "[study", "params.toml:3:"},
		{"two keys", "batch = 50", "batch = 50\nbatch = 51", "batch"},
		{"hyper-parameter of another", "lr = 1.0", "lr = 1.0\nbeta1 = 0.9", "optimizers.Adadelta.beta1: does not belong to Adadelta"},
		{"missing hyper-parameter", "rho = 0.9", "", "optimizers.Adadelta.rho: is missing"},
		{"infinite", "lr = 1.0", "lr = inf", "optimizers.Adadelta.lr: is +Inf, must be finite"},
		{"case matters", "lr = 1.0", "LR = 1.0", "optimizers.Adadelta.LR: does not belong to Adadelta"},
		{"unknown optimizer", `["Adadelta", "Adagrad", "SGD", "Adam"]`, `["Adadelta", "AdaMax"]`, `has no [optimizers.AdaMax]`},
		{"set of nothing", `condition = "baseline"`, "condition = \"baseline\"\nset = { batches = 5 }",
			"experiments[0].set.batches: parameter batches is not known"},
		{"no name for values", `condition = "baseline"`, "condition = \"baseline\"\nvary = [{ parameter = \"batch\", values = [1, 5] }]",
			"must hold {batch}"},
		{"no values", `condition = "baseline"`, "condition = \"bs={batch}\"\nvary = [{ parameter = \"batch\" }]",
			"needs either values or logspace"},
		{"same name twice", `condition = "baseline"`, "condition = \"bs={batch}\"\nvary = [{ parameter = \"batch\", values = [5, 5] }]",
			"occurs twice"},
		{"plain http", "https://ossci", "http://ossci", "must be an https:// URL"},
		{"unknown experiment", `experiment = "train_vs_test"`, `experiment = "nothing"`, `must be one of train_vs_test`},
		{"path as id", `id = "5.1"`, `id = "../5.1"`, "must consist of letters"},
		{"metric twice", `"accuracy", "sparsity", "selectivity"]`, `"accuracy", "accuracy"]`,
			`tables[1].metrics[1]: is "accuracy" for the second time`},
		{"second tidy table", `kind = "final"`, `kind = "tidy"`, `tables[1]`},
		{"figure of nothing", "conditions = [\"baseline\"]", "conditions = [\"baselin\"]",
			`figures[0].conditions[0]: is "baselin", which is no condition of train_vs_test; those are "baseline"`},
		{"not a number", "ccmas_epsilon = 0.0", "ccmas_epsilon = nan", "metrics.ccmas_epsilon: is NaN, must be finite"},
		{"beyond float32", "lr = 1.0", "lr = 1e308", "lr: is 1e+308, which the 32 bits that networks are trained with cannot tell from +Inf"},
		{"epoch that no run has", `archive = "last"`, `archive = [31]`, "study.archive[0]: is 31, no run has more than 30 epochs"},
		{"braces of nothing", `condition = "baseline"`, `condition = "bs={bacth}"`, "names in braces"},
		{"size", "panel_height = 2.1", "panel_height = 0.1", "style.panel_height: style: panel height 0.1"},
		{"dash", `dash = "solid"`, `dash = "wavy"`, `style.roles.SGD: style: role "SGD": dash "wavy"`},
		{"archive", `archive = "last"`, `archive = [0]`, "study.archive[0]"},
		{"archives kept of some", `archive = "last"`, "archive = \"last\"\nkeep_archives = \"some\"",
			`study.keep_archives: is "some", must be one of all, none`},
		{"archives kept of a seed there is not", `archive = "last"`, "archive = \"last\"\nkeep_archives = [1, 7]",
			"study.keep_archives[1]: is 7, which is no seed"},
		{"archives kept of a seed twice", `archive = "last"`, "archive = \"last\"\nkeep_archives = [1, 1]",
			"study.keep_archives[1]: is 1 for the second time"},
		{"archives kept of a name", `archive = "last"`, "archive = \"last\"\nkeep_archives = [\"1\"]", "study.keep_archives[0]"},
		{"archives kept, a number", `archive = "last"`, "archive = \"last\"\nkeep_archives = 1", `must be "all", "none" or a list of seeds`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("params.toml", example(t, c.old, c.new), "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestNumbersAreValues(t *testing.T) {
	want, _ := mustParse(t, example(t)).Expand()
	for _, spelling := range []string{"1e-1", "0.10", "1.0e-1"} {
		got, _ := mustParse(t, example(t, "lr = 0.1", "lr = "+spelling)).Expand()
		for i := range want {
			if Identity(got[i].Config) != Identity(want[i].Config) {
				t.Errorf("lr = %s changes %s", spelling, want[i].Name)
			}
		}
	}
	got, _ := mustParse(t, example(t, "lr = 1.0", "lr = 1")).Expand()
	if Identity(got[0].Config) != Identity(want[0].Config) {
		t.Error("lr = 1 is another value than lr = 1.0")
	}
}

func TestMissingFileSaysWhatToDo(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.toml"), "")
	if err == nil || !strings.Contains(err.Error(), "-params=FILE") {
		t.Errorf("got %v", err)
	}
}

// If a study has several parameter files, the base name would not be enough.
func TestProblemsNameTheFileAsGiven(t *testing.T) {
	file := filepath.Join(t.TempDir(), "other.toml")
	if err := os.WriteFile(file, example(t, "batch = 50", "batch = 0"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(file, ""); err == nil || !strings.Contains(err.Error(), file+":") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("..", "..", "params.toml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	if data, err = os.ReadFile(filepath.Join("..", "..", "docs", "examples", "shapes.toml")); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("[study]\nseeds = [1, \"a\"]\n[[experiments]]\nvary = [{parameter = \"lr\", logspace = {from = 1, to = 400, count = 3}}]"))
	f.Add([]byte("a.b.c = { d = [1, { e = 2 }] }\n[[figures]]\n[figures.panels]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("fuzz.toml", data, "")
		if err != nil {
			return
		}
		if runs, uses := p.Expand(); len(uses) < len(runs) {
			t.Errorf("%d runs but %d uses", len(runs), len(uses))
		}
	})
}

// One problem is in the singular.
func TestProblemsAreCounted(t *testing.T) {
	p := Problems{File: "p.toml", List: []Problem{{}}}
	if got, want := p.Error(), "read parameters: 1 problem in p.toml; correct and run again:\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	p.List = append(p.List, Problem{})
	if got, want := p.Error(), "read parameters: 2 problems in p.toml; correct and run again:\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
