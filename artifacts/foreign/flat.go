package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// flat walks the metadata of an Arrow message, which is a FlatBuffer, before
// the library reads it, because the library believes the lengths of vectors and
// allocates memory for them. Every table, text and vector must lie within the
// message. Tables may be shared, so they are visited no more often than the
// message has room for tables. The tables are defined in Arrow's Message.fbs
// and Schema.fbs.
type flat struct {
	data   []byte
	visits int
}

var errFlat = errors.New("the description of a message is damaged; make the file again")

// flatTable is a kind of table: what those of its fields refer to that are not
// plain numbers.
type flatTable map[int]flatField

// flatField is what a field refers to. Exactly one member is set.
type flatField struct {
	text    bool
	structs int              // a vector of elements of that many bytes
	table   func() flatTable // one table
	tables  func() flatTable // a vector of tables
	union   func(kind byte) flatTable
}

var (
	keyValue  = flatTable{0: {text: true}, 1: {text: true}}
	flatBatch = flatTable{
		1: {structs: 16}, 2: {structs: 16}, // nodes and buffers
		3: {table: plainTable}, 4: {structs: 8},
	}
	flatDictionary = flatTable{1: {table: func() flatTable { return flatBatch }}}
	flatEncoding   = flatTable{1: {table: plainTable}}
	flatSchema     = flatTable{1: {tables: fieldTable}, 2: {tables: keyValueTable}, 3: {structs: 8}}
)

func plainTable() flatTable    { return nil }
func keyValueTable() flatTable { return keyValue }

func fieldTable() flatTable {
	return flatTable{
		0: {text: true},
		3: {union: func(kind byte) flatTable {
			switch kind {
			case 10: // Timestamp, with its time zone
				return flatTable{1: {text: true}}
			case 14: // Union, with the ids of its types
				return flatTable{1: {structs: 4}}
			}
			return nil
		}},
		4: {table: func() flatTable { return flatEncoding }},
		5: {tables: fieldTable}, 6: {tables: keyValueTable},
	}
}

func messageTable() flatTable {
	return flatTable{
		2: {union: func(kind byte) flatTable {
			switch kind {
			case 1:
				return flatSchema
			case 2:
				return flatDictionary
			case 3:
				return flatBatch
			}
			return nil
		}},
		4: {tables: keyValueTable},
	}
}

// checkMessage checks the metadata of a message.
func checkMessage(data []byte) error {
	f := &flat{data, len(data)}
	at, err := f.follow(0)
	if err != nil {
		return err
	}
	return f.table(at, messageTable())
}

func (f *flat) uint32(at int) (int, error) {
	if at < 0 || at > len(f.data)-4 {
		return 0, errFlat
	}
	return int(binary.LittleEndian.Uint32(f.data[at:])), nil
}

// follow returns the position that an offset refers to.
func (f *flat) follow(at int) (int, error) {
	offset, err := f.uint32(at)
	if err != nil || offset > len(f.data)-at {
		return 0, errFlat
	}
	return at + offset, nil
}

// field returns the position of a table's field, or 0 if the table does not
// have it. The field must have at least size bytes.
func (f *flat) field(table, number, size int) (int, error) {
	back, err := f.uint32(table)
	if err != nil {
		return 0, err
	}
	list := table - int(int32(back))
	if list < 0 || list > len(f.data)-4 {
		return 0, errFlat
	}
	length := int(binary.LittleEndian.Uint16(f.data[list:]))
	if length < 4 || length > len(f.data)-list {
		return 0, errFlat
	}
	// Like the library: with an odd length, one byte of the last field lies beyond
	// the list.
	if 4+2*number >= length {
		return 0, nil
	}
	if list+4+2*number > len(f.data)-2 {
		return 0, errFlat
	}
	offset := int(binary.LittleEndian.Uint16(f.data[list+4+2*number:]))
	if offset == 0 {
		return 0, nil
	}
	if table+offset > len(f.data)-size {
		return 0, errFlat
	}
	return table + offset, nil
}

// numbers checks the fields that are numbers, none of which has more than 8
// bytes.
func (f *flat) numbers(table int, kind flatTable) error {
	const most = 8 // most number fields of a table
	for number := range most {
		if _, refers := kind[number]; refers {
			continue
		}
		if _, err := f.field(table, number, 1); err != nil {
			return err
		}
	}
	return nil
}

