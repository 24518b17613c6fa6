package artifacts

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// every has a column of every kind.
var every = Format{
	Name:    "test",
	Version: 3,
	Columns: []Column{
		{Name: "key", Kind: Int32, Bounds: true},
		{Name: "small", Kind: Uint8},
		{Name: "large", Kind: Int64},
		{Name: "real", Kind: Float64},
		{Name: "text", Kind: String, Bounds: true},
		{Name: "counts", Kind: Int64s},
		{Name: "singles", Kind: Float32s},
		{Name: "doubles", Kind: Float64s},
	},
}

// odd32 and odd64 are the values that a careless writer changes: NaNs with
// payloads and signs, infinities, zeros, the extremes and subnormals.
func odd32() []float32 {
	var v []float32
	for _, bits := range []uint32{
		0x7fc00000, 0x7fc12345, 0xffc00001, 0x7f800001, 0x7f800000, 0xff800000, 0, 0x80000000,
		1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000, 0x3f800001,
	} {
		v = append(v, math.Float32frombits(bits))
	}
	return v
}

func odd64() []float64 {
	var v []float64
	for _, bits := range []uint64{
		0x7ff8000000000001, 0x7ff8123456789abc, 0xfff8000000000000, 0x7ff0000000000001, 0x7ff0000000000000, 0xfff0000000000000,
		0, 0x8000000000000000, 1, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x3ff0000000000000,
	} {
		v = append(v, math.Float64frombits(bits))
	}
	return v
}

// someGroups returns three row groups with lists of many lengths.
func someGroups() [][]any {
	o32, o64 := odd32(), odd64()
	return [][]any{
		{
			[]int32{math.MinInt32, 0, math.MaxInt32},
			[]uint8{0, 128, 255},
			[]int64{math.MinInt64, -1, math.MaxInt64},
			o64[:3],
			[]string{"", "é\n\x00", strings.Repeat("long ", 1000)},
			List[int64]{[]int32{0, 3, 1}, []int64{math.MinInt64, 0, math.MaxInt64, -1}},
			List[float32]{[]int32{int32(len(o32)), 0, 0}, o32},
			List[float64]{[]int32{1, 1, int32(len(o64) - 2)}, o64},
		},
		{
			[]int32{7}, []uint8{1}, []int64{1 << 40}, o64[4:5], []string{"x"},
			List[int64]{[]int32{0}, nil}, List[float32]{[]int32{0}, nil}, List[float64]{[]int32{0}, nil},
		},
		wideGroup(),
	}
}

// wideGroup has lists that are longer than the library's batches of 1024.
func wideGroup() []any {
	const width = 2500
	singles, doubles := make([]float32, 2*width), make([]float64, 2*width)
	for i := range singles {
		singles[i], doubles[i] = float32(i), 1/float64(i)
	}
	return []any{
		[]int32{1, 2}, []uint8{3, 4}, []int64{5, 6}, []float64{7, 8}, []string{"a", "b"},
		List[int64]{[]int32{0, 0}, nil},
		List[float32]{[]int32{width, width}, singles},
		List[float64]{[]int32{1, 2*width - 1}, doubles},
	}
}

func archive(t testing.TB, path string, f Format, meta Meta, groups ...[]any) {
	t.Helper()
	w, err := Create(path, f, meta)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if err := w.Write(g...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func bytesOf(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRoundTrip reads archives back without the digests that Close compares.
func TestRoundTrip(t *testing.T) {
	meta := Meta{"run": "SGD,1", "text": "é\n"}
	for name, groups := range map[string][][]any{"none": nil, "one": someGroups()[:1], "three": someGroups()} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.parquet")
			archive(t, path, every, meta, groups...)
			r, err := Open(path, every)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if !reflect.DeepEqual(r.Meta(), meta) || r.Groups() != len(groups) {
				t.Fatalf("meta %v, %d row groups; want %v, %d", r.Meta(), r.Groups(), meta, len(groups))
			}
			buffers := every.buffers()
			for g := len(groups) - 1; g >= 0; g-- { // in any order
				if err := r.Read(g, buffers...); err != nil {
					t.Fatal(err)
				}
				for i, got := range values(buffers) {
					if !reflect.DeepEqual(bits(got), bits(groups[g][i])) {
						t.Errorf("row group %d, column %s: %v, want %v", g, every.Columns[i].Name, got, groups[g][i])
					}
				}
			}
		})
	}
}

// bits makes a column comparable: NaN equals itself, zeros differ by sign, and
// an empty slice equals a nil one.
func bits(column any) any {
	switch c := column.(type) {
	case []float64:
		var b []uint64
		for _, v := range c {
			b = append(b, math.Float64bits(v))
		}
		return b
	case List[float32]:
		var b []uint32
		for _, v := range c.Values {
			b = append(b, math.Float32bits(v))
		}
		return []any{c.Lengths, b}
	case List[float64]:
		return []any{c.Lengths, bits(c.Values)}
	case List[int64]:
		return []any{c.Lengths, append([]int64(nil), c.Values...)}
	}
	return column
}

// TestSameBytes writes the same values in circumstances that must not matter.
// The golden digest is that of the file's bytes on every architecture. It
// changes only with a format, a setting or a version of the libraries.
func TestSameBytes(t *testing.T) {
	const golden = "ebf6202668f2cf3940bb8fdf39d082f4952e0274141fd9d95e397afbf1f98184"
	dir := t.TempDir()
	write := func(name string) string {
		path := filepath.Join(dir, name)
		archive(t, path, every, Meta{"b": "2", "a": "1", "c": "3"}, someGroups()...)
		sum := sha256.Sum256(bytesOf(t, path))
		return hex.EncodeToString(sum[:])
	}
	if got := write("first"); got != golden {
		t.Errorf("digest %s, want %s", got, golden)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	defer func(l *time.Location) { time.Local = l }(time.Local)
	for _, procs := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(procs)
		time.Local = time.FixedZone("elsewhere", procs*3600)
		for range 5 {
			archive(t, filepath.Join(dir, "other"), every, nil, wideGroup()) // leaves traces in pools
			if got := write("another name"); got != golden {
				t.Fatalf("GOMAXPROCS %d: digest %s, want %s", procs, got, golden)
			}
		}
	}
	t.Run("at once", func(t *testing.T) {
		for i := range 8 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for range 5 {
					if got := write(strconv.Itoa(i)); got != golden {
						t.Errorf("digest %s, want %s", got, golden)
					}
				}
			})
		}
	})
}
