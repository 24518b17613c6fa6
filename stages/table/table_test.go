package table

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// Of equal means the first, with the smaller rate, is the highest. Rates
// without a finite run do not count.
func TestHighest(t *testing.T) {
	of := func(means ...float64) (list []measures.Summary) {
		for _, m := range means {
			n := 3
			if m < 0 {
				n = 0
			}
			list = append(list, measures.Summary{Mean: m, N: n})
		}
		return list
	}
	for _, c := range []struct {
		list []measures.Summary
		want int
	}{{nil, -1}, {of(-1), -1}, {of(0.5), 0}, {of(0.5, 0.5), 0}, {of(0.4, 0.5, 0.5), 1}, {of(-1, 0, -1), 1}, {of(0.1, 0.2, 0.3), 2}} {
		if got := highest(c.list); got != c.want {
			t.Errorf("%v: %d, want %d", c.list, got, c.want)
		}
	}
}

func TestAgainstTheBaseline(t *testing.T) {
	s := Searched{Optimizer: "SGD", Baseline: Rate{Value: 0.1, Label: "0.1"},
		Conditions: []Rate{{Value: 0.1, Label: "0.1"}, {Value: 1, Label: "1"}}}
	other := s
	other.Baseline = Rate{Value: 7, Label: "7"}
	found := []measures.Summary{{N: 3, Mean: 0.5}, {N: 3, Mean: 0.75}}
	for name, c := range map[string]struct {
		s     Searched
		found []measures.Summary
		best  int
		want  []string
	}{
		"no run":       {s, found, -1, []string{"SGD: no run has a finite accuracy."}},
		"the baseline": {s, found, 0, nil},
		"another":      {s, found, 1, []string{"SGD: mean accuracy is 0.2500 higher at 1 than at the baseline's 0.1."}},
		"one alone": {s, []measures.Summary{{N: 1, Mean: 0.5}, {N: 1, Mean: 0.75}}, 1,
			[]string{"SGD: mean accuracy is 0.2500 higher at 1 than at the baseline's 0.1."}},
		"baseline diverged": {s, []measures.Summary{{N: 0}, {N: 3, Mean: 0.75}}, 1, nil},
		"not tried":         {other, found, 1, []string{"SGD: the baseline's learning rate, 7, was not among those tried."}},
	} {
		if got := c.s.against(c.found, c.best); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The thesis prints 18 rows of three numbers. They belong to networks that
// learn, and have no gap from one hidden layer on.
func TestPrintedRows(t *testing.T) {
	want := map[string]int{"SGD": 4, "Adagrad": 4, "Adadelta": 5, "Adam": 5}
	if len(printed) != len(want) {
		t.Errorf("%d optimizers", len(printed))
	}
	for optimizer, depths := range printed {
		if len(depths) != want[optimizer] {
			t.Errorf("%s has %d rows, want %d", optimizer, len(depths), want[optimizer])
		}
		for depth := 1; depth <= want[optimizer]; depth++ {
			if depths[depth][0] == "" {
				t.Errorf("%s has no row of %d layers", optimizer, depth)
			}
		}
	}
}

func TestReadTidy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tidy.csv")
	if _, err := ReadTidy(path); err == nil {
		t.Error("reads a file that is not there")
	}
	for text, want := range map[string]int{
		"experiment,condition,optimizer,seed,layer,epoch,accuracy,sparsity,selectivity_avg,selectivity_std,split,param_name,param_value\n" +
			"a,b,Adam,1,all,1,0.5,0.1,0.1,0.1,test,,\n": 1,
		"no,table\n": -1,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		rows, err := ReadTidy(path)
		if (err != nil) != (want < 0) || err == nil && len(rows) != want || err != nil && !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%q: %d rows, %v", text, len(rows), err)
		}
	}
}

// markdown returns a table as Markdown, and reports what it lacks.
func markdown(t *testing.T, table tabulate.Table, wants ...string) string {
	t.Helper()
	text, err := tabulate.Render(table, "md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wants {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	return string(text)
}
