package params

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer"
)

// tryValues gives two values for each setting. They differ from each other and
// from what a run has without the setting.
var tryValues = map[string][2]any{
	"hidden": {[]any{int64(8), int64(8)}, []any{int64(8), int64(4)}}, "width": {int64(8), int64(9)}, "depth": {int64(2), int64(3)},
	"conv": {[]any{int64(2)}, []any{int64(2), int64(3)}}, "activation": {"relu", "tanh"}, "sampler": {"sorted", "classes"},
	"block": {int64(2), int64(3)}, "classes": {int64(2), int64(5)}, "clean": {true, false}, "order_seed": {int64(1), int64(2)},
	"batch": {int64(10), int64(20)}, "epochs": {int64(2), int64(3)}, "measure": {"train", "train-running"},
	"dropout": {[]any{0.5}, []any{0.25}}, "nesterov": {true, false}, "train_loss_after": {true, false},
	"reference_batch": {int64(10), int64(20)},
	"updates":         {int64(100), int64(200)}, "validation": {int64(100), int64(200)}, "slow_start": {2.0, 3.0}, "initial": {2.0, 3.0},
	"phases": {
		[]any{map[string]any{"epochs": int64(2), "drawn": int64(5)}, map[string]any{"epochs": int64(3), "drawn": int64(5)}},
		[]any{map[string]any{"epochs": int64(5), "classes": []any{int64(0), int64(1)}}},
	},
}

// valuesFor returns values to try a setting with. An optimizer's constants
// accept any small number.
func valuesFor(s Setting) [2]any {
	if v, ok := tryValues[s.Name]; ok {
		return v
	}
	return [2]any{0.25, 0.125}
}

// runFor returns a run that has the setting.
func runFor(s Setting) trainer.Config {
	c := trainer.Config{Network: trainer.Network{Hidden: []int{16}, Activation: "sigmoid"}, Batch: 50, Epochs: 5}
	c.Sampler = trainer.Sampler{Kind: "shuffled"}
	switch s.Name {
	case "block", "order_seed", "clean":
		c.Sampler = trainer.Sampler{Kind: "consecutive", Block: 5}
	case "classes":
		c.Sampler = trainer.Sampler{Kind: "classes", Classes: 1}
	}
	for _, name := range append(optimizersWith(s.Name), "SGD") {
		c.Optimizer.Name = name
		break
	}
	return c
}

// Every setting does what it says. The run has the value that was set, every
// table of conditions shows it, and a value that is not allowed is refused.
func TestEverySetting(t *testing.T) {
	for _, s := range Settings() {
		i := slices.IndexFunc(Columns(), func(c Column) bool { return c.Name == s.Column })
		if i < 0 || s.Takes == "" {
			t.Errorf("%s: column %q, takes %q", s.Name, s.Column, s.Takes)
			continue
		}
		before := runFor(s)
		seen := map[string]bool{}
		for _, v := range valuesFor(s) {
			c := runFor(s)
			if err := apply(&c, s.Name, v, MNIST); err != nil {
				t.Errorf("%s = %v: %v", s.Name, v, err)
				continue
			}
			if s.Value(c) == nil || !s.holds(c, v, MNIST) || s.holds(before, v, MNIST) && v != false {
				t.Errorf("%s = %v gives a run with %v", s.Name, v, s.Value(c))
			}
			text := Texts([]any{Columns()[i].Of(Use{Run: &Run{Config: c}})})[0]
			if same := reflect.DeepEqual(c, before); seen[text] || text == "" || !same &&
				text == Texts([]any{Columns()[i].Of(Use{Run: &Run{Config: before}})})[0] {
				t.Errorf("%s = %v: column %s has %q, as without it", s.Name, v, s.Column, text)
			}
			seen[text] = true
		}
		for _, wrong := range []any{"nonsense", int64(-1), []any{}, map[string]any{}} {
			if err := apply(&before, s.Name, wrong, MNIST); err == nil &&
				!(s.Name == "csi" && wrong == any(int64(-1))) { // this value is allowed, and lowers selectivity
				t.Errorf("%s takes %v", s.Name, wrong)
			}
		}
	}
}

// Every field of a run can be set, so that a parameter file and its tables
// cover everything that a run can have.
func TestEveryFieldIsASetting(t *testing.T) {
	set := trainer.Config{}
	for _, s := range Settings() {
		c := runFor(s)
		if err := apply(&c, s.Name, valuesFor(s)[0], MNIST); err != nil {
			t.Fatal(err)
		}
		merge(reflect.ValueOf(&set).Elem(), reflect.ValueOf(c))
	}
	for i := range set.Sampler.Phases { // of any phase
		set.Sampler.Phases[i].Classes = []int{1}
	}
	set.Seeding = trainer.Seeding{Mode: "paired", Seed: 1, Skip: 1, NumpySkip: 1} // set by the experiment and the study
	var missing func(path string, v reflect.Value)
	missing = func(path string, v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				missing(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		} else if v.IsZero() {
			t.Errorf("no setting gives %s: add a row to settings", path)
		}
	}
	missing("Config", reflect.ValueOf(set))
}

// merge copies nonzero values.
func merge(to, from reflect.Value) {
	for i := range to.NumField() {
		if to.Field(i).Kind() == reflect.Struct {
			merge(to.Field(i), from.Field(i))
		} else if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// docs/extending.md lists every setting, and nothing else.
func TestSettingsAreDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "docs", "extending.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, s := range Settings() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", s.Name, s.Takes, s.Column))
	}
	if want := strings.Join(rows, "\n"); !strings.Contains(string(data), "|---|---|---|\n"+want+"\n\n") {
		t.Errorf("docs/extending.md should have the rows\n%s", want)
	}
}

