package testenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder is a test that records how it ended. Its embedded TB is nil, so that
// any other method panics.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper() {}

func (r *recorder) Skip(args ...any) {
	r.end = "skip: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.end = "fail: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// end runs a test that may end early, and returns how it ended.
func end(test func(t testing.TB)) string {
	r := &recorder{end: "went on"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r.end
}

func TestAbsent(t *testing.T) {
	absent := func(t testing.TB) { Absent(t, "mnist", errors.New("not there")) }
	for require, want := range map[string]string{
		"":                 "skip: not there",
		"torch,duckdb":     "skip: not there",
		"mnist-large":      "skip: not there",
		"torch,mnist":      "fail: SPARSEL_REQUIRE names mnist: not there",
		"mnist,avx2,torch": "fail: SPARSEL_REQUIRE names mnist: not there",
	} {
		t.Setenv("SPARSEL_REQUIRE", require)
		if got := end(absent); got != want {
			t.Errorf("SPARSEL_REQUIRE=%s: %s; want %s", require, got, want)
		}
	}
}

func TestMNIST(t *testing.T) {
	t.Setenv("SPARSEL_REQUIRE", "")
	here := t.TempDir()
	file := filepath.Join(here, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(here, "none")
	for _, dirs := range [][]string{{here}, {here, none}, {none, here}, {"", file, here}} {
		t.Setenv("SPARSEL_DATA", strings.Join(dirs, string(filepath.ListSeparator)))
		got := ""
		if how := end(func(t testing.TB) { got = MNIST(t) }); got != here {
			t.Errorf("%q: %q, %s; want %s", dirs, got, how, here)
		}
	}
	t.Setenv("SPARSEL_DATA", none)
	if got := end(func(t testing.TB) { MNIST(t) }); !strings.HasPrefix(got, "skip: ") || !strings.Contains(got, none) {
		t.Errorf("a folder that isn't there: %s", got)
	}

	// MNIST is beside the repository, wherever in it the test runs.
	project := filepath.Join(here, "project")
	inside := filepath.Join(project, "a", "b")
	want := filepath.Join(here, "shared", "mnist")
	for _, dir := range []string{inside, want} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(project, "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	t.Setenv("SPARSEL_DATA", "")
	got := ""
	if how := end(func(t testing.TB) { got = MNIST(t) }); got != want {
		t.Errorf("%q, %s; want %s", got, how, want)
	}
}
