package fetch

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestMessage checks the whole message that a user without any source sees.
func TestMessage(t *testing.T) {
	f, l := images(t), labels(t)
	dir := filepath.Join(t.TempDir(), "data")
	write(t, filepath.Join(dir, "train-images-idx3-ubyte.gz"), f.packed[:20000])
	page := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Write([]byte("<!DOCTYPE html><title>Welcome to the hotel</title>"))
	})
	gone := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { http.NotFound(w, r) })
	b := newBench(t)
	err := b.fetch(t.Context(), Sources{
		Blob:    func(string) (string, bool) { return "", false },
		Dirs:    []Dir{{dir, Env}, {filepath.Join(dir, "none"), "params.toml"}},
		Mirrors: []string{page.URL + "/mnist", gone.URL},

		Otherwise: "do without",
	}, f, l)
	if !errors.As(err, new(*Unavailable)) {
		t.Fatal(err)
	}
	golden(t, "unavailable.txt", strings.NewReplacer(dir, "DIR", page.URL, "http://hotel", gone.URL, "http://gone").Replace(err.Error()))

	err = newBench(t).fetch(t.Context(), Sources{}, l)
	golden(t, "nosource.txt", err.Error())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(t, path, []byte(got+"\n"))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestUnavailableUnwraps(t *testing.T) {
	f := images(t)
	store := filepath.Join(t.TempDir(), "blob")
	f.raw[100]++
	write(t, store, f.raw)
	err := newBench(t).fetch(t.Context(), Sources{Blob: func(string) (string, bool) { return store, true }}, f)
	if !errors.Is(err, errHash) {
		t.Errorf("%v does not wrap errHash", err)
	}
}
