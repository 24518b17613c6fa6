package artifacts

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// content reads everything in an archive in memory: its provenance and the
// digests of its row groups.
func content(file []byte, f Format) (Meta, [][32]byte, error) {
	r, err := NewReader(bytes.NewReader(file), "damaged", f)
	if err != nil {
		return nil, nil, err
	}
	var sums [][32]byte
	columns := f.buffers()
	for g := range r.Groups() {
		if err := r.Read(g, columns...); err != nil {
			return nil, nil, err
		}
		sums = append(sums, digest(values(columns)))
	}
	return r.Meta(), sums, nil
}

func small(t testing.TB) []byte {
	path := filepath.Join(t.TempDir(), "a.parquet")
	archive(t, path, every, Meta{"seed": "100"}, someGroups()[0])
	return bytesOf(t, path)
}

// TestBitFlips flips each bit of a file in turn. Every flip must give an error
// or exactly the values that were written: never a panic, never other values.
// The footer has no checksum, so flips can change the provenance, and fields
// that nobody reads, without notice. The store's SHA-256 protects them; the
// values and their shapes are safe without it.
func TestBitFlips(t *testing.T) {
	file := small(t)
	_, want, err := content(file, every)
	if err != nil {
		t.Fatal(err)
	}
	caught, harmless := 0, 0
	for i := range file {
		for bit := range 8 {
			if testing.Short() && (i+bit)%8 != 0 {
				continue
			}
			file[i] ^= 1 << bit
			_, sums, err := content(file, every)
			file[i] ^= 1 << bit
			switch {
			case err != nil:
				caught++
			case !slices.Equal(sums, want):
				t.Errorf("bit %d of byte %d of %d changes values unseen", bit, i, len(file))
			default:
				harmless++
			}
		}
	}
	t.Logf("%d bits: %d caught, %d change no value", 8*len(file), caught, harmless)
}

// TestTruncated cuts a file at every length and appends to it.
func TestTruncated(t *testing.T) {
	file := small(t)
	for n := range file {
		if _, _, err := content(file[:n], every); err == nil {
			t.Fatalf("%d of %d bytes were read as a whole file", n, len(file))
		}
	}
	for _, tail := range []string{"\x00", "PAR1", strings.Repeat("x", 100), string(file)} {
		if _, _, err := content(append(bytes.Clone(file), tail...), every); err == nil {
			t.Errorf("%d appended bytes went unseen", len(tail))
		}
	}
	// A tool that rewrites metadata has appended a second footer.
	footer := file[bytes.LastIndex(file[:len(file)-8], []byte("PAR1"))+1:]
	if _, _, err := content(append(bytes.Clone(file), footer...), every); err == nil {
		t.Error("a second footer went unseen")
	}
}

func TestOpenRejects(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.parquet")
	with := func(change func(*Format)) Format {
		f := pair
		f.Columns = append([]Column(nil), pair.Columns...)
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		format Format
		want   string
	}{
		"other format":  {with(func(f *Format) { f.Name = "single" }), "is an archive of pair, want single"},
		"newer version": {with(func(f *Format) { f.Version = 2 }), "pair archive of version 1, want version 2; make it again"},
		"missing":       {with(func(f *Format) { f.Columns[1].Name = "w" }), `column "w" is missing`},
		"other type":    {with(func(f *Format) { f.Columns[0].Kind = Int64 }), `column "k" is required INT32, want required INT64`},
		"unsigned": {with(func(f *Format) { f.Columns[0].Kind = Uint8 }),
			`column "k" is required INT32, want required INT32 Int(bitWidth=8, isSigned=false)`},
		"other list": {with(func(f *Format) { f.Columns[1].Kind = Float64s }), `element: required FLOAT; }; }, want required group List`},
		"order": {with(func(f *Format) { f.Columns[0], f.Columns[1] = f.Columns[1], f.Columns[0] }),
			`column "v" is number 2, want number 1`},
		"superfluous": {with(func(f *Format) { f.Columns = f.Columns[:1] }), `column "v" is not part of the format`},
	} {
		t.Run(name, func(t *testing.T) {
			archive(t, path, pair, nil, []any{[]int32{1}, List[float32]{[]int32{1}, []float32{1}}})
			if _, err := Open(path, c.format); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":     {"", "0 bytes are not a Parquet file"},
		"short":     {"PAR1", "4 bytes are not a Parquet file"},
		"page":      {"<!DOCTYPE html><html></html>", `begins with "<!DO": not a Parquet file`},
		"no footer": {"PAR1" + strings.Repeat("x", 50), "does not end in a Parquet footer"},
		"encrypted": {"PAR1" + strings.Repeat("x", 50) + "PARE", "does not end in a Parquet footer"},
		"footer":    {"PAR1" + strings.Repeat("\xff", 50) + "PAR1", "footer is longer than the file"},
		"thrift":    {"PAR1" + strings.Repeat("\xff", 50) + "\x20\x00\x00\x00PAR1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path, pair); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Open(filepath.Join(dir, "none"), pair); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// failing fails to read beyond a point, as a bad sector does.
type failing struct {
	*bytes.Reader
	from int64
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at < f.from+8 && at+int64(len(p)) > f.from {
		return 0, io.ErrUnexpectedEOF
	}
	return f.Reader.ReadAt(p, at)
}

func TestReadErrors(t *testing.T) {
	file := small(t)
	for from := range file {
		r, err := NewReader(failing{bytes.NewReader(file), int64(from)}, "bad disk", every)
		for g := 0; err == nil && g < r.Groups(); g++ {
			err = r.Read(g, every.buffers()...)
		}
		if err == nil {
			t.Fatalf("an unreadable sector at byte %d went unseen", from)
		}
	}
}

func TestRuns(t *testing.T) {
	for _, c := range []struct {
		data   string
		enough int64
		want   int64
	}{
		{"", 1, 0}, {"\x02\x01", 1, 1}, {"\x02\x01", 2, 1}, // one value
		{"\x80\x10\x01", 1024, 1024}, {"\x80\x10", 1024, 0}, // a run of 1024, and one cut short
		{"\x03\xff", 8, 8}, {"\x05\xff", 16, 0}, // packed bytes, and one missing
		{"\x03\xff\x02\x01\x04\x00", 100, 11},
		{"\x00\x01", 1, 0}, {"\x01", 1, 0}, // no values, which must not loop
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1, 0}, // an overlong varint
		{"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01", 1, 0}, // an absurd count
	} {
		if got := runs([]byte(c.data), c.enough); got != c.want {
			t.Errorf("runs(%q, %d) = %d, want %d", c.data, c.enough, got, c.want)
		}
	}
}
