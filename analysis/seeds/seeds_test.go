package seeds

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for runs, want := range map[string]string{
		"seed 1":                 "seed 1",
		"seed 1;seed 100":        "seeds 1, 100",
		"seed 100;seed 1;seed 1": "seeds 1, 100",
		"seed 2;seed 1":          "seeds 1, 2",
		"seed 11;seed 9;seed 10": "seeds 9 to 11",
		"seed 2;seed 1;seed 2001;seed 2003;seed 2002;seed 2004;seed 2007": "seeds 1, 2, 2001 to 2004, 2007",
		"seed 4294967294;seed 4294967295;seed 0":                          "seeds 0, 4294967294, 4294967295",
		"after;seed 1;seed 2;seed 3":                                      "after, seed 1, seed 2, seed 3",
		"run 10;run 9;run 8":                                              "run 8, run 9, run 10",
	} {
		if got := Words(strings.Split(runs, ";")); got != want {
			t.Errorf("Words of %s: %s, want %s", runs, got, want)
		}
	}
	if got := Words(nil); got != "" {
		t.Errorf("Words of nothing: %q", got)
	}
}
