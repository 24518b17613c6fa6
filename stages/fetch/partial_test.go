package fetch

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
)

// leave puts a partial file where an earlier run would have left it.
func (b *bench) leave(t *testing.T, f fixture, m *mirror, content []byte) {
	t.Helper()
	id := sha256.Sum256([]byte(mirrorURL(m.URL, f.File) + "\n" + f.SHA256))
	write(t, filepath.Join(b.partial, fmt.Sprintf("%s-%x.part", f.Name, id[:8])), content)
}

func TestLeftovers(t *testing.T) {
	f := images(t)
	bent := bytes.Clone(f.packed)
	bent[20000] ^= 0xff // inside a stored block, so that it is still valid gzip
	n := len(f.packed)
	var huffman bytes.Buffer
	w, err := gzip.NewWriterLevel(&huffman, gzip.HuffmanOnly)
	if err != nil {
		t.Fatal(err)
	}
	w.Header.Comment = "another compressor"
	w.Write(f.raw)
	w.Close()
	for _, c := range []struct {
		name  string
		left  []byte
		asked []string
	}{
		{"nothing", nil, []string{""}},
		{"a beginning", f.packed[:30000], []string{"bytes=30000-"}},
		{"one byte", f.packed[:1], []string{"bytes=1-"}},
		{"all but one byte", f.packed[:n-1], []string{fmt.Sprintf("bytes=%d-", n-1)}},
		{"everything", f.packed, nil},
		{"everything, not compressed", f.raw, nil},
		{"too much", append(bytes.Clone(f.packed), 0), []string{""}},
		{"a web page", []byte("<html>"), []string{""}},
		{"a wrong beginning, as far as can be seen right", bent[:30000], []string{"bytes=30000-", ""}},
		{"zeros, as after a power cut", make([]byte, 30000), []string{""}},
		{"the file of another compressor", huffman.Bytes()[:n/3], []string{fmt.Sprintf("bytes=%d-", n/3), ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := serve(t, whole(f))
			b := newBench(t)
			b.leave(t, f, m, c.left)
			if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f); err != nil {
				t.Fatal(err)
			}
			b.has(t, f)
			if got := m.asked(); !slices.Equal(got, c.asked) {
				t.Errorf("asked for %q, want %q", got, c.asked)
			}
			if p := b.parts(t); len(p) > 0 {
				t.Errorf("left %q", p)
			}
		})
	}
}

// A call that fails as a whole loses no finished download.
func TestFinishedDownloadsSurviveAFailure(t *testing.T) {
	f, l := images(t), labels(t)
	broken := true
	m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if broken && r.URL.Path == "/train-labels-idx1-ubyte.gz" {
			http.NotFound(w, r)
			return
		}
		whole(f, l)(w, r, n)
	})
	b := newBench(t)
	err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f, l)
	if u := new(Unavailable); !errors.As(err, &u) || len(u.Missing) != 1 || u.Missing[0].File.Name != "train-labels" {
		t.Fatalf("%v; want the labels missing", err)
	}
	b.has(t, f)
	before := len(m.asked())
	broken = false
	again := newBench(t)
	again.partial = b.partial
	if err := again.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f, l); err != nil {
		t.Fatal(err)
	}
	again.has(t, f, l)
	if n := len(m.asked()) - before; n != 1 {
		t.Errorf("%d requests, want 1: the labels", n)
	}
	if p := again.parts(t); len(p) > 0 {
		t.Errorf("left %q", p)
	}
}

// Two runs at once share the directory of partial files. The second waits, and
// both succeed.
func TestTwoAtOnce(t *testing.T) {
	f := images(t)
	m := serve(t, whole(f))
	a := newBench(t)
	z := newBench(t)
	z.partial = a.partial
	errs := make(chan error, 2)
	for _, b := range []*bench{a, z} {
		go func() { errs <- b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f) }()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	a.has(t, f)
	z.has(t, f)
}
