package chart

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.txt")

// learning returns a panel of four rising curves with bands. It computes its
// numbers without functions whose results differ between architectures.
func learning(title string) Panel {
	p := Panel{Title: title, X: Axis{Label: "Epoch", Min: 0, Max: 31, Ticks: []float64{1, 10, 20, 30}}, Y: Axis{Label: title + " β_{1}"}}
	for k, role := range []string{"SGD", "Adagrad", "Adadelta", "Adam"} {
		s := Series{Label: role, Role: role}
		for e := 1.0; e <= 30; e++ {
			y := 0.98 - 0.1*float64(k+1)/(e+float64(k))
			s.X, s.Y = append(s.X, e), append(s.Y, y)
			s.Lo, s.Hi = append(s.Lo, y-0.004), append(s.Hi, y+0.004)
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// examples use every feature of a figure.
func examples() map[string]Figure {
	nan := math.NaN()
	sweep := func(title string) Panel {
		return Panel{
			Title: title,
			X:     Axis{Label: "Learning rate η", Scale: Log},
			Y:     Axis{Label: "Value"},
			Series: []Series{
				{Label: "accuracy", Role: "accuracy", Marks: LinePoints, X: []float64{1e-5, 1e-3, 0.1, 10, 1000}, Y: []float64{.1, .9, .98, .97, .1}},
				{Label: "sparsity", Role: "sparsity", Marks: LinePoints, X: []float64{1e-5, 1e-3, 0.1, 10, 1000},
					Y:  []float64{0, .2, nan, .9, math.Inf(-1)},
					Lo: []float64{-.02, .1, nan, .8, nan}, Hi: []float64{.02, .3, nan, 1, nan}},
			},
			Rules: []Rule{{Kind: Vertical, At: .1, Label: "best accuracy"}, {Kind: Horizontal, At: .5, Role: "SGD", Dash: "dotted"}},
		}
	}
	cell := func(label string, hollow bool) Panel {
		return Panel{
			Title: "a title", Y: Axis{Label: label, Min: 0, Max: 1},
			X: Axis{Label: "x", Scale: Categorical, Categories: []string{"one", "two of them that are together at once"}},
			Series: []Series{{Label: "full", Role: "SGD", Marks: LinePoints, X: []float64{0, 1}, Y: []float64{.1, .5}, N: []int{3, 2},
				Expected: []int{3, 3}},
				{Label: "hollow", Role: "Adam", Hollow: hollow, Marks: LinePoints, X: []float64{0, 1}, Y: []float64{.3, .7}}},
			Rules: []Rule{{Kind: Horizontal, At: .2, Label: "reference", Dash: "dotted"}},
		}
	}
	return map[string]Figure{
		"grid": {
			ID: "7.1", Title: "A grid", Mark: "marked: 3 images", Note: "mean; " + strings.Repeat("a long note ", 14),
			Rows: []Row{
				{ShareX: true, ShareY: true, Panels: []Panel{cell("a", true), cell("a", true)}},
				{ShareY: true, Panels: []Panel{cell("b", true), cell("b", true)}},
			},
		},
		"epochs": {
			ID: "5.1", Caption: "Three < panels & a caption, ±.", Note: "mean ± SE, n = 3",
			Rows:     []Row{{Panels: []Panel{learning("Accuracy"), learning("Sparsity"), learning("Selectivity")}}},
			Metadata: map[string]string{"action": "sha256:00ff", "profile": "paper", "source": "seeds 1 → 3 & <more>", "code": "é"},
		},
		"sweep": {
			ID: "5.9", Title: "A sweep", Note: "mean ± SE, n = 3",
			Rows: []Row{{ShareY: true, Panels: []Panel{sweep("SGD"), sweep("Adagrad"), sweep("Adadelta"), sweep("Adam")}}},
		},
		"mixed": {
			ID: "9", Rows: []Row{
				{Panels: []Panel{
					{X: Axis{Scale: Categorical, Categories: []string{"con 1", "con 5"}}, Y: Axis{Scale: Log, Min: .01, Max: 1},
						Series: []Series{{Label: "a", Role: "level1", X: []float64{0, 1}, Y: []float64{.1, .5}, Lo: []float64{-1, .4},
							Hi: []float64{.2, math.Inf(1)}}}},
					{X: Axis{Min: 0, Max: 1}, Y: Axis{Min: .2, Max: .8}, Rules: []Rule{{Kind: Diagonal, Label: "y = x"}},
						Series: []Series{{Label: "b", Role: "level2", Marks: Points, Alpha: .5, X: []float64{.1, .5, .9}, Y: []float64{.1, .6, .85}}}},
				}},
				{Panels: []Panel{{Title: "nothing", Series: []Series{{Role: "Adam", X: []float64{1, 2}, Y: []float64{nan, nan}}}}}},
			},
		},
	}
}

func render(t testing.TB, f Figure, format string) []byte {
	t.Helper()
	data, err := Render(f, DefaultStyle(), format)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// digests returns one line for each example and format with the hash of its
// bytes. The compression of PNG and PDF may change with Go, so for these it can
// give the hash of the decompressed contents instead.
func digests(t testing.TB, contents bool) string {
	style := DefaultStyle()
	style.DPI = 100 // a third of the real resolution takes a tenth of the time
	var out strings.Builder
	for _, name := range []string{"epochs", "grid", "mixed", "sweep"} {
		for _, format := range Formats {
			data, err := Render(examples()[name], style, format)
			if err != nil {
				t.Fatal(err)
			}
			if contents {
				switch format {
				case "png":
					data = pixels(t, data)
				case "pdf":
					data = pdfPage(t, data)
				}
			}
			fmt.Fprintf(&out, "%s %s %x\n", name, format, sha256.Sum256(data))
		}
	}
	return out.String()
}

func pixels(t testing.TB, data []byte) []byte {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, a := img.At(x, y).RGBA()
			out = append(out, byte(r>>8), byte(g>>8), byte(b>>8), byte(a>>8))
		}
	}
	return out
}

// TestSameBytes draws everything repeatedly, and again in separate processes,
// because map order and the clock differ between processes.
func TestSameBytes(t *testing.T) {
	const child = "CHART_TEST_DIGESTS"
	if os.Getenv(child) != "" {
		fmt.Print("digests:\n" + digests(t, false) + "end\n")
		return
	}
	first := digests(t, false)
	if again := digests(t, false); again != first {
		t.Fatalf("another time in the same process:\n%s\nbefore:\n%s", again, first)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		command := exec.Command(program, "-test.run=^TestSameBytes$")
		command.Env = append(os.Environ(), child+"=1", "TZ=Asia/Tokyo")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_, rest, _ := strings.Cut(string(out), "digests:\n")
		if again, _, _ := strings.Cut(rest, "end\n"); again != first {
			t.Fatalf("another process:\n%s\nhere:\n%s", again, first)
		}
	}
}

// TestPDFFontOrder guards the order of the two fonts of a PDF, which once
// followed that of a map.
func TestPDFFontOrder(t *testing.T) {
	f := examples()["epochs"]
	first := render(t, f, "pdf")
	for range 30 {
		if !bytes.Equal(first, render(t, f, "pdf")) {
			t.Fatal("a PDF differs from the one before")
		}
	}
}

// TestGolden notices any change of a figure. Look at the pictures before
// -update.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "golden.txt")
	got := digests(t, true)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("figures changed; look at them, then run the test with -update:\n%s\nwant:\n%s", got, want)
	}
}