// With seeds other than the author's, every experiment has every condition for
// every seed.
func TestFreshSeedsHaveEveryCondition(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	cells := func(profile string) map[string]int {
		p, err := Parse("params.toml", data, profile)
		if err != nil {
			t.Fatal(err)
		}
		_, uses := p.Expand()
		list := map[string]int{}
		for _, u := range uses {
			list[u.Experiment+"/"+u.Condition+"/"+u.Optimizer]++
		}
		return list
	}
	whole, fresh := cells(""), cells("fresh")
	if len(whole) != len(fresh) {
		t.Errorf("%d conditions by optimizer, with fresh seeds %d", len(whole), len(fresh))
	}
	for name, n := range whole {
		if n != 3 || fresh[name] != 12 {
			t.Errorf("%s has %d of 3 runs, with fresh seeds %d of 12", name, n, fresh[name])
		}
	}
}

// Each fresh seed draws its own order of blocks, and all conditions have the
// same epsilon of CCMAS. The author's seeds share an order and have several.
func TestFreshSeedsHaveTheirOwnOrder(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]struct {
		order    uint32
		epsilons int
	}{"": {1, 3}, "fresh": {0, 1}, "further": {0, 1}} {
		p, err := Parse("params.toml", data, profile)
		if err != nil {
			t.Fatal(err)
		}
		orders, epsilons := map[uint32]bool{}, map[float64]bool{}
		_, uses := p.Expand()
		for _, u := range uses {
			if u.Run.Config.Sampler.Kind == "consecutive" {
				orders[u.Run.Config.Sampler.OrderSeed] = true
			}
			epsilons[u.CCMASEpsilon] = true
		}
		if !orders[want.order] || len(orders) != 1 || len(epsilons) != want.epsilons {
			t.Errorf("profile %q: orders %v, epsilons %v", profile, orders, epsilons)
		}
	}
}

// With the profile fresh, searches for a learning rate hold out the last 10,000
// training images, and nothing else does.
func TestFreshSearchesHoldOutImages(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]int{"": 0, "fresh": 10000} {
		p, err := Parse("params.toml", data, profile)
		if err != nil {
			t.Fatal(err)
		}
		_, uses := p.Expand()
		for _, u := range uses {
			if held := u.Run.Config.Validation; (u.Experiment == "learning_rate_search") != (held > 0) && want > 0 || held > want {
				t.Errorf("profile %q: %s/%s holds out %d images", profile, u.Experiment, u.Condition, held)
			}
		}
	}
}

func TestSearchValidationIsJudged(t *testing.T) {
	search := `
[[experiments]]
name = "rates"
%s
condition = "lr={lr}"
vary = [{ parameter = "lr", values = [0.1, 0.2] }]

[[tables]]
id = "rates"
kind = "search"
experiment = "rates"
error = "se"

[profiles.mine]
search_validation = %d
%s
`
	for _, c := range []struct{ text, want string }{
		{fmt.Sprintf(search, `seeding = "paired"`, 60000, ""), "profiles.mine.search_validation: is 60000"},
		{fmt.Sprintf(search, `seeding = "paired"`, 500, "train_images = 500"), "profiles.mine.search_validation: is 500, must lie between 1 and 499"},
		{fmt.Sprintf(search, `seeding = "author"`, 500, ""), "rates has author seeding"},
		{fmt.Sprintf(search, "seeding = \"paired\"\nset = { validation = 3 }", 500, ""), "rates sets a validation part itself"},
		{"[profiles.mine]\nsearch_validation = 500\n", "no table of kind \"search\""},
		{fmt.Sprintf(search, `seeding = "author"`, 500, `seeding = "paired"`), ""},
	} {
		_, err := Parse("mine.toml", append(example(t), c.text...), "")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n%v, want %q", c.text, err, c.want)
		}
	}
}

// A profile has seeds of its own, so it says itself whose archives it keeps.
func TestProfileKeepsArchives(t *testing.T) {
	text := string(example(t, `archive = "last"`, "archive = \"last\"\nkeep_archives = [1]"))
	for _, c := range []struct{ profile, want string }{
		{"seeds = [7, 8]\nkeep_archives = [8]", ""},
		{"keep_archives = \"all\"", ""},
		{"seeds = [7, 8]\nkeep_archives = [1]", "profiles.mine.keep_archives[0]: is 1, which is no seed of the profile"},
		{"keep_archives = [7]", "profiles.mine.keep_archives[0]: is 7, which is no seed of the study or of an experiment"},
		{"seeds = [7]\nkeep_archives = \"some\"", `profiles.mine.keep_archives: is "some", must be one of all, none`},
	} {
		_, err := Parse("mine.toml", []byte(text+"\n[profiles.mine]\n"+c.profile+"\n"), "")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.profile, err, c.want)
		}
	}

	text += "\n[profiles.mine]\nseeds = [7, 8]\nkeep_archives = [8]\n"
	for profile, want := range map[string]uint32{"": 1, "mine": 8} {
		p, err := Parse("mine.toml", []byte(text), profile)
		if err != nil {
			t.Fatal(err)
		}
		for _, seed := range []uint32{1, 7, 8} {
			if p.KeepsArchive(seed) != (seed == want) {
				t.Errorf("profile %q, seed %d: kept %t", profile, seed, p.KeepsArchive(seed))
			}
		}
	}
}

// A profile's epsilon is judged like any other.
func TestProfileEpsilonIsJudged(t *testing.T) {
	_, err := Parse("mine.toml", append(example(t), "\n[profiles.mine]\nccmas_epsilon = -1\n"...), "")
	if err == nil || !strings.Contains(err.Error(), ": profiles.mine.ccmas_epsilon") {
		t.Error(err)
	}
}
