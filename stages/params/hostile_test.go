package params

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// refused parses a file that must be refused, and fails if that takes much
// memory or a long message.
func refused(t *testing.T, name string, data []byte) *Problems {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Parse("params.toml", data, "")
	runtime.ReadMemStats(&after)
	var p *Problems
	if !errors.As(err, &p) {
		t.Fatalf("%s: error %v", name, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
		t.Errorf("%s: %d bytes take %d MB", name, len(data), took>>20)
	}
	if text := err.Error(); len(text) > 40_000 || strings.Count(text, "\n") > shownProblems+1 {
		t.Errorf("%s: the error has %d bytes", name, len(text))
	}
	return p
}

// lines returns n lines of a format that takes a number.
func lines(n int, format string) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return []byte(b.String())
}

// A bad file costs no more than a good one, because its contents are limited
// before the library sees them.
func TestT46CostOfBadFiles(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"2 MB of dots":   {[]byte(strings.Repeat("a.", 1<<20) + "a = 1"), "params.toml: has more than 524288 bytes"},
		"as many as fit": {[]byte(strings.Repeat("a.", maxBytes/2-3) + "a = 1"), "params.toml:1:33: a key lies more than 16 tables deep"},
		"dotted header": {[]byte("[" + strings.Repeat("a.", maxBytes/2-3) + "a]"),
			"params.toml:1:34: a key lies more than 16 tables deep"},
		"long names": {[]byte("[x]\n" + strings.Repeat("a", maxBytes-100) + " = 1"),
			"params.toml:2:1: a key and the tables it lies in have names of more than 256 bytes"},
		"100,000 unknown keys":  {lines(100_000, "k%05x = 1\n"), "params.toml: has more than 524288 bytes"},
		"as many keys as fit":   {lines(40_000, "k%05x = 1\n"), "params.toml:10001:1: the file has more than 10000 keys"},
		"tables":                {lines(40_000, "[t%05x]\n"), "params.toml:10001:2: the file has more than 10000 keys"},
		"tables in arrays":      {lines(20_000, "[[t]] # %d\n"), "params.toml:10001:3: the file has more than 10000 keys"},
		"keys of inline tables": {[]byte("a = {" + string(lines(40_000, "k%05x=1,")) + "z=1}"), "the file has more than 10000 keys"},
		"values":                {[]byte("a = [" + strings.Repeat("1,", maxBytes/2-10) + "]"), "the file lists more than 100000 values"},
		"nested arrays":         {[]byte("a = " + strings.Repeat("[", maxBytes-10)), "nested more than the maximum"},
		"shallower arrays": {[]byte("a = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)),
			"params.toml:1:1: lies more than 16 deep"},
		"nested tables": {[]byte("a = " + strings.Repeat("{a=", 5000) + "1" + strings.Repeat("}", 5000)),
			"a key lies more than 16 tables deep"},
	} {
		if err := refused(t, name, c.data); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300s, want %s", name, err, c.want)
		}
	}
}

// If there are many problems, the first are shown, in the order of the file,
// and the others are counted.
func TestT46ManyProblems(t *testing.T) {
	const n = 9000
	p := refused(t, "unknown keys", append(lines(n, "unknown%d = 1\n"), example(t)...))
	text := p.Error()
	if len(p.List) != n || !strings.HasSuffix(text, fmt.Sprintf("\n  and %d more", n-shownProblems)) ||
		strings.Count(text, "is not a known parameter") != shownProblems ||
		!strings.Contains(text, "unknown39: ") || strings.Contains(text, "unknown40: ") {
		t.Errorf("%d problems: %.2000s", len(p.List), text)
	}
}

// The products of numbers in the study are limited too.
func TestT46Products(t *testing.T) {
	seeds := string(lines(64_000, "%d,"))
	p := refused(t, "seeds", example(t, "seeds = [1, 100, 1234]", "seeds = ["+seeds+"]")) // times four optimizers
	if !strings.Contains(p.Error(), "ask for more than 250000 runs") {
		t.Error(p)
	}
	p = refused(t, "the same seed", example(t, "seeds = [1, 100, 1234]", "seeds = ["+strings.Repeat("7,", 60_000)+"]"))
	if len(p.List) != 59_999 {
		t.Errorf("%d problems", len(p.List))
	}
}

