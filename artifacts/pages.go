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

// column opens column i of a row group for reading, behind a check of its page.
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

// checkSizes checks the sizes that the page at an offset claims, before the
// library allocates them: they must fit in the chunk's. A page header is a Thrift structure in the compact
// protocol and begins with three 32-bit fields, numbered from 1: the kind of
// page, its uncompressed size and its compressed size.
func checkSizes(src io.ReaderAt, at, plain, packed int64) error {
	const first = 1<<4 | 5 // the next field number, a 32-bit integer
	var head [3 * (1 + binary.MaxVarintLen32)]byte
	n, err := src.ReadAt(head[:min(int64(len(head)), packed)], at)
	if err != nil {
		return err
	}
	rest := head[:n]
	var fields [3]int64
	for i := range fields {
		if len(rest) == 0 || rest[0] != first {
			return errors.New("the page has no header")
		}
		v, size := binary.Varint(rest[1:]) // zigzag, as in Thrift
		if size <= 0 {
			return errors.New("the page has no header")
		}
		fields[i], rest = v, rest[1+size:]
	}
	if fields[0] != 0 || fields[1] < 0 || fields[1] > plain || fields[2] < 0 || fields[2] > packed {
		return fmt.Errorf("the page is of kind %d, %d bytes in %d; the chunk has %d in %d", fields[0], fields[1], fields[2], plain, packed)
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

// Next goes to the page, the first time.
func (p *onePage) Next() bool {
	if p.seen || p.err != nil || !p.PageReader.Next() {
		return false
	}
	p.seen = true
	p.err = p.check()
	return p.err == nil
}

// Err is what was wrong with the page.
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
	for range 2 { // repetition, definition
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

// runs counts the values of one bit in Parquet's hybrid of run lengths and
// packed bits, up to enough of them: a varint h is followed by one byte that
// stands for h/2 values when h is even, and by h/2 bytes of eight values each
// when h is odd.
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
