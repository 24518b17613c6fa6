package stages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store/disk"
)

const tinyProfile = `
[profiles.tiny]
data = "mnist"
train_images = 200
test_images = 100
seeds = [1]
epochs = 1
grid_points = 2
seeding = "paired"
`

// addProfile adds a profile to the study's parameters.
func (s *smallStudy) addProfile(text string) {
	s.t.Helper()
	old, err := os.ReadFile(s.path("params.toml"))
	if err == nil {
		err = os.WriteFile(s.path("params.toml"), append(old, text...), 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// paranoid repairs everything that is damaged.
func (s *smallStudy) paranoid(profile string) error {
	o, yes := s.options(), true
	o.Paranoid = &yes
	return All(context.Background(), o.withProfile(profile))
}

// For every kind of file that a study has outside the store, and every kind of
// damage, the audit names the damage, the next paranoid run repairs it, and
// then the audit finds nothing. These are the files written for people, and the
// caches.
func TestT06DamageOfPublishedFilesIsMended(t *testing.T) {
	t.Parallel()
	s := newSmallStudy(t)
	s.addProfile(tinyProfile)
	if err := s.withoutData(); err != nil { // 55 MB to read each time
		t.Fatal(err)
	}
	if err := s.paranoid("tiny"); err != nil {
		t.Fatal(err)
	}
	if text, err := s.audit(1); err != nil {
		t.Fatalf("before any damage: %v\n%s", err, text)
	}
	harms := map[string]func(path, other string) error{
		"flipped": func(path, _ string) error {
			info, err := os.Stat(path)
			if err == nil {
				flipBit(t, path, int(info.Size()/2))
			}
			return err
		},
		"cut short": func(path, _ string) error { return os.Truncate(path, 9) },
		"emptied":   func(path, _ string) error { return os.Truncate(path, 0) },
		"swapped": func(path, other string) error {
			if other == "" {
				return errors.ErrUnsupported
			}
			return errors.Join(os.Rename(path, path+"-"), os.Rename(other, path), os.Rename(path+"-", other))
		},
		"overwritten": func(path, other string) error {
			if other == "" {
				return errors.ErrUnsupported
			}
			text, err := os.ReadFile(other)
			return errors.Join(err, os.WriteFile(path, text, 0o644))
		},
		"a directory": func(path, _ string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) },
		"a full directory": func(path, _ string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "mine"), nil, 0o644))
		},
		"a pipe":            func(path, _ string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o644)) },
		"a link to itself":  func(path, _ string) error { return errors.Join(os.Remove(path), os.Symlink(filepath.Base(path), path)) },
		"an endless device": func(path, _ string) error { return errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)) },
		"missing": func(path, _ string) error {
			if strings.Contains(path, "/cache/") {
				return errors.ErrUnsupported
			}
			return os.Remove(path)
		},
	}
	for i, file := range []struct{ path, other string }{
		{"report.html", "tiny/report.html"}, {"store/cache/modules", ""},
		{"figures/fig-5.1.png", "tiny/figures/fig-5.1.png"}, {"tables/table-baseline.csv", "tables/table-findings.csv"},
		{"findings/finding-B1.json", "findings/finding-B2.json"}, {"store/cache/hashes", ""},
	} {
		for k, how := range slices.Sorted(maps.Keys(harms)) {
			if rounds(0, 1) == 0 && i > 0 && k%4 != i%4 {
				continue // each takes some seconds, and the tests of the store cover them all
			}
			what := file.path + ", " + how
			path, other := s.path("out/"+file.path), ""
			if file.other != "" {
				other = s.path("out/" + file.other)
			}
			if err := Status(context.Background(), s.options()); err != nil { // restores a cache that was removed
				t.Fatalf("before %s: %v", what, err)
			}
			if err := harms[how](path, other); errors.Is(err, errors.ErrUnsupported) {
				continue
			} else if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			hang := time.AfterFunc(2*time.Minute, func() { panic(what + ": it hangs") })
			if text, err := s.audit(1); err == nil || !strings.Contains(text, " "+file.path+": ") {
				t.Errorf("%s: the audit does not name it: %v\n%s", what, err, text)
			}
			if err := Status(context.Background(), s.options()); ExitCode(err) > 2 || err != nil && ExitCode(err) != 2 {
				t.Errorf("%s: status: %v", what, err)
			}
			err := s.paranoid("")
			if err == nil && strings.HasPrefix(file.other, "tiny/") { // a profile's files are published for the profile
				err = s.paranoid("tiny")
			}
			if err != nil {
				t.Errorf("%s: the paranoid run: %v", what, err)
			}
			if text, err := s.audit(1); err != nil {
				t.Errorf("%s: after the paranoid run: %v\n%s", what, err, text)
			}
			if !hang.Stop() || t.Failed() {
				return
			}
		}
	}
}

