package noop

import (
	"context"
	"strings"
	"testing"
)

// Each installed tool builds a small graph and then finds nothing to do.
func TestCompare(t *testing.T) {
	t.Chdir("../..") // the code's identity is computed from the repository
	var out strings.Builder
	if err := Compare(context.Background(), &out, 9); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"9 nodes, nothing to do", "sparsel", "ninja", "snakemake"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
}

func TestTooSmall(t *testing.T) {
	if err := Compare(context.Background(), nil, 4); err == nil {
		t.Error("a graph of four nodes has no training, and was accepted")
	}
}

// It is an error if a tool had work to do after all, because its time would not
// be that of finding nothing to do.
func TestWorkIsNoticed(t *testing.T) {
	tool := &tool{label: "echo", args: []string{"[1/1] cat source > train0"}, make: func(string, int) error { return nil }}
	if err := tool.prepare(context.Background(), t.TempDir()+"/x", 9); err != nil {
		t.Fatal(err)
	}
	if err := tool.build(context.Background()); err == nil || !strings.Contains(err.Error(), "did something") {
		t.Errorf("got %v", err)
	}
}
