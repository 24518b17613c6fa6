package params

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shapes returns the example of a user's own data set with replacements, old
// then new.
func shapes(t *testing.T, replace ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository(t), "docs", "examples", "shapes.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("shapes.toml does not hold %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return []byte(text)
}

func TestDataset(t *testing.T) {
	d := mustParse(t, shapes(t)).Dataset()
	if d.Name != "shapes" || d.Classes != 3 || d.Side != 20 || d.Pixels() != 400 || d.Train != 1500 || d.Test != 300 || !d.Own() {
		t.Errorf("%+v", d)
	}
	if f := d.Files; f[0].Name != "shapes-train-images" || f[3].SHA256[:8] != "8c5efab7" {
		t.Errorf("%+v", f)
	}
	for _, data := range [][]byte{example(t), example(t, "[data]", "[data]\nname = \"MNIST\"")} {
		if d := mustParse(t, data).Dataset(); d.Own() || d.Name != "MNIST" || d.Pixels() != 784 {
			t.Errorf("%+v", d)
		}
	}
	p, err := Parse("shapes.toml", shapes(t, `on_failed_run`, "train_images = 900\non_failed_run"), "")
	if err != nil || p.Mark(p.Dataset().Name) != "Trained on the first 900 of 1500 images of shapes" {
		t.Errorf("%v, %q", err, p.Mark("shapes"))
	}
}

