package runvalues

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/quantity"
)

// made returns a run whose metrics have different values.
func made(condition string) Run {
	n := 0.0
	return Run{Condition: condition, Optimizer: "SGD", Seed: 4294967295, Epoch: 30, Values: Of(func(quantity.Metric) float64 {
		n++
		return 1 / n
	})}
}

// Every bit of every metric comes back, and those that are not finite do.
func TestRoundTrip(t *testing.T) {
	failed := Run{Condition: `c, "2"`, Optimizer: "Adam", Seed: 1, Epoch: 3, Failed: true,
		Values: Of(func(quantity.Metric) float64 { return math.NaN() })}
	runs := []Run{made("c=1"), failed}
	runs[0].Values[2] = math.Inf(-1)
	path := filepath.Join(t.TempDir(), "runs.csv")
	if err := WriteFile(path, runs); err != nil {
		t.Fatal(err)
	}
	back, err := ReadFile(path)
	if err != nil || len(back) != len(runs) {
		t.Fatalf("%d runs, %v", len(back), err)
	}
	for i, r := range back {
		if want := runs[i]; r.Condition != want.Condition || r.Optimizer != want.Optimizer || r.Seed != want.Seed || r.Epoch != want.Epoch ||
			r.Failed != want.Failed {
			t.Errorf("got %+v, want %+v", r, want)
		}
		for _, m := range quantity.All() {
			got, err := r.Value(m.Name)
			want, _ := runs[i].Value(m.Name)
			if err != nil || math.Float64bits(got) != math.Float64bits(want) && !(got != got && want != want) {
				t.Errorf("%s of run %d is %v, want %v; %v", m.Name, i, got, want, err)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	if _, err := made("c").Value("loss"); err == nil || err.Error() != `no run has a metric "loss"` {
		t.Errorf("a metric that there is not: %v", err)
	}
	if err := write(&strings.Builder{}, []Run{{Condition: "c"}}); err == nil {
		t.Error("writes a run without its metrics")
	}
	var b strings.Builder
	if err := write(&b, []Run{made("c")}); err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string][2]string{
		"a column that there is not": {"accuracy", "loss"}, "a seed": {"4294967295", "4294967296"}, "an epoch": {",30,", ",x,"},
		"failed": {"false", "perhaps"}, "a number": {",0.5,", ",half,"}, "a field too few": {",0.5,", ","},
	} {
		text := strings.Replace(b.String(), edit[0], edit[1], 1)
		if text == b.String() {
			t.Fatalf("%s: nothing to replace", what)
		}
		if _, err := read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "values of runs: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := read(strings.NewReader("")); err == nil {
		t.Error("reads an empty file")
	}
}