func (f *flat) table(at int, kind flatTable) error {
	if f.visits--; f.visits < 0 {
		return errFlat
	}
	if err := f.numbers(at, kind); err != nil {
		return err
	}
	for number, refers := range kind {
		place, err := f.field(at, number, 4)
		if err != nil {
			return err
		}
		if place == 0 {
			continue
		}
		to, err := f.follow(place)
		if err != nil {
			return err
		}
		switch {
		case refers.text:
			_, err = f.vector(to, 1)
		case refers.structs > 0:
			_, err = f.vector(to, refers.structs)
		case refers.table != nil:
			err = f.table(to, refers.table())
		case refers.tables != nil:
			err = f.each(to, refers.tables)
		default:
			// The field before gives the kind.
			var named int
			if named, err = f.field(at, number-1, 1); err == nil && named != 0 {
				err = f.table(to, refers.union(f.data[named]))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// vector returns the number of elements of a vector.
func (f *flat) vector(at, size int) (int, error) {
	n, err := f.uint32(at)
	if err != nil || n > (len(f.data)-at-4)/size {
		return 0, errFlat
	}
	return n, nil
}

// each checks a vector of tables.
func (f *flat) each(at int, kind func() flatTable) error {
	n, err := f.vector(at, 4)
	for i := 0; i < n && err == nil; i++ {
		var to int
		if to, err = f.follow(at + 4 + 4*i); err == nil {
			err = f.table(to, kind())
		}
	}
	return err
}

// Kinds of messages.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	recordMessage     = 3
)

// kindOf returns the kind of a checked message, or 0 if it has none.
func kindOf(meta []byte) byte {
	f := &flat{meta, len(meta)}
	message, err := f.follow(0)
	if err != nil {
		return 0
	}
	kind, err := f.field(message, 1, 1)
	if err != nil || kind == 0 {
		return 0
	}
	return meta[kind]
}

// schemaOf makes a message of the schema in a file's footer. It puts the
// footer, whose offsets are relative, after a table that refers to the schema.
func schemaOf(footer []byte) ([]byte, error) {
	f := &flat{footer, len(footer)}
	at, err := f.follow(0)
	if err == nil {
		at, err = f.field(at, 1, 4) // Footer.schema, in Arrow's File.fbs
	}
	if err == nil && at == 0 {
		err = errFlat
	}
	if err == nil {
		at, err = f.follow(at)
	}
	if err != nil {
		return nil, err
	}
	const list, table, rest = 4, 16, 32
	message := make([]byte, rest, rest+len(footer))
	word := binary.LittleEndian
	word.PutUint32(message, table)
	for i, n := range []uint16{10, 12, 8, 10, 4} { // sizes of list and table; offsets of version, kind and header
		word.PutUint16(message[list+2*i:], n)
	}
	word.PutUint32(message[table:], table-list)
	word.PutUint32(message[table+4:], uint32(rest+at-(table+4)))
	word.PutUint16(message[table+8:], 4) // MetadataVersion V5
	message[table+10] = schemaMessage
	message = append(message, footer...)
	return message, checkMessage(message)
}

// checkBuffers checks where the buffers of a message are, and the sizes that
// compressed buffers claim, for which the library allocates memory.
func checkBuffers(meta, body []byte, views views) error {
	f := &flat{meta, len(meta)}
	// batch follows fields that refer to tables, starting at the message.
	batch := func(fields ...int) (at int, err error) {
		at, err = f.follow(0)
		for _, number := range fields {
			if at == 0 || err != nil {
				return at, err
			}
			if at, err = f.field(at, number, 4); at != 0 && err == nil {
				at, err = f.follow(at)
			}
		}
		return at, err
	}
	var path []int // to the batch
	var need int   // counts of buffers that the library reads
	switch kindOf(meta) {
	case dictionaryMessage:
		path, need = []int{2, 1}, views.dictionary
	case recordMessage:
		path, need = []int{2}, views.record
	default:
		return nil
	}
	at, err := batch(path...)
	if err != nil || at == 0 {
		return err
	}
	compression, err := f.field(at, 3, 4)
	if err != nil {
		return err
	}
	ratio := 4 // without compression: several buffers may share bytes
	if compression != 0 {
		table, err := f.follow(compression)
		if err != nil {
			return err
		}
		ratio = 255 // for LZ4, whose lengths of literals and matches are coded in bytes of at most 255
		if codec, err := f.field(table, 0, 1); err != nil {
			return err
		} else if codec != 0 && meta[codec] == 1 {
			ratio = maxRatio
		}
	}
	buffers, err := batch(append(path, 2)...)
	if err != nil || buffers == 0 {
		return err
	}
	n, err := f.vector(buffers, 16)
	if err != nil {
		return err
	}
	counts, err := batch(append(path, 4)...)
	if err != nil {
		return err
	}
	if counts != 0 {
		k, err := f.vector(counts, 8)
		if err != nil || k < need {
			return errFlat
		}
		for i := range k {
			if binary.LittleEndian.Uint64(meta[counts+4+8*i:]) > uint64(n) {
				return errFlat
			}
		}
	}
	all := 0
	for i := 0; i < n && err == nil; i++ {
		from := binary.LittleEndian.Uint64(meta[buffers+4+16*i:])
		length := binary.LittleEndian.Uint64(meta[buffers+12+16*i:])
		if length == 0 {
			continue
		}
		if from > uint64(len(body)) || length > uint64(len(body))-from || compression != 0 && length < 8 {
			return errFlat
		}
		claimed := int64(length)
		if compression != 0 { // −1 says that this buffer is not compressed
			claimed = int64(binary.LittleEndian.Uint64(body[from:]))
		}
		if claimed < -1 || claimed > int64(ratio)*int64(length) || claimed > maxPage {
			return fmt.Errorf("a buffer claims %d bytes in %d; make the file again", claimed, length)
		}
		if all += int(max(claimed, 0)); all > ratio*len(body) {
			return errFlat // too many buffers share the same bytes
		}
		if all > maxPage {
			return fmt.Errorf("a record batch of more than %d bytes; write it in smaller ones, as with max_chunksize=10000", maxPage)
		}
	}
	return err
}
