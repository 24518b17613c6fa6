package foreign

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/pierrec/lz4/v4"

	"sparsel/artifacts/mutate"
)

// record builds rows of three columns.
func record(elem arrow.DataType, labels arrow.DataType, rows int,
	set func(row int, label array.Builder, list *array.ListBuilder)) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: Label, Type: labels, Nullable: true}, {Name: Activation, Type: arrow.ListOf(elem), Nullable: true},
		{Name: Layer, Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range rows {
		set(i, b.Field(0), b.Field(1).(*array.ListBuilder))
		b.Field(2).(*array.StringBuilder).Append(fmt.Sprint("conv", i%2))
	}
	return b.NewRecord()
}

func add(list array.Builder, v float64) {
	switch b := list.(type) {
	case *array.Float32Builder:
		b.Append(float32(v))
	case *array.Float64Builder:
		b.Append(v)
	case *array.Float16Builder:
		b.Append(float16.New(float32(v)))
	}
}

// rising appends row i, five values that are all exact in float16.
func rising(i int, label array.Builder, list *array.ListBuilder) {
	switch b := label.(type) {
	case *array.Int64Builder:
		b.Append(int64(i % 3))
	case *array.Float64Builder:
		b.Append(float64(i % 3))
	}
	list.Append(true)
	for j := range 5 {
		add(list.ValueBuilder(), float64((i+j)%100)/4)
	}
}

