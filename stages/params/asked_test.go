package params

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// little is a small file, to which tests add entries.
const little = `
[study]
seeds = [1, 2]
optimizers = ["SGD", "Adam"]
seeding = "paired"
archive = "last"
on_failed_run = "refuse"
train_images = 200
test_images = 100
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
hidden = [4]
activation = "sigmoid"
sampler = "shuffled"
batch = 50
epochs = 2
[metrics]
ccmas_epsilon = 1e-7
`

// entries adds text to the small file, after an experiment with the baseline.
func entries(text string) string {
	return little + "[[experiments]]\nname = \"base\"\ncondition = \"test\"\n" + text
}

// problemsOf returns the problems of a text as PATH: MESSAGE. Each must have a
// line and a column.
func problemsOf(t *testing.T, text, profile string) []string {
	t.Helper()
	_, err := Parse("params.toml", []byte(text), profile)
	var p *Problems
	if err != nil && !errors.As(err, &p) {
		t.Fatal(err)
	}
	var list []string
	if p != nil {
		for _, q := range p.List {
			if q.Line == 0 || q.Column == 0 {
				t.Errorf("%s: %s has no place", q.Path, q.Message)
			}
			list = append(list, q.Path+": "+q.Message)
		}
	}
	return list
}

// What a file asks for and no run can give is refused at its place. In each
// pair the first text is refused with the message, and the second is taken.
func TestAskedAndNotThere(t *testing.T) {
	one := func(settings string) string {
		return entries("[[experiments]]\nname = \"e\"\noptimizers = [\"SGD\"]\ncondition = \"c\"\n" + settings + "\n")
	}
	vary := func(condition, vary string) string {
		return entries(fmt.Sprintf("[[experiments]]\nname = \"e\"\noptimizers = [\"SGD\"]\ncondition = %q\nvary = [{ %s }]\n", condition, vary))
	}
	figure := func(settings, figure string) string {
		return one(settings) + "[[figures]]\nid = \"f\"\ntitle = \"f\"\nexperiments = [\"e\"]\n" + figure + "\n"
	}
	table := func(settings, metric string) string {
		return one(settings) + "[[tables]]\nid = \"t\"\nkind = \"final\"\nexperiment = \"e\"\nerror = \"se\"\nmetrics = [\"accuracy\", \"" +
			metric + "\"]\n"
	}
	tables := func(settings string) string { return one("") + "[[tables]]\nid = \"t\"\n" + settings + "\n" }
	const phases = "set = { sampler = \"phases\", phases = [{ classes = [0], epochs = 1 }, { classes = [1], epochs = 1 }] }"
	for name, c := range map[string]struct{ bad, want, good string }{
		"another value": {one("set = { lr = 0.5 }\ncolumn = \"batch_size\"\nvalue = 7"),
			"experiments[1].value: is 7, but batch_size is a setting",
			one("set = { lr = 0.5 }\ncolumn = \"batch_size\"\nvalue = 50")},
		"no such constant": {one("column = \"rho\"\nvalue = 0.9"), "experiments[1].value: is 0.9, but rho is a setting, and c with SGD has none",
			one("column = \"rhos\"\nvalue = 0.9")},
		"another depth": {one("set = { depth = 2 }\ncolumn = \"depth\"\nvalue = 3"), "experiments[1].value", one(
			"set = { hidden = [4, 3] }\ncolumn = \"depth\"\nvalue = 2")},
		"another rate of dropout": {one("set = { dropout = [0.5] }\ncolumn = \"dropout\"\nvalue = 0.2"), "and c with SGD has [0.5]",
			one("set = { dropout = [0.5] }\ncolumn = \"dropout\"\nvalue = 0.5")},
		"dropout where there is none": {one("column = \"dropout\"\nvalue = 0.2"), "and c with SGD has none",
			one("column = \"dropout\"\nvalue = 0")},
		"a formula named as a setting": {
			one("along = \"lr/(batch*(1-momentum))\"\ncolumn = \"batch_size\""),
			"experiments[1].column: is \"batch_size\", the name of the setting batch",
			one("along = \"lr/(batch*(1-momentum))\"\ncolumn = \"step\"")},
		"one setting named as another": {vary("c{batch}", `parameter = "batch", column = "learning_rate", values = [5]`),
			"experiments[1].vary[0].column: is \"learning_rate\", the name of the setting lr",
			vary("c{batch}", `parameter = "batch", column = "batch_size", values = [5]`)},
		"accuracy of no phase": {figure("", "metrics = [\"phase_accuracy\"]\nx = \"epoch\""), "figures[0].metrics[0]: has phase_accuracy",
			figure(phases, "metrics = [\"phase_accuracy\"]\nx = \"epoch\"")},
		"product with no phase": {figure("", "metrics = [\"accuracy * overlap\"]\nx = \"epoch\""), "figures[0].metrics[0]: has overlap",
			figure(phases, "metrics = [\"accuracy * overlap\"]\nx = \"epoch\"")},
		"against a metric": {figure("", "metrics = [\"accuracy\"]\nx = \"metric train_accuracy\""), "figures[0].x: has train_accuracy",
			figure("set = { train_loss_after = true }", "metrics = [\"accuracy\"]\nx = \"metric train_accuracy\"")},
		"no archive": {figure("", "metrics = [\"roc\"]\nx = \"epoch\""), "study.archive leaves out epoch 1",
			figure("", "metrics = [\"roc\"]\nx = \"condition\"")},
		"removed in the first epoch": {figure("ablate = true", "metrics = [\"accuracy * impact\"]\nx = \"step\""), "not measured within the first epoch",
			figure("ablate = true", "metrics = [\"accuracy\"]\nx = \"step\"")},
		"nothing held out": {table("", "validation_accuracy"), "it needs images held out of training", table("set = { validation = 100 }", "validation_accuracy")},
		"nothing removed":  {table("", "impact"), "tables[0].metrics[1]: is \"impact\", which c of e with SGD", table("ablate = true", "impact")},
		"no training loss": {table("", "train_loss_after"), "tables[0].metrics[1]", table("set = { measure = \"train\" }", "train_loss_after")},
		"not archived": {strings.Replace(table("", "roc"), `archive = "last"`, "archive = [1]", 1), "study.archive leaves out epoch 2",
			strings.Replace(table("", "roc"), `archive = "last"`, "archive = [1, 2]", 1)},
		"block": {one("set = { sampler = \"consecutive\", block = 201 }"), "experiments[1]: c, SGD: block is 201",
			one("set = { sampler = \"consecutive\", block = 201, clean = true }")},
		"block of all of MNIST": {
			strings.Replace(one("set = { sampler = \"consecutive\", block = 6743 }"), "train_images = 200", "", 1), "no class has more than 6742",
			strings.Replace(one("set = { sampler = \"consecutive\", block = 6742 }"), "train_images = 200", "", 1)},
		"batch": {one("set = { batch = 201 }"), "experiments[1]: c, SGD: batch is 201, more than the number of images to train on, 200",
			one("set = { batch = 200 }")},
		"batch beside images held out": {one("set = { batch = 101, validation = 100 }"), "more than the number of images to train on, 100",
			one("set = { batch = 100, validation = 100 }")},
		"a table of no experiment": {tables("kind = \"kendall\"\nexperiments = []\nmetrics = [\"accuracy\", \"sparsity\"]"),
			"tables[0].experiments: is empty", tables("kind = \"kendall\"\nexperiments = [\"e\"]\nmetrics = [\"accuracy\", \"sparsity\"]")},
		"a table of no layer": {table("", "sparsity") + "layers = []\n", "tables[0].layers: is empty", table("", "sparsity") + "layers = [\"all\"]\n"},
		"one metric to compare": {tables("kind = \"kendall\"\nexperiments = [\"e\"]\nmetrics = [\"accuracy\"]"), "name two or more",
			tables("kind = \"kendall\"\nexperiments = [\"e\"]\nmetrics = [\"accuracy\", \"sparsity\"]")},
		"an epoch archived twice": {strings.Replace(one(""), `archive = "last"`, "archive = [1, 2, 1]", 1), "study.archive[2]: is 1 for the second time",
			strings.Replace(one(""), `archive = "last"`, "archive = [1, 2]", 1)},
		"no epoch archived": {strings.Replace(one(""), `archive = "last"`, "archive = []", 1), "study.archive: is empty",
			strings.Replace(one(""), `archive = "last"`, "archive = [2]", 1)},
		"the same, said": {entries("[[experiments]]\nname = \"e\"\nconditions = [{ condition = \"a\" }, { condition = \"b\", set = { measure = " +
			"\"test\" } }]\n"), "a and b are the same runs",
			entries("[[experiments]]\nname = \"e\"\nconditions = [{ condition = \"a\" }, { condition = \"b\", set = { measure = \"train\" } }]\n")},
		"a formula of a spreadsheet": {vary("{csi} more", `parameter = "csi", values = [-3.0]`), "experiments[1].condition: is \"-3 more\"",
			vary("{csi}", `parameter = "csi", values = [-3.0]`)},
		"a formula for a column": {one("column = \"=1\"\nvalue = 1"), "experiments[1].column: is \"=1\"", one("column = \"a\"\nvalue = 1")},
	} {
		if got := problemsOf(t, c.bad, ""); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: got %q, want one problem %q", name, got, c.want)
		}
		if got := problemsOf(t, c.good, ""); len(got) != 0 {
			t.Errorf("%s: the right file is refused: %q", name, got)
		}
	}
}

