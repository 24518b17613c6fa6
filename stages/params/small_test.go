package params

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer"
)

func TestThin(t *testing.T) {
	values := []any{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for points, want := range map[int][]any{0: values, 10: values, 11: values, 2: {0, 9}, 3: {0, 5, 9}, 4: {0, 3, 6, 9}} {
		got := thin(values, points)
		if points == 3 && fmt.Sprint(got) == fmt.Sprint([]any{0, 4, 9}) {
			continue // the middle of ten may be either
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d of %v are %v, want %v", points, values, got, want)
		}
	}
}

func TestClassNumbers(t *testing.T) {
	for _, list := range [][]any{{int64(0)}, {int64(9)}, {int64(3), int64(9), int64(0)}} {
		if got, err := classNumbers(list, 10); err != nil || len(got) != len(list) || int64(got[0]) != list[0] {
			t.Errorf("%v: %v, %v", list, got, err)
		}
	}
	for _, v := range []any{nil, "0", []any{}, []any{int64(10)}, []any{int64(-1)}, []any{0.5}, []any{int64(1), "2"}} {
		if got, err := classNumbers(v, 10); err == nil {
			t.Errorf("%v is taken for the classes %v", v, got)
		}
	}
}

func TestCCMASEpsilonIsJudged(t *testing.T) {
	text := string(project(t))
	for value, good := range map[string]bool{"0.0": true, "1e-6": true, "0.999": true, "1.0": false, "1": false, "-1e-9": false,
		"nan": false, "inf": false} {
		_, err := Parse("params.toml",
			[]byte(strings.Replace(text, "[metrics]\nccmas_epsilon = 0.0", "[metrics]\nccmas_epsilon = "+value, 1)), "")
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), "metrics.ccmas_epsilon") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// A number that varies is written with all its digits, and a rounded label has
// no more digits than it needs.
func TestNumbersAsText(t *testing.T) {
	for v, want := range map[any]string{0.1: "0.1", 1e-5: "1e-05", 0.30000000000000004: "0.30000000000000004",
		1234567.0: "1.234567e+06", int64(7): "7", "a": "a", true: "true"} {
		if got := format(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", math.Copysign(0, -1): "0", 0.1: "0.1", math.Inf(1): "+Inf", 1.0 / 3: "0.3333",
		100: "100"} {
		if got := Label(v); got != want {
			t.Errorf("the label of %v is %s, want %s", v, got, want)
		}
	}
}

// A file may begin with the mark that editors put before UTF-8, and columns are
// counted without it.
func TestByteOrderMark(t *testing.T) {
	mustParse(t, append([]byte("\ufeff"), example(t)...))
	_, err := Parse("params.toml", []byte("\ufeff[studies]\n"), "")
	if err == nil || !strings.Contains(err.Error(), "params.toml:1:2: studies: is not a known parameter") {
		t.Errorf("%v", err)
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		_, err := Parse("params.toml", []byte(mark+"[\x00s\x00"), "")
		if err == nil || !strings.Contains(err.Error(), "params.toml:1:1: the file is in UTF-16; save it as UTF-8") {
			t.Errorf("%v", err)
		}
	}
}

// A number that is refused for its kind is shown as the file has it.
func TestRefusedNumbersAsInTheFile(t *testing.T) {
	for value, want := range map[any]string{50.0: "the number 50.0", 0.5: "the number 0.5", 1e50: "the number 1e+50", int64(50): "the number 50",
		math.Inf(1): "the number +Inf"} {
		if got := kindOf(value); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A finite number that is refused because networks are trained with 32 bits is
// said to be that, and no other.
func TestNumbersBeyond32Bits(t *testing.T) {
	for _, c := range []struct {
		constant string
		value    float64
		want     string
	}{
		{"lr", 1e100, "is 1e+100, which the 32 bits that networks are trained with cannot tell from +Inf; the nearest that they can is 3.4028235e+38"},
		{"eps", 1e-50, "is 1e-50, which the 32 bits that networks are trained with cannot tell from 0; the nearest that they can is 1.4012985e-45"},
		{"beta1", 0.9999999999, "is 0.9999999999, which the 32 bits that networks are trained with cannot tell from 1; " +
			"the nearest that they can is 0.99999994"},
		{"lr", -1e100, "is -1e+100: want a finite number, 0 or more"},
		{"lr", math.Inf(1), "is +Inf: want a finite number, 0 or more"},
		{"eps", 0, "is 0: want a finite number above 0"},
		{"beta1", 1e100, "is 1e+100: want 0 or more and below 1"},
	} {
		h, _ := hyper("Adam", c.constant)
		if err := checkConstant(h, c.value); err == nil || err.Error() != c.want {
			t.Errorf("%s = %v: %v", c.constant, c.value, err)
		}
	}
	_, err := Parse("params.toml", example(t, "batch = 50", "batch = 50\nl1 = 1e39\ncsi = -1e39"), "")
	if err == nil || strings.Count(err.Error(), "which the 32 bits") != 2 {
		t.Errorf("%v", err)
	}
}

func TestPhasesInWords(t *testing.T) {
	for want, phases := range map[string][]trainer.Phase{
		"1 epoch of the class 3, then 2 epochs of the classes 0, 1":  {{Epochs: 1, Classes: []int{3}}, {Epochs: 2, Classes: []int{0, 1}}},
		"1 epoch of 1 drawn class, then 2 epochs of 4 drawn classes": {{Epochs: 1, Drawn: 1}, {Epochs: 2, Drawn: 4}},
	} {
		if got := phasesText(phases); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := phasesText(nil); got != nil {
		t.Errorf("no phases are %q", got)
	}
}

// A profile of one of everything is described in the singular.
func TestMarkOfOne(t *testing.T) {
	profile := "\n[profiles.p]\ntrain_images = 1\ntest_images = 1\nepochs = 1\nseeds = [1]\nseeding = \"paired\"\n"
	p, err := Parse("params.toml", append(example(t), profile...), "p")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Mark("MNIST"), "p profile, not the study: 1 image of MNIST, measured on 1 test image, at most 1 epoch, "+
		"batches of at most 1 image, 1 seed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
