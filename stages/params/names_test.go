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
