package artifacts

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// footerWith returns a file in whose footer every occurrence of a number is
// replaced by another of as many bytes. Numbers in the footer are zigzag
// varints, which may be longer than necessary.
func footerWith(t *testing.T, archive []byte, old, new int64, times int) []byte {
	t.Helper()
	from := binary.AppendVarint(nil, old)
	to := binary.AppendVarint(nil, new)
	for len(to) < len(from) {
		to[len(to)-1] |= 0x80
		to = append(to, 0)
	}
	at := len(archive) - footerTail - int(binary.LittleEndian.Uint32(archive[len(archive)-footerTail:]))
	footer := archive[at:]
	if !bytes.Contains(footer, from) {
		t.Fatalf("no %d in the footer", old)
	}
	return append(bytes.Clone(archive[:at]), bytes.Replace(footer, from, to, times)...)
}

// TestLayout changes the footer so that every page can still be read, but is
// not the page that was written.
func TestLayout(t *testing.T) {
	const rows = 12_345
	path := filepath.Join(t.TempDir(), "a")
	group := func(first int32) []any {
		keys, lists := make([]int32, rows), List[float32]{make([]int32, rows), nil}
		for i := range keys {
			keys[i] = first + int32(i)
		}
		return []any{keys, lists}
	}
	archive(t, path, pair, nil, group(0), group(1))
	whole := bytesOf(t, path)
	r, err := NewReader(bytes.NewReader(whole), "whole", pair)
	if err != nil {
		t.Fatal(err)
	}
	offset := func(g int) int64 {
		chunk, err := r.parquet.MetaData().RowGroup(g).ColumnChunk(0)
		if err != nil {
			t.Fatal(err)
		}
		return chunk.DataPageOffset()
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"another group's page": {footerWith(t, whole, offset(1), offset(0), -1), `row group 1, column "k" is at bytes 4+`},
		"rows of the file":     {footerWith(t, whole, 2*rows, 2*rows+1, 1), "row groups of 24690 rows in all, but 24691 rows"},
		"rows of a group":      {footerWith(t, whole, rows, rows-1, -1), "row groups of 24688 rows in all, but 24690 rows"},
		"an absurd group":      {footerWith(t, whole, rows, -5, -1), "row group 0 has -5 rows"},
	} {
		if _, _, err := content(c.file, pair); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	zstd, plain := []byte{0x15, 6 << 1}, []byte{0x15, 0} // the codec, a 32-bit field that follows another
	at := bytes.LastIndex(whole, zstd)
	other := append(append(bytes.Clone(whole[:at]), plain...), whole[at+2:]...)
	if _, _, err := content(other, pair); err == nil || !strings.Contains(err.Error(), "encoded in another way") {
		t.Errorf("another codec: %v", err)
	}
}

func TestCheckSizes(t *testing.T) {
	header := func(kind, plain, packed int64) string {
		var b []byte
		for _, v := range []int64{kind, plain, packed} {
			b = binary.AppendVarint(append(b, 0x15), v)
		}
		return string(b) + "\x00" + strings.Repeat("x", 60)
	}
	good := header(0, 100, 50)
	for name, c := range map[string]struct {
		data string
		want string
	}{
		"good":         {good, ""},
		"told twice":   {good[:7] + "\x05\x04\xfe\xff\xff\xff\x0f" + good[7:], "field 2 after field 3"},
		"a list":       {good[:7] + "\x69\xf5\xff\xff\xff\xff\x07" + good[7:], "2147483647 at byte"},
		"dictionary":   {header(2, 100, 50), "kind 2"},
		"uncompressed": {header(0, 101, 50), "101 bytes in 50"},
		"compressed":   {header(0, 100, 51), "100 bytes in 51"},
		"absurd":       {header(0, 1<<31-1, 1<<31-1), "2147483647 bytes in 2147483647"},
		"negative":     {header(0, -1, 50), "-1 bytes in 50"},
		"negative too": {header(0, 1, -50), "1 bytes in -50"},
		"other field":  {"\x25" + header(0, 100, 50)[1:], "no header"},
		"endless":      {"\x15" + strings.Repeat("\xff", 60), "no header"},
		"short":        {"\x15\x00\x15", "EOF"},
	} {
		err := checkSizes(strings.NewReader("PAR1"+c.data), 4, 100, 58) // 50 bytes after a header of 8
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// fakePages serves one page.
type fakePages struct {
	file.PageReader
	page file.Page
}

func (f fakePages) Next() bool      { return true }
func (f fakePages) Page() file.Page { return f.page }
func (f fakePages) Err() error      { return nil }

func TestOnePage(t *testing.T) {
	rle, plain := parquet.Encodings.RLE, parquet.Encodings.Plain
	page := func(data string, n int32, values, levels parquet.Encoding) file.Page {
		return file.NewDataPageV1(memory.NewBufferBytes([]byte(data)), n, values, levels, levels, int32(len(data)))
	}
	const three = "\x02\x00\x00\x00\x06\x01" // a run of three ones
	for name, c := range map[string]struct {
		page  file.Page
		lists bool
		want  string
	}{
		"flat":               {page("", 3, plain, rle), false, ""},
		"lists":              {page(three+three, 3, plain, rle), true, ""},
		"other number":       {page("", 4, plain, rle), false, "the page has 4 values, the chunk 3"},
		"other encoding":     {page("", 3, parquet.Encodings.DeltaByteArray, rle), false, "encoded as"},
		"other kind":         {file.NewDictionaryPage(memory.NewBufferBytes(nil), 3, plain), false, "another kind"},
		"other levels":       {page(three+three, 3, plain, parquet.Encodings.BitPacked), true, "levels are encoded in another way"},
		"too few levels":     {page(three+"\x02\x00\x00\x00\x04\x01", 3, plain, rle), true, "2 of 3 levels"},
		"too few repetition": {page("\x02\x00\x00\x00\x04\x01"+three, 3, plain, rle), true, "2 of 3 levels"},
		"no definition":      {page(three, 3, plain, rle), true, "ends within its levels"},
		"cut short":          {page(three+"\x03\x00\x00\x00\x06\x01", 3, plain, rle), true, "ends within its levels"},
	} {
		p := &onePage{PageReader: fakePages{page: c.page}, levels: 3, lists: c.lists}
		good := p.Next()
		if err := p.Err(); good != (c.want == "") || (err == nil) != good || !good && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", name, good, err, c.want)
		}
		if p.Next() {
			t.Errorf("%s: a second page", name)
		}
	}
}

func TestReadList(t *testing.T) {
	for _, c := range []struct {
		repetition, definition []int16
		rows                   int
		want                   []int32 // nil if an error is expected
	}{
		{[]int16{0, 1, 1, 0}, []int16{1, 1, 1, 1}, 2, []int32{3, 1}},
		{[]int16{0, 0, 0, 1}, []int16{0, 1, 1, 1}, 3, []int32{0, 1, 2}},
		{[]int16{1, 1}, []int16{1, 1}, 1, nil},       // no row has begun
		{[]int16{0, 1}, []int16{1, 0}, 1, nil},       // a row continues without a value
		{[]int16{0, 1}, []int16{0, 1}, 1, nil},       // an empty row continues
		{[]int16{0, 2}, []int16{1, 1}, 1, nil},       // no such level
		{[]int16{0, 0, 0}, []int16{1, 1, 1}, 2, nil}, // too many rows
		{[]int16{0, 1, 1}, []int16{1, 1, 1}, 2, nil}, // too few rows
	} {
		batch := func(n int64, values []float32, definition, repetition []int16) (int64, int, error) {
			copy(repetition, c.repetition)
			copy(definition, c.definition)
			return n, int(sumOf(c.definition)), nil
		}
		var l List[float32]
		err := readList(new(scratch), batch, c.rows, int64(len(c.repetition)), &l)
		if (err == nil) != (c.want != nil) || err == nil && !slices.Equal(l.Lengths, c.want) {
			t.Errorf("levels %v, %v: %v, error %v, want %v", c.repetition, c.definition, l.Lengths, err, c.want)
		}
	}
}

func sumOf(levels []int16) (n int16) {
	for _, l := range levels {
		n += l
	}
	return n
}

// TestCodecBound decompresses into too little room. That must be an error, and
// must not allocate what the frame says.
func TestCodecBound(t *testing.T) {
	c := codec{encoder: theEncoder, decoder: theDecoder}
	packed := c.Encode(nil, make([]byte, 1<<20))
	if got := c.Decode(make([]byte, 1<<20), packed); len(got) != 1<<20 {
		t.Fatalf("%d bytes came back", len(got))
	}
	err := guard(func() error { c.Decode(make([]byte, 0, 1000), packed); return nil })
	if err == nil || !strings.Contains(err.Error(), "decompress page") {
		t.Errorf("error %v", err)
	}
}
