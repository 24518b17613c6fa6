package measure

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"sparsel/artifacts/foreign"
)

// large writes about the given number of bytes of activations in pyarrow's
// default form: lists of float32, snappy, and at most a million rows in a row
// group.
func large(path string, bytes int64) error {
	const units, group = 256, 50_000
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: foreign.Label, Type: arrow.PrimitiveTypes.Int64}, {Name: foreign.Activation, Type: arrow.ListOf(arrow.PrimitiveTypes.Float32)},
	}, nil)
	properties := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy),
		parquet.WithDictionaryFor("activation.list.element", false))
	w, err := pqarrow.NewFileWriter(schema, f, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 1))
	for rows := bytes / (4 * units); rows > 0; {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		lists := b.Field(1).(*array.ListBuilder)
		values := lists.ValueBuilder().(*array.Float32Builder)
		for range min(rows, group) {
			b.Field(0).(*array.Int64Builder).Append(int64(r.Uint32N(10)))
			lists.Append(true)
			for range units {
				values.Append(max(0, r.Float32()-0.5))
			}
		}
		rows -= min(rows, group)
		if err := w.Write(b.NewRecord()); err != nil {
			return err
		}
	}
	return w.Close() // closes the file too
}

// largeFile returns the file that benchmarks read. SPARSEL_LARGE names it, and
// if it does not exist, it is written with SPARSEL_LARGE_MB.
func largeFile(b *testing.B) string {
	path, bytes := os.Getenv("SPARSEL_LARGE"), int64(64<<20)
	if path == "" {
		path = filepath.Join(b.TempDir(), "large.parquet")
	}
	if text := os.Getenv("SPARSEL_LARGE_MB"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		bytes = n << 20
	}
	if _, err := os.Stat(path); err != nil {
		if err := large(path, bytes); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// BenchmarkFile measures how fast a file is read as bytes and as rows, and how
// fast it is measured.
func BenchmarkFile(b *testing.B) {
	path := largeFile(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, do func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(info.Size())
			for range b.N {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("bytes", func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
		return err
	})
	run("rows", func() error {
		f, err := foreign.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Scan(foreign.Options{Values: true}, func(*foreign.Batch) error { return nil })
	})
	for _, permutations := range []int{0, 20} {
		run(fmt.Sprint("permutations=", permutations), func() error {
			_, err := File(context.Background(), path, Settings{Epsilon: 1e-6, Permutations: permutations}, nil)
			return err
		})
	}
}
