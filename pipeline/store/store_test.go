package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline/store/disk"
)

// commit makes a record with one output file of the given text.
func commit(t *testing.T, w *Writer, id ActionID, text string, known []Output) (Output, error) {
	t.Helper()
	dir, err := w.JobDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "out", "a")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	content, size, err := HashFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := Output{Name: "a", Content: content, Size: size}
	return o, w.Commit(&Record{Action: id, Node: "n", Outputs: []Output{o}, Detail: []byte("{}")}, known,
		func(string) string { return path })
}

func TestCommit(t *testing.T) {
	w := testWriter(t)
	id := ActionID{7}
	o, err := commit(t, w, id, "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Record(id)
	if err != nil || len(r.Outputs) != 1 || r.Outputs[0] != o {
		t.Fatalf("record: %v, %+v", err, r)
	}
	info, err := os.Stat(w.BlobPath(o.Content))
	if err != nil || info.Mode().Perm() != 0o444 {
		t.Errorf("blob: %v, mode %v, want read-only", err, info.Mode())
	}
	if err := w.NewChecker().Blob(o.Content, o.Size, TrustNothing); err != nil {
		t.Error(err)
	}

	// Committing the same again is fine. Other bytes are a conflict that keeps
	// both.
	if _, err := commit(t, w, id, "text", r.Outputs); err != nil {
		t.Error(err)
	}
	other, err := commit(t, w, id, "other", r.Outputs)
	if !errors.Is(err, ErrConflict) {
		t.Fatalf("other bytes: %v, want a conflict", err)
	}
	r, err = w.Record(id)
	if err != nil || r.Outputs[0] != o || len(r.Conflict) != 1 || r.Conflict[0] != other {
		t.Errorf("record after conflict: %v, %+v", err, r)
	}
	for _, x := range []Output{o, other} {
		if err := w.NewChecker().Blob(x.Content, x.Size, TrustNothing); err != nil {
			t.Error(err)
		}
	}
}

// If a write fails, nothing appears under a final name, the error names the
// path, and what was there stays.
func TestT03FailedWrites(t *testing.T) {
	for _, op := range []disk.Op{disk.Create, disk.Write, disk.Sync, disk.Chmod, disk.Rename, disk.SyncDir} {
		w := testWriter(t)
		id := ActionID{9}
		before, err := commit(t, w, id, "before", nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Store.Disk.Hook = func(s disk.Step) error {
			if s.Op == op {
				return syscall.ENOSPC
			}
			return nil
		}
		if _, err = commit(t, w, ActionID{10}, "after", nil); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v, want no space", op, err)
		}
		w.Store.Disk.Hook = nil
		if r, err := w.Record(id); err != nil || r.Outputs[0] != before {
			t.Errorf("%s: earlier record: %v", op, err)
		}
		if op == disk.SyncDir {
			continue // the name exists already, which is just as good
		}
		if _, err := w.Record(ActionID{10}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: record after a failure: %v", op, err)
		}
	}
}

// The order that crash safety rests on: bytes are synced, named, and the name
// is synced; only then is the record written by the same steps, and only then
// the journal.
func TestT04OrderOfSteps(t *testing.T) {
	w := testWriter(t)
	var steps []disk.Step
	w.Store.Disk.Hook = func(s disk.Step) error {
		if s.Op != disk.Mkdir {
			steps = append(steps, s)
		}
		return nil
	}
	id := ActionID{1}
	o, err := commit(t, w, id, "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(Event{Kind: NodeFinish}); err != nil {
		t.Fatal(err)
	}
	at := func(match func(disk.Step) bool) int {
		for i, s := range steps {
			if match(s) {
				return i
			}
		}
		t.Fatal("a step is missing")
		return -1
	}
	blob, record := w.BlobPath(o.Content), w.RecordPath(id)
	named := func(path string) func(disk.Step) bool {
		return func(s disk.Step) bool { return s.Op == disk.Rename && s.To == path }
	}
	dirSynced := func(path string) func(disk.Step) bool {
		seen := false
		return func(s disk.Step) bool {
			seen = seen || named(path)(s)
			return seen && s.Op == disk.SyncDir && s.Path == filepath.Dir(path)
		}
	}
	bytesSynced := at(func(s disk.Step) bool { return s.Op == disk.Sync })
	order := []int{bytesSynced, at(named(blob)), at(dirSynced(blob)), at(named(record)), at(dirSynced(record)),
		at(func(s disk.Step) bool { return s.Op == disk.Append })}
	for i := 1; i < len(order); i++ {
		if order[i] <= order[i-1] {
			t.Errorf("steps out of order: %v in %v", order, steps)
		}
	}
}

// Many holders, one at a time, while the lock file comes and goes.
func TestLockExcludes(t *testing.T) {
	w := testWriter(t)
	id := ActionID{5}
	var inside, total atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				l, ok, err := w.TryLock(id)
				if err != nil {
					t.Error(err)
					return
				}
				if !ok {
					continue
				}
				if inside.Add(1) != 1 {
					t.Error("two holders at once")
				}
				total.Add(1)
				inside.Add(-1)
				l.Release()
			}
		})
	}
	wg.Wait()
	if total.Load() == 0 {
		t.Error("nobody ever held the lock")
	}
	if left, _ := os.ReadDir(w.path("locks")); len(left) > 0 {
		t.Errorf("%d lock files left", len(left))
	}
}

