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
	"strings"

	"sparsel/artifacts/idx"
)

// A truncatedError says that the bytes are well formed as far as they go, but
// end too early. A partial download may be continued.
type truncatedError struct{ error }

// errHash is in the error chain if form and length are right and the bytes are
// not.
var errHash = errors.New("wrong content")

// decode copies the decompressed bytes of src, which may be gzip or raw, to
// dst, and returns nil if they are exactly the file. dst never receives more
// than one byte beyond the file's length, however far src would expand. A
// failure to write is a writeError, which no other source can avoid.
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
		// Read one member only, so that whatever follows it is noticed below.
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
		if packed { // the end and the checksum of the gzip stream were right
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

// sniff refuses data whose first bytes are neither gzip nor IDX, and says what
// they look like. It accepts a beginning that is too short to tell.
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

// gzipError describes an error in a gzip stream after n bytes came out.
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

// sink remembers the error of its writer, because decode receives it mixed with
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
