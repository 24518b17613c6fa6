package remote_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/pipeline/store/remote"
)

func archive(t *testing.T, entries map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z := zip.NewWriter(file)
	for name, text := range entries {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchiveIsRead(t *testing.T) {
	ctx := context.Background()
	r := open(t, "file://"+archive(t, map[string]string{"format": "f", "blobs/ab/ab1": "one", "blobs/ab/ab2": "second", "actions/ab/ab1": "a"}))
	if got := get(t, r, "blobs/ab/ab2"); got != "second" {
		t.Errorf("got %q", got)
	}
	if got, want := list(t, r, "blobs/"), []string{"blobs/ab/ab1", "blobs/ab/ab2"}; !slices.Equal(got, want) {
		t.Errorf("lists %v, want %v", got, want)
	}
	if e, err := r.Stat(ctx, "blobs/ab/ab2"); err != nil || e.Size != 6 || e.Key != "blobs/ab/ab2" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, key := range []string{"blobs/ab", "blobs/ab/", "blobs/ab/ab3", "../format"} {
		if err := r.Get(ctx, key, io.Discard); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %s: %v", key, err)
		}
		if _, err := r.Stat(ctx, key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("stat %s: %v", key, err)
		}
	}
	if err := r.Put(ctx, "blobs/cd/cd1", object("x"), true); !errors.Is(err, remote.ErrRefused) {
		t.Errorf("put: %v", err)
	}
	if err := r.Delete(ctx, []string{"blobs/ab/ab1"}); !errors.Is(err, remote.ErrRefused) {
		t.Errorf("delete: %v", err)
	}
}

// An archive that is missing, foreign or cut short is refused, with its name. A
// bit that flipped in an entry is noticed, wherever it is.
func TestArchiveDamage(t *testing.T) {
	ctx := context.Background()
	good := archive(t, map[string]string{"key": strings.Repeat("the bytes of an entry ", 20)})
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	want := get(t, open(t, "file://"+good), "key")
	bad := filepath.Join(t.TempDir(), "bad.zip")
	if err := open(t, "file://"+bad).Get(ctx, "key", io.Discard); !errors.Is(err, remote.ErrRefused) || !strings.Contains(err.Error(), bad) {
		t.Errorf("no file: %v", err)
	}
	for _, part := range [][]byte{nil, []byte("not an archive"), text[:len(text)/2], text[:len(text)-1]} {
		if err := os.WriteFile(bad, part, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := open(t, "file://"+bad).Get(ctx, "key", io.Discard); !errors.Is(err, remote.ErrRefused) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%d bytes: %v", len(part), err)
		}
	}
	for at := range text {
		flipped := bytes.Clone(text)
		flipped[at] ^= 1
		if err := os.WriteFile(bad, flipped, 0o644); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := open(t, "file://"+bad).Get(ctx, "key", &got); err == nil && got.String() != want {
			t.Fatalf("byte %d flipped: other bytes and no error", at)
		}
	}
}