// Private directories of dead runs are removed, those of live runs stay.
func TestSweep(t *testing.T) {
	w := testWriter(t)
	live, err := w.JobDir()
	if err != nil {
		t.Fatal(err)
	}
	dead := w.path("tmp", "20200101T000000Z-abcdef", "1", "out")
	if err := os.MkdirAll(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	other := another(t, w.Store)
	if _, err := os.Stat(live); err != nil {
		t.Errorf("the directory of a live run: %v", err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory of a dead run: %v", err)
	}
	if alive, err := other.Alive(w.Run); err != nil || !alive {
		t.Errorf("live run: alive %v, %v", alive, err)
	}
	if alive, err := other.Alive("20200101T000000Z-abcdef"); err != nil || alive {
		t.Errorf("dead run: alive %v, %v", alive, err)
	}
}

// Within one command no file is hashed twice. Across commands the cache answers
// as long as nothing about the file has changed, and only if it may.
func TestT31CheckerHashesOnce(t *testing.T) {
	w := testWriter(t)
	o, err := commit(t, w, ActionID{1}, "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := w.NewChecker()
	if err := c.Blob(o.Content, o.Size, TrustTimes); err != nil {
		t.Fatal(err)
	}
	if files, _ := c.Work(); files == 0 || !c.news.Load() {
		t.Error("nothing was hashed though nothing was known")
	}
	if err := w.Save(c); err != nil {
		t.Fatal(err)
	}
	c = w.NewChecker()
	if err := c.Blob(o.Content, o.Size, TrustTimes); err != nil || hashed(c) {
		t.Errorf("%v; hashed again though the cache knows: %v", err, hashed(c))
	}
	if err := c.Blob(o.Content, o.Size, TrustNothing); err != nil || !hashed(c) || c.news.Load() {
		t.Errorf("%v; hashed: %v, though nothing may be trusted; to be written: %v", err, hashed(c), c.news.Load())
	}
	path := w.BlobPath(o.Content)
	for range 3 {
		later := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
		if err := c.Blob(o.Content, o.Size, TrustTimes); err != nil {
			t.Errorf("a touched file is not a damaged one: %v", err)
		}
	}
	// A cache with any bit wrong is not used.
	text, err := os.ReadFile(w.cachePath())
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(w.cachePath(), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if h := w.loadHashes(); h.blobs != nil {
		t.Errorf("a damaged cache was read: %v", h)
	}
}

func TestIDs(t *testing.T) {
	id := ContentID{1, 2, 0xff}
	back, err := ParseContentID(id.String())
	if err != nil || back != id {
		t.Errorf("%v: %v", err, back)
	}
	for _, bad := range []string{"", "01", id.String() + "0", "zz" + id.String()[2:]} {
		if _, err := ParseActionID(bad); err == nil {
			t.Errorf("%q was read as an id", bad)
		}
	}
}

func hashed(c *Checker) bool {
	files, _ := c.Work()
	return files > 0
}
