//go:build unix

package foreign

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe is refused at once, also in the place of one of several arrays or of
// weights. A link to a file is as good as the file.
func TestPipes(t *testing.T) {
	activations, labels := arrays()
	pipe := func(path string) string {
		t.Helper()
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := pipe(filepath.Join(t.TempDir(), "x.parquet"))
	pair := put(t, map[string][]byte{Activation: activations, Label: labels})
	dir := filepath.Dir(pair)
	pipe(filepath.Join(dir, "x."+Label+".npy"))
	weights := pipe(filepath.Join(dir, "x."+Weight+".npy"))
	_, err1 := Open(one)
	_, err2 := Open(pair)
	_, err3 := ReadOutput(weights)
	_, err4 := Regular(dir)
	for i, err := range []error{err1, err2, err3, err4} {
		if err == nil || !strings.Contains(err.Error(), "is not a regular file") {
			t.Errorf("%d: %v", i, err)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pair, link); err != nil {
		t.Fatal(err)
	}
	f, err := Regular(link)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
