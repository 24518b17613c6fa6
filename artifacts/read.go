package artifacts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
)

const (
	magic      = "PAR1"
	footerTail = 4 + len(magic) // the length of the footer and the closing magic
)

// Source is what an archive is read from, such as a file or a bytes.Reader.
type Source interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Reader reads one archive, one row group at a time and in any order.
type Reader struct {
	format  Format
	name    string
	source  io.ReaderAt
	closer  io.Closer
	parquet *file.Reader
	meta    Meta // all keys
	rows    []int
	scratch scratch
}

// Open opens the archive at path, which must have format f, and checks
// everything that can be checked without decoding its pages. The caller should
// have compared the file's contents with their SHA-256 before.
func Open(path string, f Format) (*Reader, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	r, err := NewReader(in, path, f)
	if err != nil {
		in.Close()
		return nil, err
	}
	r.closer = in
	return r, nil
}

// NewReader is Open for an archive that is already open or in memory. name is
// used in errors.
func NewReader(src Source, name string, f Format) (*Reader, error) {
	r := &Reader{format: f, name: name, source: src}
	err := guard(func() error {
		footer, _, err := readFooter(src)
		if err != nil {
			return err
		}
		if r.parquet, err = file.NewParquetReader(src); err != nil {
			return err
		}
		if err := r.identify(); err != nil {
			return err
		}
		if err := f.check(r.parquet.MetaData().Schema.Root()); err != nil {
			return err
		}
		return r.layout(footer)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return r, nil
}

// extent finds the footer and checks that it lies within the file.
func extent(src Source) (at, bytes int64, err error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, 0, err
	}
	if size < int64(len(magic)+footerTail) {
		return 0, 0, fmt.Errorf("%d bytes are not a Parquet file; make it again", size)
	}
	var head [len(magic)]byte
	var tail [footerTail]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return 0, 0, err
	}
	if _, err := src.ReadAt(tail[:], size-int64(footerTail)); err != nil {
		return 0, 0, err
	}
	if string(head[:]) != magic {
		return 0, 0, fmt.Errorf("begins with %q: not a Parquet file", head[:])
	}
	if string(tail[4:]) != magic {
		return 0, 0, errors.New("does not end in a Parquet footer: truncated, or something was appended; make it again")
	}
	bytes = int64(binary.LittleEndian.Uint32(tail[:4]))
	at = size - int64(footerTail) - bytes
	if at < int64(len(magic)) {
		return 0, 0, errors.New("footer is longer than the file: truncated; make it again")
	}
	return at, bytes, nil
}

// identify reads the metadata and checks the format and version in the file.
func (r *Reader) identify() error {
	kv := r.parquet.MetaData().KeyValueMetadata()
	r.meta = make(Meta, kv.Len())
	values := kv.Values()
	for i, k := range kv.Keys() {
		if _, twice := r.meta[k]; twice {
			return fmt.Errorf("metadata key %q occurs twice", k)
		}
		r.meta[k] = values[i]
	}
	name, ok := r.Note("format")
	if !ok {
		return fmt.Errorf("not an archive of sparsel: no metadata key %q", reserved+"format")
	}
	if name != r.format.Name {
		return fmt.Errorf("is an archive of %s, want %s", name, r.format.Name)
	}
	if v, _ := r.Note("version"); v != strconv.Itoa(r.format.Version) {
		return fmt.Errorf("%s archive of version %s, want version %d; make it again", name, v, r.format.Version)
	}
	return nil
}

