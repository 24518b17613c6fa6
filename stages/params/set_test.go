package params

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func project(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A value that is set replaces the file's own value, and the parameters are
// those of a file that was edited in the same way.
func TestSetIsAnEdit(t *testing.T) {
	text := project(t)
	for set, edit := range map[string][2]string{
		"optimizers.SGD.lr=0.3":      {"[optimizers.SGD]\nlr = 0.1", "[optimizers.SGD]\nlr = 0.3"},
		"study.seeds=[1]":            {"seeds = [1, 100, 1234]     # the", "seeds = [1]     # the"},
		"baseline.activation=relu":   {`activation = "sigmoid"`, `activation = "relu"`},
		`baseline.activation="relu"`: {`activation = "sigmoid"`, `activation = "relu"`},
		"experiments[2].set.epochs=40": {"condition = \"{depth}HL\"\nset = { epochs = 50 }",
			"condition = \"{depth}HL\"\nset = { epochs = 40 }"},
		"study.test_images = 500": {"archive = \"last\"", "test_images = 500\narchive = \"last\""},
		"experiments[2].set={epochs=40}": {"condition = \"{depth}HL\"\nset = { epochs = 50 }",
			"condition = \"{depth}HL\"\nset = { epochs = 40 }"},
	} {
		if strings.Count(string(text), edit[0]) != 1 {
			t.Fatalf("params.toml has %q %d times", edit[0], strings.Count(string(text), edit[0]))
		}
		p, err := Parse("params.toml", text, "", set)
		if err != nil {
			t.Errorf("%s: %v", set, err)
			continue
		}
		q, err := Parse("params.toml", []byte(strings.Replace(string(text), edit[0], edit[1], 1)), "")
		if err != nil {
			t.Fatal(err)
		}
		if p.Try() == "" || q.Try() != "" || p.Repeats() != "" || q.Repeats() == "" ||
			!strings.HasPrefix(p.Mark("MNIST"), "try, not the study: "+set) {
			t.Errorf("%s: try %q, mark %q", set, p.Try(), p.Mark("MNIST"))
		}
		runs, _ := p.Expand()
		others, _ := q.Expand()
		if !reflect.DeepEqual(runs, others) {
			t.Errorf("%s has other runs than the edit", set)
		}
		for _, x := range []*Params{p, q} {
			x.document, x.assigned, x.expanded = nil, nil, nil
			for i := range x.Tables {
				x.Tables[i].place = ""
			}
		}
		if !reflect.DeepEqual(p.Study, q.Study) || !reflect.DeepEqual(p.Optimizers, q.Optimizers) || !reflect.DeepEqual(p.Baseline, q.Baseline) {
			t.Errorf("%s is not the edit", set)
		}
	}
}

// A mistake in such a value is reported for the flag, and never for a line of
// the file.
func TestSetIsJudged(t *testing.T) {
	text := project(t)
	for set, want := range map[string]string{
		"optimizers.SGD.lr=-1":               "optimizers.SGD.lr: ",
		"optimizers.SGD.rate=1":              "optimizers.SGD.rate: ",
		"optimizers.SGD.lr=fast":             "optimizers.SGD.lr: is the string",
		"optimizers.SGD.lr":                  "must be KEY=VALUE",
		"=1":                                 "must be KEY=VALUE",
		"a b=1":                              "must be KEY=VALUE",
		"optimizers.SGD.lr.x=1":              "has no keys",
		"experiments[999].name=x":            "the file lists",
		"experiments[99999999999999].name=x": "the file lists",
		"study[0]=1":                         "the file lists 0",
		"study.seeds[0].x=1":                 "has no keys",
		"nothing.of.this=1":                  "nothing: ",
		"study.seeds=[1, true]":              "study.seeds[1]: ",
		"baseline.batch=two words":           "is no value of TOML",
		"baseline.batch=1\nepochs = 2":       "is no value of TOML",
		"figures[0].experiments=[\"no\"]":    "figures[0].experiments[0]: ",
	} {
		_, err := Parse("params.toml", text, "", set)
		var problems *Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s is not refused: %v", set, err)
			continue
		}
		if p := problems.List[0]; p.Assignment != set || !strings.Contains(problems.Error(), "  -set="+set+": ") ||
			!strings.Contains(problems.Error(), want) {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
	if _, err := Parse("params.toml", text, "", "baseline.batch=5", "baseline.batch=6"); err == nil ||
		!strings.Contains(err.Error(), "is set twice") {
		t.Errorf("twice: %v", err)
	}
	if _, err := Parse("params.toml", text, "quick", "profiles.quick.epochs=0"); err == nil ||
		!strings.Contains(err.Error(), "-set=profiles.quick.epochs=0: profiles.quick.epochs") {
		t.Errorf("a profile's: %v", err)
	}
}

// Every try has a folder of its own, with a name that any file system accepts.
func TestTry(t *testing.T) {
	seen := map[string]string{}
	folder := regexp.MustCompile(`^tries/[A-Za-z0-9_.=+,-]{1,69}$`)
	for _, list := range [][]string{
		{"a=1"}, {"a=2"}, {"a=1", "b=2"}, {"b=2", "a=1"}, {"a=[1]"}, {"a=(1)"}, {"a=_1_"}, {"a=" + strings.Repeat("1", 80)},
		{"a=" + strings.Repeat("1", 81)},
		{"a=1,b=2;"}, {"a=../../x"}, {"a=é"}, {"a=1\x00"}, {"a=1", "b=../x"},
	} {
		name := Try(list)
		if !folder.MatchString(name) || seen[name] != "" {
			t.Errorf("%q is in %q, as %q is", list, name, seen[name])
		}
		seen[name] = strings.Join(list, " ")
	}
	if Try(nil) != "" || Try([]string{"optimizers.SGD.lr=0.3"}) != "tries/optimizers.SGD.lr=0.3" {
		t.Error(Try(nil), Try([]string{"optimizers.SGD.lr=0.3"}))
	}
}
