package stages

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sparsel/artifacts/runs"
	"sparsel/stages/fetch"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/study"
)

// The scripts in testdata/script run the targets as the magefile does, each in
// its own copy of the project, on the first images of MNIST. They count
// executions in the pipeline's log.
func TestScripts(t *testing.T) {
	runScripts(t, "script", testenv.MNIST(t))
}

// The scripts in testdata/nodata do so on a machine that has no MNIST.
func TestScriptsWithoutMNIST(t *testing.T) { runScripts(t, "nodata", "") }

func runScripts(t *testing.T, dir, data string) {
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	runScriptFiles(t, data, files...)
}

func runScriptFiles(t *testing.T, data string, files ...string) {
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			env.Setenv(fetch.Env, data)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "PATH"} {
				env.Setenv(name, os.Getenv(name))
			}
			env.Setenv("MNIST", data)
			env.Setenv("HOME", env.WorkDir)
			if err := goDirectories(env); err != nil {
				return err
			}
			return copyProject("..", filepath.Join(env.WorkDir, "project"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"edit":        edit,
			"flip":        flip,
			"count":       count,
			"activations": activations,
		},
	})
}

// goDirectories lets the go command find its caches under the script's own
// home.
func goDirectories(env *testscript.Env) error {
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"GOCACHE": filepath.Join(cache, "go-build"), "GOMODCACHE": filepath.Join(home, "go", "pkg", "mod"),
	} {
		if os.Getenv(name) == "" {
			env.Setenv(name, value)
		}
	}
	return nil
}

// copyProject copies the files that determine code identities, with the
// parameters of a small study.
func copyProject(from, to string) error {
	if err := copySources(from, to); err != nil {
		return err
	}
	study, err := os.ReadFile(filepath.Join("testdata", "study.toml"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "params.toml"), study, 0o644)
}

func copySources(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); relative != "." && (name == "out" || name == "testdata" || name[0] == '.') {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		}
		if strings.HasSuffix(path, "_test.go") || d.Name() == ".git" { // in a work tree, .git leads to the repository
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), content, 0o644)
	})
}

// edit FILE OLD NEW replaces the first OLD, which must be present. \n in NEW is
// a line break.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	replacement := strings.ReplaceAll(args[2], `\n`, "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], replacement, 1)), 0o644))
}

// flip FILE flips one bit in the middle of a file and keeps its times.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	content, err := os.ReadFile(path)
	ts.Check(err)
	content[len(content)/2] ^= 1
	ts.Check(os.Chmod(path, 0o644))
	ts.Check(os.WriteFile(path, content, 0o644))
	ts.Check(os.Chmod(path, info.Mode()))
	ts.Check(os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// count N STAGE checks in the JSON report that the last command executed
// exactly N nodes of a stage.
func count(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: count N STAGE")
	}
	report := ts.ReadFile("stdout")
	executed := 0
	for _, block := range strings.Split(report, "{") {
		if strings.Contains(block, `"name": "`+args[1]+`/`) && strings.Contains(block, `"outcome": "executed"`) {
			executed++
		}
	}
	if fmt.Sprint(executed) != args[0] {
		ts.Fatalf("%d %s executed, want %s:\n%s", executed, args[1], args[0], report)
	}
}

// activations DIR SHIFT writes to an existing folder the activations of two
// layers and two epochs of a made-up network, and the weights of its output
// layer, as the project's own archives.
func activations(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: activations DIR SHIFT")
	}
	shift, err := strconv.Atoi(args[1])
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	w, err := runs.CreateActivations(filepath.Join(dir, "acts.parquet"), nil)
	ts.Check(err)
	const units, classes, samples = 12, 3, 90
	for epoch := 1; epoch <= 2; epoch++ {
		for layer := 1; layer <= 2; layer++ {
			b := runs.Block{Epoch: epoch, Layer: layer, Units: units}
			for i := range samples {
				class := uint8(i % classes)
				b.Labels, b.Predictions = append(b.Labels, class), append(b.Predictions, class)
				for j := range units {
					v := float32((i*7+j*(5+shift)+epoch*layer)%11) / 50
					if j%classes == int(class) {
						v += 1
					}
					b.Values = append(b.Values, v)
				}
			}
			ts.Check(w.Append(b))
		}
	}
	ts.Check(w.Close())
	weights := make([]float32, classes*units)
	for i := range weights {
		if i%units%classes == i/units {
			weights[i] = 1
		}
	}
	ts.Check(runs.WriteWeights(filepath.Join(dir, "weights.parquet"), nil, []runs.Tensor{
		{Name: "output.weight", Shape: []int{classes, units}, Values: weights},
		{Name: "output.bias", Shape: []int{classes}, Values: make([]float32, classes)},
	}))
}

