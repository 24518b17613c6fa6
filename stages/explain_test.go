package stages

import (
	"testing"

	"sparsel/stages/internal/studytest"
)

func TestCountOf(t *testing.T) {
	for _, c := range []struct {
		n           int
		stage, want string
	}{
		{1, "units", "1 figure of units"}, {2, "units", "2 figures of units"}, {1, "train", "1 training"}, {0, "metrics", "0 runs' metrics"},
	} {
		if got := countOf(c.n, c.stage); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Every stage of the study has words for its nodes.
func TestEveryStageHasNouns(t *testing.T) {
	for _, profile := range []string{"", "further"} {
		for _, n := range studytest.Whole(t, profile).Graph.Nodes() {
			if _, ok := nouns[n.Stage.Name]; !ok {
				t.Fatalf("there are no words for nodes of stage %s", n.Stage.Name)
			}
		}
	}
}
