package artifacts

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
)

const (
	// createdBy names the writer without the version of the library, because the
	// format and its version identify a file.
	createdBy = "sparsel"

	// maxChunk bounds the size of one column of one row group, uncompressed and in
	// bytes, both for writing and for reading. The formats stay far below it. It
	// keeps a damaged header from asking for all memory.
	maxChunk = 64 << 20
)

// Writer writes one archive, one row group at a time. Row groups are compressed
// and written immediately; only the footer is kept in memory.
type Writer struct {
	format  Format
	path    string
	file    *os.File
	parquet *file.Writer
	meta    Meta // the caller's keys and the format's
	sums    [][sha256.Size]byte
	rows    []int
	scratch scratch
	err     error
	done    bool
}

// Create begins an archive at path and replaces any file there. It must be
// ended by Close or Discard.
func Create(path string, f Format, meta Meta) (*Writer, error) {
	w := &Writer{format: f, path: path, meta: Meta{}}
	for k, v := range meta {
		if k == "" || strings.HasPrefix(k, reserved) {
			return nil, fmt.Errorf("write %s: metadata key %q is reserved; rename it", path, k)
		}
		w.meta[k] = v
	}
	w.Note("format", f.Name)
	w.Note("version", strconv.Itoa(f.Version))
	root, err := f.root()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	out, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	w.file = out
	if err := guard(func() error {
		w.parquet = file.NewParquetWriter(w.file, root, file.WithWriterProps(f.properties()))
		return nil
	}); err != nil {
		w.err = err
		return nil, errors.Join(w.failure(), w.Discard())
	}
	return w, nil
}

// properties returns the writer's settings. They are all fixed: if a setting
// depended on the machine, the bytes would, too.
func (f Format) properties() *parquet.WriterProperties {
	p := []parquet.WriterProperty{
		parquet.WithCreatedBy(createdBy),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithDictionaryDefault(false),
		parquet.WithStats(false),
		parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithDataPageSize(2 * maxChunk), // never reached, so a chunk has one page
		parquet.WithCompression(compress.Codecs.Zstd),
	}
	for _, c := range f.Columns {
		p = append(p, parquet.WithStatsFor(c.Name, c.Bounds))
	}
	return parquet.NewWriterProperties(p...)
}

// Note adds a key of the format's own, under the reserved prefix. It may be
// called until Close.
func (w *Writer) Note(key, value string) { w.meta[reserved+key] = value }

// Write adds one row group. For each column of the format, in order, it takes a
// value of the Go type of the column's kind, all with the same number of rows.
// It does not keep the values. After an error the archive is lost, and Close
// reports the error again.
func (w *Writer) Write(columns ...any) error {
	if w.err != nil {
		return w.failure()
	}
	if w.done {
		return fmt.Errorf("write %s: already closed", w.path)
	}
	rows, err := w.format.shape(columns)
	if err == nil && rows == 0 {
		return nil
	}
	if err == nil {
		err = guard(func() error { return w.group(columns) })
	}
	if w.err = err; err != nil {
		return w.failure()
	}
	w.rows = append(w.rows, rows)
	w.sums = append(w.sums, digest(columns))
	return nil
}

// shape checks the columns of a row group against the format.
func (f Format) shape(columns []any) (rows int, err error) {
	if len(columns) != len(f.Columns) {
		return 0, fmt.Errorf("%d columns, want %d", len(columns), len(f.Columns))
	}
	for i, c := range f.Columns {
		n, bytes, err := c.Kind.rows(columns[i])
		switch {
		case err != nil:
			return 0, fmt.Errorf("column %q: %w", c.Name, err)
		case i > 0 && n != rows:
			return 0, fmt.Errorf("column %q has %d rows, column %q %d", c.Name, n, f.Columns[0].Name, rows)
		case bytes > maxChunk/2: // the other half is for the levels
			return 0, fmt.Errorf("column %q has %d bytes in one row group; split it", c.Name, bytes)
		}
		rows = n
	}
	return rows, nil
}

func (w *Writer) group(columns []any) error {
	g := w.parquet.AppendRowGroup()
	for i, c := range w.format.Columns {
		chunk, err := g.NextColumn()
		if err == nil {
			err = w.scratch.write(chunk, columns[i])
		}
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	return g.Close()
}

// Close writes the footer, closes the file, reads it back and compares every
// value with what was passed to Write. It does not sync the file, which is up
// to the store that takes it over. If anything failed, it removes the file and
// returns the first error.
func (w *Writer) Close() error {
	if w.done {
		return nil
	}
	if w.err == nil {
		w.err = w.finish()
	}
	if w.err == nil {
		w.err = w.verify()
	}
	if w.err != nil {
		return errors.Join(w.failure(), w.Discard())
	}
	return nil
}

// Discard ends an archive that is not wanted and removes its file.
func (w *Writer) Discard() error {
	w.done = true
	w.file.Close() // it may be closed already; what counts is that it is closed
	if err := os.Remove(w.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("discard %s: %w", w.path, err)
	}
	return nil
}

func (w *Writer) failure() error { return fmt.Errorf("write %s: %w", w.path, w.err) }

func (w *Writer) finish() error {
	err := guard(func() error {
		for _, k := range slices.Sorted(maps.Keys(w.meta)) {
			if err := w.parquet.AppendKeyValueMetadata(k, w.meta[k]); err != nil {
				return err
			}
		}
		return w.parquet.FlushWithFooter() // the writer's Close drops the error
	})
	w.done = true
	return errOr(err, w.file.Close())
}

// verify opens the finished file as any reader would and compares it with what
// was written.
func (w *Writer) verify() error {
	r, err := Open(w.path, w.format)
	if err != nil {
		return err
	}
	defer r.Close()
	if !maps.Equal(r.meta, w.meta) {
		return errors.New("the metadata read back differ from those written")
	}
	if r.Groups() != len(w.sums) {
		return fmt.Errorf("%d row groups read back, %d written", r.Groups(), len(w.sums))
	}
	columns := w.format.buffers()
	for g := range w.sums {
		if err := r.Read(g, columns...); err != nil {
			return err
		}
		if r.Rows(g) != w.rows[g] || digest(values(columns)) != w.sums[g] {
			return fmt.Errorf("row group %d read back differs from what was written", g)
		}
	}
	return nil
}

// guard turns a panic of the library into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parquet library: %v", p)
		}
	}()
	return f()
}
