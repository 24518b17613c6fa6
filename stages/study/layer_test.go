package study

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/fetch"
	"sparsel/stages/finding"
	"sparsel/stages/finding/fixed"
	"sparsel/stages/params"
)

// fix rewrites the digests: go test ./stages/study -run TestConditionsAreFixed
// -fix. The study's own may change only together with its claims.
var fix = flag.Bool("fix", false, "write stages/finding/fixed/conditions.json from params.toml")

// edited expands a profile of params.toml after edits, which are pairs of
// texts.
func edited(t *testing.T, profile string, edits ...string) *builder {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	file := string(text)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(file, edits[i]) {
			t.Fatalf("params.toml lacks %q", edits[i])
		}
		file = strings.Replace(file, edits[i], edits[i+1], 1)
	}
	p, err := params.Parse("params.toml", []byte(file), profile)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(p)
	b.images = imagesOf(p, fetch.Sources{})
	_, b.uses = p.Expand()
	return b
}

// The conditions that the claims read are those for which they were fixed, with
// the author's seeds and with fresh ones.
func TestConditionsAreFixed(t *testing.T) {
	now := map[string]map[string]string{finding.Reproduces: {}, finding.Holds: {}}
	for profile, layer := range map[string]string{"": finding.Reproduces, "fresh": finding.Holds, "further": finding.Holds} {
		b := edited(t, profile)
		sums := conditionsOf(b.uses)
		for _, f := range b.claims() {
			for _, experiment := range f.Experiments {
				if other := now[layer][experiment]; other != "" && other != sums[experiment] {
					t.Errorf("the conditions of %s are others in profile %q", experiment, profile)
				}
				now[layer][experiment] = sums[experiment]
			}
		}
	}
	if *fix {
		text, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("..", "finding", "fixed", "conditions.json"), append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for layer, sums := range now {
		if !*fix && !maps.Equal(sums, fixed.Conditions(layer)) {
			t.Errorf("the conditions that claims read in layer %q are not those for which they were fixed; see conditions.json of package fixed", layer)
		}
	}
}

// Verdicts answer a question only if they are about the study whose claims were
// fixed.
func TestLayer(t *testing.T) {
	const sweep = "values = [1, 5, 10, 50, 200, 500, 1000]"
	for _, c := range []struct {
		name, profile string
		edits         []string
		want          string
	}{
		{"the study", "", nil, finding.Reproduces},
		{"fresh seeds", "fresh", nil, finding.Holds},
		{"further work", "further", nil, finding.Holds},
		{"other fresh seeds", "fresh", []string{"seeds = [2001, 2002, 2003, 2004, 2005,", "seeds = [2001, 2002, 2003, 7, 8,"}, finding.Holds},
		{"fewer images", "fresh", []string{"[profiles.fresh] ", "[profiles.fresh]\ntrain_images = 20000 "}, finding.Trial},
		{"fewer test images", "fresh", []string{"[profiles.fresh] ", "[profiles.fresh]\ntest_images = 1000 "}, finding.Trial},
		{"as many images as there are", "fresh", []string{"[profiles.fresh] ", "[profiles.fresh]\ntrain_images = 60000 "}, finding.Holds},
		{"fewer epochs", "fresh", []string{"[profiles.fresh] ", "[profiles.fresh]\nepochs = 2 "}, finding.Trial},
		{"drawn digits", "fresh", []string{"[profiles.fresh] ", "[profiles.fresh]\ndata = \"any\" "}, finding.Trial},
		{"another batch size", "", []string{sweep, "values = [1, 5, 10, 50, 300, 500, 1000]"}, finding.Trial},
		{"one more experiment", "", []string{"\n[[experiments]]",
			"\n[[experiments]]\nname = \"mine\"\ncondition = \"x\"\nseeding = \"paired\"\n\n[[experiments]]"}, finding.Reproduces},
		{"an experiment with other streams", "", []string{"name = \"batch_size\"", "name = \"batch_size\"\nseeding = \"paired\""}, finding.Trial},
		{"the author's epsilons with fresh seeds", "fresh", []string{"\nccmas_epsilon = 1e-6       # in place", "\n# in place"}, finding.Trial},
		{"another epsilon", "fresh", []string{"\nccmas_epsilon = 1e-6       # in place", "\nccmas_epsilon = 0.5 # in place"}, finding.Trial},
		{"another epsilon in one experiment", "", []string{"ccmas_epsilon = 1e-6", "ccmas_epsilon = 1e-5"}, finding.Trial},
		{"one order for all fresh seeds", "fresh", []string{"own_order = true", "own_order = false"}, finding.Trial},
		{"another order of the blocks", "", []string{"order_seed = 1 }", "order_seed = 2 }"}, finding.Trial},
	} {
		if got := edited(t, c.profile, c.edits...).layerOf(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
