package artifacts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// column opens column i of a row group for reading, after checking its page.
func (r *Reader) column(group *file.RowGroupReader, i int, chunk *metadata.ColumnChunkMetaData) (file.ColumnChunkReader, error) {
	if err := checkSizes(r.source, chunk.DataPageOffset(), chunk.TotalUncompressedSize(), chunk.TotalCompressedSize()); err != nil {
		return nil, err
	}
	pages, err := group.GetColumnPageReader(i)
	if err != nil {
		return nil, err
	}
	c := r.parquet.MetaData().Schema.Column(i)
	checked := &onePage{PageReader: pages, levels: chunk.NumValues(), lists: c.MaxRepetitionLevel() > 0}
	return file.NewColumnReader(c, checked, memory.DefaultAllocator, r.parquet.BufferPool()), nil
}

// A zstd block of at least 4 bytes holds at most 128 KiB (RFC 8878, sections
// 3.1.1.2 and 3.1.1.2.4), so no page can be larger than that many times its
// compressed bytes.
const maxRatio = 128 << 10 / 4

// The memory that reading a row group may use: groupMemory whatever the length
// of the file, because collapsed networks compress a thousandfold, plus
// memoryRatio bytes for each byte of the file. The formats' row groups need
// some 10 MB.
const (
	groupMemory = 48 << 20
	memoryRatio = 1000
)

// holds reports whether a column chunk can have that many values in that many
// bytes. A chunk is one page of PLAIN values, with levels if they form lists.
func (k Kind) holds(values, rows, plain, packed int64) bool {
	if plain <= 0 || plain > maxChunk || values < rows || values > maxChunk || plain > maxRatio*packed {
		return false
	}
	if k.lists() {
		return values-rows <= plain/k.width() // each level stands for a value or an empty row
	}
	return values == rows && rows <= plain/k.width()
}

// lists reports whether the rows are lists.
func (k Kind) lists() bool { return k == Int64s || k == Float32s || k == Float64s }

// width returns the least number of bytes that a value takes in a page.
func (k Kind) width() int64 {
	switch k {
	case Int64, Float64, Int64s, Float64s:
		return 8
	}
	return 4 // for a string, its length
}

// memory returns what reading a column chunk uses: own is its page and its
// values, which adds up over the columns of a row group, and shared is what
// scratch keeps for all of them.
func (k Kind) memory(values, rows, plain int64) (own, shared int64) {
	const text, length = 16, 4 // a string's header, a list's length
	switch {
	case k == String:
		return plain + plain + text*rows, 24 * rows
	case k == Uint8:
		return plain + rows, 4 * rows
	case k.lists():
		return plain + k.width()*values + length*rows, 2 * 2 * values
	}
	return plain + k.width()*rows, 0
}

// maxHeader bounds the size of a page header. The library's headers have some
// 30 bytes and, in a column of text, the least and the greatest text.
const maxHeader = 1 << 10

// checkSizes checks the sizes that the page at an offset claims before the
// library allocates them: they must fit in the sizes of the chunk.
func checkSizes(src io.ReaderAt, at, plain, packed int64) error {
	head := make([]byte, min(maxHeader, packed))
	if _, err := src.ReadAt(head, at); err != nil {
		return err
	}
	var fields [pageCompressed + 1]int64
	seen := 0 // counts the beginning and the three fields
	w := &walker{data: head, see: func(s *shape, id int, number int64, _ []byte) {
		if id < len(fields) {
			fields[id], seen = number, seen+1
		}
	}}
	if err := w.structure(pageHeader, 0); err != nil {
		return fmt.Errorf("the page has no header: %w", err)
	}
	if seen != len(fields) {
		return errors.New("the page has no header: it lacks its kind or sizes")
	}
	if kind, p, c := fields[pageKind], fields[pagePlain], fields[pageCompressed]; kind != 0 || p < 0 || p > plain || c < 0 ||
		c > packed-int64(w.at) {
		return fmt.Errorf("the page is of kind %d, %d bytes in %d; the chunk has %d in %d", kind, p, c, plain, packed)
	}
	return nil
}

// onePage is the page reader of a chunk that must be one plain data page. The
// library's column reader trusts what a page says about itself, and loops
// forever over a page with fewer levels than it announced.
type onePage struct {
	file.PageReader
	levels int64
	lists  bool
	seen   bool
	err    error
}

// Next advances to the page. Only the first call can succeed.
func (p *onePage) Next() bool {
	if p.seen || p.err != nil || !p.PageReader.Next() {
		return false
	}
	p.seen = true
	p.err = p.check()
	return p.err == nil
}

// Err returns what was wrong with the page.
func (p *onePage) Err() error { return errOr(p.err, p.PageReader.Err()) }

func (p *onePage) check() error {
	page, ok := p.Page().(*file.DataPageV1)
	switch {
	case !ok:
		return errors.New("the page is of another kind than the format's")
	case parquet.Encoding(page.Encoding()) != parquet.Encodings.Plain:
		return fmt.Errorf("the page is encoded as %v", page.Encoding())
	case int64(page.NumValues()) != p.levels:
		return fmt.Errorf("the page has %d values, the chunk %d", page.NumValues(), p.levels)
	case !p.lists:
		return nil
	case parquet.Encoding(page.DefinitionLevelEncoding()) != parquet.Encodings.RLE,
		parquet.Encoding(page.RepetitionLevelEncoding()) != parquet.Encodings.RLE:
		return errors.New("the page's levels are encoded in another way than the format's")
	}
	data := page.Data()
	for range 2 { // repetition levels, definition levels
		if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
			return errors.New("the page ends within its levels")
		}
		n := 4 + int(binary.LittleEndian.Uint32(data))
		if has := runs(data[4:n], p.levels); has < p.levels {
			return fmt.Errorf("the page has %d of %d levels", has, p.levels)
		}
		data = data[n:]
	}
	return nil
}

// runs counts the one-bit values in Parquet's hybrid of run lengths and packed
// bits, and stops once there are enough. A varint h is followed by one byte
// that stands for h/2 values if h is even, and by h/2 bytes of eight values
// each if h is odd.
func runs(data []byte, enough int64) (n int64) {
	for n < enough {
		h, size := binary.Uvarint(data)
		if size <= 0 {
			return n
		}
		data = data[size:]
		count, bytes := int64(h>>1), int64(1)
		if h&1 == 1 {
			count, bytes = 8*int64(h>>1), int64(h>>1)
		}
		if count <= 0 || count > maxChunk || bytes > int64(len(data)) {
			return n
		}
		n, data = n+count, data[bytes:]
	}
	return n
}
