package study_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sparsel/stages/fetch"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/params"
	"sparsel/stages/study"
	"sparsel/trainer"
)

// own is a small study of a user's own, which the cases extend.
const own = `[study]
seeds = [1, 2, 3]
optimizers = ["SGD", "Adam"]
seeding = "paired"
archive = "last"
on_failed_run = "refuse"
train_images = 500
test_images = 200

[data]
directories = []
mirrors = []

[optimizers.SGD]
lr = 0.1

[optimizers.Adam]
lr = 0.001
beta1 = 0.9
beta2 = 0.999
eps = 1e-8

[baseline]
hidden = [16]
activation = "sigmoid"
sampler = "shuffled"
batch = 50
epochs = 3

[metrics]
ccmas_epsilon = 0.0

[style]
dpi = 72

[[experiments]]
name = "base"
condition = "test"

[[figures]]
id = "b"
title = "Baseline"
experiments = ["base"]
x = "epoch"
lines = ["optimizer"]

[[tables]]
id = "epochs"
kind = "tidy"

[[tables]]
id = "{experiment}"
kind = "final"
error = "se"
metrics = ["accuracy", "sparsity", "selectivity"]

`

// telling returns a made-up number that identifies its run and epoch: a
// hundredth of the epoch, a ten-thousandth of the seed, 0.5 more for Adam, and
// small terms for the learning rate and the batch size.
func telling(c trainer.Config, layer, metric string, epoch int) float64 {
	v := float64(epoch)/100 + float64(c.Seeding.Seed)/10000
	if c.Optimizer.Name == "Adam" {
		v += 0.5
	}
	return v + c.Optimizer.LR/1e6 + float64(c.Batch)/1e7
}

// makeCase makes the study of a case and returns a reader of its files.
func makeCase(t *testing.T, text string) func(file string) string {
	t.Helper()
	out := studytest.MadeUp(t, studytest.Of(t, own+text, ""), telling)
	return func(file string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(out, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q:\n%s", part, text)
		}
	}
}

// Conditions whose epochs differ by optimizer are read at an epoch that both
// have, and the table says so.
func TestUnequalEpochs(t *testing.T) {
	entry := func(optimizer, epochs string) string {
		return "[[experiments]]\nname = \"u\"\ncondition = \"c\"\noptimizers = [\"" + optimizer + "\"]\nset = { epochs = " + epochs + " }\n"
	}
	figure := "[[figures]]\nid = \"u\"\ntitle = \"Unequal\"\nexperiments = [\"u\"]\nx = \"epoch\"\nlines = [\"optimizer\"]\n"
	for _, text := range []string{entry("SGD", "3") + entry("Adam", "2"), entry("Adam", "2") + entry("SGD", "3")} {
		read := makeCase(t, text+figure)
		contains(t, read("tables/table-u.md"), "After epoch 2, the last that all runs have.", "| SGD | c | 3 | 0.0202", "| Adam | c | 3 | 0.5202")
		contains(t, read("tables/epochs.csv"), "u,c,SGD,1,all,3,0.03", "u,c,Adam,1,all,2,0.52")
		if strings.Contains(read("tables/epochs.csv"), "u,c,Adam,1,all,3") {
			t.Error("an epoch that Adam does not have")
		}
	}
}

// Each optimizer has the value of its own runs.
func TestValuesByOptimizer(t *testing.T) {
	entry := func(condition, optimizer, lr string) string {
		return "[[experiments]]\nname = \"v\"\ncondition = \"" + condition + "\"\noptimizers = [\"" + optimizer + "\"]\nset = { lr = " +
			lr + " }\ncolumn = \"learning_rate\"\nvalue = " + lr + "\n"
	}
	read := makeCase(t, entry("low", "SGD", "0.01")+entry("high", "SGD", "1.0")+entry("low", "Adam", "0.0001")+entry("high", "Adam", "0.1")+`
[[figures]]
id = "v"
title = "By learning rate"
experiments = ["v"]
x = "value"
scale = "log"
columns = "optimizer"
rows = "metric"
[[tables]]
id = "g"
kind = "grids"
experiments = ["v"]
[[tables]]
id = "c"
kind = "conditions"
experiment = "v"
[[tables]]
id = "s"
kind = "search"
experiment = "v"
error = "se"
`)
	contains(t, read("tables/table-v.md"), "| SGD | low |", "| Adam | high |")
	contains(t, read("tables/table-g.md"), "| learning\\_rate | SGD | 2 | 0.01, 1 | SGD 0.1 |",
		"| learning\\_rate | Adam | 2 | 0.0001, 0.1 | Adam 0.001 |")
	contains(t, read("tables/table-c.md"), "| low | all | SGD: 0.01; Adam: 0.0001 |", "| high | all | SGD: 1; Adam: 0.1 |")
	contains(t, read("tables/table-s.md"), "| optimizer | 0.0001 | 0.01 | 0.1 | 1 |")
	csv := read("figures/fig-v.csv")
	for _, want := range []string{`Adam.*0\.0001,`, `Adam.*0\.1,`, `SGD.*0\.01,`, `SGD.*,1,`} {
		if !regexp.MustCompile(want).MatchString(csv) {
			t.Errorf("figure lacks %s:\n%s", want, csv)
		}
	}
}

