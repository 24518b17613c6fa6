package stages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
)

// plants are edits of the trainer. They are compiled in all at once, and the
// variable PLANT selects the one that takes effect. Without it they do nothing.
var plants = map[string][2]string{
	"trainer/optimizer.go": {
		`return &adagrad{set, kernel.AdagradStep{LR: lr,`,
		`if os.Getenv("PLANT") == "Adagrad" {
			lr = math.Nextafter32(lr, 1)
		}
		return &adagrad{set, kernel.AdagradStep{LR: lr,`,
	},
	"trainer/activation.go": {
		`return activation{set.BiasTanh, set.TanhBackward}`,
		`if os.Getenv("PLANT") == "tanh" {
			return activation{set.BiasTanh, func(d, a []float32) {
				set.TanhBackward(d, a)
				d[0] = math.Nextafter32(d[0], 1)
			}}
		}
		return activation{set.BiasTanh, set.TanhBackward}`,
	},
}

// plantedMain is `go tool mage` of the edited project, reduced to what the test
// needs.
const plantedMain = `package main

import (
	"context"
	"fmt"
	"os"

	"sparsel/stages"
)

func main() {
	stages.Worker()
	stage, k, level, jobs, yes := "train", 0, 3, 2, true
	ctx, o := context.Background(), stages.Options{Out: &os.Args[2], Jobs: &jobs}
	var err error
	switch os.Args[1] {
	case "adopt":
		err = stages.Adopt(ctx, stages.AdoptFlags{Stage: &stage, K: &k}, o)
	case "dryrun":
		o.DryRun, o.Verbose = &yes, &yes
		err = stages.Adopt(ctx, stages.AdoptFlags{Stage: &stage, K: &k}, o)
	case "all":
		err = stages.All(ctx, o)
	case "status":
		o.Verbose = &yes
		err = stages.Status(ctx, o)
	case "lock":
		err = stages.Lock(ctx, o)
	case "report":
		err = stages.Report(ctx, o)
	case "audit":
		err = stages.Audit(ctx, stages.AuditFlags{Level: &level, K: &jobs}, o)
	default:
		err = stages.Why(ctx, os.Args[1], o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
`

// edited is a project whose results were made by the unedited trainer, with the
// program of the edited one.
type edited struct {
	*project
	program string
}

func newEdited(t *testing.T) edited {
	p := newProject(t)
	p.edit("hidden = [256]", "hidden = [16]", "train_images = 2000", "train_images = 500", "test_images = 500", "test_images = 200",
		"[[figures]]\nid = \"5.1\"", `[[experiments]]
name = "rare"
condition = "act={activation}"
optimizers = ["Adadelta", "Adagrad", "SGD", "Adam"]
seeding = "paired"
vary = [{ parameter = "activation", values = ["relu", "tanh"] }]

[[figures]]
id = "5.1"`)
	p.run("all", "-jobs=2", "-out=out")
	for file, edit := range plants {
		path := filepath.Join(p.dir, filepath.FromSlash(file))
		source, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(source), edit[0]) {
			t.Fatalf("%s does not hold %q: %v", file, edit[0], err)
		}
		text := strings.Replace(string(source), edit[0], edit[1], 1)
		for _, name := range []string{"os", "math"} {
			if !strings.Contains(text, "\""+name+"\"\n") {
				text = strings.Replace(text, "package trainer\n", "package trainer\n\nimport \""+name+"\"\n", 1)
			}
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(p.dir, "planted"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "planted", "main.go"), []byte(plantedMain), 0o644); err != nil {
		t.Fatal(err)
	}
	e := edited{p, filepath.Join(t.TempDir(), "program")}
	cmd := exec.Command("go", "build", "-o", e.program, "./planted")
	cmd.Dir = p.dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return e
}

// do runs the edited program on an output folder.
func (e edited) do(plant, target, out string) (string, error) {
	cmd := exec.CommandContext(context.Background(), e.program, target, out)
	cmd.Dir = e.dir
	cmd.Env = append(os.Environ(), "SPARSEL_DATA="+e.data, "PLANT="+plant)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func (e edited) must(target, out string, want ...string) {
	e.t.Helper()
	text, err := e.do("", target, out)
	if err != nil {
		e.t.Errorf("%s: %v\n%s", target, err, text)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			e.t.Errorf("%s does not say %q:\n%s", target, w, text)
		}
	}
}