// A profile that tries a study out with fewer images than the largest batch is
// taken, and its mark says how large the batches are.
func TestBatchOfFewerImages(t *testing.T) {
	text := strings.Replace(entries("[[experiments]]\nname = \"e\"\ncondition = \"b{batch}\"\nvary = [{ parameter = \"batch\", values = [20, 150] }]\n"+
		"[profiles.try]\ntrain_images = 100\n[profiles.whole]\ntrain_images = 150\n"), "train_images = 200", "train_images = 180", 1)
	for profile, want := range map[string]bool{"try": true, "whole": false, "": false} {
		p, err := Parse("params.toml", []byte(text), profile)
		if err != nil {
			t.Fatal(err)
		}
		if mark := p.Mark("MNIST"); strings.Contains(mark, "batches of at most 100 images") != want || strings.Contains(mark, "batches") != want {
			t.Errorf("profile %q: mark %q", profile, mark)
		}
	}
}

// A default that is written out gives the run that leaves it out.
func TestDefaultsWrittenOut(t *testing.T) {
	for _, set := range []string{`measure = "test"`, "dropout = [0]", "momentum = 0", "momentum = -0.0", "weight_decay = 0.0", "l1 = 0",
		"csi = 0",
		"clean = false", "nesterov = false", "train_loss_after = false", `activation = "sigmoid"`, `sampler = "shuffled"`, "hidden = [4]",
		"depth = 1"} {
		p, err := Parse("params.toml",
			[]byte(entries("[[experiments]]\nname = \"e\"\noptimizers = [\"SGD\"]\ncondition = \"c\"\nset = { "+set+" }\n")), "")
		if err != nil {
			t.Errorf("%s: %v", set, err)
			continue
		}
		if runs, _ := p.Expand(); len(runs) != 4 {
			t.Errorf("%s: %d runs, want the 4 of the baseline", set, len(runs))
		}
	}
	// Two layers need two rates, even if both are 0.
	text := entries("[[experiments]]\nname = \"e\"\ncondition = \"c\"\nset = { depth = 2, dropout = [0] }\n")
	if got := problemsOf(t, text, ""); len(got) != 1 || !strings.Contains(got[0], "1 dropout rates") {
		t.Errorf("one rate for two layers: %q", got)
	}
}

