package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/artifacts/idx"
)

// A fixture is a small data file in the forms in which sources have it.
type fixture struct {
	File
	raw, packed []byte
}

// pack compresses as a mirror does.
func pack(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func identity(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

// images makes 120 pictures of noise with 94,096 bytes, which take several
// reads and hardly shrink when compressed.
func images(t testing.TB) fixture {
	t.Helper()
	m := idx.Images{Count: 120, Rows: 28, Cols: 28, Pixels: make([]byte, 120*28*28)}
	random := rand.NewChaCha8([32]byte{1})
	random.Read(m.Pixels)
	var b bytes.Buffer
	if err := idx.WriteImages(&b, m); err != nil {
		t.Fatal(err)
	}
	return fixture{File{Name: "train-images", Dims: []int{120, 28, 28}, SHA256: identity(b.Bytes())}, b.Bytes(), pack(t, b.Bytes())}
}

func labels(t testing.TB) fixture {
	t.Helper()
	var b bytes.Buffer
	if err := idx.WriteLabels(&b, bytes.Repeat([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 12)); err != nil {
		t.Fatal(err)
	}
	return fixture{File{Name: "train-labels", Dims: []int{120}, SHA256: identity(b.Bytes())}, b.Bytes(), pack(t, b.Bytes())}
}

// quick returns a Network whose waits are short enough for a test and long
// enough for a busy machine.
func quick() Network {
	return Network{Timeout: time.Minute, Stall: 20 * time.Second, WaitMin: time.Millisecond, WaitMax: 2 * time.Millisecond, anyAddress: true}
}

// bench is one Fetch under test.
type bench struct {
	out, partial string
	refused      []string
	obtained     map[string]string
	progress     []Progress
	received     func() // called on progress unless nil
}

func newBench(t testing.TB) *bench {
	dir := t.TempDir()
	b := &bench{out: filepath.Join(dir, "out"), partial: filepath.Join(dir, "partial"), obtained: map[string]string{}}
	if err := os.Mkdir(b.out, 0o755); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) fetch(ctx context.Context, s Sources, files ...fixture) error {
	s.Partial = b.partial
	if s.Network == (Network{}) {
		s.Network = quick()
	}
	var want []File
	for _, f := range files {
		want = append(want, f.File)
	}
	b.refused = nil
	return Fetch(ctx, want, func(name string) string { return filepath.Join(b.out, name) }, s, Observer{
		Progress: func(p Progress) {
			b.progress = append(b.progress, p)
			if b.received != nil {
				b.received()
			}
		},
		Refused:  func(file string, r Refusal) { b.refused = append(b.refused, fmt.Sprintf("%s: %v", r.Source, r.Err)) },
		Obtained: func(file, source string) { b.obtained[file] = source },
	})
}

// has fails unless the output directory has exactly these files, correct to the
// last byte.
func (b *bench) has(t testing.TB, files ...fixture) {
	t.Helper()
	var want []string
	for _, f := range files {
		want = append(want, f.Name)
		got, err := os.ReadFile(filepath.Join(b.out, f.Name))
		if err != nil || !bytes.Equal(got, f.raw) {
			t.Errorf("%s: wrong content or %v", f.Name, err)
		}
	}
	if got := list(t, b.out); !slices.Equal(got, want) {
		t.Errorf("output directory has %q, want %q", got, want)
	}
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// parts lists the partial files that are left.
func (b *bench) parts(t testing.TB) []string {
	return slices.DeleteFunc(list(t, b.partial), func(name string) bool { return name == "lock" })
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A mirror is a test server that records its requests.
type mirror struct {
	*httptest.Server
	mu     sync.Mutex
	ranges []string // the Range header of each request
}

// serve runs handle for the n-th request, counted from 0.
func serve(t testing.TB, handle func(w http.ResponseWriter, r *http.Request, n int)) *mirror {
	t.Helper()
	m := &mirror{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		n := len(m.ranges)
		m.ranges = append(m.ranges, r.Header.Get("Range"))
		m.mu.Unlock()
		handle(w, r, n)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ranges)
}

// whole serves files like a good mirror, including ranges.
func whole(files ...fixture) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		for _, f := range files {
			if r.URL.Path == "/"+f.stems()[0]+".gz" {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.packed))
				return
			}
		}
		http.NotFound(w, r)
	}
}

func TestOrderOfSources(t *testing.T) {
	f, l := images(t), labels(t)
	m := serve(t, whole(f, l))
	store := filepath.Join(t.TempDir(), "blob")
	write(t, store, f.raw)
	first, second := t.TempDir(), t.TempDir()
	write(t, filepath.Join(first, "train-images-idx3-ubyte"), f.raw)
	write(t, filepath.Join(second, "train-images-idx3-ubyte.gz"), f.packed)
	blob := func(id string) (string, bool) { return store, id == f.SHA256 }
	dirs := []Dir{{first, "-data"}, {second, Env}}
	for _, c := range []struct {
		name string
		s    Sources
		want string
	}{
		{"store", Sources{Blob: blob, Dirs: dirs, Mirrors: []string{m.URL}}, "store"},
		{"first directory", Sources{Dirs: dirs, Mirrors: []string{m.URL}}, filepath.Join(first, "train-images-idx3-ubyte") + " (named by -data)"},
		{"second directory", Sources{Dirs: dirs[1:], Mirrors: []string{m.URL}}, filepath.Join(second, "train-images-idx3-ubyte.gz") +
			" (named by SPARSEL_DATA)"},
		{"mirror", Sources{Mirrors: []string{m.URL}}, m.URL + "/train-images-idx3-ubyte.gz"},
	} {
		b := newBench(t)
		asked := len(m.asked())
		if err := b.fetch(t.Context(), c.s, f, l); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if b.obtained["train-images"] != c.want {
			t.Errorf("%s: images from %q, want %q", c.name, b.obtained["train-images"], c.want)
		}
		// The mirror is asked only for what the earlier sources lack.
		requests := 1
		if c.name == "mirror" {
			requests = 2
		}
		if n := len(m.asked()) - asked; n != requests {
			t.Errorf("%s: %d requests, want %d", c.name, n, requests)
		}
		b.has(t, f, l)
		if p := b.parts(t); len(p) > 0 {
			t.Errorf("%s: left %q", c.name, p)
		}
	}
}

// A failed source, even the store, never stops the search.
func TestWrongSourcesAreRefusedInTurn(t *testing.T) {
	f := images(t)
	store := filepath.Join(t.TempDir(), "blob")
	flipped := bytes.Clone(f.raw)
	flipped[5000] ^= 1
	write(t, store, flipped)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "train-images-idx3-ubyte"), f.raw[:1000])
	write(t, filepath.Join(dir, "train-images-idx3-ubyte.gz"), pack(t, flipped))
	bad := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { io.WriteString(w, "<html>try later</html>") })
	good := serve(t, whole(f))
	b := newBench(t)
	if err := b.fetch(t.Context(), Sources{
		Blob:    func(string) (string, bool) { return store, true },
		Dirs:    []Dir{{dir, "-data"}},
		Mirrors: []string{bad.URL, good.URL},
	}, f); err != nil {
		t.Fatal(err)
	}
	b.has(t, f)
	wrong := "wrong content: its SHA-256 is " + identity(flipped) + ", expected " + f.SHA256
	want := []string{
		"store: " + wrong,
		dir + "/train-images-idx3-ubyte (named by -data): it ends after 1000 of 94096 bytes",
		dir + "/train-images-idx3-ubyte.gz (named by -data): " + wrong,
		bad.URL + `/train-images-idx3-ubyte.gz: it is a web page and neither gzip nor IDX: it starts with "<html>try later</html>"`,
	}
	if !slices.Equal(b.refused, want) {
		t.Errorf("refused\n%s\nwant\n%s", strings.Join(b.refused, "\n"), strings.Join(want, "\n"))
	}
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	f := images(t)
	b := newBench(t)
	os.Remove(b.out)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "train-images-idx3-ubyte"), f.raw)
	err := b.fetch(t.Context(), Sources{Dirs: []Dir{{dir, "-data"}}}, f)
	if !errors.Is(err, os.ErrNotExist) || errors.As(err, new(*Unavailable)) {
		t.Errorf("%v; want the missing directory, not an unavailable file", err)
	}
	if len(b.refused) > 0 {
		t.Errorf("blamed on %q", b.refused)
	}
}

