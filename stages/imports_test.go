package stages

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport lists every package of the project and the packages of the project
// that it may import. It expresses the columns "owns" and "must not know" of
// ARCHITECTURE.md as data. What a stage imports is its code identity, so one
// more import may cost a user hours of training. A package that is missing
// here, or that imports another than those beside it, fails the test.
var mayImport = map[string][]string{
	".": {"stages"},

	"trainer":        {"trainer/gemm", "trainer/kernel", "trainer/rng"},
	"trainer/gemm":   {"trainer/kernel"},
	"trainer/kernel": nil,
	"trainer/rng":    {"trainer/kernel"},

	"artifacts":          nil,
	"artifacts/foreign":  {"artifacts"},
	"artifacts/idx":      nil,
	"artifacts/measures": {"artifacts"},
	"artifacts/mutate":   nil,
	"artifacts/runs":     {"artifacts"},

	"analysis":          nil,
	"analysis/ablation": nil,
	"analysis/activity": {"analysis/metric"},
	"analysis/chart":    {"analysis/tabulate"},
	"analysis/claim":    {"analysis/seeds"},
	"analysis/metric":   nil,
	"analysis/portrait": {"analysis/activity", "analysis/chart"},
	"analysis/seeds":    nil,
	"analysis/summary":  {"analysis/seeds"},
	"analysis/tabulate": nil,

	"pipeline": {
		"pipeline/canon", "pipeline/codeid", "pipeline/quote", "pipeline/store", "pipeline/store/disk",
		"pipeline/store/remote",
	},
	"pipeline/canon":                   nil,
	"pipeline/codeid":                  {"pipeline/canon", "pipeline/store/disk"},
	"pipeline/progress":                {"pipeline", "pipeline/quote"},
	"pipeline/quote":                   nil,
	"pipeline/slurmtest":               nil,
	"pipeline/store":                   {"pipeline/store/disk"},
	"pipeline/store/disk":              nil,
	"pipeline/store/remote":            nil,
	"pipeline/store/remote/remotetest": nil,

	"stages": {
		"analysis/claim", "analysis/tabulate", "artifacts/foreign", "artifacts/measures", "artifacts/runs", "pipeline",
		"pipeline/canon", "pipeline/codeid", "pipeline/progress", "pipeline/quote", "pipeline/store", "pipeline/store/disk",
		"pipeline/store/remote", "stages/ablate", "stages/aggregate", "stages/agreement", "stages/bench",
		"stages/bench/noop", "stages/commandline", "stages/contrast", "stages/digits", "stages/divergence",
		"stages/embedded", "stages/fetch", "stages/figure", "stages/finding", "stages/finding/fixed", "stages/lock",
		"stages/measure", "stages/measured", "stages/metrics", "stages/nearest", "stages/params", "stages/present",
		"stages/report", "stages/study", "stages/table", "stages/toolkit", "stages/train", "stages/words", "trainer",
		"trainer/gemm", "trainer/kernel",
	},
	"stages/ablate": {
		"analysis/ablation", "analysis/chart", "analysis/tabulate", "artifacts", "artifacts/foreign", "artifacts/runs",
		"pipeline", "stages/measured", "trainer/kernel", "trainer/rng",
	},
	"stages/aggregate": {
		"analysis/summary", "artifacts/measures", "pipeline", "stages/quantity", "stages/runvalues",
	},
	"stages/agreement":   {"artifacts/measures"},
	"stages/bench":       {"stages/cost", "stages/train", "trainer", "trainer/gemm", "trainer/kernel"},
	"stages/bench/noop":  {"pipeline"},
	"stages/commandline": {"stages/nearest"},
	"stages/contrast": {
		"analysis/chart", "analysis/claim", "analysis/portrait", "analysis/tabulate", "artifacts", "pipeline", "stages/measured",
	},
	"stages/cost":       {"trainer", "trainer/rng"},
	"stages/digits":     {"artifacts/idx", "pipeline", "trainer/kernel", "trainer/rng"},
	"stages/divergence": {"artifacts/runs"},
	"stages/embedded":   {"artifacts"},
	"stages/fetch":      {"artifacts/idx", "pipeline"},
	"stages/figure": {
		"analysis/chart", "analysis/seeds", "analysis/summary", "artifacts/measures", "pipeline", "stages/quantity", "stages/words",
	},
	"stages/finding":       {"analysis/claim", "analysis/tabulate", "artifacts/measures", "pipeline"},
	"stages/finding/fixed": nil,
	"stages/internal/studytest": {
		"artifacts/measures", "pipeline", "pipeline/codeid", "stages/fetch", "stages/internal/testenv", "stages/metrics",
		"stages/params", "stages/quantity", "stages/study", "stages/train", "trainer",
	},
	"stages/internal/testenv": nil,
	"stages/lock":             nil,
	"stages/measure": {
		"analysis/activity", "artifacts/foreign", "pipeline", "stages/measured", "trainer/kernel", "trainer/rng",
	},
	"stages/measured": {"analysis/activity", "artifacts", "artifacts/foreign"},
	"stages/metrics": {
		"analysis/ablation", "analysis/activity", "analysis/metric", "artifacts/measures", "artifacts/runs", "pipeline",
		"trainer/kernel", "trainer/rng",
	},
	"stages/nearest": nil,
	"stages/params":  {"analysis/chart", "analysis/tabulate", "stages/nearest", "stages/quantity", "stages/words", "trainer"},
	"stages/present": {
		"analysis/activity", "analysis/chart", "analysis/portrait", "analysis/tabulate", "artifacts", "pipeline",
		"stages/measured",
	},
	"stages/quantity":  {"artifacts/measures"},
	"stages/report":    {"analysis/claim", "analysis/tabulate"},
	"stages/runvalues": {"stages/quantity"},
	"stages/study": {
		"analysis/chart", "analysis/claim", "artifacts/idx", "artifacts/measures", "pipeline", "stages/aggregate", "stages/agreement",
		"stages/cost", "stages/digits", "stages/fetch", "stages/figure", "stages/finding", "stages/finding/fixed", "stages/metrics",
		"stages/nearest", "stages/params", "stages/quantity", "stages/runvalues", "stages/table", "stages/train",
		"stages/units", "stages/words", "trainer",
	},
	"stages/table": {
		"analysis/seeds", "analysis/summary", "analysis/tabulate", "artifacts/measures", "pipeline", "stages/quantity", "stages/runvalues",
	},
	"stages/toolkit": {
		"artifacts/foreign", "pipeline", "pipeline/store", "pipeline/store/disk", "stages/ablate", "stages/contrast",
		"stages/measure", "stages/measured", "stages/present",
	},
	"stages/train": {"artifacts/idx", "artifacts/runs", "pipeline", "trainer", "trainer/gemm", "trainer/kernel"},
	"stages/units": {
		"analysis/activity", "analysis/chart", "analysis/metric", "analysis/portrait", "artifacts/runs", "pipeline", "stages/words",
	},
	"stages/words": nil,
}

