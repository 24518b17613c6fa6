package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A signature is what a file system says about a file without reading it.
type signature struct {
	size         int64
	mtime, ctime int64 // nanoseconds
	inode        uint64
}

type cached struct {
	sig signature
	id  ContentID
}

// hashes are hashes taken by earlier commands.
type hashes struct {
	blobs map[ContentID]signature // whose bytes were what their name says
	files map[string]cached       // others, by path
}

func (s *Store) cachePath() string { return s.path("cache", "hashes") }

// The cache is text: a sum over the rest, then one file per line, the path last
// and quoted, "-" for the blob of that content:
//
//	sum <16 digits>
//	<content> <size> <mtime> <ctime> <inode> <path>
func (s *Store) loadHashes() hashes {
	text, err := readFile(s.cachePath(), maxCache)
	if err != nil {
		return hashes{}
	}
	head, body, _ := bytes.Cut(text, []byte("\n"))
	if string(head) != "sum "+sealSum(body) {
		return hashes{}
	}
	h := hashes{make(map[ContentID]signature, len(body)/120), map[string]cached{}}
	for line := range bytes.Lines(body) {
		c, path, err := parseCached(bytes.TrimSuffix(line, []byte("\n")))
		switch {
		case err != nil:
			return hashes{}
		case path == "":
			h.blobs[c.id] = c.sig
		default:
			h.files[path] = c
		}
	}
	return h
}

// parseCached reads a line; the path of a blob is empty.
func parseCached(line []byte) (c cached, path string, err error) {
	content, line, _ := bytes.Cut(line, []byte(" "))
	if err := c.id.UnmarshalText(content); err != nil {
		return c, "", err
	}
	var numbers [4]int64
	for i := range numbers {
		var word []byte
		word, line, _ = bytes.Cut(line, []byte(" "))
		if numbers[i], err = strconv.ParseInt(string(word), 10, 64); err != nil {
			return c, "", err
		}
	}
	c.sig = signature{numbers[0], numbers[1], numbers[2], uint64(numbers[3])}
	if string(line) == "-" {
		return c, "", nil
	}
	path, err = strconv.Unquote(string(line))
	return c, path, err
}

// encodeHashes lists what this command saw, and of what it did not look at,
// everything known before.
func (c *Checker) encodeHashes() []byte {
	lines := make([]string, 0, len(c.before.blobs)+len(c.before.files)+len(c.seen))
	add := func(path string, e cached) {
		name := "-"
		if path != "" {
			name = strconv.Quote(path)
		}
		lines = append(lines, fmt.Sprintf("%s %d %d %d %d %s\n", e.id, e.sig.size, e.sig.mtime, e.sig.ctime, int64(e.sig.inode), name))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	blobs := map[ContentID]bool{} // looked at
	for path, k := range c.seen {
		k.mu.Lock()
		e, hashed := cached{k.sig, k.id}, k.hashed
		k.mu.Unlock()
		named, err := ParseContentID(filepath.Base(path))
		isBlob := err == nil && path == c.store.BlobPath(named)
		switch {
		case isBlob:
			blobs[named] = true
			if hashed && named == e.id { // a damaged one is no news for later commands: they look again
				add("", e)
			}
		case hashed:
			add(path, e)
		}
	}
	for id, sig := range c.before.blobs {
		if !blobs[id] {
			add("", cached{sig, id})
		}
	}
	for path, e := range c.before.files {
		if c.seen[path] == nil {
			add(path, e)
		}
	}
	slices.Sort(lines)
	body := []byte(strings.Join(lines, ""))
	return append([]byte("sum "+sealSum(body)+"\n"), body...)
}

// dirty reports whether this command hashed anything.
func (c *Checker) dirty() bool { return c.files.Load() > 0 }
