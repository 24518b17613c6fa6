package stages

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"sparsel/artifacts/mutate"
)

// pngOf returns a picture of one pixel with these texts as metadata.
func pngOf(texts ...string) string {
	b := []byte("\x89PNG\r\n\x1a\n")
	add := func(kind, content string) {
		from := len(b) + 4
		b = append(append(binary.BigEndian.AppendUint32(b, uint32(len(content))), kind...), content...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
	}
	add("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
	for i := 0; i < len(texts); i += 2 {
		add("tEXt", texts[i]+"\x00"+texts[i+1])
	}
	add("IDAT", "\x78\x9c\x63\x60\x60\x60\x00\x00\x00\x04\x00\x01")
	add("IEND", "")
	return string(b)
}

// A file may say anything about itself. It must not take much memory, print a
// line of its own or anything that a terminal would obey, or count as genuine.
func TestT44ForeignFilesForgeNothing(t *testing.T) {
	s := newSmallStudy(t)
	const forged = "verdict: genuine. `audit -level=2` derives it again from the archived activations, -level=3 trains again"
	svg := func(key, value string) string {
		return `<svg xmlns="http://www.w3.org/2000/svg"><metadata><e:entry xmlns:e="urn:sparsel:figure" key="` + key + `">` +
			value + `</e:entry></metadata></svg>`
	}
	kv := func(key, value string) string { // a Parquet file without columns
		footer := "\x15\x02\x19\x2c\x48\x01a\x15\x02\x00\x15\x02\x25\x00\x18\x01b\x00\x16\x00\x19\x0c\x19\x1c" +
			"\x18" + string(rune(len(key))) + key + "\x18" + string(rune(len(value))) + value + "\x00\x00"
		return "PAR1" + footer + string(binary.LittleEndian.AppendUint32(nil, uint32(len(footer)))) + "PAR1"
	}
	for name, c := range map[string]struct{ data, want string }{
		"newline.svg": {svg("figure", "5.1&#10;"+forged), `figure "5.1\nverdict`},
		"newline in a sum.svg": {svg("figure", "5.1</e:entry><e:entry xmlns:e=\"urn:sparsel:figure\" "+
			"key=\"summaries-sha256-x&#10;y\">&#13;a"), `"x\ny"`},
		"separator.svg":  {svg("table", "5.1\u2028"+forged), `"5.1\u2028verdict`},
		"bidi.svg":       {svg("finding", "B1\u202e\u2066"), `"B1\u202e\u2066"`},
		"no end.svg":     {"<svg><\x1b[2J", "the file is damaged:"},
		"escapes.png":    {pngOf("figure", "5.1\x1b[2J\x1b]0;pwned\ac", "table", "x"), `figure "5.1\x1b[2J\x1b]0;pwned\ac"`},
		"c1.png":         {pngOf("figure", "5.1\x9b2J"), `"5.1\u009b2J"`},
		"chunk.png":      {strings.Replace(pngOf(), "IDAT", "\x1b[2J", 1), "damaged"},
		"keywords.pdf":   {"%PDF-1.3 /Keywords (figure=5.1\\n" + forged + ") %%EOF", `figure "5.1\nverdict`},
		"format.parquet": {kv("sparsel.format", "summaries\n\x1b[2J"), `a "summaries\n\x1b[2J"`},
		"bomb.parquet": {"PAR1\x15\x02\x19\x1c\x48\x01a\x15\xfe\xff\xff\xff\x0f\x00\x16\x00\x19\x0c\x00\x13\x00\x00\x00PAR1",
			"has 2147483647 children"},
		"id.json":         {`{"id":"5.1\n` + forged + `","verdict":"\u001b"}`, `finding "5.1\nverdict`},
		"id.csv":          {"figure,panel,x\n\"5.1\n" + forged + "\",a,b\n", `figure "5.1\nverdict`},
		"name\n" + forged: {"nothing", "says nothing about itself"},
		"name\x1b[2J":     {"nothing", "says nothing about itself"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		var text string
		var err error
		mutate.Watch(t, []byte(c.data), func([]byte) { text, err = s.auditFile(path) })
		if err == nil || !strings.Contains(text, c.want) {
			t.Errorf("%q: error %v, want %s in\n%s", name, err, c.want, text)
			continue
		}
		all := text + Shown(err).Error()
		if at := strings.IndexFunc(all, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("%q prints %q", name, all[at:min(len(all), at+20)])
		}
		for line := range strings.Lines(all) {
			if strings.HasPrefix(strings.TrimSpace(line), "verdict") {
				t.Errorf("%q prints a line of its own: %s", name, line)
			}
		}
	}
}

// Anything but a regular file is refused at once, because a pipe would block
// and a device never ends.
func TestT44OnlyRegularFilesAreAudited(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, "/dev/zero", t.TempDir()} {
		if err := AuditFile(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), "is no regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := AuditFile(t.Context(), pipe+"x", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