// After a harmless edit of the trainer its runs are adopted, and nothing runs.
// After an edit that changes the last bit for one optimizer or one activation,
// nothing is adopted.
func TestAdoptAfterAnEdit(t *testing.T) {
	t.Parallel()
	e := newEdited(t)
	for _, out := range []string{"out-Adagrad", "out-tanh"} {
		if err := os.CopyFS(filepath.Join(e.dir, out), os.DirFS(filepath.Join(e.dir, "out"))); err != nil {
			t.Fatal(err)
		}
	}
	before := e.digests("out")
	e.must("dryrun", "out", "would repeat ", "would adopt ", " kernels ", "train/rare/act=tanh/",
		"24 of 24 trainings without a result of the present code have one of code")
	e.same("a dry run", e.digests("out"), before)

	want := []string{" trainings adopted, on the evidence of "}
	for _, set := range kernel.Available() {
		if active, err := kernel.Active(); err != nil || set.Name != active.Name { // every training is repeated with the active set
			want = append(want, " with the kernels "+set.Name+": the same")
		}
	}
	e.must("adopt", "out", want...)
	e.must("status", "out", "all ", "nodes are current", "were adopted: other code made them", "  adopted train/")
	text, err := e.do("", "all", "out")
	if err != nil || strings.Contains(text, "train/") || strings.Contains(text, "metrics/") {
		t.Errorf("something ran: %v\n%s", err, text)
	}
	e.must("train/train_vs_test/baseline/Adam/seed=100", "out", "adopted, not made by this code", "on the evidence of ", "compiled by go")
	e.must("lock", "out")
	lock, err := os.ReadFile(filepath.Join(e.dir, "artifacts.lock"))
	if err != nil || !strings.Contains(string(lock), "\nadopted train/train_vs_test/baseline/Adam/seed=100 ") {
		t.Errorf("the lock does not say what was adopted: %v\n%s", err, lock)
	}
	e.must("audit", "out", "results were adopted: other code made them", " adopted, as locked", "2 of 24 trainings repeated")
	e.must("report", "out")
	page, err := os.ReadFile(filepath.Join(e.dir, "out", "report.html"))
	if err != nil || !strings.Contains(string(page), "results were adopted") {
		t.Errorf("the report does not say what was adopted: %v", err)
	}
	e.must("adopt", "out", "there is nothing to adopt")

	for plant, label := range map[string]string{"Adagrad": "optimizer: Adagrad", "tanh": "activation: tanh"} {
		out := "out-" + plant
		for _, try := range []string{"first", "second"} {
			text, err := e.do(plant, "adopt", out)
			if err == nil || !strings.Contains(text, "nothing is adopted") || !strings.Contains(text, "the first epoch that differs is ") ||
				!inLine(text, "what differs has in common, and no other repeated training has: ", label) {
				t.Errorf("%s, %s time: %v\n%s", plant, try, err, text)
			}
		}
		status, _ := e.do(plant, "status", out)
		if strings.Contains(status, "adopted") {
			t.Errorf("%s: something was adopted:\n%s", plant, status)
		}
	}
}

// inLine reports whether the line that begins with beginning contains a text.
func inLine(text, beginning, what string) bool {
	_, rest, ok := strings.Cut(text, beginning)
	line, _, _ := strings.Cut(rest, "\n")
	return ok && strings.Contains(line, what)
}

func TestAdoptRefusesWhatCannotBe(t *testing.T) {
	s := newSmallStudy(t)
	metrics, train, minus := "metrics", "train", -1
	for _, f := range []AdoptFlags{{}, {Stage: &metrics}, {Stage: &train, K: &minus}} {
		if err := Adopt(context.Background(), f, s.options()); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	o := s.options()
	o.Jobs = new(int)
	if err := Adopt(context.Background(), AdoptFlags{Stage: &train}, o); err == nil || err.Error() != "adopt: -jobs=0: must be 1 or more" {
		t.Errorf("no jobs: %v", err)
	}
	err := Adopt(context.Background(), AdoptFlags{Stage: &train}, s.options())
	if text := s.stdout.String(); err != nil || !strings.Contains(text, "there is nothing to adopt") {
		t.Errorf("all is current: %v\n%s", err, text)
	}
}
