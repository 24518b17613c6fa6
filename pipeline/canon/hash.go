package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// A Hash takes labelled, typed, length-delimited fields. Two different
// sequences of fields never have the same pre-image.
type Hash struct {
	h     hash.Hash
	trace io.Writer
	buf   []byte
}

// NewHash starts a hash under a versioned schema name such as "sparsel action
// 1". If trace is not nil, every field is written to it in a readable form, to
// find out why two hashes differ.
func NewHash(schema string, trace io.Writer) *Hash {
	h := &Hash{h: sha256.New(), trace: trace}
	h.field("schema", KindString, []byte(schema), strconv.Quote(schema))
	return h
}

// String adds a labelled string.
func (h *Hash) String(label, value string) {
	h.field(label, KindString, []byte(value), strconv.Quote(value))
}

// Bytes adds labelled bytes, for example an id.
func (h *Hash) Bytes(label string, value []byte) {
	h.field(label, KindBytes, value, fmt.Sprintf("%x", value))
}

// Nil adds a label whose value is absent, which is different from an empty
// value.
func (h *Hash) Nil(label string) { h.field(label, KindNil, nil, "absent") }

// Fields adds a list that Flatten returned, preceded by its label and length.
func (h *Hash) Fields(label string, fields []Field) {
	n := strconv.Itoa(len(fields))
	h.field(label, KindLen, binary.BigEndian.AppendUint64(nil, uint64(len(fields))), n)
	for _, f := range fields {
		h.field(label+"."+f.Name, f.Kind, f.bytes, f.Value)
	}
}

// Len adds the length of a list whose elements follow.
func (h *Hash) Len(label string, n int) {
	h.field(label, KindLen, binary.BigEndian.AppendUint64(nil, uint64(n)), strconv.Itoa(n))
}

// Sum returns the hash of everything added so far.
func (h *Hash) Sum() (sum [sha256.Size]byte) {
	h.h.Sum(sum[:0])
	return sum
}

func (h *Hash) field(label string, kind Kind, value []byte, text string) {
	b := h.buf[:0]
	for _, part := range [...]string{label, string(kind)} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(len(value)))
	b = append(b, value...)
	h.h.Write(b)
	h.buf = b
	if h.trace != nil {
		fmt.Fprintf(h.trace, "%s %s %s\n", label, kind, text)
	}
}