// Mistakes in the description of a data set, and requests for what only MNIST
// has, are refused at their place in the file.
func TestDatasetRefused(t *testing.T) {
	const trainHash, testHash = "e5892b50c7c8845e520e65076aa38d349f195410815efe0d5ee6c9c6ad1c0e8f",
		"b8dcbe0904515ab46ebbadb84005a7dc4db3566bee5635fcc9d4dc6d33b267f5"
	zeros := strings.Repeat("0", 64)
	for _, c := range []struct{ name, old, new, at, want string }{
		{"short hash", trainHash, "e5892b50", `"e5892b50"`, "data.train.images.sha256: is \"e5892b50\", must be a SHA-256"},
		{"capital hash", trainHash, strings.ToUpper(trainHash), `"E5892B`, "must be a SHA-256 in 64 lower-case hex digits"},
		{"no hash", `, sha256 = "` + trainHash + `"`, "", "", "data.train.images.sha256: is missing"},
		{"hash of another", testHash, trainHash, `"` + trainHash + `" }` + "\nlabels = { file = \"shapes-test",
			"data.test.images.sha256: is that of data.train.images too"},
		{"folder", `"shapes-train-images"`, `"a/shapes"`, `"a/shapes"`,
			"data.train.images.file: is \"a/shapes\", must be the name of a file without its folder"},
		{"above", `"shapes-train-images"`, `".."`, `".."`, "must be the name of a file"},
		{"empty name", `"shapes-train-images"`, `""`, `""`, "must be the name of a file"},
		{"long name", `"shapes-train-images"`, `"` + strings.Repeat("a", 201) + `"`, `"aaa`, "of at most 200 letters"},
		{"packed", `"shapes-train-images"`, `"shapes.GZ"`, `"shapes.GZ"`, "must be the name without .gz"},
		{"one name", `"shapes-test-images"`, `"shapes-train-images"`, `"shapes-train-images", sha256 = "` + testHash,
			"data.test.images.file: is \"shapes-train-images\", the name of data.train.images too"},
		{"unknown key", `images = {`, `shape = [1], images = {`, "", "params.toml:"},
		{"wrong type", `file = "shapes-train-images"`, "file = 1", "1,", "data.train.images.file: is the number 1, must be a string"},
		{"one class", "classes = 3 ", "classes = 1 ", "1 ", "data.classes: is 1, must lie between 2 and 100"},
		{"101 classes", "classes = 3 ", "classes = 101 ", "101", "data.classes: is 101, must lie between 2 and 100"},
		{"no classes", "classes = 3 ", "", "data]\nname", "data.classes: is missing, and shapes needs it"},
		{"no side", "side = 20 ", "# ", "data]\nname", "data.side: is missing"},
		{"side", "side = 20 ", "side = 0 ", "0 ", "data.side: is 0, must lie between 1 and 256"},
		{"oblong", "side = 20 ", "side = [20, 10] ", "side", "data.side: is an array, must be a whole number"},
		{"few images", "count = 1500", "count = 2", "2", "data.train.count: is 2, must lie between 3 and"},
		{"many images", "count = 1500", "count = 10000000", "10000000", "data.train.count: is 10000000, must lie between 3 and 2684354"},
		{"no test", "count = 300", "count = 0", "0", "data.test.count: is 0, must lie between 1 and"},
		{"no count", "count = 300\n", "", "test]", "data.test.count: is missing"},
		{"name", `name = "shapes"`, `name = "my shapes"`, `"my shapes"`, "data.name: is \"my shapes\", must consist of"},
		{"empty", `name = "shapes"`, `name = ""`, `""`, "data.name: is empty"},
		{"device", `name = "shapes"`, `name = "con"`, `"con"`, "data.name: is \"con\""},
		{"no name", `name = "shapes"`, "", "3 ", "data.classes: describes a data set of your own, which needs a name"},
		{"MNIST's name", `name = "shapes"`, `name = "MNIST"`, "3 ", "data.classes: is known of MNIST"},
		{"like MNIST's", `name = "shapes"`, `name = "mnist"`, `"mnist"`, `data.name: is "mnist", must be "MNIST"`},

		{"author", `seeding = "paired"`, `seeding = "author"`, `"author"`,
			"study.seeding: is \"author\", which continues sessions that were recorded on MNIST, and [data] describes shapes"},
		{"author once", `name = "convolution"`, "name = \"convolution\"\nseeding = \"author\"", `"author"`,
			"experiments[1].seeding: is \"author\""},
		{"session", "[style.roles]", "[[sessions]]\nruns = [{ experiment = \"convolution\" }]\n\n[style.roles]", "",
			"sessions[0]: was recorded on MNIST"},
		{"author in a profile", "[style.roles]", "[profiles.p]\nseeding = \"author\"\n\n[style.roles]", `"author"`, "profiles.p.seeding"},
		{"drawn digits", "[style.roles]", "[profiles.p]\ndata = \"any\"\n\n[style.roles]", `"any"`,
			"profiles.p.data: says what may stand in for MNIST"},
		{"thesis's numbers", `kind = "conditions"`, "kind = \"printed\"\nerror = \"se\"", `"printed"`, "tables[0].kind: is \"printed\""},
		{"findings", "[style.roles]", "[[tables]]\nid = \"f\"\nkind = \"findings\"\n\n[style.roles]", `"findings"`,
			"tables[2].kind: is \"findings\", claims whose limits are made for 10 classes, and shapes has 3"},
		{"learnt in a table", "[style.roles]", "[[tables]]\nid = \"k\"\nkind = \"final\"\nexperiment = \"convolution\"\nerror = \"se\"\n" +
			"metrics = [\"accuracy\", \"learnt\"]\n\n[style.roles]", `"learnt"`, "tables[2].metrics[1]: is \"learnt\", the share of networks with " +
			"an accuracy above 0.5, a limit made for 10 classes, and shapes has 3; show the accuracy itself"},
		{"learnt in a figure", "[style.roles]", learntFigure("epoch", "accuracy * learnt"), `"accuracy * learnt"`,
			"figures[1].metrics[0]: is \"learnt\""},
		{"learnt along x", "[style.roles]", learntFigure("metric learnt", "accuracy"), `"metric learnt"`, "figures[1].x: is \"learnt\""},
		{"classes of a batch", "classes = 1,", "classes = 4,", "4,", "classes is 4, must lie between 1 and 3"},
		{"phase", `sampler = "classes", classes = 1, clean = true`, `sampler = "phases", phases = [{ epochs = 10, classes = [0, 3] }]`,
			"", "has a phase whose classes is 3, must lie between 0 and 2"},
		{"drawn phase", `sampler = "classes", classes = 1, clean = true`, `sampler = "phases", phases = [{ epochs = 10, drawn = 4 }]`,
			"", "has a phase whose drawn is 4, must lie between 1 and 3"},
		{"convolutions", "conv = [8]", "conv = [8, 8, 8, 8, 8]", "", "images of 20×20 pixels are too small for 5 convolutions"},
		{"convolutions of all", "hidden = [64]", "hidden = [64]\nconv = [1, 1, 1, 1, 1]", "", "baseline: images of 20×20 pixels are too small"},
		{"batch", "batch = 10", "batch = 1501", "1501", "baseline.batch: is 1501, must lie between 1 and 1500"},
		{"validation", "batch = 10", "batch = 10\nvalidation = 1500", "1500", "baseline.validation: is 1500, must lie between 1 and 1499"},
		{"validation of a part", "batch = 10", "batch = 10\nvalidation = 900", "", "validation is 900, and there are 900 training images"},
		{"part", `on_failed_run`, "test_images = 301\non_failed_run", "301", "study.test_images: is 301, must lie between 1 and 300"},
		{"part in a profile", "[style.roles]", "[profiles.p]\ntrain_images = 1501\n\n[style.roles]", "1501",
			"profiles.p.train_images: is 1501, must lie between 1 and 1500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edits := []string{c.old, c.new}
			if c.name == "validation of a part" {
				edits = append(edits, "on_failed_run", "train_images = 900\non_failed_run")
			}
			data := shapes(t, edits...)
			_, err := Parse("params.toml", data, "")
			var problems *Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			for _, p := range problems.List {
				if p.Line < 1 || p.Column < 1 {
					t.Errorf("%s has no place", p.Path)
				}
			}
			first := problems.List[0]
			line := strings.SplitAfterN(string(data), "\n", first.Line)
			if rest := line[len(line)-1][first.Column-1:]; !strings.HasPrefix(rest, c.at) {
				t.Errorf("%s: is placed at %.40q, want %q", first.Path, rest, c.at)
			}
		})
	}
	// What depends on what is wrong is not refused as well.
	for _, edit := range [][2]string{{"classes = 3 ", "classes = 1 "}, {"side = 20 ", ""}, {"count = 1500", "count = 0"},
		{trainHash, zeros[1:]}} {
		var problems *Problems
		if _, err := Parse("params.toml", shapes(t, edit[0], edit[1]), ""); !errors.As(err, &problems) || len(problems.List) != 1 {
			t.Errorf("%q: %v", edit[1], err)
		}
	}
}

// learntFigure adds a figure with the given x axis and metric.
func learntFigure(x, metric string) string {
	return fmt.Sprintf("[[figures]]\nid = \"l\"\ntitle = \"t\"\nexperiments = [\"convolution\"]\nx = %q\nlines = [\"condition\"]\n"+
		"metrics = [%q]\n\n[style.roles]", x, metric)
}

// The share of networks that learnt is shown of ten classes, whatever they are.
func TestLearntOfTenClasses(t *testing.T) {
	mustParse(t, shapes(t, "classes = 3 ", "classes = 10 ", "[style.roles]", learntFigure("epoch", "learnt")))
}

// Ten classes are what the claims are made for, whatever the images.
func TestDecidable(t *testing.T) {
	edits := []string{"classes = 3 ", "classes = 10 ", "[style.roles]", "[[tables]]\nid = \"f\"\nkind = \"findings\"\n\n[style.roles]"}
	if p := mustParse(t, shapes(t, edits...)); !p.Decidable() || !mustParse(t, example(t)).Decidable() || mustParse(t, shapes(t)).Decidable() {
		t.Error("claims can be put to ten classes, and to no other number")
	}
}
