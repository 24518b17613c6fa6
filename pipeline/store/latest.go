package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"sparsel/pipeline/store/disk"
)

// latest is the last thing that the journal says about each node, up to an
// offset.
type latest struct {
	nodes map[string]ActionID
	// offset is how many bytes of the journal with that inode were read; sum is a
	// checksum of their end.
	offset int64
	inode  uint64
	sum    string
}

// latestMark begins these lines in the cache:
//
//	journal to <offset> <inode> <16 digits>
//	journal <action> <quoted node>
const latestMark = "journal "

// overlap is how many of the bytes read earlier are compared before the rest is
// read: enough to tell that the journal is the same and was only appended to.
const overlap = 4 << 10

// Latest returns each node's action according to its latest finish, use or
// adoption in the journal. If an earlier command has read the beginning of the
// journal, Latest reads only the rest. The caller must not modify the map.
func (c *Checker) Latest() (map[string]ActionID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := disk.Open(c.store.JournalPath())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(irregular(err), ErrDamaged) {
		c.latest = latest{}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	sig, err := statSignature(c.store.JournalPath())
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	from := c.latest.offset
	text, err := tailOf(f, max(0, from-overlap), sig.size)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	known := int(min(from, overlap))
	if from > sig.size || c.latest.inode != sig.inode || len(text) < known || c.latest.sum != sealSum(text[:known]) {
		c.latest, from, known = latest{inode: sig.inode}, 0, 0
		if text, err = tailOf(f, 0, sig.size); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
	}
	if c.latest.nodes == nil {
		c.latest.nodes = map[string]ActionID{}
	}
	// An incomplete last line is left for the next command.
	end := bytes.LastIndexByte(text, '\n') + 1
	if end <= known {
		return c.latest.nodes, nil
	}
	events, _ := parseJournal(text[known:end])
	for _, e := range events {
		if e.Action != nil && (e.Kind == NodeFinish || e.Kind == NodeUse || e.Kind == NodeAdopt) {
			c.latest.nodes[e.Node] = *e.Action
		}
	}
	c.latest.offset = from + int64(end-known)
	c.latest.sum = sealSum(text[max(0, end-overlap):end])
	c.news.Store(true)
	return c.latest.nodes, nil
}

// tailOf reads the bytes between two offsets, or fewer if the file ends before.
func tailOf(f io.ReaderAt, from, to int64) ([]byte, error) {
	text := make([]byte, max(0, to-from))
	n, err := f.ReadAt(text, from)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text[:n], err
}

// add parses a line without its mark.
func (l *latest) add(line []byte) error {
	if rest, ok := bytes.CutPrefix(line, []byte("to ")); ok {
		_, err := fmt.Sscanf(string(rest), "%d %d %s", &l.offset, &l.inode, &l.sum)
		return err
	}
	var id ActionID
	text, name, _ := bytes.Cut(line, []byte(" "))
	if err := id.UnmarshalText(text); err != nil {
		return err
	}
	node, err := strconv.Unquote(string(name))
	l.nodes[node] = id
	return err
}

// encode returns the lines for the cache, or none if nothing was read.
func (l *latest) encode() []string {
	if l.offset == 0 {
		return nil
	}
	lines := make([]string, 0, len(l.nodes)+1)
	lines = append(lines, fmt.Sprintf("%sto %d %d %s\n", latestMark, l.offset, l.inode, l.sum))
	for node, id := range l.nodes {
		lines = append(lines, fmt.Sprintf("%s%s %s\n", latestMark, id, strconv.Quote(node)))
	}
	return lines
}