// mustNotKnow lists imports from outside the project that would break the
// promise of a top-level folder.
var mustNotKnow = map[string][]string{
	"trainer":  {"github.com/apache/arrow", "gonum.org/v1/plot", "github.com/go-gota/gota", "math/rand", "os/exec"},
	"analysis": {"github.com/apache/arrow", "math/rand", "os/exec"},
	"pipeline": {"github.com/apache/arrow", "gonum.org/v1/plot", "github.com/go-gota/gota"},
}

// importsOf lists the imports of every package of the project, not counting
// tests.
func importsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && file != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "out" || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(relative))
		list := append([]string{}, found[dir]...)
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(list, imported) {
				list = append(list, imported)
			}
		}
		found[dir] = list
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImportRule(t *testing.T) {
	found := importsOf(t, "..")
	for _, dir := range slices.Sorted(maps.Keys(found)) {
		allowed, known := mayImport[dir]
		if !known {
			t.Errorf("package %s is not in the table of this test: say what it may import, and what it owns in ARCHITECTURE.md", dir)
		}
		top, _, _ := strings.Cut(dir, "/")
		if !slices.Contains([]string{".", "stages", "pipeline", "trainer", "analysis", "artifacts"}, top) {
			t.Errorf("%s: the top level has no folder %s; the design fixes it", dir, top)
		}
		for _, imported := range found[dir] {
			for _, bad := range mustNotKnow[top] {
				if imported == bad || strings.HasPrefix(imported, bad+"/") {
					t.Errorf("%s imports %s, which %s must not know", dir, imported, top)
				}
			}
			own, ok := strings.CutPrefix(imported, "sparsel/")
			if ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s: it may import %v", dir, own, allowed)
			}
		}
	}
	for dir, allowed := range mayImport {
		if found[dir] == nil {
			t.Errorf("there is no package %s: take it out of the table", dir)
		}
		for _, own := range allowed {
			if !slices.Contains(found[dir], "sparsel/"+own) {
				t.Errorf("%s may import %s and does not: take it out of the table", dir, own)
			}
		}
	}
}
