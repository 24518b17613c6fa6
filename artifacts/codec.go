package artifacts

import (
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// level is the compression level of pages. Float activations hardly compress.
// 10,000 x 256 sigmoid values are 10,240,000 bytes. With labels, keys and list
// levels they make a file of this size (BenchmarkWriteActivations, one core,
// Zen 3; writing includes reading back):
//
//	level             bytes       write     read
//	SpeedFastest      10,272,835  85 MB/s   240 MB/s
//	SpeedDefault      10,239,760  84 MB/s   210 MB/s
//	SpeedBetter       9,259,527   52 MB/s   135 MB/s
//
// A tenth of the disk space is not worth two thirds more time, because a run is
// written once and every epoch of it may be. Compression serves three other
// purposes: the checksum in each frame, the keys, and collapsed networks, whose
// activations repeat. The fastest level is good enough for all three.
const level = zstd.SpeedFastest

// codec is the zstd compression of pages. It replaces the library's own codec,
// in the way that the library provides for this, because that codec makes a new
// encoder for every page and allocates whatever a damaged frame says that it
// will need.
type codec struct {
	compress.Codec
	encoder func() *zstd.Encoder
	decoder func() *zstd.Decoder
}

func init() {
	own, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		panic(err) // the library always includes zstd
	}
	compress.RegisterCodec(compress.Codecs.Zstd, codec{own, theEncoder, theDecoder})
}

// Any number of goroutines may use both at once. What an encoder has compressed
// before does not affect what it compresses next.
var (
	theEncoder = sync.OnceValue(func() *zstd.Encoder {
		return must(zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithZeroFrames(true)))
	})
	theDecoder = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true)))
	})
)

// must is for constructors that only fail on options that do not exist.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// EncodeLevel compresses src into dst. It ignores the level.
func (c codec) EncodeLevel(dst, src []byte, _ int) []byte {
	return c.encoder().EncodeAll(src, dst[:0])
}

// Encode compresses src into dst.
func (c codec) Encode(dst, src []byte) []byte { return c.EncodeLevel(dst, src, 0) }

// Decode decompresses src into dst, which has room for all of it. The interface
// allows it to report damage only by a panic, which guard turns into an error.
func (codec codec) Decode(dst, src []byte) []byte {
	out, err := codec.decoder().DecodeAll(src, dst[:0])
	if err != nil {
		panic(fmt.Errorf("decompress page: %w", err))
	}
	return out
}
