package params

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func profileText(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "\n[profiles.%q]\ndata = \"mnist\"\ntrain_images = 200\ntest_images = 100\nseeds = [1]\nepochs = 1\n"+
			"grid_points = 2\nseeding = \"paired\"\n", name)
	}
	return b.String()
}

// P12: a profile has a folder with its own name below out. The name must not be
// one that the program uses, in any spelling. This is reported with line and
// column when the file is read.
func TestReservedProfileNames(t *testing.T) {
	where := regexp.MustCompile(`params\.toml:[0-9]+:[0-9]+: profiles\.`)
	names := append([]string{"Store", "STORE", "Report.html", "con", "NUL.txt", "..", ".", ".hidden", "a/b", `a\b`, "", "com1", "tries"}, Reserved...)
	for _, name := range names {
		_, err := Parse("params.toml", append(example(t), profileText(name)...), "")
		if err == nil || !where.MatchString(err.Error()) {
			t.Errorf("profile %q: %v, want it refused with its line", name, err)
		}
		if name != "" && name != Paper && ProfileName(name) {
			t.Errorf("%q passes for the name of a profile", name)
		}
	}
	for _, name := range []string{"quick", "stores", "figures2", "my.report.html", "_x", "1", "Console"} {
		if _, err := Parse("params.toml", append(example(t), profileText(name)...), name); err != nil || !ProfileName(name) {
			t.Errorf("profile %q: %v", name, err)
		}
	}
	if _, err := Parse("params.toml", append(example(t), profileText("NUL.txt")...), ""); err == nil || strings.Contains(err.Error(), "itself uses") {
		t.Errorf("a device of another system is said to be used by the program: %v", err)
	}
	if _, err := Parse("params.toml", append(example(t), profileText("quick", "Quick")...), ""); err == nil ||
		!where.MatchString(err.Error()) {
		t.Errorf("two profiles that differ in capitals: %v", err)
	}
}