// A file that does not end, or is large, is not read to the end.
func TestT46EndlessFile(t *testing.T) {
	if _, err := Read("/dev/zero", ""); err == nil || !strings.Contains(err.Error(), "has more than 524288 bytes") {
		t.Error(err)
	}
	large := filepath.Join(t.TempDir(), "large")
	if err := errors.Join(os.WriteFile(large, nil, 0o644), os.Truncate(large, 1<<40)); err != nil {
		t.Skip(err)
	}
	if _, err := Read(large, ""); err == nil || !strings.Contains(err.Error(), "has more than 524288 bytes") {
		t.Error(err)
	}
}

// Positions are those of the library, found in another way.
func TestT46Places(t *testing.T) {
	text := "a = 1\n\n[b]\n  c = [1,\n  2]\r\n\"d e\" = { f = 1, g.h = 2 }\n[[i]]\nj = 1\n[[i]]\nj = 2"
	d, err := parse([]byte(text))
	if err != nil || len(d.problems) > 0 {
		t.Fatal(err, d.problems)
	}
	for path, want := range map[string]position{
		"a": {1, 5}, "b": {3, 2}, "b.c[0]": {4, 8}, "b.c[1]": {5, 3}, `b."d e".f`: {6, 15}, `b."d e".g.h`: {6, 24}, "i[0]": {7, 3},
		"i[1]": {9, 3}, "i[1].j": {10, 5},
	} {
		if got := d.positions[path]; got != want {
			t.Errorf("%s is at %v, want %v", path, got, want)
		}
	}
}

// Mirrors that would not work, or would reveal a password, are refused at their
// place in the file.
func TestT45Mirrors(t *testing.T) {
	for mirror, want := range map[string]string{
		`"https://a.example/x?y=1"`:       "must have no query",
		`"https://a.example/x?"`:          "must have no query",
		`"https://a.example/x#y"`:         "must have no query",
		`"https://a.example/#"`:           "must have no query",
		`"http://a.example/"`:             "must be an https:// URL",
		`"https://:443/"`:                 "must be an https:// URL",
		`"https://me:hunter2@a.example/"`: "must have no name and password",
		`"https://hunter2@a.example/"`:    "must have no name and password",
		`"https://me:hun/ter2@a.example"`: "must be an https:// URL",
		`"http://me:hunter2@a.example/"`:  "must be an https:// URL",
	} {
		data := example(t) // the first table comes after the top-level keys
		at := strings.Index(string(data), "[data]")
		if at < 0 {
			data = append(data, "\n[data]\n"...)
			at = strings.Index(string(data), "[data]")
		}
		text := string(data[:at]) + "[data]\nmirrors = [" + mirror + "]\n" + withoutMirrors(string(data[at+len("[data]"):]))
		line := 1 + strings.Count(string(data[:at]), "\n") + 1
		err := refused(t, mirror, []byte(text))
		if place := fmt.Sprintf("params.toml:%d:12: data.mirrors[0]: is ", line); !strings.Contains(err.Error(), place) ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s…%s", mirror, err, place, want)
		}
		if strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: the password is repeated: %v", mirror, err)
		}
	}
	_, err := Parse("params.toml", []byte("[data]\nmirrors = \"https://me:hunter2@a.example/\"\n"), "")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("no list: %v", err)
	}
}

// withoutMirrors removes the example's line.
func withoutMirrors(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "mirrors") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestT44NamesOfConditions(t *testing.T) {
	for name, want := range map[string]string{
		`"=1+1"`: "must not begin with", `"@x"`: "must not begin with", `"-a"`: "must not begin with", `"a\nb"`: "must be a line",
		`"\u001b[2J"`: "must be a line",
		`"\u202ea"`:   "must be a line",
	} {
		err := refused(t, name, example(t, `condition = "baseline"`, "condition = "+name))
		if !strings.Contains(err.Error(), ".condition: is ") || !strings.Contains(err.Error(), want) ||
			strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	err := refused(t, "key", append([]byte("\"a\\nb\\u001b\" = 1\n"), example(t)...))
	if !strings.Contains(err.Error(), `"a\nb\x1b": is not a known parameter`) {
		t.Error(err)
	}
}
