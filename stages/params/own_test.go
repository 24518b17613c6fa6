package params

import (
	"errors"
	"strings"
	"testing"
)

// more is a profile with entries of its own, for the example file.
const more = `
[profiles.more]
seeds = [7, 8]
seeding = "paired"
keep = ["KEPT"]

[[profiles.more.experiments]]
name = "memory"
condition = "beta2={beta2}"
optimizers = ["Adam"]
along = "1/(1-beta2)"
column = "memory"
vary = [{ parameter = "beta2", values = [0.5, 0.75] }]

[[profiles.more.experiments]]
name = "again"
condition = "of {along} *"
like = "memory/beta2=*"
optimizers = ["Adam"]
along = "1/(1-beta2)"

[[profiles.more.figures]]
id = "memory"
title = "Memory"
experiments = ["memory"]
x = "value"
scale = "log"
lines = ["optimizer"]
`

// moreOf returns the example with the profile, which keeps the first
// experiment.
func moreOf(t *testing.T) string {
	t.Helper()
	p, err := Parse("params.toml", example(t), "")
	if err != nil {
		t.Fatal(err)
	}
	return string(example(t)) + strings.Replace(more, "KEPT", p.Experiments[0].Name, 1)
}

func TestProfilesOfTheirOwn(t *testing.T) {
	text := moreOf(t)
	plain, err := Parse("params.toml", []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range plain.expanded.uses {
		if u.Experiment == "memory" || u.Experiment == "again" {
			t.Fatal("the study has an experiment of a profile")
		}
	}
	p, err := Parse("params.toml", []byte(text), "more")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	places := map[string]string{}
	for _, u := range p.expanded.uses {
		names[u.Experiment] = true
		places[u.Experiment+"/"+u.Condition] = u.Column + "=" + u.Value
		if u.Seed != 7 && u.Seed != 8 || u.Run.Config.Seeding.Mode != "paired" {
			t.Errorf("seed %d, %s", u.Seed, u.Run.Config.Seeding.Mode)
		}
	}
	if len(names) != 3 || !names["memory"] || !names["again"] || !names[plain.Experiments[0].Name] {
		t.Errorf("experiments %v", names)
	}
	for condition, want := range map[string]string{
		"memory/beta2=0.5": "memory=2", "memory/beta2=0.75": "memory=4", "again/of 2 0.5": "1/(1-beta2)=2", "again/of 4 0.75": "1/(1-beta2)=4",
	} {
		if places[condition] != want {
			t.Errorf("%s is at %q, want %q; there are %v", condition, places[condition], want, places)
		}
	}
	if len(p.Figures) != 1 || len(p.Sessions) != 0 || p.FigurePlace(0) != "profiles.more.figures[0]" {
		t.Errorf("%d figures, %d sessions, place %s", len(p.Figures), len(p.Sessions), p.FigurePlace(0))
	}
}

// Mistakes in a profile's entries are reported at their place when the file is
// read, whichever profile is chosen.
func TestProfilesOfTheirOwnAreJudged(t *testing.T) {
	text := moreOf(t)
	for name, c := range map[string]struct{ old, new, profile, want string }{
		"along":          {`along = "1/(1-beta2)"`, `along = "beta2"`, "", "profiles.more.experiments[0].along"},
		"figure":         {`scale = "log"`, `scale = "logg"`, "", "profiles.more.figures[0].scale"},
		"seeding":        {"seeding = \"paired\"\nkeep", "seeding = \"author\"\nkeep", "", "profiles.more.seeding"},
		"kept":           {`keep = ["`, `keep = ["none", "`, "", "profiles.more.keep[0]"},
		"no such":        {`like = "memory/beta2=*"`, `like = "memory/beta1=*"`, "more", "profiles.more.experiments[1].like"},
		"value and more": {`column = "memory"`, "column = \"memory\"\nvalue = 3", "", "profiles.more.experiments[0].value"},
		"no number": {`vary = [{ parameter = "beta2", values = [0.5`, `vary = [{ parameter = "beta2", values = [0.5, 0.99999999999999999`,
			"more", "profiles.more.experiments[0]"},
	} {
		edited := strings.Replace(text, c.old, c.new, 1)
		if edited == text {
			t.Fatalf("%s: nothing was edited", name)
		}
		if _, err := Parse("params.toml", []byte(edited), c.profile); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a problem at %s", name, err, c.want)
		}
	}
}

