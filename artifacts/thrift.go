package artifacts

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol, as they stand in field and list headers.
const (
	wireTrue   = 1 // a field's header is its value; in a list, a byte
	wireFalse  = 2
	wireByte   = 3
	wireI16    = 4
	wireI32    = 5
	wireI64    = 6
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireMap    = 11
	wireStruct = 12
)

// maxDepth bounds how deep structures may lie in one another. Parquet's own go down to 8.
const maxDepth = 32

// shape is what the format says about a structure: the fields that hold lists or structures, whose contents the
// library reads by that and not by the types that the bytes claim. What else there is, is walked by those types.
type shape struct{ fields map[int]field }

// field is a structure, or a list of elements of one type.
type field struct {
	list bool
	elem byte   // of a list
	of   *shape // of the structure, or of each that is an element; nil where nothing in it is a list
}

// walker goes over one Thrift structure without allocating, and refuses what claims more than the bytes that are left
// can hold, so that the library may be let loose on it. It is stricter than the protocol in one thing: fields must
// ascend, as all writers have them. So none can be told twice, and what was checked is what the library keeps.
type walker struct {
	data []byte
	at   int
	// see, if not nil, is told of the beginning, as field 0, and of every number and text of the structures that have a shape.
	see func(s *shape, id int, number int64, text []byte)
}

var errEnds = errors.New("ends within a field")

// structure walks a structure, whose first byte is next.
func (w *walker) structure(s *shape, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("structures lie more than %d deep at byte %d", maxDepth, w.at)
	}
	w.tell(s, 0, 0, nil)
	for last := 0; ; {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		id, kind := last+int(head>>4), head&0xf
		if head>>4 == 0 {
			n, err := w.number()
			if err != nil {
				return err
			}
			if n < -1<<15 || n >= 1<<15 {
				return fmt.Errorf("field %d at byte %d", n, w.at)
			}
			id = int(n)
		}
		if id <= last {
			return fmt.Errorf("field %d after field %d at byte %d", id, last, w.at)
		}
		last = id
		if err := w.field(s, id, kind, depth); err != nil {
			return fmt.Errorf("field %d: %w", id, err)
		}
	}
}

func (w *walker) tell(s *shape, id int, number int64, text []byte) {
	if w.see != nil && s != nil {
		w.see(s, id, number, text)
	}
}

func (w *walker) field(s *shape, id int, kind byte, depth int) error {
	var f field
	known := false
	if s != nil {
		f, known = s.fields[id]
	}
	switch {
	case !known:
		number, text, err := w.value(kind, depth, false)
		if err == nil {
			w.tell(s, id, number, text)
		}
		return err
	case f.list && kind == wireList:
		n, elem, err := w.count()
		if err != nil {
			return err
		}
		if elem != f.elem && n > 0 {
			return fmt.Errorf("a list of type %d at byte %d, want type %d", elem, w.at, f.elem)
		}
		for i := range n {
			if f.elem == wireStruct {
				err = w.structure(f.of, depth+1)
			} else {
				_, _, err = w.value(elem, depth, true)
			}
			if err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	case !f.list && kind == wireStruct:
		return w.structure(f.of, depth+1)
	}
	return fmt.Errorf("is of type %d at byte %d", kind, w.at)
}

// value walks a value of a type, and gives what it is if that is a number or text.
func (w *walker) value(kind byte, depth int, inList bool) (number int64, text []byte, err error) {
	if depth > maxDepth {
		return 0, nil, fmt.Errorf("lists lie more than %d deep at byte %d", maxDepth, w.at)
	}
	switch kind {
	case wireTrue, wireFalse:
		if inList {
			_, err = w.bytes(1)
		}
	case wireByte:
		_, err = w.bytes(1)
	case wireI16, wireI32, wireI64:
		number, err = w.number()
	case wireDouble:
		_, err = w.bytes(8)
	case wireBinary:
		var n int
		if n, err = w.length(1); err == nil {
			text, err = w.bytes(n)
		}
	case wireList, wireSet:
		var n int
		var elem byte
		if n, elem, err = w.count(); err != nil {
			return 0, nil, err
		}
		for range n {
			if _, _, err = w.value(elem, depth+1, true); err != nil {
				break
			}
		}
	case wireStruct:
		err = w.structure(nil, depth+1)
	case wireMap:
		// Nothing in Parquet is a map.
		err = fmt.Errorf("a map at byte %d", w.at)
	default:
		err = fmt.Errorf("type %d at byte %d", kind, w.at)
	}
	return number, text, err
}

// count reads a list's header. Each element takes at least a byte.
func (w *walker) count() (n int, elem byte, err error) {
	head, err := w.byte()
	if err != nil {
		return 0, 0, err
	}
	if n = int(head >> 4); n == 15 {
		n, err = w.length(1)
	} else if n > len(w.data)-w.at {
		err = errEnds
	}
	return n, head & 0xf, err
}

// length reads a length of things that take at least size bytes each.
func (w *walker) length(size int) (int, error) {
	v, n := binary.Uvarint(w.data[w.at:])
	if n <= 0 {
		return 0, errEnds
	}
	w.at += n
	if v > uint64((len(w.data)-w.at)/size) {
		return 0, fmt.Errorf("%d at byte %d, where %d bytes are left", v, w.at, len(w.data)-w.at)
	}
	return int(v), nil
}

// number reads a zigzag varint.
func (w *walker) number() (int64, error) {
	v, n := binary.Varint(w.data[w.at:])
	if n <= 0 {
		return 0, errEnds
	}
	w.at += n
	return v, nil
}

func (w *walker) bytes(n int) ([]byte, error) {
	if n > len(w.data)-w.at {
		return nil, errEnds
	}
	w.at += n
	return w.data[w.at-n : w.at], nil
}

func (w *walker) byte() (byte, error) {
	b, err := w.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}