// The tables show every value in effect: constants of the optimizer, options of
// the sampler, widths and seeding.
func TestTablesShowWhatIsInEffect(t *testing.T) {
	read := makeCase(t, `
[[experiments]]
name = "eps"
condition = "eps={eps}"
optimizers = ["Adam"]
vary = [{ parameter = "eps", values = [1e-8, 1e-4, 1e-1] }]
[[experiments]]
name = "width"
condition = "w={width}"
vary = [{ parameter = "width", values = [8, 32] }]
[[experiments]]
name = "rate"
condition = "lr={lr} with batches of 10"
set = { batch = 10 }
vary = [{ parameter = "lr", values = [0.5, 0.25] }]
[[experiments]]
name = "order"
conditions = [
  { condition = "lossy", set = { sampler = "consecutive", block = 5, batch = 10 } },
  { condition = "clean", set = { sampler = "consecutive", block = 5, batch = 10, clean = true, order_seed = 7 } },
  { condition = "author", seeding = "author" },
]
[[tables]]
id = "c1"
kind = "conditions"
experiment = "eps"
[[tables]]
id = "c2"
kind = "conditions"
experiment = "order"
[[tables]]
id = "g"
kind = "grids"
experiments = ["eps", "width", "rate"]
`)
	contains(t, read("tables/table-c1.md"), "| condition | optimizers | eps |", "| eps=1e-08 | Adam | 1e-08 |", "| eps=0.1 | Adam | 0.1 |")
	contains(t, read("tables/table-c2.md"), "| condition | optimizers | training images | batch size | seeding |",
		"| clean | all | runs of 5 of one class in the order of seed 7, no image left out | 10 | paired |",
		"| author | all | shuffled | 50 | author |")
	contains(t, read("tables/table-g.md"), "| eps | Adam | 3 | 1e-08, 0.0001, 0.1 | Adam 1e-08 |",
		"| width | all | 2 | 8, 32 | SGD 16, Adam 16 |",
		"| lr | all | 2 | 0.5, 0.25 | SGD 0.1, Adam 0.001 |", "- In rate the batch size is 10.", "but for what the notes say")
}

// Conditions are distinguished by their values, and labels have enough digits
// for it.
func TestCloseValues(t *testing.T) {
	read := makeCase(t, `
[[experiments]]
name = "mom"
condition = "momentum={momentum}"
optimizers = ["SGD"]
vary = [{ parameter = "momentum", values = [0.9, 0.99, 0.999, 0.9999, 0.99999] }]
[[figures]]
id = "m"
title = "Momentum"
experiments = ["mom"]
x = "value"
scale = "equal"
columns = "metric"
[[tables]]
id = "g"
kind = "grids"
experiments = ["mom"]
[[tables]]
id = "c"
kind = "conditions"
experiment = "mom"
`)
	contains(t, read("tables/table-mom.md"), "| SGD | 0.9999 | 3 |", "| SGD | 0.99999 | 3 |")
	contains(t, read("tables/table-g.md"), "| momentum | SGD | 5 | 0.9, 0.99, 0.999, 0.9999, 0.99999 | SGD 0 |")
	contains(t, read("tables/table-c.md"), "| momentum=0.9999 | SGD | 0.9999 |", "| momentum=0.99999 | SGD | 0.99999 |")
	contains(t, read("figures/fig-m.csv"), "0.9999,", "0.99999,")
}