// artifacts.lock belongs to the user. Damage in it is named, and the file is
// left alone.
func TestT06DamagedLockIsNamedAndLeft(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	if err := s.withoutData(); err != nil {
		t.Fatal(err)
	}
	for how, do := range map[string]func(path string) error{
		"emptied":          func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"a directory":      func(path string) error { return os.Mkdir(path, 0o755) },
		"a pipe":           func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a link to itself": func(path string) error { return os.Symlink("artifacts.lock", path) },
	} {
		path := s.path("artifacts.lock")
		if err := errors.Join(os.Remove(path), do(path)); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(path)
		if text, err := s.audit(1); err == nil || !strings.Contains(text, "artifacts.lock: ") {
			t.Errorf("%s: %v\n%s", how, err, text)
		}
		if err := s.paranoid(""); err != nil {
			t.Errorf("%s: the paranoid run: %v", how, err)
		}
		if after, err := os.Lstat(path); err != nil || after.Mode() != before.Mode() || after.Size() != before.Size() {
			t.Errorf("%s: it was replaced", how)
		}
	}
}

// As in the README, a status in a fresh clone and then an audit finds no fault.
// An audit after a run that was killed early finds none either.
func TestAuditOfAFreshClone(t *testing.T) {
	s := newSmallStudy(t)
	if err := os.RemoveAll(s.path("out")); err != nil {
		t.Fatal(err)
	}
	if err := Status(context.Background(), s.options()); ExitCode(err) != 2 {
		t.Fatal(err)
	}
	if text, err := s.audit(1); err != nil {
		t.Errorf("after status: %v\n%s", err, text)
	}
	st, err := pipeline.OpenStore(s.path("out/store"))
	if err != nil {
		t.Fatal(err)
	}
	for steps := 1; ; steps++ {
		left := steps
		st.Disk.Hook = func(step disk.Step) error {
			if left--; left < 0 {
				return errors.New("killed")
			}
			return nil
		}
		w, err := st.NewWriter(time.Now)
		if text, aerr := s.audit(1); aerr != nil {
			t.Errorf("killed after %d steps: %v\n%s", steps, aerr, text)
		}
		if err == nil {
			st.Disk.Hook = nil
			w.Close()
			return
		}
	}
}

