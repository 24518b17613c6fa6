package foreign

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxRatio is the most by which a codec other than Brotli can expand its input:
// a zstd block of at least 4 bytes contains at most 128 KiB (RFC 8878, section
// 3.1.1.2.4). Brotli has no such limit that would be of use: a few bytes can
// stand for 16 MiB (RFC 7932, section 9.2).
const maxRatio = 128 << 10 / 4

// lz4Raw is LZ4_RAW in Parquet's format, a bare LZ4 block, which is what
// writers mean by LZ4 today. Codecs.Lz4 is the obsolete one, whose framing was
// never agreed on.
const lz4Raw = compress.Compression(7)

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
		out, err = dst, readWhole(dst, r)
	case compress.Codecs.Brotli:
		out, err = dst, readWhole(dst, brotli.NewReader(bytes.NewReader(src)))
	case lz4Raw:
		var n int
		n, err = lz4.UncompressBlock(src, dst)
		out = dst[:max(0, n)]
	default:
		return fmt.Errorf("compressed with %v; write it with zstd, snappy, lz4_raw, gzip, brotli or without compression", codec)
	}
	if err == nil && len(out) != len(dst) {
		err = fmt.Errorf("%d bytes where %d were announced", len(out), len(dst))
	}
	if err != nil {
		return fmt.Errorf("the page does not decompress: %w; make the file again", err)
	}
	return nil
}

// readWhole fills dst from r, which must then end.
func readWhole(dst []byte, r io.Reader) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	// The next read also verifies the checksum, if there is one.
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return errors.Join(errors.New("more than was announced"), err)
	}
	return nil
}