func TestCSV(t *testing.T) {
	f := Figure{ID: "1", Rows: []Row{{Panels: []Panel{
		{Title: "A, b", X: Axis{Scale: Categorical, Categories: []string{"one", "two"}},
			Series: []Series{{Label: "s", Role: "SGD", X: []float64{0, 1}, Y: []float64{0.1, math.NaN()}, Lo: []float64{1e-7, math.NaN()},
				Hi: []float64{1. / 3, math.NaN()}, N: []int{3, 0}, Expected: []int{3, 3}}},
			Rules: []Rule{{Kind: Horizontal, At: 2e-7, Label: "r", Role: "Adam", N: 2, Lo: 1e-7, Hi: 3e-7}}},
		{X: Axis{Label: "X"}, Y: Axis{Label: "Y"},
			Series: []Series{{Role: "SGD", X: []float64{-1}, Y: []float64{math.Inf(-1)}, Names: []string{"epoch 1"}}},
			Rules:  []Rule{{At: 3}, {Kind: Diagonal}}},
	}}}}
	want := `figure,panel,title,x_axis,y_axis,kind,label,name,x,category,y,low,high,n,expected
1,a,"A, b",,,value,s,,0,one,0.1,1e-07,0.3333333333333333,3,3
1,a,"A, b",,,value,s,,1,two,NaN,NaN,NaN,0,3
1,a,"A, b",,,horizontal,r,Adam,,,2e-07,1e-07,3e-07,2,
1,b,,X,Y,value,,epoch 1,-1,,-Inf,,,,
1,b,,X,Y,vertical,,,3,,,,,,
1,b,,X,Y,diagonal,,,,,,,,,
`
	if got := string(render(t, f, "csv")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestColourChange checks that changing a colour changes that colour and
// nothing else.
func TestColourChange(t *testing.T) {
	f := examples()["epochs"]
	style := DefaultStyle()
	before := render(t, f, "svg")
	role := style.Roles["SGD"]
	old := strings.ToUpper(role.Color)
	role.Color = "#123456"
	style.Roles["SGD"] = role
	after, err := Render(f, style, "svg")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(before, after) || !bytes.Equal(bytes.ReplaceAll(before, []byte(old), []byte("#123456")), after) {
		t.Error("the new colour does more or less than replace the old one")
	}
	if DefaultStyle().Roles["SGD"].Color == "#123456" {
		t.Error("a style shares its roles with the default")
	}
}

func BenchmarkRender(b *testing.B) {
	f := examples()["epochs"]
	for _, format := range Formats {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				render(b, f, format)
			}
		})
	}
}
