package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
)

// blockLevels is the number of levels that are decoded at a time.
const blockLevels = 4096

// chunk reads the pages of one column in one row group, one block of levels at
// a time.
type chunk struct {
	source      io.ReaderAt
	column      *column
	at, end     int64 // extent of the remaining pages
	codec       compress.Compression
	left        int64 // number of levels in the remaining pages of the chunk
	packed      []byte
	data        []byte // data of the page
	leveled     int    // number of remaining levels of the page
	repeats     *hybrid
	defines     *hybrid
	values      decodes
	dictionary  decodes // nil until it has been read
	levels      [2][]uint32
	rep, def    []uint32 // levels of the block; nil if the column has none
	here, upper int      // range of the remaining levels of the block
}

// next advances to the next block. It returns io.EOF after the last.
func (c *chunk) next() error {
	for c.leveled == 0 {
		if c.left <= 0 {
			return io.EOF
		}
		if err := c.page(); err != nil {
			return err
		}
	}
	n := min(c.leveled, blockLevels)
	for i, h := range []*hybrid{c.repeats, c.defines} {
		if h == nil {
			c.levels[i] = nil
			continue
		}
		c.levels[i] = sized(c.levels[i], n)
		if err := h.decode(c.levels[i]); err != nil {
			return err
		}
	}
	c.rep, c.def = c.levels[0], c.levels[1]
	present := n
	if c.def != nil {
		present = 0
		for _, d := range c.def {
			if int(d) == c.column.defined {
				present++
			}
		}
	}
	c.leveled -= n
	c.here, c.upper = 0, n
	return c.values.decode(present)
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// page reads pages up to and including the next data page.
func (c *chunk) page() error {
	if c.at >= c.end {
		return fmt.Errorf("the pages end where %d values are missing", c.left)
	}
	head, err := c.header()
	if err != nil {
		return fmt.Errorf("the page has no header: %w; make the file again", err)
	}
	plain, packed := head[pagePlain], head[pagePacked]
	switch {
	case packed < 0 || packed > c.end-c.at || plain < 0 || plain > maxRatio*packed && c.codec != compress.Codecs.Brotli:
		return fmt.Errorf("a page claims %d bytes in %d, of which %d are left; make the file again", plain, packed, c.end-c.at)
	case plain > maxPage || packed > maxPage:
		return fmt.Errorf("a page of %d bytes; write pages of 1 MB, which is what writers do by themselves", max(plain, packed))
	}
	c.packed = sized(c.packed, int(packed))
	if _, err := c.source.ReadAt(c.packed, c.at); err != nil {
		return err
	}
	c.at += packed
	if sum, ok := head[pageSum]; ok && uint32(sum) != crc32.ChecksumIEEE(c.packed) {
		return errors.New("a page does not have its checksum; make the file again")
	}
	switch head[pageKind] {
	case 0:
		if err := c.inflate(int(plain), 0); err != nil {
			return err
		}
		return c.first(head)
	case 2:
		if err := c.inflate(int(plain), 0); err != nil {
			return err
		}
		return c.readDictionary(head)
	case 3:
		return c.second(head, int(plain))
	}
	return nil // an index page, which is not needed
}

// header reads the header of the next page and advances to the bytes after it.
func (c *chunk) header() (header, error) {
	for _, most := range []int64{512, 1 << 20} {
		buffer := make([]byte, min(most, c.end-c.at))
		if _, err := c.source.ReadAt(buffer, c.at); err != nil {
			return nil, err
		}
		h, n, err := readHeader(buffer)
		if err == nil {
			c.at += int64(n)
			return h, nil
		}
		if !errors.Is(err, errShort) {
			return nil, err
		}
	}
	return nil, errShort
}

// inflate decompresses the page. Its first bare bytes are not compressed.
func (c *chunk) inflate(plain, bare int) error {
	c.data = sized(c.data, plain)
	if bare > plain || bare > len(c.packed) {
		return errLevels
	}
	copy(c.data, c.packed[:bare])
	return decompress(c.codec, c.data[bare:], c.packed[bare:])
}

// first begins a data page of version 1, whose levels are compressed and
// preceded by their length.
func (c *chunk) first(head header) error {
	data := c.data
	take := func(encoding int64) ([]byte, error) {
		if encoding != int64(parquet.Encodings.RLE) {
			return nil, errors.New("levels in an obsolete encoding; write the file with a present program")
		}
		if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
			return nil, errLevels
		}
		n := 4 + int(binary.LittleEndian.Uint32(data))
		levels := data[4:n]
		data = data[n:]
		return levels, nil
	}
	var repeats, defines []byte
	var err error
	if c.column.repeated > 0 {
		if repeats, err = take(head[dataRepetition]); err != nil {
			return err
		}
	}
	if c.column.defined > 0 {
		if defines, err = take(head[dataDefinition]); err != nil {
			return err
		}
	}
	return c.begin(head[dataValues], head[dataEncoding], repeats, defines, data)
}

// second begins a data page of version 2, whose levels are not compressed and
// have their lengths in the header.
func (c *chunk) second(head header, plain int) error {
	r, d := head[v2Repetition], head[v2Definition]
	if r < 0 || d < 0 || r > int64(plain) || d > int64(plain)-r {
		return errLevels
	}
	codec := c.codec
	if compressed, said := head[v2Compressed]; said && compressed == 0 {
		c.codec = compress.Codecs.Uncompressed
	}
	err := c.inflate(plain, int(r+d))
	if c.codec = codec; err != nil {
		return err
	}
	return c.begin(head[v2Values], head[v2Encoding], c.data[:r], c.data[r:r+d], c.data[r+d:])
}

// begin begins a data page.
func (c *chunk) begin(levels, encoding int64, repeats, defines, values []byte) error {
	if levels < 0 || levels > c.left {
		return fmt.Errorf("a page claims %d values, where %d are left; make the file again", levels, c.left)
	}
	c.left -= levels
	c.leveled = int(levels)
	c.repeats, c.defines = nil, nil
	if c.column.repeated > 0 {
		c.repeats = &hybrid{data: repeats, width: uint(bits.Len(uint(c.column.repeated)))}
	}
	if c.column.defined > 0 {
		c.defines = &hybrid{data: defines, width: uint(bits.Len(uint(c.column.defined)))}
	}
	var err error
	switch parquet.Encoding(encoding) {
	case parquet.Encodings.PlainDict, parquet.Encodings.RLEDict:
		if c.dictionary == nil || len(values) < 1 || values[0] > 32 {
			return errors.New("a page of indices without a dictionary; make the file again")
		}
		c.values = c.dictionary
		return c.values.indices(&hybrid{data: values[1:], width: uint(values[0])})
	case parquet.Encodings.Plain:
		c.values, err = c.column.plain(values)
	case 9: // BYTE_STREAM_SPLIT
		c.values, err = c.column.split(values)
	default:
		err = fmt.Errorf("values in the encoding %v; write them plain or with a dictionary", parquet.Encoding(encoding))
	}
	return err
}

// readDictionary reads the dictionary page of a chunk, which comes before all
// other pages.
func (c *chunk) readDictionary(head header) error {
	n := head[dictionaryValues]
	if c.dictionary != nil || n < 0 || n > int64(len(c.data)) {
		return errors.New("a second dictionary, or one that claims more than it holds; make the file again")
	}
	d, err := c.column.plain(append([]byte(nil), c.data...))
	if err != nil {
		return err
	}
	if err := d.decode(int(n)); err != nil {
		return err
	}
	c.dictionary = d.asDictionary()
	return nil
}
