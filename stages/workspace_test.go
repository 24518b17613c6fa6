package stages

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
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

// Every target says what is wrong with -out before it does anything.
func TestOutThatIsNoFolder(t *testing.T) {
	s := newSmallStudy(t)
	s.write("file", "mine")
	file, empty, ctx := s.path("file"), "", context.Background()
	for out, want := range map[string]string{file: "-out=" + file + ": it is not a folder; name another, or move away what is there", empty: "-out= is empty"} {
		o := s.options()
		o.Out = &out
		for target, err := range map[string]error{
			"all": All(ctx, o), "status": Status(ctx, o), "clean": Clean(ctx, nil, o), "gc": GC(ctx, GCFlags{}, o), "lock": Lock(ctx, o),
			"audit": Audit(ctx, AuditFlags{}, o), "report": Report(ctx, o), "measure": Measure(ctx, file, MeasureFlags{}, o),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s -out=%s: got %v, want %s", target, out, err, want)
			}
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// The table of all epochs has no rows of its own to stand beside a try's.
func TestTriesOfEpochs(t *testing.T) {
	s := newSmallStudy(t)
	err := Tries(context.Background(), "epochs", nil, s.options())
	const want = "tries: table epochs holds every epoch of every run, which is too much to stand side by side; " +
		"name one of baseline, conditions, findings"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	o := s.options()
	err = Tries(context.Background(), "baseline", nil, o)
	if text := s.stdout.String(); err != nil || !strings.Contains(text, "| the study | SGD |") {
		t.Errorf("%v\n%s", err, text)
	}
}

// full is a file on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A target whose answer cannot be written has failed.
func TestAnswersThatCannotBeWritten(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	o, ctx, md := s.options(), context.Background(), "md"
	o.Stdout = full{}
	for target, err := range map[string]error{
		"force": Force(ctx, "table/baseline", o), "status": Status(ctx, o), "why": Why(ctx, "figure/5.1", o), "audit": Audit(ctx, AuditFlags{}, o),
		"diff": Diff(ctx, s.path("artifacts.lock"), o), "export": Export(ctx, "figure/5.1", o), "gc": GC(ctx, GCFlags{}, o), "macros": Macros(ctx, o),
		"tries": Tries(ctx, "baseline", &md, o), "lock": Lock(ctx, o), "auditfile": AuditFile(ctx, s.path("out/figures/fig-5.1.png"), o),
		"clean": Clean(ctx, nil, o), "all": All(ctx, o),
	} {
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v", target, err)
		}
	}
}
