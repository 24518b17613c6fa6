package artifacts

import (
	"bytes"
	"encoding/binary"
	"maps"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// parquetFile returns a file that has nothing but a footer.
func parquetFile(footer string) []byte {
	b := append([]byte(magic), footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, magic...)
}

// These footers claim more than they contain. Fields are numbered by
// differences: 0x15 is a 32-bit integer whose number is one more than that of
// the field before, 0x19 is a list, 0x1c a structure, 0x18 a text.
func TestFooterClaims(t *testing.T) {
	const (
		version = "\x15\x02"
		root    = "\x48\x01a\x15\x02\x00" // named a, with one child
		leaf    = "\x15\x02\x25\x00\x18\x01b\x00"
		rows    = "\x16\x00"
		many    = "\xff\xff\xff\xff\x07" // 2³¹-1
	)
	schema := "\x19\x2c" + root + leaf
	for name, c := range map[string]struct{ footer, want string }{
		"children": {version + "\x19\x1c\x48\x01a\x15\xfe\xff\xff\xff\x0f\x00" + rows + "\x19\x0c\x00",
			"has 2147483647 children, where 0 elements follow"},
		"children of a leaf": {version + "\x19\x2c" + root + "\x15\x02\x25\x00\x18\x01b\x15\x02\x00" + rows + "\x19\x0c\x00",
			"element 2 of the schema has 1 children"},
		"negative children": {version + "\x19\x1c\x48\x01a\x15\x01\x00" + rows + "\x19\x0c\x00", "has -1 children"},
		"too few elements": {version + "\x19\x3c" + "\x48\x01a\x15\x04\x00" + "\x48\x01b\x15\x02\x00" + leaf + rows + "\x19\x0c\x00",
			"lacks elements"},
		"loose elements":      {version + "\x19\x3c" + root + leaf + leaf + rows + "\x19\x0c\x00", "belong to nothing"},
		"no schema":           {version + "\x29" + "\x0c" + "\x00", "no schema"},
		"deep":                {version + "\x19\xfc\x29" + strings.Repeat(root, 40) + leaf + rows + "\x19\x0c\x00", "deep"},
		"elements":            {version + "\x19\xfc" + many + root, "2147483647 at byte 9"},
		"row groups":          {version + schema + rows + "\x19\xfc" + many + "\x00\x00", "2147483647 at byte"},
		"columns":             {version + schema + rows + "\x19\x1c" + "\x19\xfc" + many + "\x00", "2147483647 at byte"},
		"encodings":           {version + schema + rows + "\x19\x1c\x19\x1c\x3c\x15\x02\x19\xf5" + many, "2147483647 at byte"},
		"path":                {version + schema + rows + "\x19\x1c\x19\x1c\x3c\x15\x02\x19\x15\x00\x19\xf8" + many, "2147483647 at byte"},
		"statistics":          {version + schema + rows + "\x19\x1c\x19\x1c\x3c\x15\x02\xbc\x18" + many, "2147483647 at byte"},
		"keys":                {version + schema + rows + "\x19\x0c\x19\xfc" + many, "2147483647 at byte"},
		"column orders":       {version + schema + rows + "\x19\x0c\x39\xfc" + many, "2147483647 at byte"},
		"text":                {version + schema + rows + "\x19\x0c\x28" + many + "x", "2147483647 at byte"},
		"text that ends":      {version + schema + rows + "\x19\x0c\x28", "ends within a field"},
		"unknown list":        {version + schema + rows + "\x19\x0c\xa9\xf3" + many, "2147483647 at byte"},
		"unknown lists":       {version + schema + rows + "\x19\x0c\xa9" + strings.Repeat("\x19", 60) + "\x13\x00\x00", "deep"},
		"unknown structures":  {version + schema + rows + "\x19\x0c" + strings.Repeat("\xac", 1) + strings.Repeat("\x1c", 60), "deep"},
		"a map":               {version + schema + rows + "\x19\x0c\xab" + many + "\x11", "a map"},
		"no such type":        {version + schema + rows + "\x19\x0c\xae", "type 14"},
		"a list of another":   {version + "\x19\xf3\x20" + strings.Repeat("\x00", 40) + rows + "\x19\x0c\x00", "a list of type 3"},
		"no list":             {version + "\x15\x00" + rows + "\x19\x0c\x00", "is of type 5"},
		"a field twice":       {version + schema + rows + "\x19\x0c\x09\x04\x1c" + root + "\x00", "field 2 after field 4"},
		"a field far off":     {version + "\x05\xff\xff\xff\x0f\x00", "field -"},
		"an overlong number":  {"\x15" + strings.Repeat("\xff", 20) + "\x00", "ends within a field"},
		"another after it":    {version + schema + rows + "\x19\x0c\x00" + "\x00\x00", "2 bytes follow its end"},
		"encrypted elsewhere": {version + schema + rows + "\x19\x1c\x19\x1c\x8c\x2c\x19\xf8" + many, "2147483647 at byte"},
	} {
		file := parquetFile(c.footer)
		var opened, read error
		bytes := allocated(func() {
			_, opened = NewReader(bytes.NewReader(file), name, every)
			_, read = Metadata(bytes.NewReader(file))
		})
		for _, err := range []error{opened, read} {
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
		if bytes > 1<<20 {
			t.Errorf("%s: %d bytes take %d of memory", name, len(file), bytes)
		}
	}
	// The file of 31 bytes that was found, with only its beginning.
	if file := parquetFile(version + "\x19\x1c\x48\x01a\x15\xfe\xff\xff\xff\x0f\x00\x16\x00\x19\x0c\x00"); len(file) != 31 {
		t.Fatalf("the file has %d bytes", len(file))
	}
}

func TestMetadata(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	archive(t, path, every, Meta{"seed": "100", "note": "a\nb"}, someGroups()[0])
	got, err := Metadata(bytes.NewReader(bytesOf(t, path)))
	want := map[string]string{"seed": "100", "note": "a\nb", "sparsel.format": "test", "sparsel.version": "3"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, error %v, want %q", got, err, want)
	}
}

// claim returns an archive in whose footer every occurrence of a number is
// replaced by another number, whatever their lengths.
func claim(t *testing.T, archive []byte, old, new int64) []byte {
	t.Helper()
	end := len(archive) - footerTail
	at := end - int(binary.LittleEndian.Uint32(archive[end:]))
	from := binary.AppendVarint([]byte{0x16}, old) // a 64-bit field that follows another
	if !bytes.Contains(archive[at:end], from) {
		t.Fatalf("no %d in the footer", old)
	}
	footer := bytes.ReplaceAll(archive[at:end], from, binary.AppendVarint([]byte{0x16}, new))
	b := append(bytes.Clone(archive[:at]), footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, magic...)
}

// A row group may claim no more values than its bytes can represent, and no
// more bytes than its compressed bytes can expand to.
func TestRowGroupClaims(t *testing.T) {
	const rows, values = 7001, 9001 // these numbers occur nowhere else in the footer
	path := filepath.Join(t.TempDir(), "a.parquet")
	lists := List[float32]{make([]int32, rows), make([]float32, values)}
	lists.Lengths[3] = values
	archive(t, path, pair, nil, []any{make([]int32, rows), lists})
	whole := bytesOf(t, path)
	levels := int64(rows + values - 1)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"rows":            {claim(t, whole, rows, 1<<26), "row group 0, column"},
		"levels":          {claim(t, whole, levels, 1<<25), `column "v" claims 33554432 values of 7001 rows`},
		"fewer levels":    {claim(t, whole, levels, rows-1), `column "v" claims 7000 values of 7001 rows`},
		"absurd levels":   {claim(t, whole, levels, 1<<40), `column "v" claims 1099511627776 values`},
		"negative levels": {claim(t, whole, levels, -1), `column "v" claims -1 values`},
	} {
		var err error
		bytes := allocated(func() { _, _, err = content(c.file, pair) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if bytes > 1<<20 {
			t.Errorf("%s: %d bytes take %d of memory", name, len(c.file), bytes)
		}
	}
}

// What holds and memory return for a column, compared with what they must
// return.
func TestChunkBounds(t *testing.T) {
	for _, c := range []struct {
		kind                        Kind
		values, rows, plain, packed int64
		want                        bool
	}{
		{Int32, 10, 10, 40, 20, true},
		{Int32, 10, 10, 39, 20, false}, // one value short
		{Int64, 10, 10, 79, 20, false},
		{Float64, 10, 10, 80, 20, true},
		{String, 10, 10, 40, 20, true}, // empty texts
		{String, 11, 11, 40, 20, false},
		{Int32, 11, 10, 100, 20, false}, // not lists
		{Int32, 10, 11, 100, 20, false},
		{Float64s, 10, 10, 5, 20, true},                     // empty lists
		{Float64s, 15, 10, 40, 20, true},                    // 5 values and 10 that begin a row
		{Float64s, 16, 10, 40, 20, false},                   // one value short
		{Float32s, 16, 10, 40, 20, true},                    // of half the size
		{Int32, 1 << 10, 1 << 10, 1 << 20, 32, true},        // 32,768 : 1
		{Int32, 1 << 10, 1 << 10, 1<<20 + 1, 32, false},     // more than zstd can do
		{Int32, 1 << 20, 1 << 20, maxChunk + 1, 1e9, false}, // more than any chunk has
		{Int32, 0, 0, 0, 20, false},
		{Int32, 0, 0, -1, 20, false},
	} {
		if got := c.kind.holds(c.values, c.rows, c.plain, c.packed); got != c.want {
			t.Errorf("kind %d, %d values of %d rows, %d bytes in %d: %v", c.kind, c.values, c.rows, c.plain, c.packed, got)
		}
	}
}

// A few kilobytes of collapsed activations can be read; a few that would take
// all memory cannot.
func TestCollapsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	zeros := func(n int) []any {
		return []any{[]int32{1}, List[float32]{[]int32{int32(n)}, make([]float32, n)}}
	}
	archive(t, path, pair, nil, zeros(1<<19)) // a full row group of package runs
	small := bytesOf(t, path)
	if len(small) > 4000 {
		t.Fatalf("%d bytes of zeros", len(small))
	}
	if _, _, err := content(small, pair); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, pair, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(zeros(8 << 20)...)
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "MB of memory, of a file this long at most") {
		t.Errorf("32 MB of zeros: %v", err)
	}
}
