package lock

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"
)

func id(s string) ID { return sha256.Sum256([]byte(s)) }

func example() *Lock {
	return &Lock{
		Profile: "paper", Go: "go1.26.8, go 1.26.0", Params: id("params"), Seconds: 3600,
		Adopted:  map[string]ID{"train/a b/μ/seed=1": id("t0")},
		Code:     map[string]ID{"train": id("t"), "figure": id("f")},
		Contract: map[string]string{"train": "kernel 1"},
		Modules:  map[string]string{"gonum.org/v1/gonum": "v0.17.0"},
		Packages: map[string]ID{"sparsel/trainer": id("p")},
		Outputs: map[Output]Result{
			{"figure/5.1", "figure.png"}:                {id("png"), "figures/fig-5.1.png"},
			{"figure/5.1", "figure.csv"}:                {id("csv"), "figures/fig 5.1.csv"},
			{"train/a b/μ/seed=1", "record.parquet"}:    {id("r"), ""},
			{`train/"quoted"/seed=1`, "record.parquet"}: {id("q"), ""},
		},
	}
}

func TestLockSurvivesItsFile(t *testing.T) {
	for _, l := range []*Lock{example(), New()} {
		text := l.Encode()
		back, err := Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(l, back) {
			t.Errorf("%+v came back as %+v", l, back)
		}
		if !bytes.Equal(text, back.Encode()) {
			t.Error("the same lock has two files")
		}
	}
}

// A flipped bit is refused wherever it is, and the error names its line or a
// later one.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	text := example().Encode()
	for i := range text {
		for bit := range 8 {
			harmed := bytes.Clone(text)
			harmed[i] ^= 1 << bit
			if _, err := Parse(harmed); err == nil {
				t.Fatalf("bit %d of byte %d (%q) was flipped unseen", bit, i, text[i])
			} else if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("byte %d: %v does not name a line", i, err)
			}
		}
	}
	for n := range text {
		if _, err := Parse(text[:n]); err == nil {
			t.Fatalf("the first %d bytes were taken for a lock", n)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	lines := strings.SplitAfter(string(example().Encode()), "\n")
	edit := func(n int, text string) string {
		changed := append([]string{}, lines...)
		changed[n-1] = text
		return strings.Join(changed, "")
	}
	for want, text := range map[string]string{
		"line 1: does not begin":              "hello\n",
		"line 1: has version \"2\"":           strings.Replace(strings.Join(lines, ""), "lock 1", "lock 2", 1),
		"line 3: there is no \"<<<<<<<\"":     edit(3, "<<<<<<< HEAD\n"),
		"line 4: \"12\" is not a SHA-256":     edit(4, "params 12\n"),
		"line 5: \"seconds 03\" occurs twice": edit(5, "seconds 03\n"),
		"line 7: code has 1 fields":           edit(7, "code train\n"),
		"line 8: \"code figure":               edit(8, lines[6]),
		"line 6: \"512f\" is not a SHA-256":   edit(6, "adopted train/a 512f\n"),
		"line 10: \"\\\"figures\" is quoted":  edit(10, `output figure/5.1 figure.csv `+id("csv").String()+" \"figures\n"),
		"line 5: strconv.ParseInt":            edit(5, "seconds many\n"),
		"line 16: the sum over the lines":     edit(5, "seconds 3601\n"),
		"line 15: the file ends before":       strings.Join(lines[:14], ""),
		"line 2: a space is missing before ":  edit(2, "profile \"paper\"x\n"),
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Parse accepts exactly what would be written.
func FuzzParse(f *testing.F) {
	f.Add(example().Encode())
	f.Add([]byte("sparsel lock 1\nprofile \"a\\\"b\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse(text)
		if err == nil && !bytes.Equal(l.Encode(), text) {
			t.Errorf("%q was accepted and is written as %q", text, l.Encode())
		}
	})
}