// Names may contain commas, equals signs, and characters with a special meaning
// in a format.
func TestNames(t *testing.T) {
	read := makeCase(t, `
[[experiments]]
name = "grid"
condition = "lr={lr}, bs={batch}"
optimizers = ["SGD"]
vary = [{ parameter = "lr", values = [0.01, 0.1] }, { parameter = "batch", values = [50, 100] }]
[[figures]]
id = "s"
title = "Grid"
experiments = ["grid"]
x = "epoch"
lines = ["condition"]
reference = { condition = "lr=0.01, bs=50", label = "low" }
remark = "Übung macht den Meister"
[[figures]]
id = "t"
title = "Against a condition"
experiments = ["grid"]
conditions = ["lr=0.1, *"]
x = "condition lr=0.01, bs=50"
lines = ["condition"]
[[experiments]]
name = "e"
conditions = [{ condition = "größe é ü ß ° “β”", like = "base/test" }, { condition = 'a|b_c%d&e#f$g~h^i\j[k]', set = { batch = 10 } }]
[[tables]]
id = "c"
kind = "conditions"
experiment = "e"
`)
	contains(t, read("tables/table-grid.md"), "| SGD | lr=0.01, bs=50 | 3 |", "| SGD | lr=0.1, bs=100 | 3 |")
	contains(t, read("figures/fig-s.json"), "Übung macht den Meister")
	contains(t, read("tables/table-e.tex"), "größe é ü ß ° “$\\beta$”",
		`a$|$b\_c\%d\&e\#f\$g\textasciitilde{}h\textasciicircum{}i\textbackslash{}j{[}k{]}`)
	contains(t, read("tables/table-e.csv"), "größe é ü ß ° “β”", `a|b_c%d&e#f$g~h^i\j[k]`)
}

// A network with one hidden layer has no values for that layer's own number.
// The table says so, and leaves out nothing else.
func TestLayersAndOptimizersThatSomeLack(t *testing.T) {
	read := makeCase(t, `
[[experiments]]
name = "deep"
conditions = [{ condition = "{depth}HL", vary = [{ parameter = "depth", values = [1, 2] }] }, `+
		`{ condition = "wide", optimizers = ["SGD"], set = { width = 32 } }]
[[tables]]
id = "d"
kind = "final"
experiment = "deep"
error = "se"
metrics = ["sparsity"]
layers = ["all", "1", "2"]
`)
	contains(t, read("tables/table-d.md"), "| SGD | 2HL | 2 | 3 |", "- SGD, 1HL: there is no layer 1.", "- Adam, 1HL: there is no layer 2.",
		"- Adam was not trained with wide.")
}

// The tables, figures and findings of a user's own study say which images it
// uses.
func TestOwnStudySaysItsImages(t *testing.T) {
	read := makeCase(t, "")
	const mark = "Trained on the first 500 of 60000 images of MNIST, measured on the first 200 of 10000 test images"
	contains(t, read("tables/table-base.md"), mark)
	if s := studytest.Of(t, strings.Replace(own, "train_images = 500\ntest_images = 200\n", "", 1), ""); s.Mark != "" {
		t.Errorf("all images have the mark %q", s.Mark)
	}
}

