package artifacts

import (
	"errors"
	"fmt"
	"math"
)

// The fields that are lists or structures, by number, in the structures of a
// footer and of a page header, according to Parquet's Thrift definition
// (parquet-format 2.10, parquet.thrift).
var (
	keyValue       = &shape{}
	fileKeyValue   = &shape{} // the key-value metadata of the file
	element        = &shape{map[int]field{10: {}}}
	sizeStatistics = &shape{map[int]field{2: {list: true, elem: wireI64}, 3: {list: true, elem: wireI64}}}
	columnData     = &shape{map[int]field{
		2: {list: true, elem: wireI32}, 3: {list: true, elem: wireBinary}, 8: {list: true, elem: wireStruct, of: keyValue},
		12: {}, 13: {list: true, elem: wireStruct}, 16: {of: sizeStatistics},
	}}
	columnKey   = &shape{map[int]field{1: {list: true, elem: wireBinary}}}
	crypto      = &shape{map[int]field{1: {}, 2: {of: columnKey}}}
	columnChunk = &shape{map[int]field{3: {of: columnData}, 8: {of: crypto}}}
	rowGroup    = &shape{map[int]field{1: {list: true, elem: wireStruct, of: columnChunk}, 4: {list: true, elem: wireStruct}}}
	fileData    = &shape{map[int]field{
		2: {list: true, elem: wireStruct, of: element}, 4: {list: true, elem: wireStruct, of: rowGroup},
		5: {list: true, elem: wireStruct, of: fileKeyValue}, 7: {list: true, elem: wireStruct}, 8: {},
	}}
	pageHeader = &shape{map[int]field{5: {}, 6: {}, 7: {}, 8: {}}}
)

// Field numbers.
const (
	elementChildren                     = 5
	keyValueKey, keyValueValue          = 1, 2
	pageKind, pagePlain, pageCompressed = 1, 2, 3
)

// footer is what checkFooter extracts from a footer.
type footer struct {
	children []int64 // number of children of each element of the schema
	keys     []string
	values   []string
}

// checkFooter walks a footer, and rejects one that claims more than it
// contains. The library allocates what a footer says: a file of 31 bytes could
// ask for all the memory there is, and nothing recovers from that.
func checkFooter(data []byte) (*footer, error) {
	f := &footer{}
	w := &walker{data: data}
	w.see = f.see
	if err := w.structure(fileData, 0); err != nil {
		return nil, fmt.Errorf("the footer is damaged: %w; make the file again", err)
	}
	if w.at != len(data) {
		return nil, fmt.Errorf("the footer is damaged: %d bytes follow its end; make the file again", len(data)-w.at)
	}
	if err := f.checkSchema(); err != nil {
		return nil, fmt.Errorf("the footer is damaged: %w; make the file again", err)
	}
	return f, nil
}

func (f *footer) see(s *shape, id int, number int64, text []byte) {
	switch {
	case s == element && id == 0:
		f.children = append(f.children, 0)
	case s == element && id == elementChildren:
		f.children[len(f.children)-1] = number
	case s == fileKeyValue && id == 0:
		f.keys, f.values = append(f.keys, ""), append(f.values, "")
	case s == fileKeyValue && id == keyValueKey:
		f.keys[len(f.keys)-1] = string(text)
	case s == fileKeyValue && id == keyValueValue:
		f.values[len(f.values)-1] = string(text)
	}
}

// Metadata reads only the key-value metadata of any Parquet file. Nothing in
// such a file can make it use more memory than a small multiple of the file's
// length. If a key occurs twice, the last value counts.
func Metadata(src Source) (map[string]string, error) {
	_, f, err := readFooter(src)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(f.keys))
	for i, k := range f.keys {
		values[k] = f.values[i]
	}
	return values, nil
}

// readFooter reads and checks the footer, and returns its offset, which is
// where the columns end.
func readFooter(src Source) (int64, *footer, error) {
	at, size, err := extent(src)
	if err != nil {
		return 0, nil, err
	}
	data := make([]byte, size)
	if _, err := src.ReadAt(data, at); err != nil {
		return 0, nil, err
	}
	f, err := checkFooter(data)
	return at, f, err
}

// checkSchema checks that the tree that the elements of the schema form, each
// with its number of children, has as many elements as there are.
func (f *footer) checkSchema() error {
	if len(f.children) == 0 {
		return errors.New("it has no schema")
	}
	open := []int64{1} // number of elements still to come, by depth
	for i, n := range f.children {
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
		switch {
		case len(open) == 0:
			return fmt.Errorf("the schema's elements after number %d belong to nothing", i)
		case n < 0 || n > math.MaxInt32 || n > int64(len(f.children)-1-i):
			return fmt.Errorf("element %d of the schema has %d children, where %d elements follow", i+1, n, len(f.children)-1-i)
		case len(open) > maxDepth:
			return fmt.Errorf("the schema is more than %d deep", maxDepth)
		}
		open[len(open)-1]--
		open = append(open, n)
	}
	for _, n := range open {
		if n > 0 {
			return errors.New("the schema lacks elements")
		}
	}
	return nil
}
