package artifacts

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// scratch is memory that a writer or reader reuses for the next row group.
type scratch struct {
	repetition, definition []int16
	ints                   []int32
	bytes                  []parquet.ByteArray
}

// sized returns s with length n and unspecified contents.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// rows returns the number of rows in data, a value for a column of kind k, and
// their size in bytes, uncompressed and without levels.
func (k Kind) rows(data any) (rows, bytes int, err error) {
	switch d := data.(type) {
	case []int32:
		return len(d), 4 * len(d), k.want(Int32)
	case []uint8:
		return len(d), 4 * len(d), k.want(Uint8)
	case []int64:
		return len(d), 8 * len(d), k.want(Int64)
	case []float64:
		return len(d), 8 * len(d), k.want(Float64)
	case []string:
		for _, s := range d {
			bytes += 4 + len(s)
		}
		return len(d), bytes, k.want(String)
	case List[int64]:
		return len(d.Lengths), 8 * len(d.Values), errOr(d.check(), k.want(Int64s))
	case List[float32]:
		return len(d.Lengths), 4 * len(d.Values), errOr(d.check(), k.want(Float32s))
	case List[float64]:
		return len(d.Lengths), 8 * len(d.Values), errOr(d.check(), k.want(Float64s))
	}
	return 0, 0, fmt.Errorf("values of type %T fit no column", data)
}

func (k Kind) want(has Kind) error {
	if k != has {
		return fmt.Errorf("values of kind %d, want kind %d", has, k)
	}
	return nil
}

func errOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// check compares the lengths of the rows with the number of values.
func (l List[T]) check() error {
	sum := 0
	for i, n := range l.Lengths {
		if n < 0 {
			return fmt.Errorf("row %d has length %d", i, n)
		}
		sum += int(n)
	}
	if sum != len(l.Values) {
		return fmt.Errorf("lists of %d values in all, but %d values", sum, len(l.Values))
	}
	return nil
}

// write passes one column of a row group to the library. It makes no call for a
// column without rows.
func (s *scratch) write(w file.ColumnChunkWriter, data any) (err error) {
	switch d := data.(type) {
	case []int32:
		_, err = w.(*file.Int32ColumnChunkWriter).WriteBatch(d, nil, nil)
	case []uint8:
		s.ints = sized(s.ints, len(d))
		for i, v := range d {
			s.ints[i] = int32(v)
		}
		_, err = w.(*file.Int32ColumnChunkWriter).WriteBatch(s.ints, nil, nil)
	case []int64:
		_, err = w.(*file.Int64ColumnChunkWriter).WriteBatch(d, nil, nil)
	case []float64:
		_, err = w.(*file.Float64ColumnChunkWriter).WriteBatch(d, nil, nil)
	case []string:
		s.bytes = sized(s.bytes, len(d))
		for i, v := range d {
			s.bytes[i] = parquet.ByteArray(v)
		}
		_, err = w.(*file.ByteArrayColumnChunkWriter).WriteBatch(s.bytes, nil, nil)
	case List[int64]:
		s.levels(d.Lengths, len(d.Values))
		_, err = w.(*file.Int64ColumnChunkWriter).WriteBatch(d.Values, s.definition, s.repetition)
	case List[float32]:
		s.levels(d.Lengths, len(d.Values))
		_, err = w.(*file.Float32ColumnChunkWriter).WriteBatch(d.Values, s.definition, s.repetition)
	case List[float64]:
		s.levels(d.Lengths, len(d.Values))
		_, err = w.(*file.Float64ColumnChunkWriter).WriteBatch(d.Values, s.definition, s.repetition)
	}
	return err
}

// levels sets the levels of a list column. Repetition level 0 begins a row and
// 1 continues it. Definition level 1 is a value and 0 stands for an empty list.
func (s *scratch) levels(lengths []int32, values int) {
	s.repetition = sized(s.repetition, values+len(lengths))[:0]
	s.definition = sized(s.definition, values+len(lengths))[:0]
	for _, n := range lengths {
		s.repetition = append(s.repetition, 0)
		s.definition = append(s.definition, int16(min(n, 1)))
		for range n - 1 {
			s.repetition = append(s.repetition, 1)
			s.definition = append(s.definition, 1)
		}
	}
}

