// Package testenv finds what tests need and a machine may lack. Only the tests
// of the stages use it.
package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// MNIST returns the folder with the files of MNIST: the first in SPARSEL_DATA
// that exists or, if that variable is not set, ../shared/mnist beside the
// repository. If there is none, it calls [Absent].
func MNIST(t testing.TB) string {
	t.Helper()
	dir, err := mnist(os.Getenv("SPARSEL_DATA"))
	if err != nil {
		Absent(t, "mnist", err)
	}
	return dir
}

// Absent skips a test because the machine lacks what the test needs, and says
// why. If SPARSEL_REQUIRE, a list separated by commas, contains what, the test
// fails instead.
func Absent(t testing.TB, what string, why error) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), what) {
		t.Fatalf("SPARSEL_REQUIRE names %s: %v", what, why)
	}
	t.Skip(why)
}

// mnist is MNIST for a value of SPARSEL_DATA.
func mnist(data string) (string, error) {
	dirs := filepath.SplitList(data)
	if data == "" {
		root, err := root()
		if err != nil {
			return "", err
		}
		dirs = []string{filepath.Join(root, "..", "shared", "mnist")}
	}
	for _, dir := range dirs {
		if dir == "" {
			continue // an empty element, as at the end of "a:"
		}
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return filepath.Abs(dir)
		}
	}
	return "", fmt.Errorf("no MNIST in %s; name its folder in SPARSEL_DATA", strings.Join(dirs, ", "))
}

// ProjectFile returns the text of a file of the project, given its path from
// the root.
func ProjectFile(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(append([]string{dir}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// root returns the folder of go.mod, which is above the one in which a test
// runs.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}
