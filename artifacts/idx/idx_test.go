package idx

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sparsel/artifacts/mutate"
)

var (
	images = Images{Count: 2, Rows: 2, Cols: 3, Pixels: []byte{0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255}}
	labels = []uint8{7, 0, 9}
)

// The layout in the definition of the format, byte by byte.
var (
	imageBytes = slices.Concat([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3}, images.Pixels)
	labelBytes = []byte{0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9}
)

func TestWriteGivesTheLayout(t *testing.T) {
	var b bytes.Buffer
	if err := WriteImages(&b, images); err != nil || !bytes.Equal(b.Bytes(), imageBytes) {
		t.Errorf("images: % x, %v; want % x", b.Bytes(), err, imageBytes)
	}
	b.Reset()
	if err := WriteLabels(&b, labels); err != nil || !bytes.Equal(b.Bytes(), labelBytes) {
		t.Errorf("labels: % x, %v; want % x", b.Bytes(), err, labelBytes)
	}
}

func TestReadWhateverThePieces(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"whole":    func(r io.Reader) io.Reader { return r },
		"one byte": iotest.OneByteReader,
		"half":     iotest.HalfReader,
		"data+EOF": iotest.DataErrReader,
	}
	for name, wrap := range readers {
		m, err := ReadImages(wrap(bytes.NewReader(imageBytes)))
		if err != nil || m.Count != 2 || m.Rows != 2 || m.Cols != 3 || !bytes.Equal(m.Pixels, images.Pixels) {
			t.Errorf("%s: images %+v, %v", name, m, err)
		}
		l, err := ReadLabels(wrap(bytes.NewReader(labelBytes)), 10)
		if err != nil || !bytes.Equal(l, labels) {
			t.Errorf("%s: labels %v, %v", name, l, err)
		}
	}
}

// The file is larger than firstChunk and not a multiple of it, so that the
// buffer grows.
func TestReadLarge(t *testing.T) {
	want := Images{Count: 3*firstChunk + 17, Rows: 1, Cols: 1, Pixels: make([]byte, 3*firstChunk+17)}
	for i := range want.Pixels {
		want.Pixels[i] = byte(i * 31 >> 3)
	}
	var b bytes.Buffer
	if err := WriteImages(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadImages(&b)
	if err != nil || !bytes.Equal(got.Pixels, want.Pixels) {
		t.Fatalf("content differs or %v", err)
	}
	if cap(got.Pixels) != len(got.Pixels) {
		t.Errorf("capacity %d for %d pixels", cap(got.Pixels), len(got.Pixels))
	}
}

func TestReadRefuses(t *testing.T) {
	readImages := func(b []byte) error { _, err := ReadImages(bytes.NewReader(b)); return err }
	readLabels := func(b []byte) error { _, err := ReadLabels(bytes.NewReader(b), 10); return err }
	edit := func(b []byte, at int, v byte) []byte { b = bytes.Clone(b); b[at] = v; return b }
	for _, c := range []struct {
		name string
		read func([]byte) error
		in   []byte
		want string
	}{
		{"empty", readImages, nil, "ends after 0 bytes, inside its header"},
		{"magic cut", readImages, imageBytes[:3], "ends after 3 bytes, inside its header"},
		{"dimensions cut", readImages, imageBytes[:13], "ends after 13 bytes, inside its header"},
		{"magic", readImages, edit(imageBytes, 0, 1), "starts with the bytes 01 00 08 03, expected 00 00 08"},
		{"gzip", readImages, []byte{0x1f, 0x8b, 8, 0, 0}, "decompress it first"},
		{"zip", readImages, []byte("PK\x03\x04"), "unpack it first"},
		{"web page", readImages, []byte("<html>"), "web page"},
		{"float32", readImages, edit(imageBytes, 2, 0x0d), "element type 0x0d (float32), expected 0x08 (unsigned byte)"},
		{"unknown type", readImages, edit(imageBytes, 2, 0x0a), "element type 0x0a (unknown)"},
		{"no dimensions", readImages, edit(imageBytes, 3, 0), "0 dimensions, expected 1 (labels) to 3 (images)"},
		{"many dimensions", readImages, edit(imageBytes, 3, 255), "255 dimensions, expected 1"},
		{"labels as images", readImages, labelBytes, "1 dimension(s) (3), expected 3 (count×rows×cols); this is a file of labels"},
		{"images as labels", readLabels, imageBytes, "3 dimensions (2×2×3), expected 1; this is a file of images"},
		{"zero dimension", readImages, edit(imageBytes, 7, 0), "dimension 1 is 0, expected at least 1"},
		{"huge dimension", readImages, edit(imageBytes, 4, 0xff), "dimension 1 is 4278190082, expected at most"},
		{"product over the bound", readImages, []byte{0, 0, 8, 3, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255},
			"announce more than 1073741824 elements"},
		{"product that overflows to 0", readImages, []byte{0, 0, 8, 3, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0}, "announce more than"},
		{"data cut", readImages, imageBytes[:27], "ends after 27 of 28 bytes (header 2×2×3)"},
		{"no data", readImages, imageBytes[:16], "ends after 16 of 28 bytes"},
		{"data follows", readImages, append(bytes.Clone(imageBytes), 0), "bytes follow the 28 that the header (2×2×3) announces"},
		{"label too large", readLabels, edit(labelBytes, 9, 10), "label 2 of 3 (byte 9 of the file) is 10, expected 0 to 9"},
	} {
		err := c.read(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", c.name, err, c.want)
		}
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v is not ErrFormat", c.name, err)
		}
		if cut := strings.HasPrefix(c.want, "ends after"); cut != errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: is io.ErrUnexpectedEOF: %v", c.name, !cut)
		}
	}
}