func TestMain(m *testing.M) {
	if os.Getenv(claimedEnv) != "" { // in a worker of such a test
		study.Claimed = anyStudy
	}
	Worker()
	testscript.Main(tests{m}, map[string]func(){"sparsel": command})
}

// tests runs all tests of the package and removes what they leave.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if small.dir != "" {
		if err := errors.Join(writable(small.dir), os.RemoveAll(small.dir)); err != nil {
			fmt.Fprintln(os.Stderr, "remove the small study:", err)
		}
	}
	return code
}

// measureTarget is the target whose flags can be given or left out.
func measureTarget(ctx context.Context, files string, args []string) error {
	var f MeasureFlags
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		number, err := strconv.Atoi(value)
		switch name {
		case "compare":
			f.Compare = &value
		case "against":
			f.Reference = &value
		case "weights":
			f.Weights = &value
		case "layer":
			f.Layer = &value
		case "nan":
			f.NaN = &value
		case "paired":
			f.Paired = new(bool)
			*f.Paired = true
		case "permutations":
			f.Permutations = &number
		case "orders":
			f.Orders = &number
		default:
			return fmt.Errorf("measure has no flag -%s", name)
		}
		if err != nil && (f.Permutations == &number || f.Orders == &number) {
			return err
		}
	}
	return Measure(ctx, files, f, Options{})
}

// command is `go tool mage` for scripts: the target, its arguments and its
// flags.
func command() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := target(ctx, os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
	}
	os.Exit(ExitCode(err))
}

func target(ctx context.Context, name string, args []string) error {
	var ids []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		ids, args = append(ids, args[0]), args[1:]
	}
	id := strings.Join(ids, ",") // as JudgeCommandLine does
	if name == "measure" {
		return measureTarget(ctx, id, args)
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	o := Options{
		Params: flags.String("params", "params.toml", ""), Profile: flags.String("profile", "", ""), Out: flags.String("out", "out", ""),
		Data: flags.String("data", "", ""),
		Jobs: flags.Int("jobs", runtime.GOMAXPROCS(0), ""), DryRun: flags.Bool("dryrun", false, ""), JSON: flags.Bool("json", false, ""),
		Set: flags.String("set", "", ""), Verbose: flags.Bool("verbose", false, ""), Paranoid: flags.Bool("paranoid", false, ""),
		Workers: flags.String("workers", "", ""),
	}
	format, reference, store := flags.String("format", "dot", ""), flags.String("reference", "", ""), flags.Bool("store", false, "")
	o.Yes = flags.Bool("yes", false, "")
	links, as := flags.String("links", "", ""), flags.String("as", "md", "")
	level, remove, keep := flags.Int("level", 1, ""), flags.Bool("delete", false, ""), flags.String("keep", "", "")
	stage, k := flags.String("stage", "", ""), flags.Int("k", 10, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *o.Profile == "" {
		o.Profile = nil
	}
	switch name {
	case "all":
		return All(ctx, o)
	case "figure":
		return Figure(ctx, id, o)
	case "table":
		return Table(ctx, id, o)
	case "finding":
		return Finding(ctx, id, o)
	case "status":
		return Status(ctx, o)
	case "why":
		return Why(ctx, id, o)
	case "dag":
		return DAG(ctx, id, format, o)
	case "experiment":
		return Experiment(ctx, id, o)
	case "force":
		return Force(ctx, id, o)
	case "runs":
		return Runs(ctx, id, links, o)
	case "report":
		return Report(ctx, o)
	case "compare":
		return Compare(ctx, reference, o)
	case "lock":
		return Lock(ctx, o)
	case "diff":
		return Diff(ctx, id, o)
	case "tries":
		return Tries(ctx, id, as, o)
	case "macros":
		return Macros(ctx, o)
	case "pack":
		return Pack(ctx, id, o)
	case "export":
		return Export(ctx, id, o)
	case "gc":
		return GC(ctx, GCFlags{Delete: remove, Keep: keep}, o)
	case "audit":
		return Audit(ctx, AuditFlags{Level: level}, o)
	case "adopt":
		return Adopt(ctx, AdoptFlags{Stage: stage, K: k}, o)
	case "auditfile":
		return AuditFile(ctx, id, o)
	case "clean":
		return Clean(ctx, store, o)
	}
	return fmt.Errorf("no target %q", name)
}
