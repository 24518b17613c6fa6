package artifacts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var pair = Format{Name: "pair", Version: 1, Columns: []Column{{Name: "k", Kind: Int32}, {Name: "v", Kind: Float32s}}}

func TestWriteRejects(t *testing.T) {
	ok := List[float32]{[]int32{1}, []float32{1}}
	for name, c := range map[string]struct {
		columns []any
		want    string
	}{
		"too few columns": {[]any{[]int32{1}}, "1 columns, want 2"},
		"other type":      {[]any{[]int64{1}, ok}, `column "k": values of kind 3, want kind 1`},
		"foreign type":    {[]any{"text", ok}, "values of type string fit no column"},
		"uneven columns":  {[]any{[]int32{1, 2}, ok}, `column "v" has 1 rows, column "k" 2`},
		"lengths":         {[]any{[]int32{1}, List[float32]{[]int32{2}, []float32{1}}}, "lists of 2 values in all, but 1 values"},
		"negative length": {[]any{[]int32{1, 2}, List[float32]{[]int32{-1, 2}, []float32{1}}}, "row 0 has length -1"},
		"too much":        {[]any{[]int32{1}, List[float32]{[]int32{1 << 24}, make([]float32, 1<<24)}}, "split it"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.parquet")
			w, err := Create(path, pair, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write([]int32{1}, ok); err != nil {
				t.Fatal(err)
			}
			first := w.Write(c.columns...)
			if first == nil || !strings.Contains(first.Error(), c.want) {
				t.Fatalf("error %v, want %q", first, c.want)
			}
			if err := w.Write([]int32{1}, ok); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the next Write gives %v, want the first error", err)
			}
			if err := w.Close(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Close gives %v, want the first error", err)
			}
			gone(t, path)
		})
	}
}

func TestReservedKeys(t *testing.T) {
	for _, key := range []string{"", "sparsel.format", "sparsel.x"} {
		if _, err := Create(filepath.Join(t.TempDir(), "a"), pair, Meta{key: "v"}); err == nil {
			t.Errorf("key %q was accepted", key)
		}
	}
	path := filepath.Join(t.TempDir(), "a")
	w, err := Create(path, pair, Meta{"k": "\xff"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("a value that is not UTF-8 was accepted")
	}
	gone(t, path)
}

// TestFailingDisk breaks the file under the writer: at once, and just before
// the footer, whose errors the library's own Close drops.
func TestFailingDisk(t *testing.T) {
	for _, written := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "a")
		w, err := Create(path, pair, nil)
		if err != nil {
			t.Fatal(err)
		}
		write := func() error { return w.Write([]int32{1}, List[float32]{[]int32{1}, []float32{1}}) }
		if written {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}
		w.file.Close()
		if !written {
			if err := write(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("Write gives %v, want %v", err, os.ErrClosed)
			}
		}
		if err := w.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Close gives %v, want %v", err, os.ErrClosed)
		}
		gone(t, path)
	}
}

// TestReadBack corrupts what the writer remembers of what it wrote, which has
// the same effect as a library that wrote something else.
func TestReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Writer)
		want  string
	}{
		"values": {func(w *Writer) { w.sums[0][3] ^= 1 }, "row group 0 read back differs"},
		"rows":   {func(w *Writer) { w.rows[0]++ }, "row group 0 read back differs"},
		"groups": {func(w *Writer) { w.sums = w.sums[:0] }, "1 row groups read back, 0 written"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a")
			w, err := Create(path, pair, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write([]int32{1}, List[float32]{[]int32{1}, []float32{1}}); err != nil {
				t.Fatal(err)
			}
			c.spoil(w)
			if err := w.Close(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Close gives %v, want %q", err, c.want)
			}
			gone(t, path)
		})
	}
}

// TestDigest checks that the comparison distinguishes columns that look alike.
func TestDigest(t *testing.T) {
	seen := map[[32]byte]int{}
	for i, columns := range [][]any{
		{[]string{"ab", "c"}}, {[]string{"a", "bc"}}, {[]string{"abc"}},
		{[]float64{0}}, {odd64()[7:8]}, {odd64()[:1]}, {odd64()[1:2]},
		{List[float32]{[]int32{1, 0}, []float32{1}}}, {List[float32]{[]int32{0, 1}, []float32{1}}},
		{[]int32{1}, []int32{2, 3}}, {[]int32{1, 2}, []int32{3}}, {[]uint8{1}}, {[]int32{}}, {},
	} {
		d := digest(columns)
		if j, twice := seen[d]; twice {
			t.Errorf("columns %d and %d have one digest", j, i)
		}
		seen[d] = i
	}
}

func TestDiscard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	w, err := Create(path, pair, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	gone(t, path)
	if err := w.Write([]int32{1}, List[float32]{[]int32{0}, nil}); err == nil {
		t.Error("Write after Discard gives no error")
	}
	if err := errors.Join(w.Close(), w.Discard()); err != nil {
		t.Errorf("ending twice: %v", err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "no", "such", "a"), pair, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a failed archive is left: %v", err)
	}
}
