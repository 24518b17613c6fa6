// Package fetch obtains the four MNIST files, wherever they can be had, and
// proves that they are the right ones.
//
// A file's identity is the SHA-256 of its decompressed IDX bytes. Where the
// bytes come from is not part of it: [Fetch] asks the store, then directories,
// then mirrors over HTTPS, and holds every source to the same checks, so that
// a source can be slow or wrong but never change a result. A source that fails
// a check is refused with the reason and the next one is tried.
//
// [NewStage] is the pipeline's way in; Fetch and what it takes know nothing of
// the pipeline. What the images mean is not this package's business: see
// artifacts/idx for reading them.
package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"sparsel/artifacts/idx"
)

// A File is one IDX file that is wanted.
type File struct {
	Name   string // output name, such as "train-images"
	Dims   []int  // count, then rows and columns for images
	SHA256 string // of the decompressed bytes, 64 lower-case hex digits
}

// Hashes are the identities of the four files: SHA-256 of the decompressed
// bytes in lower-case hex. They are the parameters of the fetch node.
type Hashes struct {
	TrainImages, TrainLabels string
	TestImages, TestLabels   string
}

// MNIST are the files as LeCun, Cortes and Burges published them.
var MNIST = Hashes{
	TrainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
	TrainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
	TestImages:  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
	TestLabels:  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

// Files are the four files of MNIST: 60,000 training and 10,000 test images of
// 28×28 pixels, and their labels.
func (h Hashes) Files() []File {
	return []File{
		{Name: "train-images", Dims: []int{60000, 28, 28}, SHA256: h.TrainImages},
		{Name: "train-labels", Dims: []int{60000}, SHA256: h.TrainLabels},
		{Name: "t10k-images", Dims: []int{10000, 28, 28}, SHA256: h.TestImages},
		{Name: "t10k-labels", Dims: []int{10000}, SHA256: h.TestLabels},
	}
}

// Validate reports every hash that is not 64 lower-case hex digits.
func (h Hashes) Validate() error {
	var errs []error
	for _, f := range h.Files() {
		if b, err := hex.DecodeString(f.SHA256); err != nil || len(b) != sha256.Size || strings.ToLower(f.SHA256) != f.SHA256 {
			errs = append(errs, fmt.Errorf("%s: hash %q is not a SHA-256 in 64 lower-case hex digits; copy it from the output of sha256sum on the decompressed file", f.Name, f.SHA256))
		}
	}
	return errors.Join(errs...)
}

func (f File) header() idx.Header { return idx.Header{Dims: f.Dims} }

// size is the exact length of the decompressed file in bytes.
func (f File) size() int64 { return f.header().FileBytes() }

// maxPacked bounds the compressed file. Deflate grows incompressible data by
// 5 bytes per stored block; 1/64 and 64 KiB allow blocks of 320 bytes and a
// header with names and comments.
func (f File) maxPacked() int64 { return f.size() + f.size()/64 + 64<<10 }

// stems are the two spellings of the name in circulation: as first published,
// and as some unpackers turn it.
func (f File) stems() [2]string {
	kind := "idx3"
	if len(f.Dims) == 1 {
		kind = "idx1"
	}
	return [2]string{f.Name + "-" + kind + "-ubyte", f.Name + "." + kind + "-ubyte"}
}

// A truncatedError says that the bytes seen are right as far as they go in
// form, but end too early. A partial download may be continued.
type truncatedError struct{ error }

// errHash is in the chain when form and length are right and the bytes are not.
var errHash = errors.New("wrong content")

// decode copies the decompressed bytes of src, which may be gzip or raw, to
// dst, and returns nil if they are exactly the file. dst never receives more
// than one byte beyond the file's length, however far src would expand. A
// failure to write is a writeError: no other source can cure that.
func (f File) decode(dst io.Writer, src io.Reader) error {
	out := &sink{w: dst}
	err := f.check(out, src)
	if out.err != nil {
		return writeError{out.err}
	}
	return err
}

func (f File) check(dst io.Writer, src io.Reader) error {
	br := bufio.NewReaderSize(src, 64<<10)
	start, err := br.Peek(512)
	if len(start) == 0 && (err == io.EOF || err == nil) {
		return truncatedError{errors.New("it is empty")}
	}
	if err != nil && err != io.EOF {
		return err
	}
	if err := sniff(start); err != nil {
		return err
	}
	var plain io.Reader = br
	packed := start[0] == gzipMagic[0]
	if packed {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return gzipError(err, 0, f.size())
		}
		// One member, so that whatever follows it is noticed below.
		zr.Multistream(false)
		plain = zr
	}
	sum := sha256.New()
	counted := &countReader{r: io.LimitReader(plain, f.size()+1)}
	both := io.MultiWriter(sum, dst)
	h, err := idx.ReadHeader(io.TeeReader(counted, both))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncatedError{f.short(counted.n, packed)}
	case errors.Is(err, idx.ErrFormat):
		return err
	case err != nil:
		return gzipError(err, counted.n, f.size())
	case !h.Equal(f.header()):
		return fmt.Errorf("its header says %v, expected %v", h, f.header())
	}
	if _, err := io.Copy(both, counted); err != nil {
		if packed {
			return gzipError(err, counted.n, f.size())
		}
		return err
	}
	switch {
	case counted.n < f.size():
		err := f.short(counted.n, packed)
		if packed { // the stream's own end and checksum were right
			return err
		}
		return truncatedError{err}
	case counted.n > f.size():
		return fmt.Errorf("it holds more than the %d bytes expected", f.size())
	}
	if _, err := br.Peek(1); err == nil {
		return errors.New("other bytes follow the end of its gzip stream")
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("%w: its SHA-256 is %s, expected %s", errHash, got, f.SHA256)
	}
	return nil
}

func (f File) short(n int64, packed bool) error {
	if packed {
		return fmt.Errorf("it decompresses to %d bytes, expected %d", n, f.size())
	}
	return fmt.Errorf("it ends after %d of %d bytes", n, f.size())
}

var gzipMagic = []byte{0x1f, 0x8b}

// sniff refuses what is neither gzip nor IDX from its first bytes, and says
// what it looks like. A beginning that is too short to tell passes.
func sniff(start []byte) error {
	for _, magic := range [][]byte{gzipMagic, {0, 0}} {
		n := min(len(magic), len(start))
		if bytes.Equal(start[:n], magic[:n]) {
			return nil
		}
	}
	const shown = 40
	kind := http.DetectContentType(start)
	switch {
	case strings.HasPrefix(kind, "text/html"):
		kind = "a web page"
	case strings.HasPrefix(kind, "text/"):
		kind = "text"
	case kind == "application/octet-stream":
		kind = "unknown data"
	}
	return fmt.Errorf("it is %s and neither gzip nor IDX: it starts with %q", kind, start[:min(shown, len(start))])
}

// gzipError words an error of reading a gzip stream after n bytes came out.
func gzipError(err error, n, size int64) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return truncatedError{fmt.Errorf("its gzip stream is cut off after %d of %d decompressed bytes", n, size)}
	}
	return fmt.Errorf("its gzip stream is damaged after %d of %d decompressed bytes: %w", n, size, err)
}

// A writeError is a failure of the destination, not of the source.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// sink remembers the error of its writer, which reaches decode mixed with
// those of the source.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// names lists the file names under which f is looked for in a directory,
// uncompressed ones first.
func (f File) names() []string {
	stems := f.stems()
	return slices.Concat(stems[:], []string{stems[0] + ".gz", stems[1] + ".gz"})
}
