package foreign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/parquet"
)

// decodes decodes the values of a page, one block at a time.
type decodes interface {
	decode(n int) error // decodes the next n values
	indices(*hybrid) error
	asDictionary() decodes
}

var errValues = errors.New("the page ends within its values")

// decoded is a block of values of one type: float32, float64, int64 or string.
type decoded[T any] struct {
	block []T
	// read takes the next values from the page's bytes.
	read func(dst []T) error

	dictionary []T
	index      *hybrid
	scratch    []uint32
}

func (d *decoded[T]) decode(n int) error {
	d.block = sized(d.block, n)
	if d.index == nil {
		return d.read(d.block)
	}
	d.scratch = sized(d.scratch, n)
	if err := d.index.decode(d.scratch); err != nil {
		return err
	}
	for i, k := range d.scratch {
		if uint64(k) >= uint64(len(d.dictionary)) {
			return fmt.Errorf("index %d in a dictionary of %d; make the file again", k, len(d.dictionary))
		}
		d.block[i] = d.dictionary[k]
	}
	return nil
}

func (d *decoded[T]) indices(h *hybrid) error {
	d.index = h
	return nil
}

func (d *decoded[T]) asDictionary() decodes { return &decoded[T]{dictionary: d.block} }

// fixed decodes values of size bytes each.
func fixed[T any](data []byte, size int, of func([]byte) T) decodes {
	return &decoded[T]{read: func(dst []T) error {
		if len(dst)*size > len(data) {
			return errValues
		}
		for i := range dst {
			dst[i] = of(data[i*size : (i+1)*size])
		}
		data = data[len(dst)*size:]
		return nil
	}}
}

func float32s(data []byte) decodes {
	return &decoded[float32]{read: func(dst []float32) error {
		if 4*len(dst) > len(data) {
			return errValues
		}
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		data = data[4*len(dst):]
		return nil
	}}
}

func texts(data []byte) decodes {
	return &decoded[string]{read: func(dst []string) error {
		for i := range dst {
			if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
				return errValues
			}
			n := int(binary.LittleEndian.Uint32(data))
			dst[i], data = string(data[4:4+n]), data[4+n:]
		}
		return nil
	}}
}

// plain decodes the values of a page, or of a dictionary, in PLAIN encoding.
func (c *column) plain(data []byte) (decodes, error) {
	switch c.physical {
	case parquet.Types.Float:
		return float32s(data), nil
	case parquet.Types.Double:
		return fixed(data, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }), nil
	case parquet.Types.Int32:
		if c.unsigned {
			return fixed(data, 4, func(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }), nil
		}
		return fixed(data, 4, func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) }), nil
	case parquet.Types.Int64:
		return fixed(data, 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }), nil
	case parquet.Types.FixedLenByteArray: // float16
		return fixed(data, 2, func(b []byte) float32 { return widen(binary.LittleEndian.Uint16(b)) }), nil
	case parquet.Types.ByteArray:
		return texts(data), nil
	}
	return nil, fmt.Errorf("values of type %v", c.physical)
}

// split decodes the values of a page in BYTE_STREAM_SPLIT encoding: first the
// first bytes of all values, then the second bytes, and so on.
func (c *column) split(data []byte) (decodes, error) {
	size := map[parquet.Type]int{
		parquet.Types.Float: 4, parquet.Types.Double: 8, parquet.Types.Int32: 4, parquet.Types.Int64: 8, parquet.Types.FixedLenByteArray: 2,
	}[c.physical]
	if size == 0 || len(data)%size != 0 {
		return nil, errValues
	}
	joined, n := make([]byte, len(data)), len(data)/size
	for k := range size {
		for i, b := range data[k*n : (k+1)*n] {
			joined[i*size+k] = b
		}
	}
	return c.plain(joined)
}
