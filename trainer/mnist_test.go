package trainer

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// required reports whether SPARSEL_REQUIRE names what a test needs, so that its
// absence is a failure.
func required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), what)
}

// absent skips the test, or fails it if what is missing is required.
func absent(t testing.TB, what, why string) {
	t.Helper()
	if required(what) {
		t.Fatalf("SPARSEL_REQUIRE names %s: %s", what, why)
	}
	t.Skip(why)
}

// shared returns the path of a file or folder beside the repository, whose root
// is the nearest parent folder with a go.mod.
func shared(name string) string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, "..", "shared", name)
}

// mnist returns the training and the test split, or skips the test.
func mnist(t testing.TB) (train, test Split) {
	t.Helper()
	splits, err := readMNIST()
	if err != nil {
		absent(t, "mnist", err.Error())
	}
	return splits[0], splits[1]
}

var readMNIST = sync.OnceValues(func() ([2]Split, error) {
	dir := shared("mnist")
	if data := filepath.SplitList(os.Getenv("SPARSEL_DATA")); len(data) > 0 {
		dir = data[0]
		for i := 1; i < len(data) && !there(dir); i++ {
			dir = data[i]
		}
	}
	var splits [2]Split
	for i, name := range []string{"train", "t10k"} {
		images, err := readIDX(filepath.Join(dir, name+"-images-idx3-ubyte"))
		if err != nil {
			return splits, err
		}
		labels, err := readIDX(filepath.Join(dir, name+"-labels-idx1-ubyte"))
		if err != nil {
			return splits, err
		}
		// The headers are four and two numbers of four bytes.
		splits[i] = Split{Pixels: 28 * 28, Images: images[16:], Labels: labels[8:], Classes: ten}
	}
	return splits, nil
})

func there(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// readIDX returns the contents of a file that is stored plain or as .gz.
func readIDX(path string) ([]byte, error) {
	if raw, err := os.ReadFile(path); err == nil {
		return raw, nil
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
