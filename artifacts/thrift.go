package artifacts

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol, as encoded in field and list headers.
const (
	wireTrue   = 1 // the header of a field is its value; in a list it is a byte
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

// maxDepth bounds the nesting of structures. Parquet's own have a depth of up
// to 8.
const maxDepth = 32

// shape is what the format says about a structure: the fields that are lists or
// structures, whose contents the library reads according to the format and not
// to the types in the data. All other fields are walked according to the types
// in the data.
type shape struct{ fields map[int]field }

// field is a structure, or a list of elements of one type.
type field struct {
	list bool
	elem byte   // type of the elements of a list
	of   *shape // shape of the structure, or of each element; nil if it contains no list
}

// walker walks one Thrift structure without allocating, and rejects whatever
// claims more than the remaining bytes can contain, so that the library can
// safely read it. It is stricter than the protocol in one respect: fields must
// be in ascending order, as all writers write them. So no field can occur
// twice, and what was checked is what the library uses.
type walker struct {
	data []byte
	at   int
	// see, if not nil, is called at the beginning of every structure that has a
	// shape, as for field 0, and for each of its numbers and texts.
	see func(s *shape, id int, number int64, text []byte)
}

var errEnds = errors.New("ends within a field")

// structure walks a structure whose first byte is next.
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

// value walks a value of the given type, and returns it if it is a number or a
// text.
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
		// Parquet uses no maps.
		err = fmt.Errorf("a map at byte %d", w.at)
	default:
		err = fmt.Errorf("type %d at byte %d", kind, w.at)
	}
	return number, text, err
}

// count reads a list header. Each element takes at least one byte.
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

// length reads a number of elements that take at least size bytes each.
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
