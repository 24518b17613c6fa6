package foreign

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// maxRatio is the most by which a codec can expand its input: a zstd block of
// at least 4 bytes contains at most 128 KiB (RFC 8878, section 3.1.1.2.4).
const maxRatio = 128 << 10 / 4

var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(1))
})

// decompress fills dst from src, which must contain exactly that much.
func decompress(codec compress.Compression, dst, src []byte) error {
	var out []byte
	var err error
	switch codec {
	case compress.Codecs.Uncompressed:
		out = dst[:copy(dst, src)]
		if len(src) != len(dst) {
			err = fmt.Errorf("%d bytes", len(src))
		}
	case compress.Codecs.Snappy:
		var n int
		if n, err = snappy.DecodedLen(src); err == nil && n == len(dst) {
			out, err = snappy.Decode(dst, src)
		}
	case compress.Codecs.Zstd:
		var d *zstd.Decoder
		if d, err = decoder(); err == nil {
			out, err = d.DecodeAll(src, dst[:0:len(dst)])
		}
	case compress.Codecs.Gzip:
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(src)); err != nil {
			break
		}
		if _, err = io.ReadFull(r, dst); err != nil {
			break
		}
		if n, e := r.Read(make([]byte, 1)); n != 0 || e != io.EOF { // this read verifies the checksum
			err = errors.Join(errors.New("more than was announced"), e)
		}
		out = dst
	default:
		return fmt.Errorf("compressed with %v; write it with zstd, snappy, gzip or without compression", codec)
	}
	if err == nil && len(out) != len(dst) {
		err = fmt.Errorf("%d bytes where %d were announced", len(out), len(dst))
	}
	if err != nil {
		return fmt.Errorf("the page does not decompress: %w; make the file again", err)
	}
	return nil
}
