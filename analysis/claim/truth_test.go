package claim

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestAgainstR compares with R 4.2, whose answers are in testdata/truth.txt
// (written by testdata/truth.R). Quantiles and tails keep ten digits here, so
// numbers may differ by 1e-9 of their size. Interval ends are differences and
// may differ by 1e-9 of their terms.
func TestAgainstR(t *testing.T) {
	file, err := os.Open("testdata/truth.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]int{}
	for s := bufio.NewScanner(file); s.Scan(); {
		fields := strings.Split(s.Text(), "|")
		kind, in, want := strings.TrimSpace(fields[0]), numbers(t, fields[1]), numbers(t, fields[2])
		seen[kind]++
		var got []float64
		switch kind {
		case "student":
			e := student(in)
			low, high := e.interval(0.95)
			above, below := e.tails(0)
			got = []float64{e.effect, low, high, above, below}
		case "tost":
			p := student(in).part("", Positive, 0.05, nil)
			if math.Abs(p.Equal-want[0]) > 1e-5*want[0] || math.Abs(p.Smallest-want[1]) > 1e-5*want[1] { // published with six digits
				t.Errorf("tost of %v: %v and %v, want %v", in, p.Equal, p.Smallest, want)
			}
			continue
		case "flip":
			above, below := signFlip(in, 0)
			got = []float64{above, below}
		case "logit":
			e := student(in)
			e.share = true
			low, high := e.interval(0.95)
			got = []float64{e.effect, low, high}
		case "welch":
			n := int(in[0])
			e := welch([]moments{momentsOf(in[1 : 1+n]), momentsOf(negative(in[1+n:]))})
			low, high := e.interval(0.95)
			above, _ := e.tails(0)
			got = []float64{e.effect, low, high, above}
		case "count":
			c := count{int(in[0]), int(in[1])}
			low, high := c.interval(0.95)
			above, below := c.tails(0.5)
			got = []float64{low, high, above, below}
		case "holm":
			got = Holm(in)
		case "bh":
			got = BenjaminiHochberg(in)
		case "kendall":
			if got := tau(t, in[:len(in)/2], in[len(in)/2:]); math.Abs(got-want[0]) > 5e-6 { // published with six digits
				t.Errorf("kendall of %v: %v, want %v", in, got, want)
			}
			continue
		case "prediction":
			var rows []row
			for ; len(in) > 0; in = in[4:] {
				rows = append(rows, row{experiment: strconv.Itoa(int(in[0])), y: in[1], x: []float64{1, in[2], in[3]}})
			}
			got = []float64{leaveOneOut(rows)}
		case "power": // see TestPower
			continue
		default:
			t.Fatalf("unknown kind %q", kind)
		}
		size := 0.0
		for _, v := range want {
			size = math.Max(size, math.Abs(v))
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9*size {
				t.Errorf("%s of %v: %v, want %v", kind, in, got, want)
				break
			}
		}
	}
	for _, kind := range []string{"student", "tost", "flip", "logit", "welch", "count", "holm", "bh", "kendall", "prediction", "power"} {
		if seen[kind] == 0 {
			t.Errorf("no truth about %s", kind)
		}
	}
}

func numbers(t *testing.T, text string) []float64 {
	t.Helper()
	var list []float64
	for _, field := range strings.Fields(text) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func negative(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = -v
	}
	return out
}

// tau returns what Concordance computes for one run.
func tau(t *testing.T, x, y []float64) float64 {
	t.Helper()
	d := NewData()
	for i := range x {
		q := Curve{"e", "x=" + strconv.Itoa(i+1), "A", AllLayers, "m"}
		d.Add(q, "1", 1, y[i], true)
		q.Metric = "n"
		d.Add(q, "1", 1, x[i], true)
	}
	p, err := decideWith(Concordance(Sweep("e", "x=").By("A").Of("m"), "n", Last, Positive), d)
	if err != nil {
		t.Fatal(err)
	}
	return p.Effect
}

// decideWith decides a predicate, with a margin of 0.02 for the metrics of the
// tests.
func decideWith(p Predicate, d *Data) (Part, error) {
	return p.decide(&judge{d, map[string]float64{"m": 0.02, "n": 0.02}})
}
