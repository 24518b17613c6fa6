package store

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
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

func (s *Store) cachePath() string { return s.path("cache", "hashes") }

// The cache is text: a sum over the rest, then one file per line, the path last
// and quoted, "-" for the blob of that content:
//
//	sum <16 digits>
//	<content> <size> <mtime> <ctime> <inode> <path>
func (s *Store) loadCache() map[string]cached {
	text, err := os.ReadFile(s.cachePath())
	if err != nil {
		return nil
	}
	head, body, _ := bytes.Cut(text, []byte("\n"))
	if string(head) != "sum "+sealSum(body) {
		return nil
	}
	m := make(map[string]cached, len(body)/128)
	for len(body) > 0 {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte("\n"))
		c, path, err := parseCached(line)
		if err != nil {
			return nil
		}
		if path == "-" {
			path = s.BlobPath(c.id)
		}
		m[path] = c
	}
	return m
}

func parseCached(line []byte) (c cached, path string, err error) {
	part := bytes.SplitN(line, []byte(" "), 6)
	if len(part) != 6 {
		return c, "", fmt.Errorf("want 6 fields, have %d", len(part))
	}
	if err := c.id.UnmarshalText(part[0]); err != nil {
		return c, "", err
	}
	for i, dst := range []*int64{&c.sig.size, &c.sig.mtime, &c.sig.ctime} {
		if *dst, err = strconv.ParseInt(string(part[i+1]), 10, 64); err != nil {
			return c, "", err
		}
	}
	if c.sig.inode, err = strconv.ParseUint(string(part[4]), 10, 64); err != nil {
		return c, "", err
	}
	if path = string(part[5]); path != "-" {
		path, err = strconv.Unquote(path)
	}
	return c, path, err
}

// encodeCache lists what this command saw, and of what it did not look at,
// everything known before.
func (c *Checker) encodeCache() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := maps.Clone(c.cache)
	if all == nil {
		all = map[string]cached{}
	}
	for path, k := range c.seen {
		k.mu.Lock()
		if k.hashed {
			all[path] = cached{k.sig, k.id}
		}
		k.mu.Unlock()
	}
	var body []byte
	for _, path := range slices.Sorted(maps.Keys(all)) {
		e := all[path]
		name := strconv.Quote(path)
		if path == c.store.BlobPath(e.id) {
			name = "-"
		}
		body = fmt.Appendf(body, "%s %d %d %d %d %s\n", e.id, e.sig.size, e.sig.mtime, e.sig.ctime, e.sig.inode, name)
	}
	return append([]byte("sum "+sealSum(body)+"\n"), body...)
}

// dirty reports whether this command hashed anything.
func (c *Checker) dirty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.seen {
		k.mu.Lock()
		hashed := k.hashed
		k.mu.Unlock()
		if hashed {
			return true
		}
	}
	return false
}
