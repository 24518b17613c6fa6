package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// otherUser makes processes run as another user of this process's group who can
// reach the lab.
func otherUser(t *testing.T, l *lab) func(d driveSetup) (string, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		absent(t, "root", "it takes root to be somebody else")
	}
	as := takeAwayRights(t, l)
	return func(d driveSetup) (string, error) {
		cmd := l.driver(d)
		as(cmd)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: uint32(os.Getegid()), NoSetGroups: false}
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
}

// Users of one group take turns on a store that their umask lets all of them
// write. A user who may only read it can ask every query.
func TestT25UsersOfOneGroup(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	drive := otherUser(t, l)
	if err := os.Chmod(l.dir, 0o775); err != nil {
		t.Fatal(err)
	}
	stale := basic()
	stale.Colour = "red"
	l.finish(driveSetup{Umask: 0o002})
	for _, s := range []settings{basic(), stale} {
		if out, err := drive(driveSetup{Umask: 0o002, labSetup: labSetup{Settings: s}}); err != nil {
			t.Fatalf("the other user's run: %v: %s", err, out)
		}
	}
	if got := l.figure(); !strings.Contains(got, "red") {
		t.Errorf("the other user's figure is %q", got)
	}
	l.code["metric"] = "2"
	l.finish(driveSetup{Umask: 0o002})
	if out, err := drive(driveSetup{Umask: 0o002, Paranoid: true}); err != nil {
		t.Errorf("the other user's paranoid run: %v: %s", err, out)
	}
	l.faultless("after both")
	l.checkClean()
}

// If a user may not write everything, a run is refused in one line before
// anything is done.
func TestT25UsersWhoMayNotWrite(t *testing.T) {
	t.Parallel()
	for what, open := range map[string]func(t *testing.T, l *lab){
		"nothing is shared": func(*testing.T, *lab) {},
		"the directories at the top are shared": func(t *testing.T, l *lab) {
			for _, dir := range []string{"", "store", "store/blobs", "store/actions", "store/manifests", "store/tmp", "store/locks", "store/cache",
				"figures"} {
				if err := os.Chmod(filepath.Join(l.dir, dir), 0o777); err != nil {
					t.Fatal(err)
				}
			}
		},
		"the store is shared, its journal is not": func(t *testing.T, l *lab) { chmodDirs(t, l.dir, 0o777) },
		"the store is shared, the output is not": func(t *testing.T, l *lab) {
			chmodDirs(t, filepath.Join(l.dir, "store"), 0o777)
			if err := os.Chmod(l.store().JournalPath(), 0o666); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			drive := otherUser(t, l)
			l.finish(driveSetup{Umask: 0o022})
			open(t, l)
			stale := basic()
			stale.Colour = "red"
			for _, s := range []settings{basic(), stale} {
				if out, err := drive(driveSetup{Ask: true, labSetup: labSetup{Settings: s}}); err != nil || out != "" {
					t.Errorf("questions: %v: %s", err, out)
				}
			}
			out, err := drive(driveSetup{labSetup: labSetup{Settings: stale}})
			if err == nil || strings.Contains(out, "\n") || !strings.Contains(out, "permission denied") || !strings.Contains(out, l.dir) {
				t.Errorf("a run with something to do: %v: %s; want one line that names the place", err, out)
			}
		})
	}
}

// Everything that a run writes has the permissions that the umask leaves: the
// store, the published files, the caches and the locks.
func TestT25Umask(t *testing.T) {
	t.Parallel()
	for _, umask := range []int{0o077, 0o027, 0o022, 0o002} {
		l := newLab(t)
		l.finish(driveSetup{Umask: umask})
		err := filepath.WalkDir(l.dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || path == l.dir {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			want := os.FileMode(0o444)
			if e.IsDir() {
				want = 0o777
			}
			want &^= os.FileMode(umask)
			if got := info.Mode().Perm(); got&^os.FileMode(umask) != got || got&want != want {
				t.Errorf("umask %#o: %s has %#o", umask, must(filepath.Rel(l.dir, path)), got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
