package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"sparsel/pipeline/store/disk"
)

// HashFile returns the content id and length of a regular file. The error wraps
// ErrDamaged if the path is something other than a regular file.
func HashFile(path string) (ContentID, int64, error) {
	f, err := disk.Open(path)
	if err != nil {
		return ContentID{}, 0, irregular(err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return ContentID{}, 0, fmt.Errorf("hash %s: %w", path, err)
	}
	var id ContentID
	h.Sum(id[:0])
	return id, n, nil
}

// A Checker says whether files have the right content. One checker serves one
// command. It hashes no file twice unless the file changed in between. It is
// safe for concurrent use.
//
// A hash taken earlier, even by an earlier command, can be reused if size,
// times and inode of the file are still the same, but only where a wrong answer
// does no harm, as in a status line.
type Checker struct {
	store  *Store
	before hashes // hashes from earlier commands, read-only

	mu     sync.RWMutex
	seen   map[string]*checked // files that this command hashed, by path
	heads  map[ActionID]head   // what it read of records
	latest latest              // what it read of the journal

	files, bytes atomic.Int64 // number and size of the hashed files
	news         atomic.Bool  // some of this is not in the cache yet
}

// checked is what this command knows about one file.
type checked struct {
	mu     sync.Mutex
	hashed bool
	sig    signature
	id     ContentID
}

// NewChecker returns a checker that starts from the hash cache on disk. A
// missing or damaged cache only costs time.
func (s *Store) NewChecker() *Checker {
	c := &Checker{store: s, before: s.loadHashes(), seen: map[string]*checked{}, heads: map[ActionID]head{}}
	c.latest = c.before.latest
	return c
}

// Trust is how much a check may take on faith.
type Trust int

const (
	// TrustTimes accepts a hash taken earlier if size, times and inode are still
	// the same.
	TrustTimes Trust = iota
	// TrustNothing accepts only bytes hashed during this command.
	TrustNothing
)

// Content returns the content id of the regular file at path.
func (c *Checker) Content(path string, trust Trust) (ContentID, error) {
	sig, err := statSignature(path)
	if err != nil {
		return ContentID{}, err
	}
	if old, ok := c.before.files[path]; ok && old.sig == sig && trust == TrustTimes && c.unseen(path) {
		return old.id, nil
	}
	return c.content(path, sig)
}

// unseen reports whether this command has not hashed the file yet. Its own
// hashes count more than what is remembered.
func (c *Checker) unseen(path string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.seen[path] == nil
}

// content hashes the file, unless this command has done so before.
func (c *Checker) content(path string, sig signature) (ContentID, error) {
	c.mu.Lock()
	k := c.seen[path]
	if k == nil {
		k = &checked{}
		c.seen[path] = k
	}
	c.mu.Unlock()

	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hashed && k.sig == sig {
		return k.id, nil
	}
	id, _, err := c.Hash(path)
	if err != nil {
		return ContentID{}, err
	}
	if after, err := statSignature(path); err != nil || after != sig {
		return id, err // the file changed in the meantime, so do not remember the hash
	}
	k.sig, k.id, k.hashed = sig, id, true
	if before, ok := c.before.of(c.store, path, id); !ok || before != (cached{sig, id}) {
		c.news.Store(true)
	}
	return id, nil
}

// Hash is HashFile for a file that nobody will ask about again, such as an
// output that is about to be moved into the store.
func (c *Checker) Hash(path string) (ContentID, int64, error) {
	id, n, err := HashFile(path)
	c.files.Add(1)
	c.bytes.Add(n)
	return id, n, err
}

// Work returns how many files this command has hashed, and their total size.
func (c *Checker) Work() (files, bytes int64) { return c.files.Load(), c.bytes.Load() }

// Learn notes that the file at path was just written with this content, which
// was hashed while it was written.
func (c *Checker) Learn(path string, id ContentID) {
	sig, err := statSignature(path)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[path] = &checked{hashed: true, sig: sig, id: id}
}

// Blob returns nil if the store holds the bytes with that id and length, and
// otherwise an error that wraps fs.ErrNotExist or ErrDamaged.
func (c *Checker) Blob(id ContentID, size int64, trust Trust) error {
	path := c.store.BlobPath(id)
	sig, err := statSignature(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("content %s is not in the store: %w", id.Short(), fs.ErrNotExist)
	case err != nil:
		return fmt.Errorf("content %s: %w", id.Short(), err)
	case size >= 0 && sig.size != size:
		return fmt.Errorf("content %s is %d bytes long, want %d: %w", id.Short(), sig.size, size, ErrDamaged)
	}
	if trust == TrustTimes && c.before.blobs[id] == sig && c.unseen(path) {
		return nil
	}
	got, err := c.content(path, sig)
	if err != nil {
		return err
	}
	if got != id {
		return fmt.Errorf("content %s has changed on disk, it is now %s: %w", id.Short(), got.Short(), ErrDamaged)
	}
	return nil
}

// Save writes what is known to the hash cache, for later commands.
func (w *Writer) Save(c *Checker) error {
	if err := w.clearWay(w.cachePath()); err != nil {
		return err
	}
	return w.Disk.WriteFile(w.temp(), w.cachePath(), c.encodeHashes(), 0o666)
}

// TrySave writes the hash cache if the store is writable, and otherwise does
// nothing, because a read-only store must still be able to answer.
func (c *Checker) TrySave() {
	if c.news.Load() {
		_ = disk.WriteBeside(c.store.cachePath(), c.encodeHashes(), 0o666)
	}
}
