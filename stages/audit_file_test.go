package stages

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A lost file is recognised by its contents, wherever it is and whatever its
// name.
func TestAuditFileKnowsGenuineFiles(t *testing.T) {
	s := newSmallStudy(t)
	for path, want := range map[string]string{
		s.path("out/figures/fig-5.1.png"):       "figure.png of figure/5.1",
		s.path("out/figures/fig-5.1.csv"):       "figure.csv of figure/5.1",
		s.path("out/tables/table-baseline.tex"): "table.tex of table/baseline",
		s.blob("train/train_vs_test/baseline/Adam/seed=1", "activations.parquet"): "activations.parquet of " +
			"train/train_vs_test/baseline/Adam/seed=1",
		s.blob("aggregate/train_vs_test", "summaries.parquet"): "summaries.parquet of aggregate/train_vs_test",
		s.blob("metrics/train_vs_test/baseline/SGD/seed=100", "measures.parquet"): "measures.parquet of " +
			"metrics/train_vs_test/baseline/SGD/seed=100",
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lost := filepath.Join(t.TempDir(), "downloaded (3)")
		if err := os.WriteFile(lost, data, 0o644); err != nil {
			t.Fatal(err)
		}
		text, err := s.auditFile(lost)
		if err != nil || !strings.Contains(text, "is, byte for byte, "+want) || !strings.Contains(text, "verdict: genuine") ||
			!strings.Contains(text, "it is what the present parameters and code give") {
			t.Errorf("%s: %v\n%s", want, err, text)
		}
	}
}

// For an altered picture, the audit says whether it still shows the same, even
// if all of its metadata is gone.
func TestAuditFileComparesPictures(t *testing.T) {
	s := newSmallStudy(t)
	genuine, err := os.ReadFile(s.path("out/figures/fig-5.1.png"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(genuine))
	if err != nil {
		t.Fatal(err)
	}
	touched := image.NewNRGBA(picture.Bounds())
	draw.Draw(touched, touched.Bounds(), picture, image.Point{}, draw.Src)
	touched.SetNRGBA(100, 50, color.NRGBA{200, 0, 0, 255})
	encode := func(m image.Image) []byte {
		var b bytes.Buffer
		e := png.Encoder{CompressionLevel: png.BestSpeed} // other bytes for the same pixels
		if err := e.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	// Everything between the header and the pixels, which is where a figure
	// describes itself.
	at := bytes.Index(genuine, []byte("IDAT")) - 4
	named := func(m image.Image) []byte {
		plain := encode(m)
		return slices.Concat(plain[:33], genuine[33:at], plain[33:])
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"rewritten", named(picture), "ALTERED: this file has other bytes than what it says it is\n  it shows the same picture, pixel by pixel"},
		{"retouched", named(touched), "  1 of its"},
		{"stripped", encode(picture), "it shows the same picture, pixel by pixel, as figure.png of figure/5.1"},
		{"stripped and retouched", encode(touched), "and the file says nothing about itself"},
	} {
		lost := filepath.Join(t.TempDir(), "found.png")
		if err := os.WriteFile(lost, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		text, err := s.auditFile(lost)
		if err == nil || !strings.Contains(text, c.want) || strings.Contains(text, "verdict: genuine") {
			t.Errorf("%s: %v\n%s", c.name, err, text)
		}
		if c.name == "retouched" && !strings.Contains(text, "(100,50)-(101,51)") {
			t.Errorf("the place is not named:\n%s", text)
		}
	}
}

// If there is no store, the lock identifies its files.
func TestAuditFileByTheLockAlone(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	lost := filepath.Join(t.TempDir(), "found.pdf")
	data, err := os.ReadFile(s.path("out/figures/fig-5.1.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(lost, data, 0o644), writable(s.path("out")), os.RemoveAll(s.path("out"))); err != nil {
		t.Fatal(err)
	}
	text, err := s.auditFile(lost)
	if err != nil || !strings.Contains(text, "is, byte for byte, figure.pdf of figure/5.1 by ") ||
		!strings.Contains(text, "verdict: genuine by the lock") {
		t.Errorf("%v\n%s", err, text)
	}
	data[len(data)/3] ^= 1
	if err := os.WriteFile(lost, data, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err = s.auditFile(lost)
	if err == nil || !strings.Contains(text, "artifacts.lock has other bytes for figure.pdf of figure/5.1") {
		t.Errorf("%v\n%s", err, text)
	}
}

// A changed file is detected, and the genuine one is named from what the file
// says about itself.
func TestAuditFileNamesAlteredFiles(t *testing.T) {
	s := newSmallStudy(t)
	record := s.blob("train/train_vs_test/baseline/Adam/seed=1", "record.parquet")
	for path, want := range map[string]string{
		s.path("out/figures/fig-5.1.png"): "figure.png of figure/5.1",
		s.path("out/figures/fig-5.1.svg"): "figure.svg of figure/5.1",
		s.path("out/figures/fig-5.1.pdf"): "figure.pdf of figure/5.1",
		s.path("out/figures/fig-5.1.csv"): "figure.csv of figure/5.1",
		record:                            "record.parquet of train/train_vs_test/baseline/Adam/seed=1",
		s.blob("train/train_vs_test/baseline/SGD/seed=100", "activations.parquet"): "activations.parquet of " +
			"train/train_vs_test/baseline/SGD/seed=100",
		s.blob("aggregate/train_vs_test", "summaries.parquet"): "summaries.parquet of aggregate/train_vs_test",
		s.blob("metrics/train_vs_test/baseline/Adam/seed=100", "measures.parquet"): "measures.parquet of " +
			"metrics/train_vs_test/baseline/Adam/seed=100",
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lost := filepath.Join(t.TempDir(), "found"+filepath.Ext(path))
		data[len(data)/4] ^= 1
		if err := os.WriteFile(lost, data, 0o644); err != nil {
			t.Fatal(err)
		}
		text, err := s.auditFile(lost)
		if err == nil || !strings.Contains(text, "ALTERED") || !strings.Contains(text, "the store has that: "+want) ||
			strings.Contains(text, "genuine.") {
			t.Errorf("%s: %v\n%s", want, err, text)
		}
	}
	lost := filepath.Join(t.TempDir(), "holiday.jpg")
	if err := os.WriteFile(lost, []byte("\xff\xd8\xff\xe0 not ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := s.auditFile(lost); err == nil || !strings.Contains(text, "says nothing about itself") {
		t.Errorf("a foreign file: %v\n%s", err, text)
	}
	// A genuine figure whose chain is damaged is reported as genuine, and the
	// damage is named.
	flipBit(t, record, 100)
	text, err := s.auditFile(s.path("out/figures/fig-5.1.png"))
	if err == nil || !strings.Contains(err.Error(), "is genuine, but") ||
		!strings.Contains(text, "record.parquet of train/train_vs_test/baseline/Adam/seed=1: content") {
		t.Errorf("a damaged chain: %v\n%s", err, text)
	}
}