func parquetOf(t testing.TB, r arrow.Record, options ...parquet.WriterProperty) string {
	t.Helper()
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(r.Schema(), &b, parquet.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	if err == nil {
		err = errors.Join(w.Write(r), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return stored(t, "x.parquet", b.Bytes())
}

func arrowOf(t testing.TB, r arrow.Record, options ...ipc.Option) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.arrow")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := ipc.NewFileWriter(f, append(options, ipc.WithSchema(r.Schema()))...)
	if err == nil {
		err = errors.Join(w.Write(r), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func stored(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// read counts the rows of a file and checks that they are those of rising.
func read(path string, o Options, check bool) (rows int, err error) {
	f, err := Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = f.Scan(o, func(b *Batch) error {
		for k := range b.Rows() {
			i := int(b.First) + k
			if rows++; !check {
				continue
			}
			if b.Labels[k] != int64(i%3) || b.Keys[k].Layer != fmt.Sprint("conv", i%2) {
				return fmt.Errorf("row %d: label %d of %v", i, b.Labels[k], b.Keys[k])
			}
			for j, v := range b.Row(k) {
				if want := float32((i+j)%100) / 4; v != want || len(b.Row(k)) != 5 {
					return fmt.Errorf("row %d, element %d: %v, want %v", i, j, v, want)
				}
			}
		}
		return nil
	})
	return rows, err
}

// Every type, codec, page version and dictionary gives the values that were
// written.
func TestFormats(t *testing.T) {
	const rows = 9000 // several blocks, pages and row groups
	for _, elem := range []arrow.DataType{arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Float16} {
		for _, labels := range []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64} {
			r := record(elem, labels, rows, rising)
			for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd,
				compress.Codecs.Gzip, compress.Codecs.Brotli} {
				for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
					for _, dictionary := range []bool{false, true} {
						path := parquetOf(t, r, parquet.WithCompression(codec), parquet.WithDataPageVersion(version),
							parquet.WithDictionaryDefault(dictionary),
							parquet.WithDataPageSize(10000), parquet.WithMaxRowGroupLength(5000))
						if n, err := read(path, Options{Values: true}, true); n != rows || err != nil {
							t.Errorf("%v, %v, %v, version %v, dictionary %v: %d rows, %v", elem, labels, codec, version, dictionary, n, err)
						}
					}
				}
			}
			for name, options := range map[string][]ipc.Option{"plain": nil, "LZ4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
				if n, err := read(arrowOf(t, r, options...), Options{Values: true}, true); n != rows || err != nil {
					t.Errorf("Arrow, %s, %v, %v: %d rows, %v", name, elem, labels, n, err)
				}
			}
		}
	}
}

// TestOtherWriters reads files of polars and of Arrow in JavaScript, whose text
// is in views and dictionaries, and which compresses Parquet as the library
// used for the other tests does not. testdata/write.mjs wrote them.
func TestOtherWriters(t *testing.T) {
	const rows = 12
	for _, path := range written(t) {
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		n := 0
		err = f.Scan(Options{Values: true}, func(b *Batch) error {
			for k := range b.Rows() {
				i := int(b.First) + k
				layer := [...]string{"the first convolution", "conv1"}[i%2]
				if b.Labels[k] != int64(i%3) || b.Keys[k] != (Key{Layer: layer}) {
					t.Errorf("%s: row %d: label %d, %v", path, i, b.Labels[k], b.Keys[k])
				}
				want := make([]float32, 5)
				for j := range want {
					want[j] = float32(i+j) / 4
				}
				if !slices.Equal(b.Row(k), want) {
					t.Errorf("%s: row %d: %v, want %v", path, i, b.Row(k), want)
				}
				n++
			}
			return nil
		})
		if err = errors.Join(err, f.Close()); n != rows || err != nil {
			t.Errorf("%s: %d rows, %v", path, n, err)
		}
	}
}

// written returns the paths of the files that other programs wrote.
func written(t testing.TB) []string {
	paths, err := filepath.Glob("testdata/*.arrow*")
	more, wrong := filepath.Glob("testdata/*.parquet")
	paths = append(paths, more...)
	if err = errors.Join(err, wrong); err != nil || len(paths) < 8 {
		t.Fatalf("%d files of other programs: %v", len(paths), err)
	}
	return paths
}

func TestWiden(t *testing.T) {
	for bits := range 1 << 16 {
		exponent, fraction := bits>>10&0x1f, float64(bits&0x3ff)
		value := math.Ldexp(1024+fraction, exponent-25)
		switch {
		case exponent == 0:
			value = math.Ldexp(fraction, -24)
		case exponent == 0x1f && fraction == 0:
			value = math.Inf(1)
		case exponent == 0x1f:
			value = math.NaN()
		}
		if bits>>15 == 1 {
			value = math.Copysign(value, -1)
		}
		got, want := widen(uint16(bits)), float32(value)
		if math.Float32bits(got) != math.Float32bits(want) && !(got != got && want != want) {
			t.Fatalf("%#04x: %v, want %v", bits, got, want)
		}
	}
}

// Split bytes are joined again.
func TestByteStreamSplit(t *testing.T) {
	values := []float32{1, -2.5, 3e7}
	data := make([]byte, 12)
	for i, v := range values {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		for k, x := range b {
			data[k*3+i] = x
		}
	}
	c := &column{physical: parquet.Types.Float}
	d, err := c.split(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.decode(3); err != nil || fmt.Sprint(d.(*decoded[float32]).block) != fmt.Sprint(values) {
		t.Errorf("%v, %v", d.(*decoded[float32]).block, err)
	}
}

// Errors name the row and the column, in Parquet and Arrow alike.
func TestErrors(t *testing.T) {
	f32, f64, i64 := arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int64
	half := arrow.FixedWidthTypes.Float16
	at := func(row int, do func(label array.Builder, list *array.ListBuilder)) func(int, array.Builder, *array.ListBuilder) {
		return func(i int, label array.Builder, list *array.ListBuilder) {
			if i == row {
				do(label, list)
				return
			}
			rising(i, label, list)
		}
	}
	odd := func(v ...float64) func(array.Builder, *array.ListBuilder) {
		return func(label array.Builder, list *array.ListBuilder) {
			label.(*array.Int64Builder).Append(1)
			list.Append(true)
			for _, x := range v {
				add(list.ValueBuilder(), x)
			}
		}
	}
	for name, c := range map[string]struct {
		record arrow.Record
		want   string
	}{
		"ragged": {record(f32, i64, 5000, at(4501, odd(1, 2, 3))),
			`row 4501, column "activation": 3 activations, where the rows of layer conv1 before it have 5`},
		"empty":      {record(f32, i64, 5000, at(4501, odd())), `row 4501, column "activation": the list is empty`},
		"NaN":        {record(f32, i64, 5000, at(4501, odd(1, 2, math.NaN(), 4, 5))), `row 4501, column "activation": element 2 is NaN`},
		"infinite":   {record(f32, i64, 50, at(7, odd(1, math.Inf(-1), 3, 4, 5))), `row 7, column "activation": element 1 is infinite`},
		"overflow16": {record(half, i64, 50, at(7, odd(1, 1e6, 3, 4, 5))), `element 1 is infinite: float16 ends at 65504`},
		"overflow64": {record(f64, i64, 50, at(7, odd(1, 1e300, 3, 4, 5))),
			`row 7, column "activation": element 1 is 1e+300, beyond what float32 holds`},
		"null list": {record(f32, i64, 50, at(7, func(label array.Builder, list *array.ListBuilder) {
			label.(*array.Int64Builder).Append(1)
			list.AppendNull()
		})), `row 7, column "activation": is null`},
		"null element": {record(f32, i64, 50, at(7, func(label array.Builder, list *array.ListBuilder) {
			label.(*array.Int64Builder).Append(1)
			list.Append(true)
			add(list.ValueBuilder(), 1)
			list.ValueBuilder().AppendNull()
		})), `row 7, column "activation": element 1 is null`},
		"null label": {record(f32, i64, 50, at(7, func(label array.Builder, list *array.ListBuilder) {
			rising(7, array.NewInt64Builder(memory.DefaultAllocator), list)
			label.AppendNull()
		})), `row 7, column "label": is null`},
		"fraction": {record(f32, f64, 5000, at(4501, func(label array.Builder, list *array.ListBuilder) {
			rising(0, array.NewInt64Builder(memory.DefaultAllocator), list)
			label.(*array.Float64Builder).Append(1.5)
		})), `row 4501, column "label": 1.5 is not an integer`},
		"text": {record(f32, arrow.BinaryTypes.String, 5, func(i int, label array.Builder, list *array.ListBuilder) {
			rising(i, array.NewInt64Builder(memory.DefaultAllocator), list)
			label.(*array.StringBuilder).Append("cat")
		}), `column "label" holds`},
		"text, a remedy": {record(f32, arrow.BinaryTypes.String, 5, func(i int, label array.Builder, list *array.ListBuilder) {
			rising(i, array.NewInt64Builder(memory.DefaultAllocator), list)
			label.(*array.StringBuilder).Append("cat")
		}), "want integers; number its values"},
	} {
		for _, path := range []string{parquetOf(t, c.record), arrowOf(t, c.record)} {
			if _, err := read(path, Options{Values: true}, false); err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), path) {
				t.Errorf("%s, %s: %v, want %s", name, filepath.Ext(path), err, c.want)
			}
		}
	}
	if _, err := read(parquetOf(t, record(f32, i64, 9, at(4, odd(1, 2, math.NaN(), 4, 5)))),
		Options{Values: true, NotFinite: true}, false); err != nil {
		t.Error(err)
	}
}

// Columns with other names than those that are read are listed, whether the
// file can be read without them or not.
func TestOtherColumns(t *testing.T) {
	table := func(names ...string) arrow.Record {
		var fields []arrow.Field
		for _, name := range names {
			kind := arrow.DataType(arrow.PrimitiveTypes.Int64)
			if name == Activation {
				kind = arrow.ListOf(arrow.PrimitiveTypes.Float32)
			}
			fields = append(fields, arrow.Field{Name: name, Type: kind})
		}
		return array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil)).NewRecord()
	}
	var wide []string
	for i := range 512 {
		wide = append(wide, fmt.Sprint("a", i))
	}
	for name, c := range map[string]struct {
		columns      []string
		unread, want string
	}{
		"exact": {[]string{Label, Activation, Epoch}, "", ""},
		"more":  {[]string{Label, Activation, "layers", "sample", "predictions"}, `"layers", "predictions"`, ""},
		"capital": {[]string{"Label", Activation}, "",
			`there is no column "label", the class of each row; the columns are "Label", "activation"`},
		"wide": {append([]string{Label}, wide...), "",
			`there is no column "activation", a list of floats for each row; the columns are "label", "a0", "a1", "a2", "a3", "a4", "a5", "a6", and 505 more`},
	} {
		for _, path := range []string{parquetOf(t, table(c.columns...)), arrowOf(t, table(c.columns...))} {
			unread, err := Unread(path)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || unread != c.unread {
				t.Errorf("%s, %s: %s, %v", name, filepath.Ext(path), unread, err)
			}
		}
	}
	activations, labels := arrays()
	path := put(t, map[string][]byte{Activation: activations, Label: labels, "layers": labels, Weight: activations, "old.label": labels})
	if unread, err := Unread(path); unread != `"layers"` || err != nil {
		t.Errorf("arrays: %s, %v", unread, err)
	}
	t.Chdir(filepath.Dir(path))
	if unread, err := Unread(filepath.Base(path)); unread != `"layers"` || err != nil {
		t.Errorf("arrays of this folder: %s, %v", unread, err)
	}
}

