package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sparsel/pipeline/store/disk"
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

// hashes are the hashes taken by earlier commands, and what those commands read
// of the records and the journal.
type hashes struct {
	blobs map[ContentID]signature // blobs whose bytes matched their name
	files map[string]cached       // other files, by path
	heads map[ActionID]head       // heads of records
	latest
}

func (s *Store) cachePath() string { return s.path("cache", "hashes") }

// loadHashes reads the cache, which is text: a checksum of the rest, then one
// line per file, which ends with the quoted path, or with "-" for the blob of
// that content. Lines for records and for the last action of each node follow;
// see head and latest.
//
//	sum <16 digits>
//	<content> <size> <mtime> <ctime> <inode> <path>
func (s *Store) loadHashes() hashes {
	f, err := disk.Open(s.cachePath())
	if err != nil {
		return hashes{}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > maxCache {
		return hashes{}
	}
	likely := info.Size() / 500 // nodes
	h := hashes{
		blobs:  make(map[ContentID]signature, likely),
		files:  map[string]cached{},
		heads:  make(map[ActionID]head, likely),
		latest: latest{nodes: make(map[string]ActionID, likely)},
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxCache)
	lines.Scan()
	sum, body := lines.Text(), sha256.New()
	names := map[string]string{}
	for lines.Scan() {
		line := lines.Bytes()
		body.Write(line)
		body.Write([]byte("\n"))
		if h.add(line, names) != nil {
			return hashes{}
		}
	}
	if lines.Err() != nil || sum != "sum "+sealText(body.Sum(nil)) {
		return hashes{}
	}
	return h
}

// add parses a line. Names is what addHead needs.
func (h *hashes) add(line []byte, names map[string]string) error {
	if rest, ok := bytes.CutPrefix(line, []byte(headMark)); ok {
		return h.addHead(rest, names)
	}
	if rest, ok := bytes.CutPrefix(line, []byte(latestMark)); ok {
		return h.latest.add(rest)
	}
	c, path, err := parseCached(line)
	switch {
	case err != nil:
		return err
	case path == "":
		h.blobs[c.id] = c.sig
	default:
		h.files[path] = c
	}
	return nil
}

// parseCached parses a line. The path of a blob is empty.
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

// cutSignature parses the four numbers of a signature and returns the rest.
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

// encodeHashes returns what this command hashed and, for files that it did not
// look at, what was known before.
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
	blobs := map[ContentID]bool{} // blobs that this command looked at
	for path, k := range c.seen {
		k.mu.Lock()
		e, hashed := cached{k.sig, k.id}, k.hashed
		k.mu.Unlock()
		named, err := ParseContentID(filepath.Base(path))
		isBlob := err == nil && path == c.store.BlobPath(named)
		switch {
		case isBlob:
			blobs[named] = true
			if hashed && named == e.id { // leave out damaged blobs, so that later commands look again
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

// of returns what is known about the file at path, whose content should be id.
func (h *hashes) of(s *Store, path string, id ContentID) (cached, bool) {
	if path == s.BlobPath(id) {
		sig, ok := h.blobs[id]
		return cached{sig, id}, ok
	}
	c, ok := h.files[path]
	return c, ok
}
