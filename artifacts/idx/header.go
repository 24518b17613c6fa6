// Package idx reads and writes IDX files of unsigned bytes, the format in which
// MNIST was published by LeCun, Cortes and Burges
// (http://yann.lecun.com/exdb/mnist/).
//
// A file consists of two zero bytes, a type byte (0x08: unsigned byte), the
// number of dimensions, each dimension as a big-endian uint32, and the elements
// in row-major order. Nothing may follow. Images have the dimensions count ×
// rows × cols; labels have one dimension.
//
// Call [LoadSet] for images with their labels, and [ReadHeader] to inspect a
// stream before using it. Input is not trusted: whatever a header announces, no
// more memory is used than about twice the bytes that really arrive.
//
// Compression is not part of the format: the fetch stage removes it.
package idx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxElements bounds the elements of one file. The largest set published in
// this format, EMNIST ByClass, has 697,932×784 = 5.5e8 elements. 2³⁰ leaves
// room and still fits an int on 32-bit machines.
const maxElements = 1 << 30

// maxDims bounds the number of dimensions: images need three.
const maxDims = 3

const unsignedByte = 0x08

// typeNames are the element types that the format defines.
var typeNames = map[byte]string{
	unsignedByte: "unsigned byte",
	0x09:         "signed byte",
	0x0b:         "int16",
	0x0c:         "int32",
	0x0d:         "float32",
	0x0e:         "float64",
}

// ErrFormat is in the chain of every error that says that the bytes are not the
// requested IDX file, as opposed to an error in reading them.
var ErrFormat = errors.New("not a valid IDX file")

// formatError is an error with its own wording that wraps ErrFormat.
type formatError string

func (e formatError) Error() string        { return string(e) }
func (e formatError) Is(target error) bool { return target == ErrFormat }

func formatErrorf(format string, args ...any) error {
	return formatError(fmt.Sprintf(format, args...))
}

// A Header is the shape of an IDX file of unsigned bytes.
type Header struct {
	Dims []int // outermost first: samples, then rows and columns
}

// Elements returns the product of the dimensions.
func (h Header) Elements() int64 {
	n := int64(1)
	for _, d := range h.Dims {
		n *= int64(d)
	}
	return n
}

// HeaderBytes returns the length of the header in the file.
func (h Header) HeaderBytes() int64 { return 4 + 4*int64(len(h.Dims)) }

// FileBytes returns the exact length of the file.
func (h Header) FileBytes() int64 { return h.HeaderBytes() + h.Elements() }

// Equal reports whether both headers have the same dimensions.
func (h Header) Equal(o Header) bool { return slices.Equal(h.Dims, o.Dims) }

// String returns the dimensions as "60000×28×28".
func (h Header) String() string {
	s := make([]string, len(h.Dims))
	for i, d := range h.Dims {
		s[i] = fmt.Sprint(d)
	}
	return strings.Join(s, "×")
}

// Check enforces the rules for headers, both for reading and for writing.
func (h Header) Check() error {
	if len(h.Dims) < 1 || len(h.Dims) > maxDims {
		return formatErrorf("idx header: %d dimensions, expected 1 (labels) to %d (images)", len(h.Dims), maxDims)
	}
	elements := int64(1)
	for i, d := range h.Dims {
		if d < 1 {
			return formatErrorf("idx header: dimension %d is %d, expected at least 1", i+1, d)
		}
		// Here elements ≤ 2³⁰, so the division detects any product that would exceed
		// the bound before it can overflow.
		if int64(d) > maxElements/elements {
			return formatErrorf("idx header: dimensions %v announce more than %d elements; the header is damaged, get the file again",
				h, maxElements)
		}
		elements *= int64(d)
	}
	return nil
}

// ReadHeader reads exactly the header's bytes from r and checks them. A stream
// that ends inside the header gives an error that wraps io.ErrUnexpectedEOF.
func ReadHeader(r io.Reader) (Header, error) {
	var b [4 + 4*maxDims]byte
	if err := readHeaderPart(r, b[:4], 0); err != nil {
		return Header{}, err
	}
	if b[0] != 0 || b[1] != 0 {
		return Header{}, formatErrorf("idx header: starts with the bytes % x, expected 00 00 08 and the number of dimensions%s",
			b[:4], hint(b[:4]))
	}
	if b[2] != unsignedByte {
		name := typeNames[b[2]]
		if name == "" {
			name = "unknown"
		}
		return Header{}, formatErrorf("idx header: element type 0x%02x (%s), expected 0x08 (unsigned byte)", b[2], name)
	}
	n := int(b[3])
	if n < 1 || n > maxDims {
		return Header{}, formatErrorf("idx header: %d dimensions, expected 1 (labels) to %d (images)", n, maxDims)
	}
	dims := b[4 : 4+4*n]
	if err := readHeaderPart(r, dims, 4); err != nil {
		return Header{}, err
	}
	h := Header{Dims: make([]int, n)}
	for i := range h.Dims {
		d := binary.BigEndian.Uint32(dims[4*i:])
		if d > maxElements { // this also keeps the int positive on 32-bit machines
			return Header{}, formatErrorf("idx header: dimension %d is %d, expected at most %d; the header is damaged, get the file again",
				i+1, d, maxElements)
		}
		h.Dims[i] = int(d)
	}
	return h, h.Check()
}

// readHeaderPart fills b, which starts at the given byte offset of the file.
func readHeaderPart(r io.Reader, b []byte, offset int) error {
	n, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("idx header: the file ends after %d bytes, inside its header; it is truncated, get it again: %w",
			offset+n, truncatedError{})
	}
	if err != nil {
		return fmt.Errorf("idx header: %w", err)
	}
	return nil
}

// truncatedError is both io.ErrUnexpectedEOF and ErrFormat.
type truncatedError struct{}

func (truncatedError) Error() string { return io.ErrUnexpectedEOF.Error() }
func (truncatedError) Is(target error) bool {
	return target == io.ErrUnexpectedEOF || target == ErrFormat
}

// hint names the usual mistakes that explain a wrong beginning.
func hint(b []byte) string {
	switch {
	case b[0] == 0x1f && b[1] == 0x8b:
		return "; this is a gzip file, decompress it first"
	case b[0] == 'P' && b[1] == 'K':
		return "; this is a zip file, unpack it first"
	case b[0] == '<' || b[0] == '{':
		return "; this is a web page or an error message, get the file again"
	}
	return ""
}

// appendTo appends the encoded header to b.
func (h Header) appendTo(b []byte) []byte {
	b = append(b, 0, 0, unsignedByte, byte(len(h.Dims)))
	for _, d := range h.Dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return b
}