// What a column holds is said in words.
func TestWhatColumnsHold(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	for _, c := range []struct {
		label, activation arrow.DataType
		want              string
	}{
		{arrow.FixedWidthTypes.Boolean, arrow.ListOf(arrow.PrimitiveTypes.Float32), `column "label" holds BOOLEAN, want integers`},
		{arrow.BinaryTypes.String, arrow.ListOf(arrow.PrimitiveTypes.Float32), `column "label" holds BYTE_ARRAY (String), want integers`},
		{i64, arrow.PrimitiveTypes.Float32, `column "activation" holds FLOAT, want lists of float16`},
		{i64, arrow.ListOf(i64), `column "activation" holds lists of INT64`},
		{i64, arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Float32)), `column "activation" holds lists, 2 deep, of FLOAT`},
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: Label, Type: c.label}, {Name: Activation, Type: c.activation}}, nil)
		_, err := Open(parquetOf(t, array.NewRecordBuilder(memory.DefaultAllocator, schema).NewRecord()))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// A file that was cut off anywhere is an error, never a shorter file.
func TestTruncated(t *testing.T) {
	r := record(arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Int64, 20, rising)
	for _, path := range []string{parquetOf(t, r), arrowOf(t, r)} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "cut")
		for n := range data {
			if err := os.WriteFile(cut, data[:n], 0o666); err != nil {
				t.Fatal(err)
			}
			if rows, err := read(cut, Options{Values: true}, false); err == nil {
				t.Fatalf("%d of %d bytes of %s are read as %d rows", n, len(data), path, rows)
			}
		}
	}
}

