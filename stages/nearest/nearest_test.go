package nearest

import (
	"slices"
	"testing"
)

func TestOf(t *testing.T) {
	nodes := []string{
		"figure/5.1", "figure/5.10", "figure/5.11", "quick/figure/5.1", "finding/B1", "finding/B2", "finding/Z11",
		"aggregate/batch_size", "table/batch_size", "train/batch_size/bs=1/SGD/seed=1",
	}
	for word, want := range map[string]string{
		"quick/figure/5.1": "quick/figure/5.1",
		"figure-5.1":       "figure/5.1",
		"Figure/5.1":       "figure/5.1",
		"fig/5.1":          "figure/5.1",
		"finding/b1":       "finding/B1",
		"table/batchsze":   "table/batch_size",
		"b1":               "finding/B1",
		"batchsize":        "table/batch_size",
		"fig-5.1":          "figure/5.1",
		"zzzzzzzzzzzz":     "",
	} {
		got := Of(word, nodes)
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) || want != "" && got[0] != want {
			t.Errorf("%s: got %v, want %q first", word, got, want)
		}
	}
	if got := Of("batchsize", []string{"neurons", "batch_size", "baseline"}); !slices.Equal(got, []string{"batch_size"}) {
		t.Errorf("got %v", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "ba", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}, {"größe", "grösse", 2}} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want || distance([]rune(c.b), []rune(c.a)) != got {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	if got := Hint("fgure", []string{"figure", "table"}); got != "; did you mean figure?" {
		t.Error(got)
	}
	if got := Hint("x", []string{"figure"}); got != "" {
		t.Error(got)
	}
}