// An error of the device is not blamed on the format, wherever it occurs.
func TestReadError(t *testing.T) {
	broken := errors.New("device gone")
	for n := range len(imageBytes) + 1 {
		_, err := ReadImages(io.MultiReader(bytes.NewReader(imageBytes[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// A header may announce a gigabyte, but what is not sent is not allocated.
func TestAllocationFollowsTheData(t *testing.T) {
	lie := []byte{0, 0, 8, 3, 0, 16, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32, 1, 2, 3}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := ReadImages(bytes.NewReader(lie)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2*firstChunk {
		t.Errorf("%d bytes allocated for 3 pixels", n)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, m := range []Images{
		{},
		{Count: 1, Rows: 2, Cols: 2, Pixels: make([]byte, 3)},
		{Count: -1, Rows: -1, Cols: 1, Pixels: make([]byte, 1)},
		{Count: 1 << 20, Rows: 1 << 20, Cols: 1 << 20},
	} {
		var b bytes.Buffer
		if err := WriteImages(&b, m); !errors.Is(err, ErrFormat) || b.Len() > 0 {
			t.Errorf("%d×%d×%d with %d pixels: %v, %d bytes written", m.Count, m.Rows, m.Cols, len(m.Pixels), err, b.Len())
		}
	}
}

func TestLoadSet(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	i, l3 := put("images", imageBytes), put("labels", labelBytes)
	l2 := put("labels2", []byte{0, 0, 8, 1, 0, 0, 0, 2, 3, 4})
	s, err := LoadSet(i, l2, 10)
	if err != nil || s.Count != 2 || !bytes.Equal(s.Pixels, images.Pixels) || !bytes.Equal(s.Labels, []byte{3, 4}) {
		t.Errorf("%+v, %v", s, err)
	}
	for _, c := range []struct{ images, labels, want string }{
		{i, l3, "2 images, but 3 labels"},
		{i, i, i + ": idx labels: 3 dimensions"},
		{l3, l3, l3 + ": idx images: 1 dimension(s)"},
		{i, filepath.Join(dir, "none"), "no such file"},
	} {
		if _, err := LoadSet(c.images, c.labels, 10); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q in it", err, c.want)
		}
	}
}

// FuzzRead checks that whatever is accepted is written back as the same bytes,
// and that whatever is rejected is rejected because of its format.
func FuzzRead(f *testing.F) {
	f.Add(imageBytes)
	f.Add(labelBytes)
	f.Add([]byte{})
	f.Add(imageBytes[:16])
	f.Add(append(bytes.Clone(labelBytes), 0))
	f.Add([]byte{0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5})
	f.Add([]byte{0, 0, 8, 3, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0})
	f.Add([]byte{0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3})
	f.Add([]byte("<!DOCTYPE html>"))
	mutate.Fuzz(f, func(t *testing.T, in []byte) {
		var out bytes.Buffer
		m, err := ReadImages(bytes.NewReader(in))
		if err == nil {
			if err := WriteImages(&out, m); err != nil || !bytes.Equal(out.Bytes(), in) {
				t.Fatalf("images do not round-trip: %v", err)
			}
		} else if !errors.Is(err, ErrFormat) {
			t.Fatalf("images: %v", err)
		}
		out.Reset()
		l, err := ReadLabels(bytes.NewReader(in), 10)
		if err == nil {
			if err := WriteLabels(&out, l); err != nil || !bytes.Equal(out.Bytes(), in) {
				t.Fatalf("labels do not round-trip: %v", err)
			}
			if slices.Max(l) > 9 {
				t.Fatalf("label %d accepted", slices.Max(l))
			}
		} else if !errors.Is(err, ErrFormat) {
			t.Fatalf("labels: %v", err)
		}
		h, err := ReadHeader(bytes.NewReader(in))
		if err == nil && !bytes.HasPrefix(in, h.appendTo(nil)) {
			t.Fatalf("header %v does not round-trip", h)
		}
	})
}
