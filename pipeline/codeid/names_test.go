package codeid

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConstraintSuffix(t *testing.T) {
	for name, want := range map[string]string{
		"gemm_linux_arm64.s": "linux_arm64", "gemm.go": "", "linux.go": "", "linux_arm64.go": "arm64", "a_linux.go": "linux",
		"a_arm64.go": "arm64",
		"a_b.go":     "", "a_arm64_linux.go": "linux", "a_b_linux_arm64.go": "linux_arm64", "arm64.s": "", "a_linux_b.go": "",
	} {
		if got := constraintSuffix(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A header counts by its name, because other files include it. Any other file
// counts by its extension, its constraint and its bytes.
func TestFilesAreKnownByBytes(t *testing.T) {
	dir := t.TempDir()
	sum := func(name, text string) [32]byte {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := bytesPart(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		return p.sum
	}
	if sum("a.s", "x") != sum("b.s", "x") {
		t.Error("assembly is known by its name")
	}
	for _, pair := range [][4]string{
		{"a.h", "x", "b.h", "x"}, {"a.hpp", "x", "b.hpp", "x"}, {"a.s", "x", "a.s", "y"}, {"a.s", "x", "a.syso", "x"},
		{"a.s", "x", "a_arm64.s", "x"},
		{"a_linux.s", "x", "a_arm64.s", "x"},
	} {
		if sum(pair[0], pair[1]) == sum(pair[2], pair[3]) {
			t.Errorf("%q is the same", pair)
		}
	}
	if _, err := bytesPart(dir, "none.s"); err == nil {
		t.Error("a file that is not there has a sum")
	}
}

func TestHashText(t *testing.T) {
	var h, back Hash
	h[0], h[31] = 1, 0xfe
	text, err := h.MarshalText()
	if err != nil || back.UnmarshalText(text) != nil || back != h {
		t.Errorf("%s: %v, %v", text, back, err)
	}
	for _, bad := range []string{"", "00", strings.Repeat("0", 62), strings.Repeat("0", 66), strings.Repeat("0", 63) + "g"} {
		if err := back.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
	if err := back.UnmarshalText([]byte("00")); err == nil || !strings.Contains(err.Error(), "2 digits, want 64") {
		t.Errorf("%v", err)
	}
}

// No two sequences of lists of texts have the same encoding.
func TestListsAreApart(t *testing.T) {
	type list struct {
		label string
		texts []string
	}
	encode := func(lists ...list) string {
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		e := &encoder{w: w}
		for _, l := range lists {
			e.texts(l.label, l.texts)
		}
		w.Flush()
		return b.String()
	}
	seen := map[string]int{}
	for i, lists := range [][]list{
		{{"a", nil}}, {{"a", []string{""}}}, {{"a", []string{"b"}}}, {{"a", []string{"b", "c"}}}, {{"a", []string{"bc"}}},
		{{"ab", []string{"c"}}},
		{{"a", []string{"b"}}, {"c", nil}}, {{"a", nil}, {"b", []string{"c"}}}, {{"a", []string{"b", "c", ""}}}, {{"a", nil}, {"b", nil}},
	} {
		text := encode(lists...)
		if j, twice := seen[text]; twice {
			t.Errorf("lists %d and %d are encoded alike", i, j)
		}
		seen[text] = i
	}
}