// A condition that shows runs again says where they are. If it cannot find them,
// the message says which part of that is wrong.
func TestLikeNobody(t *testing.T) {
	text := moreOf(t)
	const like = `like = "memory/beta2=*"`
	for given, want := range map[string]string{
		"memory":            "must be EXPERIMENT/CONDITION with at most one *",
		"memory/":           "must be EXPERIMENT/CONDITION with at most one *",
		"*/beta2=*":         "must be EXPERIMENT/CONDITION with at most one *",
		"memory/*=*":        "must be EXPERIMENT/CONDITION with at most one *",
		"memroy/beta2=*":    `profile more has no experiment "memroy" further up; keep names those of the study that it has; did you mean memory?`,
		"again/of 2 0.5":    `profile more has no experiment "again" further up`,
		"memory/beta=0.5":   "memory has no such condition further up; did you mean beta2=0.5",
		"memory/beta2=0.75": "", // is one
	} {
		edited := strings.Replace(text, like, `like = "`+given+`"`, 1)
		if given == "memory/beta2=0.75" {
			edited = strings.Replace(edited, `"of {along} *"`, `"of {along}"`, 1)
		}
		_, err := Parse("params.toml", []byte(edited), "more")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "experiments[1].like: is \""+given+"\", ") ||
			!strings.Contains(err.Error(), want)) {
			t.Errorf("like %q: %v, want %q", given, err, want)
		}
	}
	// The optimizer may be what is missing.
	edited := strings.Replace(text, like+"\noptimizers = [\"Adam\"]", like+"\noptimizers = [\"SGD\"]", 1)
	if _, err := Parse("params.toml", []byte(edited), "more"); err == nil || !strings.Contains(err.Error(), "has no run of SGD with seed 7") {
		t.Errorf("another optimizer: %v", err)
	}
	// If the other experiment is refused, the condition is not blamed for it.
	edited = strings.Replace(text, "values = [0.5, 0.75]", "values = [0.5, 1.75]", 1)
	if _, err := Parse("params.toml", []byte(edited), "more"); err == nil || strings.Contains(err.Error(), "further up") {
		t.Errorf("a value that is refused: %v", err)
	}
}

func TestFactors(t *testing.T) {
	p, err := Read("../../params.toml", "further")
	if err != nil {
		t.Fatal(err)
	}
	of := func(experiment string) []Use {
		var list []Use
		for _, u := range p.expanded.uses {
			if u.Experiment == experiment {
				list = append(list, u)
			}
		}
		return list
	}
	factors, err := FactorsOf(of("factorial"))
	if err != nil || len(factors) != 4 {
		t.Fatalf("%+v, %v", factors, err)
	}
	for _, f := range factors {
		if len(f.Second) != 8 {
			t.Errorf("%+v", f)
		}
	}
	for _, other := range []string{"deeper", "vsgd", "train_vs_test"} {
		if factors, err := FactorsOf(of(other)); err == nil {
			t.Errorf("%s has the factors %+v", other, factors)
		}
	}
	if _, err := FactorsOf(of("factorial")[:12*15]); err == nil {
		t.Error("a design that lacks a condition passes")
	}
}

// A profile without experiments leaves a figure nothing to choose from.
func TestNothingToChooseFrom(t *testing.T) {
	text := string(example(t)) + "[profiles.none]\nseeding = \"paired\"\n[[profiles.none.figures]]\nid = \"f\"\ntitle = \"F\"\n" +
		"experiments = [\"some\"]\nx = \"epoch\"\nlines = [\"optimizer\"]\n"
	_, err := Parse("params.toml", []byte(text), "")
	if err == nil || !strings.Contains(err.Error(), `profiles.none.figures[0].experiments[0]: is "some", but there are none to choose from`) {
		t.Error(err)
	}
}

// A profile with entries of its own needs paired seeding, which it may have from
// the study.
func TestProfileTakesTheSeedingOfTheStudy(t *testing.T) {
	for _, seeding := range []string{"author", "paired"} {
		text := "[profiles.mine]\n[[profiles.mine.experiments]]\nname = \"new\"\ncondition = \"c\"\n"
		_, err := Parse("params.toml", append(example(t, `seeding = "author"`, `seeding = "`+seeding+`"`), text...), "mine")
		if want := `profiles.mine.seeding: is "author"`; seeding == "paired" && err != nil || seeding == "author" &&
			(err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("a study with %s seeding: %v", seeding, err)
		}
	}
}

// Phases cannot be cut short. The profile that does it is named, and nothing else.
func TestProfileCutsPhases(t *testing.T) {
	const text = "[[experiments]]\nname = \"two\"\ncondition = \"c\"\nseeding = \"paired\"\n" +
		"set = { sampler = \"phases\", epochs = 4, phases = [{ drawn = 5, epochs = 2 }, { drawn = 5, epochs = 2 }] }\n[profiles.short]\nepochs = 3\n"
	_, err := Parse("params.toml", append(example(t), text...), "short")
	if err == nil || !strings.Contains(err.Error(), "1 problem in") ||
		!strings.Contains(err.Error(), "profiles.short.epochs: is 3, but the phases of two take 4 epochs; leave it out, or make it as many") {
		t.Error(err)
	}
}

func TestOtherProfilesAreJudged(t *testing.T) {
	good := moreOf(t)
	for _, c := range []struct{ name, old, new, path, message string }{
		{"unknown run", `"memory/beta2=*"`, `"memory/beta1=*"`, "profiles.more.experiments[1].like", "beta1"},
		{"equal conditions", `values = [0.5, 0.75]`, `values = [0.5, 0.5]`, "profiles.more.experiments[0]", "0.5"},
		{"no seed", `name = "memory"`, "name = \"memory\"\nseeds = [100]", "profiles.more.experiments[0].seeds", "has none of the seeds"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatal(c.name)
		}
		p, err := Parse("params.toml", []byte(text), "")
		if err == nil {
			err = p.CheckProfiles([]byte(text))
		}
		var found *Problems
		if !errors.As(err, &found) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if q := found.List[0]; !strings.HasPrefix(q.Path, c.path) || q.Line == 0 || !strings.HasPrefix(q.Message, "with -profile=more: ") ||
			!strings.Contains(q.Message, c.message) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, profile := range []string{"", "more"} {
		p, err := Parse("params.toml", []byte(good), profile)
		if err == nil {
			err = p.CheckProfiles([]byte(good))
		}
		if err != nil {
			t.Errorf("-profile=%s: %v", profile, err)
		}
	}
}
