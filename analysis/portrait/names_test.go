package portrait

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// At 10 points a W is 9.44 points wide, an a 5.56, and the dots 8.34.
func TestNames(t *testing.T) {
	for name, c := range map[string]struct {
		most        float64
		names, want []string
	}{
		"short":              {100, []string{"sgd-1: layer 2", "größe"}, []string{"sgd-1: layer 2", "größe"}},
		"not drawable":       {100, []string{"a^b{c}", "x\n\x7f\xff", "層"}, []string{"a?b?c?", "x???", "?"}},
		"empty":              {100, []string{"", ""}, []string{"", ""}},
		"the middle":         {40, []string{"WWWWWWWWWW"}, []string{"WW...W"}},
		"the middle differs": {50, []string{"aaaaaaaa1aaaaaaaa", "aaaaaaaa2aaaaaaaa"}, []string{"aa...1...aa", "aa...2...aa"}},
		"the end differs":    {40, []string{"WWWWWWWWWW1", "WWWWWWWWWW2"}, []string{"WW...1", "WW...2"}},
		"equal ones":         {40, []string{"WWWWWWWWWW", "WWWWWWWWWW"}, []string{"WW...W", "WW...W"}},
		"nothing fits":       {5, []string{"WWWW1", "WWWW2"}, []string{"1: ...", "2: ..."}},
		"not drawable alone": {100, []string{"層一", "層二"}, []string{"1: ??", "2: ??"}},
	} {
		got := Names(c.names, 10, c.most)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// No name is wider than there is room for, and those that differ still do.
func TestNamesFit(t *testing.T) {
	var names []string
	for _, stem := range []string{
		"module.transformer.encoder.layer.%d.output.dense", "%d" + strings.Repeat("W", 60), "é%dé" + strings.Repeat("i", 2000),
	} {
		for i := range 12 {
			names = append(names, fmt.Sprintf(stem, i))
		}
	}
	for _, most := range []float64{300, 100, 60, 40} {
		drawn := Names(names, 7.5, most)
		if !distinct(names, drawn) {
			t.Errorf("at %v points: %q", most, drawn)
		}
		for _, s := range drawn {
			if width := float64(face.Width(s)) * 7.5; width > most {
				t.Errorf("%q is %v points wide, more than %v", s, width, most)
			}
		}
	}
}