// No mirror is blamed if the directory for partial files cannot be created.
func TestPartialDirectoryThatCannotBeMade(t *testing.T) {
	m := serve(t, whole(images(t)))
	b := newBench(t)
	write(t, b.partial, nil)
	err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, images(t))
	if err == nil || !strings.Contains(err.Error(), b.partial) || errors.As(err, new(*Unavailable)) {
		t.Errorf("%v; want the path that is in the way", err)
	}
	if len(b.refused)+len(m.asked()) > 0 {
		t.Errorf("refused %q, asked %q", b.refused, m.asked())
	}
}

func TestWriteErrorIsNotBlamedOnTheSource(t *testing.T) {
	f := images(t)
	full := errors.New("no space left on device")
	for _, src := range [][]byte{f.raw, f.packed} {
		err := f.decode(&fullDisk{left: 50000, err: full}, bytes.NewReader(src))
		if !errors.Is(err, full) || !errors.As(err, new(writeError)) {
			t.Errorf("%v; want a writeError", err)
		}
	}
}

type fullDisk struct {
	left int
	err  error
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		return 0, d.err
	}
	d.left -= len(p)
	return len(p), nil
}

func TestMirrorsAreChecked(t *testing.T) {
	for _, c := range []struct{ mirror, want string }{
		{"https://example.org/mnist/", ""},
		{"https://example.org", ""},
		{"http://127.0.0.1:8080/x", ""},
		{"http://[::1]/x", ""},
		{"http://localhost/x", ""},
		{"http://example.org/mnist/", `its scheme is "http", expected https`},
		{"http://127.0.0.1.example.org/", `its scheme is "http"`},
		{"ftp://example.org/", `its scheme is "ftp"`},
		{"file:///etc", "names no host"},
		{"/srv/mnist", "names no host"},
		{"https://example.org/get?x=", "query"},
		{"https://exa mple/", "invalid character"},
	} {
		err := CheckMirror(c.mirror)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.mirror, err, c.want)
		}
		if c.want != "" {
			b := newBench(t)
			if err := b.fetch(t.Context(), Sources{Mirrors: []string{c.mirror}}, labels(t)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: Fetch says %v, want %q", c.mirror, err, c.want)
			}
		}
	}
}
