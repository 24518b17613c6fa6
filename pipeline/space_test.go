package pipeline_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparsel/pipeline"
)

// Files that may not grow: whatever is too long (an output, a record, the
// journal or a published copy), its node fails with the path, what depends on
// it does not start, what was good stays, and everything succeeds once there is
// room.
func TestT03FileSizeLimit(t *testing.T) {
	t.Parallel()
	l := bigLab(t)
	l.finish(driveSetup{Jobs: 2})
	want, figure := outputs(l.plan(basic())), l.figure()
	// The length of the journal varies by a few digits of its times; that of all
	// other files does not.
	longest, steady := int64(0), int64(0)
	for _, path := range l.files() {
		if info, err := os.Stat(path); err == nil {
			longest = max(longest, info.Size())
			if filepath.Base(path) != "journal.jsonl" {
				steady = max(steady, info.Size())
			}
		}
	}
	// Start from nothing, with limits from a few bytes to more than the longest
	// file, which is the journal.
	stride := max(1, longest/int64(rounds(15, 400)))
	failures := 0
	for limit := int64(1); limit < longest+stride; limit += stride {
		l := bigLab(t)
		what := fmt.Sprintf("files of at most %d bytes", limit)
		out, err := l.driver(driveSetup{FileLimit: uint64(limit)}).CombinedOutput()
		if err == nil && limit < steady {
			t.Errorf("%s: nothing failed, the longest file besides the journal has %d", what, steady)
		}
		if err != nil {
			failures++
			if last := lastLine(out); !strings.Contains(last, "file too large") || !strings.Contains(last, l.dir) {
				t.Errorf("%s: the last line is %q, want a path and the cause", what, last)
			}
		}
		l.wholeRecords(what)
		l.finish(driveSetup{Jobs: 2})
		if got := outputs(l.plan(basic())); got != want || l.figure() != figure {
			t.Errorf("%s, and then room: outputs\n%s\nwant\n%s", what, got, want)
		}
		l.checkOnce()
		l.checkClean()
		l.faultless(what + ", and then room")
	}
	if failures < 5 {
		t.Errorf("only %d limits made anything fail", failures)
	}
}

func (l *lab) files() (list []string) {
	filepath.WalkDir(l.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			list = append(list, path)
		}
		return nil
	})
	return list
}

// A disk that is really full: a file system of one megabyte with a few pages
// left, from none to enough. The old results are there all the while, and
// nothing starts without what it reads.
func TestT03FullDisk(t *testing.T) {
	dir := smallDisk(t, "1m")
	undisturbed := bigLab(t)
	undisturbed.code["fetch"] = "2"
	undisturbed.finish(driveSetup{})
	want := outputs(undisturbed.plan(basic()))

	page, failed := int64(os.Getpagesize()), 0
	for left, stride := 0, 132/rounds(12, 132); ; left += stride { // a run takes some 130 pages
		what := fmt.Sprintf("%d pages left", left)
		l := &lab{t: t, dir: filepath.Join(dir, fmt.Sprint(left)), code: versions{}, fail: map[string]error{}}
		l.finish(driveSetup{Jobs: 2})
		old, oldFigure := outputs(l.plan(basic())), l.figure()
		filler := filepath.Join(dir, "filler")
		fill(t, dir, filler, int64(left)*page)
		l.code["fetch"] = "2"
		out, err := l.driver(driveSetup{Jobs: 2}).CombinedOutput()
		if err != nil {
			failed++
			if last := lastLine(out); !strings.Contains(string(out), "no space left on device") || !strings.Contains(last, l.dir) {
				t.Errorf("%s: %s, want the path and the cause", what, out)
			}
		}
		l.wholeRecords(what)
		plan := l.plan(basic())
		for line := range strings.Lines(string(out)) {
			name, isStart := strings.CutPrefix(strings.TrimSpace(line), "started ")
			if !isStart {
				continue
			}
			for _, in := range plan.Graph.Node(name).Inputs {
				if s := plan.Step(in.From.Name).State; s != pipeline.Current {
					t.Errorf("%s: %s started, and %s is %s", what, name, in.From.Name, s)
				}
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		l.code = versions{}
		if got := outputs(l.plan(basic())); got != old {
			t.Errorf("%s: the old results are\n%s\nand were\n%s", what, got, old)
		}
		if err != nil && l.figure() != oldFigure && plan.Step("figure").State != pipeline.Current {
			t.Errorf("%s: the old figure is gone", what)
		}
		l.code["fetch"] = "2"
		l.finish(driveSetup{Jobs: 2})
		if got := outputs(l.plan(basic())); got != want {
			t.Errorf("%s, and then room: outputs\n%s\nwant\n%s", what, got, want)
		}
		l.checkClean()
		l.faultless(what + ", and then room")
		os.RemoveAll(l.dir)
		if err == nil {
			break
		}
	}
	if failed < 2 {
		t.Errorf("only %d runs failed for want of space", failed)
	}
}

// faultless checks that an audit of the lab finds nothing.
func (l *lab) faultless(what string) {
	l.t.Helper()
	for _, f := range l.audit(basic()).Faults {
		l.t.Errorf("%s: the audit finds %s", what, f)
	}
}

// A stage may hide why it could not write, as libraries do. The error names the
// disk all the same, with and without workers, but not if the disk is not to
// blame.
func TestT03CauseOfAFailedWrite(t *testing.T) {
	t.Parallel()
	for _, workers := range []bool{false, true} {
		for _, limit := range []uint64{0, 300000} {
			l := bigLab(t)
			l.vague = true
			trouble := map[string]string{}
			if limit == 0 {
				trouble["train/0.01/2"] = "failed to write magic number"
			}
			d := driveSetup{FileLimit: limit, Workers: workers, labSetup: labSetup{Vague: true, Trouble: trouble}}
			out, err := l.driver(d).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "failed to write magic number") {
				t.Errorf("limit %d, workers %v: %v: %s", limit, workers, err, out)
			}
			if strings.Contains(string(out), "file too large") != (limit > 0) {
				t.Errorf("limit %d, workers %v: the disk is or is not to blame: %s", limit, workers, out)
			}
			if needs := fmt.Sprintf("the node needs room for more than the %d bytes that it had written", limit); strings.Contains(string(out), needs) != (limit > 0) {
				t.Errorf("limit %d, workers %v: the bytes that are needed are or are not named: %s", limit, workers, out)
			}
		}
	}
}

// fill writes a file that leaves the given number of bytes of the disk free.
func fill(t *testing.T, dir, path string, left int64) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	if n := int64(st.Bavail)*int64(st.Bsize) - left; n > 0 {
		if err := os.WriteFile(path, make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// smallDisk mounts a small file system, which requires root.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		absent(t, "mount", fmt.Sprintf("%v: %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}
