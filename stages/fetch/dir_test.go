package fetch

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDirectories(t *testing.T) {
	sep := string(os.PathListSeparator)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := Directories("/repo", "data", "/a"+sep+sep+"b/"+sep+filepath.Join(here, "data"), []string{"../shared/mnist", "/a", ""})
	want := []Dir{
		{filepath.Join(here, "data"), "-data"},
		{"/a", "SPARSEL_DATA"},
		{filepath.Join(here, "b"), "SPARSEL_DATA"},
		{"/shared/mnist", "params.toml"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Directories("/repo", "", "", nil); len(got) > 0 {
		t.Errorf("got %v, want none", got)
	}
}

func TestDirectoryLayouts(t *testing.T) {
	f, l := images(t), labels(t)
	for _, c := range []struct{ images, labels string }{
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
		{"train-images.idx3-ubyte", "train-labels.idx1-ubyte"},
		{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"},
		{"train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz"},
		{"MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte.gz"},
		{"train-images-idx3-ubyte", "MNIST/raw/train-labels.idx1-ubyte"},
	} {
		dir := t.TempDir()
		put := func(name string, f fixture) {
			content := f.raw
			if strings.HasSuffix(name, ".gz") {
				content = f.packed
			}
			write(t, filepath.Join(dir, name), content)
		}
		put(c.images, f)
		put(c.labels, l)
		b := newBench(t)
		if err := b.fetch(t.Context(), Sources{Dirs: []Dir{{dir, Env}}}, f, l); err != nil {
			t.Errorf("%s: %v", c.images, err)
			continue
		}
		b.has(t, f, l)
		if want := filepath.Join(dir, c.images) + " (named by SPARSEL_DATA)"; b.obtained[f.Name] != want {
			t.Errorf("from %q, want %q", b.obtained[f.Name], want)
		}
		if len(b.refused) > 0 {
			t.Errorf("%s: refused %q", c.images, b.refused)
		}
	}
}

// The name does not determine whether a file is compressed, because browsers
// decompress files that they save as .gz.
func TestNameDoesNotDecide(t *testing.T) {
	f := images(t)
	for name, content := range map[string][]byte{"train-images-idx3-ubyte.gz": f.raw, "train-images-idx3-ubyte": f.packed} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), content)
		b := newBench(t)
		if err := b.fetch(t.Context(), Sources{Dirs: []Dir{{dir, Env}}}, f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.has(t, f)
	}
}

func TestRefusedInDirectories(t *testing.T) {
	f := images(t)
	const name = "train-images-idx3-ubyte"
	path := func(dir string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		make func(dir string)
		want string
	}{
		{"absent directory", func(dir string) { os.Remove(dir) }, "no such file or directory"},
		{"a file as directory", func(dir string) { os.Remove(dir); write(t, dir, nil) }, "it is not a directory"},
		{"empty directory", func(string) {}, "has none of train-images-idx3-ubyte, train-images.idx3-ubyte, train-images-idx3-ubyte.gz, " +
			"train-images.idx3-ubyte.gz, in itself or in MNIST/raw"},
		{"a directory as file", func(dir string) { os.Mkdir(path(dir), 0o755) }, "it is not a regular file"},
		{"a named pipe", func(dir string) { syscall.Mkfifo(path(dir), 0o644) }, "it is not a regular file"},
		{"dangling link", func(dir string) { os.Symlink("nowhere", path(dir)) }, "has none of"},
		{"empty", func(dir string) { write(t, path(dir), nil) }, "it is empty"},
		{"one byte", func(dir string) { write(t, path(dir), f.raw[:1]) }, "it ends after 1 of 94096 bytes"},
		{"header only", func(dir string) { write(t, path(dir), f.raw[:16]) }, "it ends after 16 of 94096 bytes"},
		{"one byte short", func(dir string) { write(t, path(dir), f.raw[:len(f.raw)-1]) }, "it ends after 94095 of 94096 bytes"},
		{"one byte more", func(dir string) { write(t, path(dir), append(bytes.Clone(f.raw), 0)) }, "it holds more than the 94096 bytes expected"},
		{"the labels", func(dir string) { write(t, path(dir), labels(t).raw) }, "its header says 120, expected 120×28×28"},
		{"truncated gz", func(dir string) { write(t, path(dir), f.packed[:len(f.packed)/2]) }, "its gzip stream is cut off"},
		{"zip", func(dir string) { write(t, path(dir), []byte("PK\x03\x04and so on")) }, "it is application/zip and neither gzip nor IDX"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			os.Mkdir(dir, 0o755)
			c.make(dir)
			b := newBench(t)
			err := b.fetch(t.Context(), Sources{Dirs: []Dir{{dir, Env}}}, f)
			if err == nil || len(b.refused) != 1 || !strings.Contains(b.refused[0], c.want) {
				t.Errorf("refused %q, want %q", b.refused, c.want)
			}
			b.has(t)
		})
	}
}

// decode accepts only the file itself, whatever the bytes, and never writes
// more than one byte beyond the file's length.
func FuzzDecode(f *testing.F) {
	l := labels(f)
	f.Add(l.raw)
	f.Add(l.packed)
	f.Add(l.packed[:20])
	f.Add(l.raw[:20])
	f.Add(append(bytes.Clone(l.packed), l.packed...))
	f.Add(append(bytes.Clone(l.raw), 0))
	f.Add(pack(f, append(bytes.Clone(l.raw), 0)))
	f.Add([]byte("<html>"))
	f.Add([]byte{})
	f.Add([]byte{0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		err := l.decode(&out, bytes.NewReader(in))
		if err == nil && !bytes.Equal(out.Bytes(), l.raw) {
			t.Fatal("accepted something else")
		}
		if out.Len() > len(l.raw)+1 {
			t.Fatalf("%d bytes written", out.Len())
		}
	})
}