// A refusal names the file, the line and the column, before anything runs.
func TestRefusedWithItsPlace(t *testing.T) {
	sweep := func(rest string) string {
		return "[[experiments]]\nname = \"sweep\"\ncondition = \"lr={lr}\"\noptimizers = [\"SGD\"]\n" +
			"vary = [{ parameter = \"lr\", values = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5] }]\n" + rest
	}
	table := func(kind, rest string) string {
		return "[[tables]]\nid = \"t\"\nkind = \"" + kind + "\"\n" + rest + "\n"
	}
	experiments := func(conditions string) string {
		return "[[experiments]]\nname = \"e\"\nconditions = [\n" + conditions + "\n]\n"
	}
	long := strings.Repeat("x", 215)
	for _, c := range []struct{ name, text, want string }{
		{"more lines than colours",
			sweep("[[figures]]\nid = \"s\"\ntitle = \"Eight\"\nexperiments = [\"sweep\"]\nx = \"epoch\"\nlines = [\"condition\"]\n"),
			"own.toml:67:1: figures[1].lines: 8 conditions as lines"},
		{"search over two things",
			experiments(`{ condition = "lr={lr} bs={batch}", vary = [{ parameter = "lr", values = [0.01, 0.1] }, { parameter = "batch", values `+
				`= [100, 10] }] }`) +
				table("search", "experiment = \"e\"\nerror = \"se\""),
			"tables[2].experiment: is \"e\", whose conditions lr=0.01 bs=100 and lr=0.01 bs=10 differ in batch size with SGD"},
		{"unknown layers", table("final", "experiment = \"base\"\nerror = \"se\"\nmetrics = [\"sparsity\"]\nlayers = [\"all\", \"9\"]"),
			"own.toml:63:18: tables[2].layers[1]: is \"9\", which is no hidden layer of base"},
		{"depths that repeat", experiments(`{ condition = "a" }, { condition = "b", set = { width = 8 } }`) +
			table("printed", "experiment = \"e\"\nerror = \"se\""), "both have 1 hidden layers with SGD"},
		{"grid of nothing", table("grids", "experiments = [\"base\"]"), "tables[2].experiments[0]: is \"base\", in which nothing varies"},
		{"long id of a figure", "[[figures]]\nid = \"" + long + "\"\ntitle = \"Long\"\nexperiments = [\"base\"]\nx = \"epoch\"\n" +
			"lines = [\"optimizer\"]\n", "own.toml:58:6: figures[1].id: has 215 letters, must have at most 100"},
		{"long name of an experiment", "[[experiments]]\nname = \"" + long + "\"\ncondition = \"c\"\nset = { batch = 10 }\n",
			"own.toml:58:8: experiments[1].name: makes the file"},
		{"files of one name", strings.Replace(table("conditions", "experiment = \"base\""), `"t"`, `"x"`, 1) +
			"[profiles.figure]\nepochs = 1\n", "profiles.figure: is no name for a profile"},
		{"table in the place of an experiment's", strings.Replace(table("conditions", "experiment = \"base\""), `"t"`, `"Base"`, 1),
			"tables[2].id: is \"Base\", the id that the table of final values of experiment base has"},
		{"seeds that some conditions lack", "[[experiments]]\nname = \"e\"\ncondition = \"a\"\nset = { batch = 10 }\n[[experiments]]\n" +
			"name = \"e\"\ncondition = \"b\"\nset = { batch = 20 }\nseeds = [1]\n",
			"own.toml:61:3: experiments[2]: b with SGD lacks seed 2, 3, which a with SGD has"},
		{"a condition cut by seed", "[[experiments]]\nname = \"e\"\ncondition = \"a\"\nseeds = [1, 2]\nset = { batch = 10 }\n" +
			"[[experiments]]\nname = \"e\"\ncondition = \"a\"\nset = { batch = 20 }\nseeds = [3]\n",
			"a with SGD has other runs for seed 3 than for seed 1, and no common mean: they differ in batch size"},
		{"one condition twice", experiments(`{ condition = "a", set = { batch = 10 } }, { condition = "b", set = { batch = 10 } }`),
			"a and b are the same runs with SGD"},
		{"one name twice", experiments(`{ condition = "a", set = { batch = 10 } }, { condition = "a", set = { batch = 20 } }`), "occurs twice"},
		{"one place in the tidy table",
			experiments(`{ condition = "a", set = { batch = 10 }, tidy = "x" }, { condition = "b", set = { batch = 20 }, tidy = "x" }`),
			"a and b are both x in the tidy table"},
		{"settings that overrule", experiments(`{ condition = "a", set = { hidden = [8, 16], depth = 2 } }`),
			"experiments[1].conditions[0].set.hidden: parameter hidden is [8 16], which another setting of e overrules"},
		{"a setting twice", experiments(`{ condition = "a{batch}", set = { batch = 5 }, vary = [{ parameter = "batch", values = [5, 10] }] }`),
			"parameter batch is given twice"},
		{"a name with a blank", experiments(`{ condition = "a " }`), "must not begin or end with a blank"},
		{"a name in parts", experiments("{ condition = \"gro\u0308\u00dfe\" }"),
			"spells a character in several parts; write it as \"größe\" (\"gr\\u00f6\\u00dfe\")"},
		{"a name with an invisible character", experiments("{ condition = \"a\u200bb\" }"), "must be a line of visible characters"},
		{"a name that is a path", experiments(`{ condition = "a/../b" }`), "must not have empty parts, . or .. between slashes"},
		{"a name with a star", experiments(`{ condition = "a*" }`), "must not hold *"},
		{"no such seed", strings.Replace(experiments(`{ condition = "a", set = { batch = 10 } }`), "conditions", "seeds = [7]\nconditions", 1),
			"experiments[1].seeds[0]: is 7, which study.seeds does not have"},
		{"a title of two lines", strings.Replace(table("conditions", "experiment = \"base\"\ntitle = \"a\\nb\""), "x", "x", 1),
			"tables[2].title: is \"a\\nb\", must be a line"},
		{"a grid and conditions", "[[experiments]]\nname = \"e\"\ncondition = \"a\"\nconditions = [{ condition = \"b\" }]\n",
			"experiments[1].condition: is of one condition; move it into conditions"},
	} {
		t.Run(c.name, func(t *testing.T) { contains(t, refusal(t, own+c.text, ""), c.want) })
	}
	fresh := own + "[[experiments]]\nname = \"e\"\ncondition = \"a\"\nset = { batch = 10 }\nseeds = [1]\n[[experiments]]\nname = \"f\"\n" +
		"condition = \"{epochs} epochs\"\nvary = [{ parameter = \"epochs\", values = [1, 2, 3] }]\n[profiles.fresh]\nseeds = [11, 12]\n" +
		"[profiles.short]\nepochs = 2\n"
	contains(t, refusal(t, fresh, "fresh"), "experiments[1].seeds: has none of the seeds of profile fresh, so e would be left out in silence")
	contains(t, refusal(t, fresh, "short"), "profiles.short.epochs: is 2, but f varies the epochs up to 3")
}

