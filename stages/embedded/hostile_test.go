package embedded

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/mutate"
)

// chunk returns one chunk of a PNG file.
func chunk(kind, content string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

func header(width, height uint32) string {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	return chunk("IHDR", string(b)+"\x10\x06\x00\x00\x00") // 16 bits per channel, with alpha
}

func picture(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A picture of a hundred bytes that claims 200,000×200,000 pixels is refused,
// and no memory is reserved for these.
func TestT44PixelBomb(t *testing.T) {
	bomb := []byte(pngMagic + header(200_000, 200_000) + chunk("tEXt", "figure\x005.1") +
		chunk("IDAT", "\x78\x9c\x03\x00\x00\x00\x00\x01") + chunk("IEND", ""))
	genuine := picture(t, image.NewGray(image.Rect(0, 0, 30, 20)))
	mutate.Watch(t, bomb, func(data []byte) {
		e := Read(data)
		if want := "claims 200000×200000 pixels"; len(e.Broken) != 1 || !strings.Contains(e.Broken[0], want) {
			t.Errorf("%q, want %q", e.Broken, want)
		}
		if text := ComparePictures(genuine, data); text != "its picture is 200000×200000 pixels, the genuine one 30×20" {
			t.Error(text)
		}
	})
	// A picture that deflate has compressed as far as it can is accepted.
	if e := Read(picture(t, image.NewGray(image.Rect(0, 0, 3000, 3000)))); len(e.Broken) > 0 {
		t.Errorf("an empty picture: %q", e.Broken)
	}
}

// archive returns a ZIP archive with these entries.
func archive(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// seeds returns valid files of every format.
func seeds(t testing.TB) [][]byte {
	style := chart.DefaultStyle()
	style.Roles = map[string]chart.Role{"a": {Color: "#000000", Dash: "solid", Marker: "circle"}}
	f := chart.Figure{ID: "5.1", Metadata: map[string]string{"figure": "5.1", "note": `a (b) \ c, μ`},
		Rows: []chart.Row{{Panels: []chart.Panel{{
			X: chart.Axis{Label: "x"}, Y: chart.Axis{Label: "y"},
			Series: []chart.Series{{Label: "s", Role: "a", X: []float64{0, 1}, Y: []float64{0, 1}}},
		}}}}}
	list := [][]byte{
		[]byte(`{"id":"B1","verdict":"supported"}`), []byte("figure,panel,x\n5.1,a,1\n5.1,a,2\n"),
		picture(t, image.NewNRGBA(image.Rect(0, 0, 9, 9))), []byte("%PDF-1.3 /Keywords (figure=5.1; a=\\)) %%EOF"),
		[]byte(pngMagic + header(9, 9) + chunk("tEXt", "figure\x005.1") + chunk("iTXt", "n\x00\x00\x00\x00\x00é") + chunk("IEND", "")),
		[]byte("sparsel lock 1\nprofile paper\n"),
		[]byte("<!doctype html><title>a</title><p class=\"mark\" role=\"note\"><b>b</b></p><code id=\"report-id\">" +
			strings.Repeat("ab", 32) + "</code>"),
		archive(t, "format", "actions/ab/"+strings.Repeat("ab", 32)), archive(t, "notes"),
		[]byte("PAR1\x15\x02\x19\x2c\x48\x01a\x15\x02\x00\x15\x02\x25\x00\x18\x01b\x00\x16\x00" +
			"\x19\x0c\x19\x1c\x18\x01k\x18\x01v\x00\x00\x26\x00\x00\x00PAR1"),
	}
	for _, format := range []string{"png", "svg", "pdf"} {
		data, err := chart.Render(f, style, format)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data[:min(len(data), 20_000)])
	}
	return list
}

// Reading any file takes memory in proportion to its length.
func TestT44MutatedFiles(t *testing.T) { mutate.Loop(t, seeds(t), func(data []byte) { Read(data) }) }

// Files that repeat the same small part often.
func TestT44RepeatedParts(t *testing.T) {
	const n = 200_000
	for name, data := range map[string]string{
		"ZIP entries":  string(archive(t, slices.Repeat([]string{"a"}, n/10)...)),
		"title":        "<!doctype html><title>" + strings.Repeat("<p class=\"mark\" role=\"note\">", n/10) + `id="report-id"`,
		"PDF escapes":  "%PDF-1.3 /Keywords (" + strings.Repeat(`\n`, n) + ") %%EOF",
		"PDF keywords": strings.Repeat("%PDF-1.3 /Keywords (a", n/10),
		"PNG chunks":   pngMagic + header(1, 1) + strings.Repeat(chunk("tEXt", "a\x00b"), n/10),
		"SVG depth":    "<svg>" + strings.Repeat("<g>", n),
		"SVG entry":    `<svg><e:entry xmlns:e="urn:sparsel:figure" key="a">` + strings.Repeat("<g>", n),
		"JSON depth":   `{"id":` + strings.Repeat("[", n),
		"CSV commas":   "figure,panel,\n" + strings.Repeat(",", n),
		"CSV lines":    "figure,panel,\n" + strings.Repeat("a,b,c\n", n/4),
	} {
		took := mutate.Watch(t, []byte(data), func(data []byte) { Read(data) })
		if limit := uint64(400 * len(data)); took > limit {
			t.Errorf("%s: %d bytes take %d of memory", name, len(data), took)
		}
	}
}

// Reading any file gives an answer.
func FuzzRead(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	mutate.Fuzz(f, func(t *testing.T, data []byte) {
		first := Read(data)
		if again := Read(bytes.Clone(data)); !maps.Equal(first.Values, again.Values) || fmt.Sprint(first.Broken) != fmt.Sprint(again.Broken) {
			t.Error("two readings of the same bytes differ")
		}
	})
}
