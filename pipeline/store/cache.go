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

// hashes are hashes taken by earlier commands, and what these read of records
// and of the journal.
type hashes struct {
	blobs map[ContentID]signature // whose bytes were what their name says
	files map[string]cached       // others, by path
	heads map[ActionID]head       // of records
	latest
}

func (s *Store) cachePath() string { return s.path("cache", "hashes") }

// The cache is text: a sum over the rest, then one file per line, the path last
// and quoted, "-" for the blob of that content. Records and the last action of
// each node follow; head and latest say how.
//
//	sum <16 digits>
//	<content> <size> <mtime> <ctime> <inode> <path>
func (s *Store) loadHashes() hashes {
	text, err := readFile(s.cachePath(), maxCache)
	if err != nil {
		return hashes{}
	}
	sum, body, _ := bytes.Cut(text, []byte("\n"))
	if string(sum) != "sum "+sealSum(body) {
		return hashes{}
	}
	h := hashes{
		blobs:  make(map[ContentID]signature, len(body)/500),
		files:  map[string]cached{},
		heads:  make(map[ActionID]head, len(body)/500),
		latest: latest{nodes: make(map[string]ActionID, len(body)/500)},
	}
	names := map[string]string{}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if rest, ok := bytes.CutPrefix(line, []byte(headMark)); ok {
			if h.addHead(rest, names) != nil {
				return hashes{}
			}
			continue
		}
		if rest, ok := bytes.CutPrefix(line, []byte(latestMark)); ok {
			if h.latest.add(rest) != nil {
				return hashes{}
			}
			continue
		}
		c, path, err := parseCached(line)
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
	if c.sig, line, err = cutSignature(line); err != nil {
		return c, "", err
	}
	if string(line) == "-" {
		return c, "", nil
	}
	path, err = strconv.Unquote(string(line))
	return c, path, err
}

// cutSignature reads the four numbers of a signature, and returns what follows.
func cutSignature(line []byte) (s signature, rest []byte, err error) {
	var numbers [4]int64
	for i := range numbers {
		var word []byte
		word, line, _ = bytes.Cut(line, []byte(" "))
		if numbers[i], err = strconv.ParseInt(string(word), 10, 64); err != nil {
			return s, nil, err
		}
	}
	return signature{numbers[0], numbers[1], numbers[2], uint64(numbers[3])}, line, nil
}

func (s signature) String() string {
	return fmt.Sprintf("%d %d %d %d", s.size, s.mtime, s.ctime, int64(s.inode))
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
		lines = append(lines, fmt.Sprintf("%s %s %s\n", e.id, e.sig, name))
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
	lines = append(lines, c.encodeHeads()...)
	lines = append(lines, c.latest.encode()...)
	slices.Sort(lines)
	body := []byte(strings.Join(lines, ""))
	return append([]byte("sum "+sealSum(body)+"\n"), body...)
}

// of returns what is known of the file at path, whose content has that id.
func (h *hashes) of(s *Store, path string, id ContentID) (cached, bool) {
	if path == s.BlobPath(id) {
		sig, ok := h.blobs[id]
		return cached{sig, id}, ok
	}
	c, ok := h.files[path]
	return c, ok
}