// A profile's epochs limit the updates to those of as many passes, and its mark
// names everything that it leaves out.
func TestProfilesLimitUpdates(t *testing.T) {
	text := entries(`
[[experiments]]
name = "e"
optimizers = ["SGD"]
condition = "c"
set = { updates = 400, epochs = 4, batch = 30 }
[[experiments]]
name = "g"
optimizers = ["SGD"]
condition = "lr={lr}"
vary = [{ parameter = "lr", logspace = { from = -2, to = 0, count = 5 } }]
[profiles.short]
epochs = 3
[profiles.less]
test_images = 50
grid_points = 3
[profiles.many]
grid_points = 5
`)
	for profile, want := range map[string]struct {
		epochs, updates int
		mark            string
	}{
		"": {4, 400, "Trained on the first 200 of 60000 images of MNIST, measured on the first 100 of 10000 test images"},
		// A pass over 200 images has 7 batches of 30.
		"short": {3, 21, "short profile, not the study: 200 images of MNIST, measured on 100 test images, at most 3 epochs"},
		"less":  {4, 400, "less profile, not the study: 200 images of MNIST, measured on 50 test images, at most 3 values of a grid"},
		"many":  {4, 400, "many profile, not the study: 200 images of MNIST, measured on 100 test images"},
	} {
		p, err := Parse("params.toml", []byte(text), profile)
		if err != nil {
			t.Errorf("%s: %v", profile, err)
			continue
		}
		if got := p.Mark("MNIST"); got != want.mark {
			t.Errorf("%s: mark %q, want %q", profile, got, want.mark)
		}
		_, uses := p.Expand()
		for _, u := range uses {
			if c := u.Run.Config; u.Experiment == "e" && (c.Epochs != want.epochs || c.Updates != want.updates) {
				t.Errorf("%s: %d epochs, %d updates; want %d, %d", profile, c.Epochs, c.Updates, want.epochs, want.updates)
			}
		}
	}
	swept := entries("[[experiments]]\nname = \"e\"\ncondition = \"{updates}\"\nvary = [{ parameter = \"updates\", values = [5, 400, 800] }]\n" +
		"[profiles.short]\nepochs = 2\n")
	if got := problemsOf(t, swept, "short"); len(got) == 0 || !strings.Contains(got[0],
		"profiles.short.epochs: is 2, which are at most 8 updates") {
		t.Errorf("updates that vary: %q", got)
	}
}