// After `clean` an audit finds nothing wrong, because what was removed is in
// the store, and is proven there. It says so in a few lines, and with -verbose
// for each result.
func TestAuditAfterClean(t *testing.T) {
	s := newSmallStudy(t)
	if err := Clean(context.Background(), nil, s.options()); err != nil {
		t.Fatal(err)
	}
	text, err := s.audit(1)
	if err != nil || !strings.Contains(text, "published files were removed by `clean`; the next run publishes them again") ||
		!strings.Contains(text, "; 0 faults\n") ||
		strings.Contains(text, "NOT PROVEN") || !strings.Contains(text, "findings B1, B2, B3, B4, T1: bytes verified\n") ||
		strings.Count(text, "\n") > 8 {
		t.Errorf("%v\n%s", err, text)
	}
	// A file that is missing from the store is reported nevertheless.
	removed := s.blob("finding/B2", "finding.json")
	writable(filepath.Dir(removed))
	if err := os.Remove(removed); err != nil {
		t.Fatal(err)
	}
	text, err = s.audit(1)
	if err == nil || !strings.Contains(text, "findings B1, B3, B4, T1: bytes verified\n") ||
		!strings.Contains(text, "finding B2: NOT PROVEN") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestAlike(t *testing.T) {
	var list []proven
	for i := range 11 {
		list = append(list, proven{Node: fmt.Sprintf("figure/%d", i), There: i != 3, Sound: share{1, 1}})
	}
	list = append(list, proven{Node: "quick/figure/1", There: true, Sound: share{1, 1}},
		proven{Node: "table/1", There: true, Sound: share{1, 1}})
	want := []string{
		"figures 0, 1, 2, 4, 5, 6, 7, 8 and 2 more: bytes verified", "figure 3: not made yet, nothing to prove",
		"figure 1 of quick: bytes verified", "table 1: bytes verified",
	}
	if got := alike(list, 1, false); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := alike(list, 1, true); len(got) != len(list) || got[0] != "figure 0: bytes verified" ||
		got[11] != "figure 1 of quick: bytes verified" {
		t.Errorf("with -verbose %q", got)
	}
}

// The next run removes temporary files of killed commands, and nothing else.
func TestT01LitterIsRemoved(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	litter := []string{
		"out/.report.html1234567", "out/.writing-report.html-12345", "out/store/cache/hashes-123", "out/store/cache/modules-123",
		"out/store/cache/.writing-hashes-12345", "out/store/cache/.writing-modules-12345", ".artifacts.lock1234567",
		".writing-artifacts.lock-12345",
		"out/figures/.publishing-20200101T000000Z-abcdef-fig-5.1.svg", "out/store/tmp/20200101T000000Z-abcdef/out/record",
		"out/store/tmp/20200101T000000Z-abcdef.lock",
		"out/store/locks/" + strings.Repeat("ab", 32),
	}
	mine := []string{"out/.report.html", "out/.report.html.bak", "out/.hidden", ".artifacts.lock.mine", ".artifacts.lockfile",
		"out/figures/.mine", "out/.writing-report.html-x"}
	for _, name := range append(slices.Clone(litter), mine...) {
		s.write(name, "half")
	}
	if n := s.executed(); n != 0 {
		t.Errorf("%d nodes ran", n)
	}
	if left := s.exists(litter...); left != nil {
		t.Errorf("%q are still there", left)
	}
	if left := s.exists(mine...); len(left) != len(mine) {
		t.Errorf("of somebody's own files only %q are left", left)
	}
}

// A program that reads the output of `all -json` learns what failed.
func TestJSONOfAFailedRun(t *testing.T) {
	s := newSmallStudy(t)
	if err := errors.Join(s.withoutData(), os.RemoveAll(s.path("out"))); err != nil {
		t.Fatal(err)
	}
	s.edit(`directories = ["../shared/mnist", "data/mnist"]`, `directories = []`)
	s.edit(`mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"]`,
		`mirrors = []`)
	t.Setenv("SPARSEL_DATA", "")
	o, yes := s.options(), true
	o.JSON, o.Data = &yes, nil
	err := All(context.Background(), o)
	text := s.stdout.String()
	if !errors.Is(err, pipeline.ErrFailed) || !strings.Contains(text, `"outcome": "failed"`) ||
		!strings.Contains(text, `"name": "fetch/mnist"`) {
		t.Errorf("%v\n%s", err, text)
	}
	if !strings.HasPrefix(text, "{") || strings.Count(text, "\n{")+strings.Count(text, "\n}") != 1 {
		t.Errorf("it is not one document:\n%s", text)
	}
}

// P11: what a profile made from MNIST is kept if MNIST is missing now, and what
// it made from drawn digits is kept if MNIST is present.
func TestT29CollectionWithoutTheData(t *testing.T) {
	s := newSmallStudy(t)
	s.addProfile(strings.Replace(strings.Replace(tinyProfile, "tiny", "quick", 1), `"mnist"`, `"any"`, 1))
	t.Setenv("SPARSEL_DATA", "")
	with, without := s.options(), s.options()
	without.Data = nil
	s.edit(`directories = ["../shared/mnist", "data/mnist"]`, `directories = []`)
	for _, o := range []Options{with, without} {
		if err := All(context.Background(), o.withProfile("quick")); err != nil {
			t.Fatal(err)
		}
	}
	for what, o := range map[string]Options{"with MNIST": with, "without": without} {
		s.stdout.Reset()
		remove := true
		if err := GC(context.Background(), GCFlags{Delete: &remove}, o); err != nil {
			t.Fatal(err)
		}
		if text := s.stdout.String(); !strings.HasPrefix(text, "0 files") {
			t.Errorf("%s: it removes what is needed:\n%s", what, fmt.Sprintf("%.2000s", text))
		}
	}
}
