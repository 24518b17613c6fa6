package params

import (
	"strings"
	"testing"
)

// Wherever a file names something that is not there, the message asks for the
// nearest name.
func TestMistypedNamesAreSuggested(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`archive = "last"`, `archve = "last"`, "study.archve: is not a known parameter; known here: archive, keep_archives, "},
		{`archive = "last"`, `archve = "last"`, "title, train_images; did you mean archive?"},
		{"[baseline]", "[basline]", "style, tables; did you mean baseline?"},
		{"[optimizers.Adam]", "[optimizers.Adma]", "optimizers.Adma: is not an optimizer; known are SGD, "},
		{"[optimizers.Adam]", "[optimizers.Adma]", "vSGD; did you mean Adam?"},
		{"batch = 50", "batchs = 50", "nesterov; did you mean batch"},
		{`seeding = "author"`, `seeding = "auhtor"`, `is "auhtor", must be one of author, paired; did you mean author?`},
	} {
		_, err := Parse("params.toml", example(t, c.was, c.is), "")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.is, err, c.want)
		}
	}
}

// Names that are too long for the files that will hold them are refused when the
// file is read. A grid's values may make them so.
func TestLongNames(t *testing.T) {
	entry := func(name, condition string, values ...string) string {
		text := "\n[[experiments]]\nname = \"" + name + "\"\ncondition = \"" + condition + "\"\nseeding = \"paired\"\n"
		if len(values) > 0 {
			return text + "vary = [{ parameter = \"epochs\", values = [" + strings.Join(values, ", ") + "] }]\n"
		}
		return text + "set = { epochs = 1 }\n"
	}
	for _, c := range []struct{ text, want string }{
		{entry(strings.Repeat("n", 400), "c"), ""},
		{entry(strings.Repeat("n", 401), "c"), ".name: has 401 letters, must have at most 400"},
		{entry("long", strings.Repeat("n", 400)), ""},
		{entry("long", strings.Repeat("ö", 201)), `.condition: is "` + strings.Repeat("ö", 40) + `"…, which has 402 bytes, must have at most 400`},
		{entry("long", strings.Repeat("n", 393)+"{epochs}", "1"), ""},
		{entry("long", strings.Repeat("n", 399)+"{epochs}", "1", "10"), ".condition: is"},
	} {
		_, err := Parse("params.toml", append(example(t), c.text...), "")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}
