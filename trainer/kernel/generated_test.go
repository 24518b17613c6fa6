package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerated regenerates the assembly and compares it with the committed
// files. The generator is a module of its own. If its dependencies are not in
// the module cache, the test is skipped, unless SPARSEL_REQUIRE names avo.
func TestGenerated(t *testing.T) {
	if testing.Short() && !required("avo") {
		t.Skip("runs the generator")
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "run", ".", dir)
	cmd.Dir = filepath.Join("..", "_asm")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOARCH=", "GOOS=")
	if !required("avo") {
		cmd.Env = append(cmd.Env, "GOPROXY=off")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		if required("avo") {
			t.Fatalf("generator: %v\n%s", err, out)
		}
		t.Skipf("generator cannot be run here: %v\n%s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(made) == 0 {
		t.Fatalf("the generator made nothing: %v", err)
	}
	fresh := map[string]bool{}
	for _, path := range made {
		name := filepath.Base(path)
		fresh[name] = true
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes (%v): run go run . ../kernel in trainer/_asm", name, err)
		}
	}
	committed, _ := filepath.Glob("*_amd64.*")
	for _, name := range committed {
		if text, err := os.ReadFile(name); err == nil && strings.HasPrefix(string(text), "// Code generated") && !fresh[name] {
			t.Errorf("%s is left from an earlier generator: delete it", name)
		}
	}
}
