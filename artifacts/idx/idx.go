package idx

import (
	"fmt"
	"io"
	"os"
)

// Images holds Count grey images of Rows×Cols pixels, from 0 (background) to
// 255.
type Images struct {
	Count, Rows, Cols int
	Pixels            []byte // Count×Rows×Cols, row-major
}

// A Set is a set of images with one label each.
type Set struct {
	Images
	Labels []uint8 // Count
}

// ReadImages reads a whole IDX file of images. The stream must end where the
// file ends.
func ReadImages(r io.Reader) (Images, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return Images{}, err
	}
	if len(h.Dims) != 3 {
		return Images{}, formatErrorf("idx images: %d dimension(s) (%v), expected 3 (count×rows×cols)%s", len(h.Dims), h, swapped(h, 1))
	}
	b, err := readElements(r, h)
	if err != nil {
		return Images{}, err
	}
	return Images{Count: h.Dims[0], Rows: h.Dims[1], Cols: h.Dims[2], Pixels: b}, nil
}

// ReadLabels reads a whole IDX file of labels, each of which must be below
// classes. The stream must end where the file ends.
func ReadLabels(r io.Reader, classes int) ([]uint8, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	if len(h.Dims) != 1 {
		return nil, formatErrorf("idx labels: %d dimensions (%v), expected 1%s", len(h.Dims), h, swapped(h, 3))
	}
	b, err := readElements(r, h)
	if err != nil {
		return nil, err
	}
	for i, label := range b {
		if int(label) >= classes {
			return nil, formatErrorf("idx labels: label %d of %d (byte %d of the file) is %d, expected 0 to %d; the file is damaged, get it again",
				i+1, len(b), h.HeaderBytes()+int64(i), label, classes-1)
		}
	}
	return b, nil
}

// swapped adds what the file is if it has the dimensions of the other kind.
func swapped(h Header, other int) string {
	if len(h.Dims) != other {
		return ""
	}
	if other == 1 {
		return "; this is a file of labels"
	}
	return "; this is a file of images"
}

// firstChunk is the memory that readElements allocates on the header's word
// alone. A larger file must deliver bytes first.
const firstChunk = 1 << 20

// readElements reads exactly the elements that h announces, and then the end of
// the stream.
func readElements(r io.Reader, h Header) ([]byte, error) {
	want := int(h.Elements())
	b := make([]byte, 0, min(want, firstChunk))
	for len(b) < want {
		if len(b) == cap(b) {
			// Double the capacity, but never beyond the announced length.
			grown := make([]byte, len(b), min(want, 2*cap(b)))
			copy(grown, b)
			b = grown
		}
		n, err := io.ReadFull(r, b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("idx data: the file ends after %d of %d bytes (header %v); it is truncated, get it again: %w",
				h.HeaderBytes()+int64(len(b)), h.FileBytes(), h, truncatedError{})
		}
		if err != nil {
			return nil, fmt.Errorf("idx data: %w", err)
		}
	}
	var extra [1]byte
	switch _, err := io.ReadFull(r, extra[:]); err {
	case io.EOF:
		return b, nil
	case nil:
		return nil, formatErrorf("idx data: bytes follow the %d that the header (%v) announces; the file is damaged, get it again",
			h.FileBytes(), h)
	default:
		return nil, fmt.Errorf("idx data: %w", err)
	}
}

// LoadSet reads a file of images and the file of their labels. There must be as
// many labels as images, and each label must be below classes.
func LoadSet(images, labels string, classes int) (Set, error) {
	var s Set
	var err error
	if err = load(images, func(r io.Reader) error { s.Images, err = ReadImages(r); return err }); err != nil {
		return Set{}, err
	}
	if err = load(labels, func(r io.Reader) error { s.Labels, err = ReadLabels(r, classes); return err }); err != nil {
		return Set{}, err
	}
	if len(s.Labels) != s.Count {
		return Set{}, formatErrorf("load %s: %d images, but %d labels in %s; the two files do not belong together",
			images, s.Count, len(s.Labels), labels)
	}
	return s, nil
}

func load(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("load IDX file: %w", err)
	}
	defer f.Close()
	if err := read(f); err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	return nil
}

// WriteImages writes a complete IDX file of images.
func WriteImages(w io.Writer, m Images) error {
	return write(w, Header{Dims: []int{m.Count, m.Rows, m.Cols}}, m.Pixels)
}

// WriteLabels writes a complete IDX file of labels.
func WriteLabels(w io.Writer, labels []uint8) error {
	return write(w, Header{Dims: []int{len(labels)}}, labels)
}

func write(w io.Writer, h Header, data []byte) error {
	if err := h.Check(); err != nil {
		return fmt.Errorf("write IDX file: %w", err)
	}
	if int64(len(data)) != h.Elements() {
		return formatErrorf("write IDX file: %d elements for the dimensions %v, expected %d", len(data), h, h.Elements())
	}
	if _, err := w.Write(h.appendTo(nil)); err != nil {
		return fmt.Errorf("write IDX file: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write IDX file: %w", err)
	}
	return nil
}
