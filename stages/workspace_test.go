package stages

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A proposed command asks a shell for the same study and stores.
func TestProposedCommand(t *testing.T) {
	text := func(s string) *string { return &s }
	yes := true
	for _, c := range []struct {
		o    Options
		want []string
	}{
		{Options{}, []string{"go", "tool", "mage", "all"}},
		{Options{Profile: text("quick"), Set: text("optimizers.SGD.lr=0.3")},
			[]string{"go", "tool", "mage", "all", "-profile=quick", "-set=optimizers.SGD.lr=0.3"}},
		{Options{Remote: text("s3://b/p?endpoint=http://127.0.0.1:9&x=1"), RemoteReadOnly: &yes},
			[]string{"go", "tool", "mage", "all", "-remote=s3://b/p?endpoint=http://127.0.0.1:9&x=1", "-remote-readonly"}},
		{Options{Params: text("it's $HOME/a b.toml"), Out: text("äö*"), Set: text("baseline.hidden=[8]\nstudy.title=\"a\\b\"")},
			[]string{"go", "tool", "mage", "all", "-params=it's $HOME/a b.toml", "-out=äö*", "-set=baseline.hidden=[8]", `-set=study.title="a\b"`}},
	} {
		command := c.o.command("all")
		out, err := exec.Command("sh", "-c", `printf '%s\n' `+command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if got := strings.Split(strings.TrimSpace(string(out)), "\n"); !slices.Equal(got, c.want) {
			t.Errorf("a shell takes %s as %q, want %q", command, got, c.want)
		}
	}
}

// A proposed command has only flags that its target has.
func TestProposedFlags(t *testing.T) {
	text := func(s string) *string { return &s }
	yes := true
	o := Options{Profile: text("quick"), Remote: text("file:///far"), RemoteReadOnly: &yes, Set: text("a=1")}
	for target, want := range map[string]string{
		"diff": " -profile=quick", "report": " -profile=quick -remote=file:///far -set=a=1",
		"all": " -profile=quick -remote=file:///far -remote-readonly -set=a=1",
	} {
		if got := o.command(target); got != "go tool mage "+target+want {
			t.Errorf("proposed: %s, want %s", got, want)
		}
	}
}