// read fills dst, a pointer to what write takes, with one column of a row group
// that has the given number of rows. It reuses the memory of dst.
func (s *scratch) read(r file.ColumnChunkReader, rows int, levels int64, dst any) error {
	switch d := dst.(type) {
	case *[]int32:
		*d = sized(*d, rows)
		return all(rows)(r.(*file.Int32ColumnChunkReader).ReadBatch(int64(rows), *d, nil, nil))
	case *[]uint8:
		s.ints = sized(s.ints, rows)
		if err := all(rows)(r.(*file.Int32ColumnChunkReader).ReadBatch(int64(rows), s.ints, nil, nil)); err != nil {
			return err
		}
		*d = sized(*d, rows)
		for i, v := range s.ints {
			if v < 0 || v > math.MaxUint8 {
				return fmt.Errorf("value %d of row %d is not in 0..255", v, i)
			}
			(*d)[i] = uint8(v)
		}
		return nil
	case *[]int64:
		*d = sized(*d, rows)
		return all(rows)(r.(*file.Int64ColumnChunkReader).ReadBatch(int64(rows), *d, nil, nil))
	case *[]float64:
		*d = sized(*d, rows)
		return all(rows)(r.(*file.Float64ColumnChunkReader).ReadBatch(int64(rows), *d, nil, nil))
	case *[]string:
		s.bytes = sized(s.bytes, rows)
		if err := all(rows)(r.(*file.ByteArrayColumnChunkReader).ReadBatch(int64(rows), s.bytes, nil, nil)); err != nil {
			return err
		}
		*d = sized(*d, rows)
		for i, v := range s.bytes {
			(*d)[i] = string(v)
		}
		return nil
	case *List[int64]:
		return readList(s, r.(*file.Int64ColumnChunkReader).ReadBatch, rows, levels, d)
	case *List[float32]:
		return readList(s, r.(*file.Float32ColumnChunkReader).ReadBatch, rows, levels, d)
	case *List[float64]:
		return readList(s, r.(*file.Float64ColumnChunkReader).ReadBatch, rows, levels, d)
	}
	return fmt.Errorf("cannot read a column into %T", dst)
}

// all turns a short read into an error.
func all(rows int) func(int64, int, error) error {
	return func(total int64, values int, err error) error {
		if err == nil && (total != int64(rows) || values != rows) {
			err = fmt.Errorf("%d of %d values", values, rows)
		}
		return err
	}
}

func readList[T int64 | float32 | float64](
	s *scratch, batch func(int64, []T, []int16, []int16) (int64, int, error), rows int, levels int64, dst *List[T],
) error {
	n := int(levels)
	s.repetition, s.definition = sized(s.repetition, n), sized(s.definition, n)
	dst.Values = sized(dst.Values, n)
	total, values, err := batch(levels, dst.Values, s.definition, s.repetition)
	if err != nil {
		return err
	}
	if total != levels {
		return fmt.Errorf("%d of %d levels", total, levels)
	}
	dst.Values = dst.Values[:values]
	dst.Lengths = sized(dst.Lengths, rows)[:0]
	for i, r := range s.repetition {
		switch {
		case r == 0 && len(dst.Lengths) < rows:
			dst.Lengths = append(dst.Lengths, int32(s.definition[i]))
		case r == 1 && i > 0 && s.definition[i] == 1 && s.definition[i-1] == 1:
			dst.Lengths[len(dst.Lengths)-1]++
		default:
			return fmt.Errorf("levels %d, %d at %d make no lists", r, s.definition[i], i)
		}
	}
	if len(dst.Lengths) != rows {
		return fmt.Errorf("%d of %d lists", len(dst.Lengths), rows)
	}
	return dst.check()
}

// sum adds a column to the digest of a row group. Two columns of the same kind
// have equal sums if they are equal bit for bit.
func sum(h hash.Hash, data any) {
	length := func(n int) {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	switch d := data.(type) {
	case []int32:
		length(len(d))
		h.Write(arrow.Int32Traits.CastToBytes(d))
	case []uint8:
		length(len(d))
		h.Write(d)
	case []int64:
		length(len(d))
		h.Write(arrow.Int64Traits.CastToBytes(d))
	case []float64:
		length(len(d))
		h.Write(arrow.Float64Traits.CastToBytes(d))
	case []string:
		length(len(d))
		for _, s := range d {
			length(len(s))
			h.Write([]byte(s))
		}
	case List[int64]:
		sum(h, d.Lengths)
		sum(h, d.Values)
	case List[float32]:
		sum(h, d.Lengths)
		length(len(d.Values))
		h.Write(arrow.Float32Traits.CastToBytes(d.Values))
	case List[float64]:
		sum(h, d.Lengths)
		sum(h, d.Values)
	}
}

// digest returns the digest of a row group's columns.
func digest(columns []any) (d [sha256.Size]byte) {
	h := sha256.New()
	for _, c := range columns {
		sum(h, c)
	}
	return [sha256.Size]byte(h.Sum(d[:0]))
}
