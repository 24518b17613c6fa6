package stages

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparsel/pipeline"
)

// A file that is not an audit state is not written to.
func TestStateRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"params.toml":    "[study]\ntitle = \"x\"\n",
		"one line":       "text",
		"one long line":  strings.Repeat("x", 5<<20),
		"newlines, text": "\n\n\ntext\n",
		"binary":         "\x89PNG\r\n\x1a\n\x00\x00",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := openState(path); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
			s.close()
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != text {
			t.Errorf("%s was written to", name)
		}
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir} {
		if _, err := openState(path); err == nil {
			t.Errorf("%s is taken for a state", path)
		}
	}
}

// An audit continues from an existing state, even if an earlier program wrote
// it, it is torn anywhere, or it has a line of any length.
func TestStateGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	id := pipeline.ActionID{1}
	outputs := map[string]pipeline.ContentID{"a": {2}}
	add := func() {
		t.Helper()
		s, err := openState(path)
		if err != nil {
			t.Fatal(err)
		}
		s.addResult(id, outputs)
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	known := func(what string) {
		t.Helper()
		s, err := openState(path)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer s.close()
		if got, ok := s.result(id); !ok || got["a"] != outputs["a"] {
			t.Errorf("%s: the fact is not known", what)
		}
	}
	add()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known("a new one")
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		add()
		known("torn and gone on")
	}
	_, facts, _ := strings.Cut(string(whole), "\n")
	for what, text := range map[string]string{
		"of an earlier program": "\n" + facts,
		"with a long line":      stateHead + strings.Repeat("x", 3<<20) + "\n" + facts,
		"with a long last line": string(whole) + strings.Repeat("x", 3<<20),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		known(what)
	}
}