// A profile cannot have a name that the program itself uses below the output
// folder or in the names of nodes.
func TestReservedNames(t *testing.T) {
	for _, name := range []string{"store", "Store", "report.html", "figures", "tables", "findings", "downloads", "train", "PAPER"} {
		contains(t, refusal(t, own+"[profiles.\""+name+"\"]\nepochs = 1\n", ""), "is no name for a profile")
	}
	s := studytest.Of(t, own, "")
	for _, n := range s.Graph.Nodes() {
		kind, _, _ := strings.Cut(n.Name, "/")
		if !slices.Contains(params.Reserved, kind) {
			t.Errorf("node %s begins with %s, which a profile may be called", n.Name, kind)
		}
		for _, file := range n.Publish {
			if folder, _, _ := strings.Cut(file, "/"); !slices.Contains(params.Reserved, folder) {
				t.Errorf("%s is published to %s, which a profile may be called", n.Name, folder)
			}
		}
	}
}

// refusal returns the error for a file that is refused. Every problem must have
// its place.
func refusal(t *testing.T, text, profile string) string {
	t.Helper()
	p, err := params.Parse("own.toml", []byte(text), profile)
	if err == nil {
		_, err = study.New("own.toml", p, fetch.Sources{})
	}
	var problems *params.Problems
	if !errors.As(err, &problems) {
		t.Errorf("not refused: %v", err)
		return ""
	}
	for _, q := range problems.List {
		if q.Line < 1 || q.Column < 1 {
			t.Errorf("%s has no place: %s", q.Path, q.Message)
		}
	}
	return err.Error()
}

// Every kind of table and every metric can be asked for.
func TestEveryKindOfTable(t *testing.T) {
	text := ""
	for _, kind := range params.TableKinds() {
		text += "[[tables]]\nid = \"kind-" + kind + "\"\nkind = \"" + kind + "\"\n"
		for key, value := range map[string]string{
			"line": `"lr=0.0*"`, "experiment": `"rates"`, "experiments": `["rates"]`, "error": `"se"`, "metrics": `["` + strings.Join(params.MetricNames, `", "`) + `"]`,
		} {
			if kind == "effects" && key == "experiment" {
				value = `"levels"`
			}
			if kind == "distances" && key == "experiment" {
				value = `"swept"`
			}
			if slices.Contains(params.TableKeys(kind), key) {
				text += key + " = " + value + "\n"
			}
		}
	}
	for name, values := range map[string]string{"rates": "0.01", "levels": "0.01, 0.02", "swept": "0.01, 0.03, 0.1"} {
		text += "[[experiments]]\nname = \"" + name +
			"\"\ncondition = \"lr={lr}\"\noptimizers = [\"Adam\"]\nvary = [{ parameter = \"lr\", values = [" + values + "] }]\n" +
			"ablate = true\nset = { epochs = 2, train_loss_after = true, validation = 100, sampler = \"phases\", " + // for the metrics that need them
			"phases = [{ classes = [0], epochs = 1 }, { classes = [1], epochs = 1 }] }\n"
	}
	whole := strings.Replace(own, "[[tables]]\nid = \"epochs\"\nkind = \"tidy\"\n", "", 1) + text
	out := studytest.MadeUp(t, studytest.Of(t, whole, ""), telling)
	for _, kind := range params.TableKinds() {
		file := "table-kind-" + kind + ".tex"
		if kind == "tidy" {
			file = "kind-tidy.csv"
		}
		if info, err := os.Stat(filepath.Join(out, "tables", file)); err != nil || info.Size() == 0 {
			t.Errorf("table of kind %s: %v", kind, err)
		}
	}
}

// The table of every epoch exists even if the file does not ask for it.
func TestTidyTableUnasked(t *testing.T) {
	out := studytest.MadeUp(t, studytest.Of(t, base, ""), telling)
	if _, err := os.Stat(filepath.Join(out, "tables", "epochs.csv")); err != nil {
		t.Error(err)
	}
}
