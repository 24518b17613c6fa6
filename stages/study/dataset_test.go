package study

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/fetch"
	"sparsel/stages/finding"
	"sparsel/stages/params"
	"sparsel/stages/train"
)

// The shape of MNIST is defined in two packages that do not know each other.
func TestMNISTIsOne(t *testing.T) {
	if d, h := params.MNIST, fetch.MNIST; d.Train != h.Train || d.Test != h.Test || d.Side != h.Side {
		t.Errorf("%+v, %+v", d, h)
	}
}

// shapes returns the study of docs/own-images.md with replacements, old then
// new.
func shapes(t *testing.T, replace ...string) *Study {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", "shapes.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := params.Parse("shapes.toml", []byte(strings.NewReplacer(replace...).Replace(string(text))), "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New("shapes.toml", p, fetch.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A user's own data set is fetched as described, and trainings know its name
// and classes.
func TestOwnDataset(t *testing.T) {
	s := shapes(t)
	h := s.Dataset.Params.(fetch.Hashes)
	if err := h.Validate(); err != nil || s.Dataset.Name != "fetch/shapes" || h.Side != 20 || h.Train != 1500 || h.Test != 300 ||
		s.Mark != "" || s.Images != "shapes" {
		t.Errorf("%v, %s, %+v, mark %q of %q", err, s.Dataset.Name, h, s.Mark, s.Images)
	}
	if f := s.Files; len(f) != 4 || f[2].Name != "t10k-images" || f[2].Published != "shapes-test-images" || f[2].SHA256 != h.TestImages ||
		h.TestImages[:8] != "b8dcbe09" {
		t.Errorf("%+v", f)
	}
	for _, n := range s.Graph.Nodes() {
		if p, ok := n.Params.(train.Params); ok && (p.Data != "shapes" || p.Classes != 3 || p.TrainFirst != 0) {
			t.Errorf("%s: %+v", n.Name, p)
		}
	}
	// The memory and the time of a training grow with the size of the images.
	// The first layer, which is most of the network, is a hundred times as
	// large. Any training takes at least 0.15 s.
	large := shapes(t, "side = 20 ", "side = 200 ")
	name := "train/classes_in_a_batch/all/Adam/seed=1"
	if small, large := s.Graph.Node(name), large.Graph.Node(name); large.Cost-0.15 < 50*(small.Cost-0.15) ||
		large.Memory < small.Memory+1800*(200*200-20*20) {
		t.Errorf("cost %v and %v, memory %d and %d", small.Cost, large.Cost, small.Memory, large.Memory)
	}
}

// The claims can be tested on other images with ten classes, and their verdicts
// say which images they are about.
func TestClaimsOnOwnDataset(t *testing.T) {
	rename := []string{`name = "classes_in_a_batch"`, `name = "train_vs_test"`, `"classes_in_a_batch"`, `"train_vs_test"`,
		`condition = "all"`, `condition = "test"`}
	if s := shapes(t, rename...); len(s.Findings) > 0 {
		t.Errorf("%d claims are put to three classes", len(s.Findings))
	}
	s := shapes(t, append(rename, "classes = 3 ", "classes = 10 ")...)
	if len(s.Findings) == 0 {
		t.Fatal("no claim is put to ten classes")
	}
	for id, n := range s.Findings {
		if p := n.Params.(finding.Params); p.Layer != finding.Trial || p.Mark != "On shapes: 10 classes, 20×20 pixels" {
			t.Errorf("%s: layer %s, mark %q", id, p.Layer, p.Mark)
		}
	}
}