// An unsigned number that int64 does not hold is refused as a name, too, in
// every format.
func TestUnsignedNames(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: Label, Type: arrow.PrimitiveTypes.Int64}, {Name: Activation, Type: arrow.ListOf(arrow.PrimitiveTypes.Float32)},
		{Name: Layer, Type: arrow.PrimitiveTypes.Uint64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 9 {
		rising(i, b.Field(0), b.Field(1).(*array.ListBuilder))
		layer := uint64(i)
		if i == 7 {
			layer = math.MaxUint64
		}
		b.Field(2).(*array.Uint64Builder).Append(layer)
	}
	r := b.NewRecord()
	for _, path := range []string{parquetOf(t, r), arrowOf(t, r)} {
		const want = `row 7, column "layer": 18446744073709551615 is beyond what int64 holds`
		if _, err := read(path, Options{}, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", filepath.Ext(path), err, want)
		}
	}
}

// hostile returns small files of every kind, from which damaged ones are made.
func hostile(t testing.TB) [][]byte {
	r := record(arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Int64, 12, rising)
	half := record(arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float64, 12, rising)
	var files [][]byte
	for _, path := range append(written(t),
		parquetOf(t, r), parquetOf(t, r, parquet.WithDictionaryDefault(false), parquet.WithDataPageVersion(parquet.DataPageV2)),
		parquetOf(t, half, parquet.WithCompression(compress.Codecs.Zstd)), parquetOf(t, r, parquet.WithCompression(compress.Codecs.Snappy)),
		parquetOf(t, r, parquet.WithCompression(compress.Codecs.Gzip)), arrowOf(t, r), arrowOf(t, half)) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	return files
}

// Whatever the bytes, reading ends with an error or with rows, without a panic
// and with little memory.
// Brotli makes a page of equal numbers smaller than any other codec could. A
// page that holds more or less than it claims is damaged, whatever the codec.
func TestDecompress(t *testing.T) {
	r := record(arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Int64, 200000, func(i int, label array.Builder, list *array.ListBuilder) {
		label.(*array.Int64Builder).Append(7)
		list.Append(true)
		add(list.ValueBuilder(), 1)
	})
	path := parquetOf(t, r, parquet.WithCompression(compress.Codecs.Brotli), parquet.WithDictionaryDefault(false),
		parquet.WithDataPageSize(32<<20))
	if n, err := read(path, Options{Values: true}, false); n != 200000 || err != nil {
		t.Errorf("equal numbers: %d rows, %v", n, err)
	}

	plain := bytes.Repeat([]byte("activations "), 20)
	block := make([]byte, lz4.CompressBlockBound(len(plain)))
	n, err := lz4.CompressBlock(plain, block, nil)
	if err != nil {
		t.Fatal(err)
	}
	for codec, packed := range map[compress.Compression][]byte{
		lz4Raw:                 block[:n],
		compress.Codecs.Brotli: encoded(t, compress.Codecs.Brotli, plain), compress.Codecs.Gzip: encoded(t, compress.Codecs.Gzip, plain),
		compress.Codecs.Snappy: encoded(t, compress.Codecs.Snappy, plain), compress.Codecs.Zstd: encoded(t, compress.Codecs.Zstd, plain),
	} {
		for _, more := range []int{-1, 0, 1} {
			got := make([]byte, len(plain)+more)
			err := decompress(codec, got, packed)
			if (err == nil) != (more == 0) || err == nil && !bytes.Equal(got, plain) {
				t.Errorf("%v into %d more bytes than it has: %v", codec, more, err)
			}
		}
		if err := decompress(codec, make([]byte, len(plain)), packed[:len(packed)-1]); err == nil {
			t.Errorf("%v, truncated: no error", codec)
		}
	}
}

func encoded(t *testing.T, codec compress.Compression, plain []byte) []byte {
	t.Helper()
	c, err := compress.GetCodec(codec)
	if err != nil {
		t.Fatal(err)
	}
	return c.Encode(make([]byte, c.CompressBound(int64(len(plain)))), plain)
}

func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	mutate.Loop(t, hostile(t), func(data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		read(path, Options{Values: true}, false)
	})
}

func FuzzRead(f *testing.F) {
	for _, data := range hostile(f) {
		f.Add(data)
	}
	mutate.Fuzz(f, func(t *testing.T, data []byte) {
		read(stored(t, "x", data), Options{Values: true}, false)
	})
}