// A profile's tables are judged as the study's are.
func TestOwnImagesInProfiles(t *testing.T) {
	text := string(shapes(t)) + `
[profiles.mine]
seeding = "paired"
keep = ["EXPERIMENT"]
[[profiles.mine.tables]]
id = "p"
kind = "printed"
experiment = "EXPERIMENT"
error = "se"
[[profiles.mine.tables]]
id = "f"
kind = "findings"
`
	p, err := Parse("params.toml", shapes(t), "")
	if err != nil {
		t.Fatal(err)
	}
	got := problemsOf(t, strings.ReplaceAll(text, "EXPERIMENT", p.Experiments[0].Name), "")
	for _, want := range []string{"profiles.mine.tables[0].kind: is \"printed\"", "profiles.mine.tables[1].kind: is \"findings\""} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q lack %q", got, want)
		}
	}
}

// A session that places no run is refused, unless the study has fewer seeds or
// is paired throughout.
func TestSessionsPlaceRuns(t *testing.T) {
	text := strings.Replace(entries(`
[[experiments]]
name = "s"
conditions = [{ condition = "x", set = { batch = 10 } }, { condition = "y", seeding = "paired", set = { batch = 20 } }]
[[experiments]]
name = "second"
seeds = [2]
condition = "z"
set = { batch = 25 }
[[sessions]]
SEEDS
runs = [{ experiment = "EXPERIMENT"CONDITIONS }]
`), `seeding = "paired"`, `seeding = "author"`, 1)
	for name, c := range map[string]struct{ seeds, experiment, conditions, want string }{
		"all":           {"", "base", "", ""},
		"fewer seeds":   {"seeds = [1234]", "base", "", ""},
		"no seed":       {"seeds = [1, 99]", "base", "", "sessions[0].seeds[1]: is 99"},
		"some paired":   {"", "s", "", ""},
		"only paired":   {"", "s", `, conditions = ["y"]`, `sessions[0].runs[0]: has only runs whose seeding is "paired"`},
		"another seed":  {"seeds = [1]", "second", "", "sessions[0].runs[0]: has no run with the seeds of the session, 1;"},
		"the same seed": {"seeds = [2]", "second", "", ""},
	} {
		edited := strings.NewReplacer("SEEDS", c.seeds, "EXPERIMENT", c.experiment, "CONDITIONS", c.conditions).Replace(text)
		if got := strings.Join(problemsOf(t, edited, ""), "\n"); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	paired := strings.NewReplacer("SEEDS", "", "EXPERIMENT", "base", "CONDITIONS", "", `seeding = "author"`,
		`seeding = "paired"`).Replace(text)
	if got := problemsOf(t, paired, ""); len(got) > 0 {
		t.Errorf("a paired study: %q", got)
	}
}

// Labels decide whether a sampler has images.
func TestStarved(t *testing.T) {
	text := entries(`
[[experiments]]
name = "e"
optimizers = ["SGD"]
conditions = [
  { condition = "block", set = { sampler = "consecutive", block = 21 } },
  { condition = "clean", set = { sampler = "consecutive", block = 21, clean = true } },
  { condition = "classes", set = { sampler = "classes", classes = 5 } },
  { condition = "phases", set = { sampler = "phases", phases = [{ classes = [8], epochs = 1 }, { classes = [9], epochs = 1 }] } },
  { condition = "held out", set = { sampler = "phases", phases = [{ classes = [8], epochs = 1 }, { classes = [9], epochs = 1 }], validation = 100 } },
]
`)
	p, err := Parse("params.toml", []byte(text), "")
	if err != nil || !p.NeedsLabels() {
		t.Fatal(err)
	}
	starving := func(labels []uint8) string {
		seen, list := map[string]bool{}, []string{}
		for _, q := range p.Starved(labels) {
			if !seen[q.Path] {
				seen[q.Path], list = true, append(list, q.Message)
			}
		}
		return strings.Join(list, "\n")
	}
	labels := make([]uint8, 60_000) // of which 200 count
	for i := range labels {
		labels[i] = uint8(i % 10)
	}
	if got := starving(labels); got != "block, SGD: block is 21, and no class has more than 20 training images, so no block would be full; make it "+
		"smaller, or say clean = true" {
		t.Errorf("20 of each class: %s", got)
	}
	for i := range labels {
		labels[i] = uint8(i % 9)
		if i >= 150 && i%10 == 0 {
			labels[i] = 9
		}
	}
	if got := starving(labels); strings.Count(got, "\n") != 0 || !strings.Contains(got,
		"held out, SGD: no training image is of a class of phase 2, 9") {
		t.Errorf("class 9 is held out: %s", got)
	}
	for i := range labels {
		labels[i] = uint8(i % 9)
	}
	if got := starving(labels); !strings.Contains(got, "classes, SGD: no training image is of class 9") || !strings.Contains(got,
		"phases, SGD: no ") ||
		strings.Count(got, "\n") != 2 {
		t.Errorf("no class 9: %s", got)
	}
}

// No images are not all images.
func TestNoImages(t *testing.T) {
	for _, key := range []string{"train_images", "test_images"} {
		for value, want := range map[string]string{"0": "study." + key + ": is 0, must lie between 1 and ", "1": ""} {
			_, err := Parse("params.toml", example(t, "on_failed_run", key+" = "+value+"\non_failed_run"), "")
			if refused := err != nil && strings.Contains(err.Error(), "study."+key+": "); refused != (want != "") || refused &&
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s = %s: %v", key, value, err)
			}
		}
	}
}
