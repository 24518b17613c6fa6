package stages

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparsel/stages/internal/testenv"
)

// Anyone who may read an output folder can audit it and ask where its figures
// came from, without leaving a trace in it.
func TestT25AnotherUserMayAsk(t *testing.T) {
	if os.Geteuid() != 0 {
		testenv.Absent(t, "root", errors.New("it takes root to be somebody else"))
	}
	p := newProject(t)
	p.run("all", "-jobs=2", "-out=out")
	p.run("lock")

	// The user nobody can reach this folder.
	const nobody = 65534
	dir, err := os.MkdirTemp("", "sparsel-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "sparsel")
	text, err := os.ReadFile(os.Args[0])
	if err := errors.Join(err, os.WriteFile(program, text, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	for d := p.dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := states(t, filepath.Join(p.dir, "out"))
	for _, args := range [][]string{
		{"audit"}, {"auditfile", "out/figures/fig-5.1.png"}, {"diff", "out"}, {"diff", "artifacts.lock"}, {"export", "figure/5.1"},
		{"status"}, {"why", "figure/5.1"}, {"dag"}, {"gc"},
	} {
		cmd := exec.CommandContext(context.Background(), program)
		cmd.Args = append([]string{"sparsel"}, args...)
		cmd.Dir = p.dir
		cmd.Env = []string{"PATH=/nowhere", "HOME=/nowhere", "TMPDIR=" + os.TempDir(), "SPARSEL_DATA="}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, text)
		}
	}
	after := states(t, filepath.Join(p.dir, "out"))
	for path, state := range after {
		if before[path] != state {
			t.Errorf("%s was touched", path)
		}
	}
}
