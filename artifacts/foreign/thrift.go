package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// header is the content of a page header (parquet-format 2.10, PageHeader), by
// field number. The key of a field in a nested structure is 100 times the
// number of the structure plus the field's own number.
type header map[int]int64

const (
	pageKind, pagePlain, pagePacked, pageSum = 1, 2, 3, 4

	dataValues, dataEncoding, dataDefinition, dataRepetition = 501, 502, 503, 504

	dictionaryValues, dictionaryEncoding = 701, 702

	v2Values, v2Encoding, v2Definition, v2Repetition, v2Compressed = 801, 804, 805, 806, 807
)

// errShort says that a header continues beyond the bytes given.
var errShort = errors.New("ends within a field")

// thrift reads one structure in Thrift's compact protocol. It keeps numbers and
// skips everything else.
type thrift struct {
	data []byte
	at   int
}

// readHeader reads a page header and returns it and its length.
func readHeader(data []byte) (header, int, error) {
	t := &thrift{data: data}
	h := header{}
	err := t.structure(h, 0, 0)
	return h, t.at, err
}

func (t *thrift) structure(h header, within, depth int) error {
	if depth > 8 {
		return errors.New("lies too deep")
	}
	for id := 0; ; {
		head, err := t.byte()
		if err != nil || head == 0 {
			return err
		}
		last := id
		if id += int(head >> 4); head>>4 == 0 {
			n, err := t.number()
			if err != nil {
				return err
			}
			id = int(int16(n))
		}
		if id <= last || id >= 100 {
			return fmt.Errorf("field %d after %d", id, last)
		}
		if err := t.value(h, head&0xf, 100*within+id, depth); err != nil {
			return err
		}
	}
}

func (t *thrift) value(h header, kind byte, id, depth int) (err error) {
	switch kind {
	case 1, 2: // true and false
		if depth <= 1 {
			h[id] = int64(2 - kind)
		}
		return nil
	case 3:
		return t.skip(1)
	case 4, 5, 6: // integers
		n, err := t.number()
		if depth <= 1 {
			h[id] = n
		}
		return err
	case 7:
		return t.skip(8)
	case 8: // text
		n, size := binary.Uvarint(t.data[t.at:])
		if size <= 0 || n > 1<<20 {
			return errShort
		}
		t.at += size
		return t.skip(int(n))
	case 12:
		if depth == 0 {
			return t.structure(h, id, 1)
		}
		return t.structure(header{}, 0, depth+1)
	}
	return fmt.Errorf("type %d in a page's header", kind)
}

func (t *thrift) number() (int64, error) {
	v, n := binary.Varint(t.data[t.at:])
	if n <= 0 {
		return 0, errShort
	}
	t.at += n
	return v, nil
}

func (t *thrift) skip(n int) error {
	if n > len(t.data)-t.at {
		return errShort
	}
	t.at += n
	return nil
}

func (t *thrift) byte() (byte, error) {
	if err := t.skip(1); err != nil {
		return 0, err
	}
	return t.data[t.at-1], nil
}
