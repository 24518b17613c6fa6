package codeid

import (
	"context"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// study is a module in which the stage train reaches gemm through model, two
// packages deep, and the stage figure reaches neither.
var study = map[string]string{
	"go.mod": "module study\n\ngo 1.26\n",
	"train/train.go": `package train

import (
	"fmt"
	"study/machine"
	"study/model"
)

// Run trains.
func Run() { fmt.Println(model.Step(3), machine.X) }
`,
	"train/extra.go": "package train\n\nvar local = 1\n",
	"model/model.go": "package model\n\nimport \"study/gemm\"\n\nfunc Step(x int) int { return gemm.Mul(x, 2) }\n",
	"gemm/gemm.go": `package gemm

import _ "embed"

//go:embed table.txt
var table string

// Mul multiplies.
//
//go:noinline
func Mul(x, y int) int { return x * (y + 0x1F) }
`,
	"gemm/gemm_arm64.go":   "package gemm\n\nfunc kernel() int\n",
	"gemm/gemm_arm64.s":    "TEXT ·kernel(SB), $0\n\tRET\n",
	"gemm/gen.go":          "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
	"gemm/gemm_test.go":    "package gemm\n\nfunc helper() {}\n",
	"gemm/table.txt":       "1 2 3\n",
	"figure/figure.go":     "package figure\n\nfunc Draw() string { return \"blue\" }\n",
	"machine/machine.go":   "package machine\n\nimport \"study/machine/deep\"\n\nvar X = deep.Y\n",
	"machine/deep/deep.go": "package deep\n\nvar Y = 1\n",
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func identify(t *testing.T, dir string) map[string]Identity {
	t.Helper()
	ids, err := Source{Dir: dir, Opaque: []string{"study/machine"}}.Identify(context.Background(), []string{"study/train", "study/figure"})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// What each edit changes.
func TestT11Edits(t *testing.T) {
	base := t.TempDir()
	write(t, base, study)
	before := identify(t, base)
	sub := func(name, old, new string) func(map[string]string) {
		return func(f map[string]string) {
			if !strings.Contains(f[name], old) {
				t.Fatalf("%s lacks %q", name, old)
			}
			f[name] = strings.Replace(f[name], old, new, 1)
		}
	}
	move := func(from, to string) func(map[string]string) {
		return func(f map[string]string) {
			f[to] = f[from]
			delete(f, from)
		}
	}
	for what, c := range map[string]struct {
		edit    func(map[string]string)
		changed string // stages whose identity must change
		named   string // package that must differ
	}{
		"nothing, another path": {func(map[string]string) {}, "", ""},
		"comment":               {sub("gemm/gemm.go", "// Mul multiplies.", "// Mul is a product."), "", ""},
		"comment in body":       {sub("gemm/gemm.go", "{ return", "{\n\t// why\n\treturn"), "", ""},
		"blank lines":           {sub("model/model.go", "\n\nfunc", "\n\n\n\nfunc"), "", ""},
		"bad format":            {sub("model/model.go", "return gemm.Mul(x, 2)", "return   gemm.Mul( x,2 )"), "", ""},
		"parentheses":           {sub("gemm/gemm.go", "x * (y", "(x) * (y"), "", ""},
		"spelling of a number":  {sub("gemm/gemm.go", "0x1F", "0X1f"), "", ""},
		"order of imports": {sub("train/train.go", "\"fmt\"\n\t\"study/machine\"\n\t\"study/model\"",
			"\"study/model\"\n\n\t\"study/machine\"\n\t\"fmt\""), "", ""},
		"file renamed":        {move("train/train.go", "train/zzz.go"), "", ""},
		"test edited":         {sub("gemm/gemm_test.go", "helper", "other"), "", ""},
		"program run by hand": {sub("gemm/gen.go", "main() {}", "main() { println() }"), "", ""},
		"generate directive":  {sub("gemm/gemm.go", "// Mul", "//go:generate true\n\n// Mul"), "", ""},
		"opaque package":      {sub("machine/deep/deep.go", "1", "2"), "", ""},
		"two packages deep":   {sub("gemm/gemm.go", "0x1F", "0x1E"), "train", "study/gemm"},
		"precedence":          {sub("gemm/gemm.go", "x * (y + 0x1F)", "x * y + 0x1F"), "train", "study/gemm"},
		"other platform":      {sub("gemm/gemm_arm64.go", "int", "int32"), "train", "study/gemm"},
		"assembly":            {sub("gemm/gemm_arm64.s", "RET", "NOP\n\tRET"), "train", "study/gemm"},
		"embedded file":       {sub("gemm/table.txt", "3", "4"), "train", "study/gemm"},
		"directive":           {sub("gemm/gemm.go", "//go:noinline\n", ""), "train", "study/gemm"},
		"build constraint":    {sub("train/extra.go", "package", "//go:build linux\n\npackage"), "train", "study/train"},
		"constraint by name":  {move("train/extra.go", "train/extra_linux.go"), "train", "study/train"},
		"import renamed":      {sub("model/model.go", "import \"study", "import gemm \"study"), "train", "study/model"},
		"go line":             {sub("go.mod", "1.26", "1.25"), "train figure", ""},
		"string":              {sub("figure/figure.go", "blue", "red"), "figure", "study/figure"},
		"new file": {func(f map[string]string) { f["figure/more.go"] = "package figure\n\nvar more int\n" }, "figure",
			"study/figure"},
	} {
		t.Run(what, func(t *testing.T) {
			files := maps.Clone(study)
			c.edit(files)
			dir := t.TempDir()
			write(t, dir, files)
			after := identify(t, dir)
			for _, stage := range []string{"train", "figure"} {
				want := slices.Contains(strings.Fields(c.changed), stage)
				if got := before["study/"+stage].ID != after["study/"+stage].ID; got != want {
					t.Errorf("stage %s changed: %v, want %v", stage, got, want)
				}
			}
			for imp, h := range after["study/train"].Packages {
				want := imp == c.named
				if got := before["study/train"].Packages[imp] != h; got != want {
					t.Errorf("package %s differs: %v, want %v", imp, got, want)
				}
			}
		})
	}
}

// Positions that have a meaning are kept.
func TestMeaningfulPositions(t *testing.T) {
	reduced := func(text string) Hash {
		dir := t.TempDir()
		write(t, dir, map[string]string{"p.go": text})
		p, err := parsePackage(dir)
		if err != nil {
			t.Fatal(err)
		}
		return p.hash
	}
	for _, pair := range [][2]string{
		{"package p\ntype A = int", "package p\ntype A int"},
		{"package p\nvar x = f(a...)", "package p\nvar x = f(a)"},
		{"package p\nvar x chan<- int", "package p\nvar x <-chan int"},
		{"package p\nvar x = a[1:2:3]", "package p\nvar x = a[1:2]"},
		{"package p\nvar x = 1", "package p\nvar x = 1.0"},
		{"package p\nvar x = 'a'", "package p\nvar x = 97"},
		{"package p\nfunc f() { if a {} else {} }", "package p\nfunc f() { if a {} }"},
		{"package p\nfunc f() { x := 1 }", "package p\nfunc f() { x = 1 }"},
		{"package p\nfunc f[T any](x T) {}", "package p\nfunc f(x T) {}"},
		{"package p\nconst (\na = iota\nb\n)", "package p\nconst a = iota\nconst b = iota"},
		{"package p\nimport . \"fmt\"", "package p\nimport _ \"fmt\""},
		{"//go:build linux\n\npackage p", "//go:build !linux\n\npackage p"},
		{"package p\ntype T struct{ A int `json:\"a\"` }", "package p\ntype T struct{ A int }"},
	} {
		if reduced(pair[0]) == reduced(pair[1]) {
			t.Errorf("the same hash for %q and %q", pair[0], pair[1])
		}
	}
	if reduced("package p\nvar x = \"a\\n\"") != reduced("package p\nvar x = `a\n`") {
		t.Error("raw and quoted strings of one value differ")
	}
}

// Formatting any file of the Go tree's own packages with gofmt makes no
// difference.
func TestT11FormatIsInvisible(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", "go", "printer", "testdata", "*.input"))
	if err != nil || len(files) == 0 {
		t.Skip("this Go tree has no printer tests")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(text)
		if err != nil {
			continue // an example of broken syntax
		}
		var hashes []Hash
		for _, src := range [][]byte{text, formatted} {
			path := filepath.Join(t.TempDir(), "p.go")
			if err := os.WriteFile(path, src, 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := parseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, f.syntax)
		}
		if hashes[0] != hashes[1] {
			t.Errorf("gofmt changes the identity of %s", filepath.Base(name))
		}
	}
}

// Init functions run in the order of file names, so there the names matter.
func TestInitOrder(t *testing.T) {
	hash := func(a, b string) Hash {
		dir := t.TempDir()
		write(t, dir, map[string]string{a: "package p\nfunc init() { println(1) }", b: "package p\nfunc init() { println(2) }"})
		p, err := parsePackage(dir)
		if err != nil {
			t.Fatal(err)
		}
		return p.hash
	}
	if hash("a.go", "b.go") == hash("b.go", "a.go") {
		t.Error("swapping the order of two init functions goes unnoticed")
	}
}

func TestEmbedPatterns(t *testing.T) {
	hash := func(pattern string, files map[string]string) Hash {
		dir := t.TempDir()
		write(t, dir, files)
		write(t, dir, map[string]string{"p.go": "package p\nimport \"embed\"\n//go:embed " + pattern + "\nvar fs embed.FS\n"})
		p, err := parsePackage(dir)
		if err != nil {
			t.Fatal(err)
		}
		return p.hash
	}
	files := map[string]string{"d/a.txt": "1", "d/_b.txt": "2", "d/.c": "3"}
	changed := func(name string) map[string]string {
		f := maps.Clone(files)
		f[name] += "!"
		return f
	}
	for _, c := range []struct {
		pattern, file string
		want          bool
	}{
		{"d", "d/a.txt", true}, {"d", "d/_b.txt", false}, {"all:d", "d/_b.txt", true}, {"all:d", "d/.c", true},
		{"d/*.txt", "d/a.txt", true}, {"d/*.txt", "d/_b.txt", true}, {`"d/a.txt"`, "d/_b.txt", false},
	} {
		if got := hash(c.pattern, files) != hash(c.pattern, changed(c.file)); got != c.want {
			t.Errorf("embed %s, edit of %s: changed %v, want %v", c.pattern, c.file, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	broken := maps.Clone(study)
	broken["model/model.go"] = "package model\n\nimport \"study/nowhere\"\n\nvar _ = nowhere.X\n"
	dir := t.TempDir()
	write(t, dir, broken)
	for want, s := range map[string]struct {
		dir  string
		root string
	}{
		"run inside the repository":              {t.TempDir(), "study/train"},
		"is not in module study":                 {dir, "other/train"},
		"study/nowhere, imported by study/model": {dir, "study/train"},
		"package study/absent: open":             {dir, "study/absent"},
	} {
		_, err := Source{Dir: s.dir}.Identify(context.Background(), []string{s.root})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("identify %s in %s: %v, want %q", s.root, s.dir, err, want)
		}
	}
}

// This module's own packages: the modules outside are found and cached, and the
// cached answer is the same.
func TestModulesOfThisModule(t *testing.T) {
	roots := []string{"sparsel/pipeline/codeid", "sparsel/pipeline/canon"}
	cache := filepath.Join(t.TempDir(), "not", "there", "yet", "modules")
	var ids []map[string]Identity
	for range 2 {
		got, err := Source{Cache: cache}.Identify(context.Background(), roots)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got)
		if _, err := os.Stat(cache); err != nil {
			t.Error(err)
		}
	}
	id := ids[0]["sparsel/pipeline/codeid"]
	for _, mod := range []string{"golang.org/x/mod", "golang.org/x/sync", "golang.org/x/tools"} {
		if id.Modules[mod] == "" {
			t.Errorf("modules %v lack %s", id.Modules, mod)
		}
	}
	if m := ids[0]["sparsel/pipeline/canon"].Modules; len(m) > 0 {
		t.Errorf("package canon uses the standard library only, not %v", m)
	}
	if id.ID != ids[1]["sparsel/pipeline/codeid"].ID {
		t.Error("the identity differs when modules come from the cache")
	}
}

// What was asked about some packages stays known when others are asked about.
func TestModulesOfDifferentPackages(t *testing.T) {
	s := Source{Cache: filepath.Join(t.TempDir(), "modules")}
	codeid, disk := "sparsel/pipeline/codeid", "sparsel/pipeline/store/disk"
	identify := func(roots ...string) map[string]Identity {
		t.Helper()
		ids, err := s.Identify(context.Background(), roots)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	first, second := identify(codeid)[codeid], identify(disk)[disk]
	if len(second.Modules) == 0 {
		t.Fatal("the second package uses no module")
	}
	t.Setenv("PATH", "") // nobody can be asked
	both := identify(codeid, disk)
	if identify(codeid)[codeid].ID != first.ID || both[codeid].ID != first.ID || both[disk].ID != second.ID {
		t.Error("an identity depends on what else was asked")
	}
}

// What another store was told about the same modules is not asked again, and
// stays known without it.
func TestSharedModules(t *testing.T) {
	dir := t.TempDir()
	first := Source{Cache: filepath.Join(dir, "first", "modules"), Shared: filepath.Join(dir, "user", "modules")}
	const root = "sparsel/pipeline/codeid"
	identify := func(s Source) (Hash, error) {
		ids, err := s.Identify(context.Background(), []string{root})
		return ids[root].ID, err
	}
	want, err := identify(first)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "") // nobody can be asked
	second := Source{Cache: filepath.Join(dir, "second", "modules"), Shared: first.Shared}
	if got, err := identify(second); err != nil || got != want {
		t.Errorf("another store: %v, %v, want %v", got, err, want)
	}
	if err := os.RemoveAll(filepath.Dir(first.Shared)); err != nil {
		t.Fatal(err)
	}
	if got, err := identify(second); err != nil || got != want {
		t.Errorf("afterwards, alone: %v, %v, want %v", got, err, want)
	}
	if _, err := identify(Source{Cache: filepath.Join(dir, "third", "modules"), Shared: first.Shared}); err == nil {
		t.Error("a third store knows what nobody told it")
	}
}

// A go.work file is added to a module whose modules are already known: they may
// be different now.
func TestWorkspaceIsRefused(t *testing.T) {
	t.Setenv("GOWORK", "")
	above := t.TempDir()
	dir := filepath.Join(above, "project")
	files := map[string]string{"p/p.go": "package p\n\nimport _ \"golang.org/x/mod/modfile\"\n"}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	write(t, dir, files)
	s := Source{Dir: dir, Cache: filepath.Join(t.TempDir(), "modules")}
	identify := func() (Identity, error) {
		ids, err := s.Identify(context.Background(), []string{"sparsel/p"})
		return ids["sparsel/p"], err
	}
	before, err := identify()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for _, c := range []struct {
		place, variable string
		refused         bool
	}{
		{dir, "", true}, {above, "", true}, {above, "auto", true}, {elsewhere, filepath.Join(elsewhere, "go.work"), true},
		{elsewhere, "", false}, {dir, "off", false},
	} {
		work := filepath.Join(c.place, "go.work")
		if err := os.WriteFile(work, []byte("go 1.26.0\n\nuse "+dir+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv("GOWORK", c.variable)
		id, err := identify()
		if c.refused && (err == nil || !strings.Contains(err.Error(), work)) || !c.refused && (err != nil || id.ID != before.ID) {
			t.Errorf("%s and GOWORK=%q: %v, refused should be %v", work, c.variable, err, c.refused)
		}
		if err := os.Remove(work); err != nil {
			t.Fatal(err)
		}
	}
}

// The platform and the build settings are not part of any identity: the project
// promises equal bytes for all of them, and tests verify that. The toolchain
// and the versions of modules are part of it.
func TestT16BuildSettings(t *testing.T) {
	roots := []string{"sparsel/pipeline/codeid"}
	here, err := Source{}.Identify(context.Background(), roots)
	if err != nil {
		t.Fatal(err)
	}
	id := here[roots[0]]
	if !strings.Contains(id.Go, runtime.Version()) {
		t.Errorf("the toolchain is %q, want %q in it", id.Go, runtime.Version())
	}
	t.Setenv("GOOS", "darwin")
	t.Setenv("GOARCH", "arm64")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("GOFLAGS", "-tags=noasm")
	there, err := Source{}.Identify(context.Background(), roots)
	if err != nil || there[roots[0]].ID != id.ID {
		t.Errorf("the identity depends on what was asked to be built: %v", err)
	}
}

func BenchmarkIdentify(b *testing.B) {
	cache := filepath.Join(b.TempDir(), "modules")
	for b.Loop() {
		if _, err := (Source{Cache: cache}).Identify(context.Background(), []string{"sparsel/pipeline", "sparsel/pipeline/codeid"}); err != nil {
			b.Fatal(err)
		}
	}
}

// A pinned package counts only by its version, and so does everything that it
// reaches.
func TestPinned(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, study)
	pinned := func() Identity {
		t.Helper()
		ids, err := Source{Dir: dir, Pinned: map[string]string{"study/gemm": "gemm 1"}}.Identify(context.Background(),
			[]string{"study/train", "study/figure"})
		if err != nil {
			t.Fatal(err)
		}
		if len(ids["study/figure"].Pinned) > 0 {
			t.Error("a package that is not reached is reported")
		}
		return ids["study/train"]
	}
	before := pinned()
	if _, counts := before.Packages["study/gemm"]; counts || before.Pinned["study/gemm"].Version != "gemm 1" {
		t.Errorf("packages %v, pinned %v", before.Packages, before.Pinned)
	}
	write(t, dir, map[string]string{"gemm/gemm.go": strings.Replace(study["gemm/gemm.go"], "0x1F", "0x2F", 1)})
	after := pinned()
	if after.ID != before.ID {
		t.Error("an edit of the pinned package changed the identity")
	}
	if after.Pinned["study/gemm"].Source == before.Pinned["study/gemm"].Source {
		t.Error("an edit of the pinned package left its source as it was")
	}
}
