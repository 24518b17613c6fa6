package codeid

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is this module: its directory and its path.
type module struct {
	dir, path string
	goLines   string
	sums      []byte // go.mod and go.sum, which pin everything outside
}

func findModule(dir string) (module, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return module{}, err
	}
	for at := start; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			return parseModule(at, text)
		}
		if at == filepath.Dir(at) {
			return module{}, fmt.Errorf(
				"no go.mod in %s or above it: the source of the stages is needed to know what is up to date; run inside the repository", start)
		}
	}
}

func parseModule(dir string, text []byte) (module, error) {
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return module{}, err
	}
	if f.Module == nil {
		return module{}, fmt.Errorf("%s has no module line", filepath.Join(dir, "go.mod"))
	}
	m := module{dir: dir, path: f.Module.Mod.Path}
	if f.Go != nil {
		m.goLines = "go " + f.Go.Version
	}
	for _, g := range f.Godebug {
		m.goLines += ", godebug " + g.Key + "=" + g.Value
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !os.IsNotExist(err) {
		return module{}, err
	}
	m.sums = append(append(text, 0), sum...)
	return m, nil
}

// checkWorkspace rejects a go.work file that the go command would use here.
// Such a file may replace modules, and may select other versions of them and
// other run-time settings, without a trace in go.mod and go.sum.
func (m module) checkWorkspace() error {
	file := os.Getenv("GOWORK")
	switch file {
	case "off":
		return nil
	case "", "auto":
		if file = findWorkspace(m.dir); file == "" {
			return nil
		}
	}
	return fmt.Errorf("%s puts this module into a workspace, where other code may be compiled than go.mod and go.sum say: "+
		"set GOWORK=off and compile again, or move the file away", file)
}

// findWorkspace returns the go.work file in dir or its nearest parent, or "" if
// there is none.
func findWorkspace(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, "go.work")
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// contains reports whether an import path belongs to this module.
func (m module) contains(imp string) bool {
	return imp == m.path || strings.HasPrefix(imp, m.path+"/")
}

// external reports whether an import path belongs to some other module. Only
// the standard library has no dot in its first element.
func (m module) external(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !m.contains(imp) && strings.Contains(first, ".")
}

func (m module) packageDir(imp string) string {
	rel := strings.TrimPrefix(strings.TrimPrefix(imp, m.path), "/")
	return filepath.Join(m.dir, filepath.FromSlash(rel))
}