// layout checks that the columns of all row groups follow one another between
// the opening magic and the footer, each as this package writes it, and that no
// row group claims more than the file can contain; see Kind.holds.
func (r *Reader) layout(footer int64) error {
	meta := r.parquet.MetaData()
	at, total := int64(len(magic)), int64(0)
	for g := range r.parquet.NumRowGroups() {
		group := meta.RowGroup(g)
		if group.NumColumns() != len(r.format.Columns) {
			return fmt.Errorf("row group %d has %d columns, want %d", g, group.NumColumns(), len(r.format.Columns))
		}
		if n := group.NumRows(); n <= 0 || n > maxChunk {
			return fmt.Errorf("row group %d has %d rows", g, n)
		}
		memory, scratch := int64(0), int64(0)
		for i, c := range r.format.Columns {
			chunk, err := group.ColumnChunk(i)
			if err != nil {
				return fmt.Errorf("row group %d, column %q: %w", g, c.Name, err)
			}
			switch size := chunk.TotalCompressedSize(); {
			case chunk.HasDictionaryPage() || chunk.Compression() != compress.Codecs.Zstd:
				return fmt.Errorf("row group %d, column %q is encoded in another way than the format's", g, c.Name)
			case chunk.DataPageOffset() != at || size <= 0 || size > footer-at:
				return fmt.Errorf("row group %d, column %q is at bytes %d+%d, want them at %d", g, c.Name, chunk.DataPageOffset(), size, at)
			case !c.Kind.holds(chunk.NumValues(), group.NumRows(), chunk.TotalUncompressedSize(), size):
				return fmt.Errorf("row group %d, column %q claims %d values of %d rows in %d bytes, %d compressed",
					g, c.Name, chunk.NumValues(), group.NumRows(), chunk.TotalUncompressedSize(), size)
			default:
				at += size
				own, shared := c.Kind.memory(chunk.NumValues(), group.NumRows(), chunk.TotalUncompressedSize())
				memory, scratch = memory+own, max(scratch, shared)
			}
		}
		if limit := groupMemory + memoryRatio*(footer+int64(footerTail)); memory+scratch > limit {
			return fmt.Errorf("row group %d would take %d MB of memory, of a file this long at most %d", g, (memory+scratch)>>20, limit>>20)
		}
		total += group.NumRows()
		r.rows = append(r.rows, int(group.NumRows()))
	}
	if at != footer {
		return fmt.Errorf("%d bytes between the columns and the footer belong to nothing", footer-at)
	}
	if total != meta.NumRows {
		return fmt.Errorf("row groups of %d rows in all, but %d rows", total, meta.NumRows)
	}
	return nil
}

// Meta returns the provenance that the archive was written with.
func (r *Reader) Meta() Meta {
	m := maps.Clone(r.meta)
	maps.DeleteFunc(m, func(k, _ string) bool { return strings.HasPrefix(k, reserved) })
	return m
}

// Note returns what the writer noted under key.
func (r *Reader) Note(key string) (value string, ok bool) {
	value, ok = r.meta[reserved+key]
	return value, ok
}

// Groups returns the number of row groups.
func (r *Reader) Groups() int { return len(r.rows) }

// Rows returns the number of rows of row group g.
func (r *Reader) Rows(g int) int { return r.rows[g] }

// Read reads row group g. For each column of the format, in order, it takes a
// pointer to the Go type of the column's kind, and reuses the memory behind the
// pointer. On an error the contents are unspecified.
func (r *Reader) Read(g int, columns ...any) error {
	if len(columns) != len(r.format.Columns) {
		return fmt.Errorf("read %s: %d columns, want %d", r.name, len(columns), len(r.format.Columns))
	}
	for i, c := range r.format.Columns {
		err := guard(func() error {
			group := r.parquet.RowGroup(g)
			chunk, err := group.MetaData().ColumnChunk(i)
			if err != nil {
				return err
			}
			column, err := r.column(group, i, chunk)
			if err != nil {
				return err
			}
			return r.scratch.read(column, r.rows[g], chunk.NumValues(), columns[i])
		})
		if err != nil {
			return fmt.Errorf("read %s: row group %d, column %q: %w", r.name, g, c.Name, err)
		}
	}
	return nil
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// buffers returns a pointer for every column, as Read takes them.
func (f Format) buffers() []any {
	b := make([]any, len(f.Columns))
	for i, c := range f.Columns {
		switch c.Kind {
		case Int32:
			b[i] = new([]int32)
		case Uint8:
			b[i] = new([]uint8)
		case Int64:
			b[i] = new([]int64)
		case Float64:
			b[i] = new([]float64)
		case String:
			b[i] = new([]string)
		case Int64s:
			b[i] = new(List[int64])
		case Float32s:
			b[i] = new(List[float32])
		case Float64s:
			b[i] = new(List[float64])
		}
	}
	return b
}

// values returns what the pointers for Read point to, as Write takes it.
func values(buffers []any) []any {
	v := make([]any, len(buffers))
	for i, b := range buffers {
		switch b := b.(type) {
		case *[]int32:
			v[i] = *b
		case *[]uint8:
			v[i] = *b
		case *[]int64:
			v[i] = *b
		case *[]float64:
			v[i] = *b
		case *[]string:
			v[i] = *b
		case *List[int64]:
			v[i] = *b
		case *List[float32]:
			v[i] = *b
		case *List[float64]:
			v[i] = *b
		}
	}
	return v
}
