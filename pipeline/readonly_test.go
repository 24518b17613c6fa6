package pipeline_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A store that cannot be written answers every query, and accepts a run that
// has nothing to do. A run that has something to do is refused before any work,
// in one line that names the path.
func TestT25ReadOnlyStore(t *testing.T) {
	t.Parallel()
	for how, protect := range map[string]func(t *testing.T, l *lab) (as func(*exec.Cmd)){
		"permissions":     takeAwayRights,
		"read-only mount": mountReadOnly,
	} {
		t.Run(how, func(t *testing.T) {
			l := newLab(t)
			l.run(basic())
			as := protect(t, l)
			drive := func(d driveSetup) (string, error) {
				cmd := l.driver(d)
				as(cmd)
				out, err := cmd.CombinedOutput()
				return strings.TrimSpace(string(out)), err
			}
			stale := basic()
			stale.Colour = "red"
			for what, s := range map[string]settings{"current": basic(), "stale": stale} {
				if out, err := drive(driveSetup{labSetup: labSetup{Settings: s}, Ask: true}); err != nil {
					t.Errorf("questions about what is %s: %v: %s", what, err, out)
				}
			}
			if out, err := drive(driveSetup{}); err != nil || out != "" {
				t.Errorf("a run with nothing to do: %v: %s", err, out)
			}
			out, err := drive(driveSetup{labSetup: labSetup{Settings: stale}})
			if err == nil || strings.Contains(out, "\n") || !strings.Contains(out, "prepare store") || !strings.Contains(out, l.dir) {
				t.Errorf("a run with something to do: %v: %s; want one line that names the store", err, out)
			}
		})
	}
}

// takeAwayRights gives the lab to another user, or removes this user's
// permission to write.
func takeAwayRights(t *testing.T, l *lab) func(*exec.Cmd) {
	if os.Geteuid() != 0 {
		chmodDirs(t, l.dir, 0o555)
		t.Cleanup(func() { chmodDirs(t, l.dir, 0o755) })
		return func(*exec.Cmd) {}
	}
	// Root may write anywhere, so another user must ask, with a copy of this
	// program in a place that the user can reach.
	const nobody = 65534
	dir, err := os.MkdirTemp("", "sparsel-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "program")
	text, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = errors.Join(os.WriteFile(program, text, 0o755), os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	for d := l.dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = program, dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

func chmodDirs(t *testing.T, root string, mode os.FileMode) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = os.Chmod(path, mode)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// mountReadOnly mounts a read-only view of the lab over it, which even stops
// root.
func mountReadOnly(t *testing.T, l *lab) func(*exec.Cmd) {
	for _, args := range [][]string{{"--bind", l.dir, l.dir}, {"-o", "remount,bind,ro", l.dir}} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			absent(t, "mount", fmt.Sprintf("%v: %s", err, out))
		}
		if args[0] == "--bind" {
			t.Cleanup(func() {
				if out, err := exec.Command("umount", l.dir).CombinedOutput(); err != nil {
					t.Errorf("umount: %v: %s", err, out)
				}
			})
		}
	}
	return func(*exec.Cmd) {}
}
