package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// A head is what an up-to-date node needs of its record, with the signature of
// the file from which it was read. The zero value stands for a record that is
// not remembered.
type head struct {
	sig     signature
	adopted bool
	outputs []Output
}

// headMark begins the line of a head in the cache:
//
//	record <action> <size> <mtime> <ctime> <inode> <made|adopted>{ <content> <size> <here|away> <name>}
const headMark = "record "

// Head returns the record of an action without its Detail, Node and Stage. It
// fails as Store.Record does. With TrustTimes it does not read a file again
// whose size, times and inode are the same as when an earlier command read it.
func (c *Checker) Head(id ActionID, trust Trust) (*Record, error) {
	sig, err := statSignature(c.store.RecordPath(id))
	before := c.before.heads[id]
	if err == nil && trust == TrustTimes && before.sig == sig {
		return &Record{Action: id, Outputs: before.outputs, Adopted: before.adopted}, nil
	}
	r, err := c.store.Record(id)
	var found head
	if err == nil && r.Conflict == nil {
		if after, err := statSignature(c.store.RecordPath(id)); err == nil && after == sig {
			found = head{sig, r.Adopted, r.Outputs}
		}
	}
	if found.sig != before.sig {
		c.mu.Lock()
		c.heads[id] = found
		c.mu.Unlock()
		c.news.Store(true)
	}
	return r, err
}

// addHead parses a line without its mark. Outputs of many records have the same
// name, so names holds a single copy of each.
func (h *hashes) addHead(line []byte, names map[string]string) error {
	var id ActionID
	text, line, _ := bytes.Cut(line, []byte(" "))
	if err := id.UnmarshalText(text); err != nil {
		return err
	}
	sig, line, err := cutSignature(line)
	if err != nil {
		return err
	}
	made, line, more := bytes.Cut(line, []byte(" "))
	e := head{sig: sig, adopted: string(made) == "adopted"}
	e.outputs = make([]Output, 0, (bytes.Count(line, []byte(" "))+1)/4)
	for more {
		var o Output
		var content, size, where, name []byte
		content, line, _ = bytes.Cut(line, []byte(" "))
		size, line, _ = bytes.Cut(line, []byte(" "))
		where, line, _ = bytes.Cut(line, []byte(" "))
		name, line, more = bytes.Cut(line, []byte(" "))
		if err := o.Content.UnmarshalText(content); err != nil {
			return err
		}
		if o.Size, err = strconv.ParseInt(string(size), 10, 64); err != nil {
			return err
		}
		o.Away = string(where) == "away"
		var known bool
		if o.Name, known = names[string(name)]; !known {
			plain, err := hex.DecodeString(string(name))
			if err != nil {
				return err
			}
			o.Name = string(plain)
			names[string(name)] = o.Name
		}
		e.outputs = append(e.outputs, o)
	}
	h.heads[id] = e
	return nil
}

// encodeHeads returns the lines for the heads that this command has read and,
// for records that it has not looked at, those that were known before.
func (c *Checker) encodeHeads() []string {
	all := maps.Clone(c.before.heads)
	if all == nil {
		all = map[ActionID]head{}
	}
	maps.Copy(all, c.heads)
	lines := make([]string, 0, len(all))
	for id, e := range all {
		if e.sig == (signature{}) {
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s%s %s %s", headMark, id, e.sig, map[bool]string{false: "made", true: "adopted"}[e.adopted])
		for _, o := range e.outputs {
			fmt.Fprintf(&b, " %s %d %s %x", o.Content, o.Size, map[bool]string{false: "here", true: "away"}[o.Away], o.Name)
		}
		b.WriteByte('\n')
		lines = append(lines, b.String())
	}
	return lines
}
