package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// recorder returns a disk and a list of the steps that it takes.
func recorder() (Disk, *[]Op) {
	var ops []Op
	return Disk{Hook: func(s Step) error { ops = append(ops, s.Op); return nil }}, &ops
}

func TestSteps(t *testing.T) {
	dir := t.TempDir()
	tmp, path := filepath.Join(dir, "tmp"), filepath.Join(dir, "file")
	d, ops := recorder()
	for _, c := range []struct {
		what string
		do   func() error
		want []Op
	}{
		{"write", func() error { return d.WriteFile(tmp, path, []byte("one"), 0o644) }, []Op{Create, Write, Chmod, Sync, Rename, SyncDir}},
		{"append", func() error { return d.Append(path, []byte("two"), true) }, []Op{Append, Sync}},
		{"append, not synced", func() error { return d.Append(path, []byte("!"), false) }, []Op{Append}},
		{"move", func() error { return d.Move(path, tmp) }, []Op{Rename, SyncDir, SyncDir}},
		{"install", func() error { return d.Install(tmp, path, 7) }, []Op{Chmod, Sync, Rename, SyncDir}},
		{"mkdir", func() error { return d.MkdirAll(filepath.Join(dir, "a", "b")) }, []Op{Mkdir, SyncDir, Mkdir, SyncDir}},
		{"mkdir again", func() error { return d.MkdirAll(filepath.Join(dir, "a", "b")) }, nil},
	} {
		*ops = nil
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if !slices.Equal(*ops, c.want) {
			t.Errorf("%s: steps %q, want %q", c.what, *ops, c.want)
		}
	}
	if got := read(t, path); got != "onetwo!" {
		t.Errorf("the file holds %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o444 {
		t.Errorf("an installed file has mode %v, want read-only", info.Mode())
	}
}

// Whatever step of a write fails, the old file stays and no temporary file
// does.
func TestFailedWriteKeepsTheOld(t *testing.T) {
	full := errors.New("no space left")
	for _, op := range []Op{Create, Write, Chmod, Sync, Rename} {
		dir := t.TempDir()
		tmp, path := filepath.Join(dir, "tmp"), filepath.Join(dir, "file")
		if err := (Disk{}).WriteFile(tmp, path, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		d := Disk{Hook: func(s Step) error {
			if s.Op == op {
				return full
			}
			return nil
		}}
		err := d.WriteFile(tmp, path, []byte("new"), 0o644)
		if !errors.Is(err, full) || !strings.Contains(err.Error(), tmp) {
			t.Errorf("%s: %v, want the cause and the path", op, err)
		}
		if got := read(t, path); got != "old" {
			t.Errorf("%s: the file holds %q", op, got)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: %d files, want one", op, len(left))
		}
	}
}

func TestInstallChecksLength(t *testing.T) {
	dir := t.TempDir()
	tmp, path := filepath.Join(dir, "tmp"), filepath.Join(dir, "file")
	if err := os.WriteFile(tmp, []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (Disk{}).Install(tmp, path, 6); err == nil || !strings.Contains(err.Error(), "5 bytes long, want 6") {
		t.Errorf("install: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file of the wrong length was installed")
	}
}

func TestCopyChecksBeforeItAppears(t *testing.T) {
	dir := t.TempDir()
	src, tmp, path := filepath.Join(dir, "src"), filepath.Join(dir, "tmp"), filepath.Join(dir, "file")
	if err := os.WriteFile(src, []byte("text"), 0o444); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	if err := (Disk{}).CopyFile(tmp, path, src, 0o644, &seen, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if read(t, path) != "text" || seen.String() != "text" {
		t.Errorf("copied %q, passed on %q", read(t, path), seen.String())
	}
	bad := errors.New("not what it should be")
	if err := (Disk{}).CopyFile(tmp, path+"2", src, 0o644, io.Discard, func() error { return bad }); !errors.Is(err, bad) {
		t.Errorf("copy: %v", err)
	}
	for _, p := range []string{path + "2", tmp} {
		if _, err := os.Stat(p); err == nil {
			t.Errorf("%s exists after a refused copy", p)
		}
	}
	// A copy is a file of its own.
	os.WriteFile(path, []byte("edited"), 0o644)
	if read(t, src) != "text" {
		t.Error("editing the copy changed the source")
	}
}

func TestMkdirAllConcurrently(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "c")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := (Disk{}).MkdirAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
