package stages

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// T23: a signal ends a run within a bound: its workers are gone, the journal says what was cancelled, nothing half done
// is published, and the next run goes on. A second Ctrl-C is mage's to answer, which exits at once: no better
// and no worse than SIGKILL, which is here as well.
func TestT23Signals(t *testing.T) {
	p := newProject(t)
	p.edit("train_images = 2000", "train_images = 20000") // long enough to be interrupted
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL} {
		what := sig.String()
		cmd := p.command(context.Background(), "all", "-jobs=2", "-out=out")
		said, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		lines := bufio.NewReader(said)
		for !strings.Contains(text.String(), `msg=start node="train/`) {
			line, err := lines.ReadString('\n')
			text.WriteString(line)
			if err != nil {
				t.Fatalf("%s: it ended before a training began: %s", what, text.String())
			}
		}
		start := time.Now()
		cmd.Process.Signal(sig)
		rest, _ := io.ReadAll(lines)
		text.Write(rest)
		err = cmd.Wait()
		if err == nil || !errors.As(err, new(*exec.ExitError)) {
			t.Errorf("%s: %v", what, err)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: it took %v to end", what, d)
		}
		p.noWorkers(what)
		if sig == syscall.SIGKILL {
			continue
		}
		if !strings.Contains(text.String(), "cancelled") {
			t.Errorf("%s: it does not say that it was cancelled: %s", what, text.String())
		}
		p.journalSays(what, store.NodeCancel)
		if half, _ := filepath.Glob(filepath.Join(p.dir, "out", "*", ".publishing-*")); len(half) > 0 {
			t.Errorf("%s: left %q", what, half)
		}
	}
	p.run("all", "-jobs=2", "-out=out")
	p.run("all", "-jobs=2", "-out=undisturbed")
	p.same("after all signals", p.digests("out"), p.digests("undisturbed"))
}

// journalSays looks for an event in the last run.
func (p *project) journalSays(what string, kind store.EventKind) {
	p.t.Helper()
	s, err := pipeline.OpenStore(filepath.Join(p.dir, "out", "store"))
	if err != nil {
		p.t.Fatal(err)
	}
	events, _, err := s.Journal()
	if err != nil || len(events) == 0 {
		p.t.Fatal(err)
	}
	last := events[len(events)-1].Run
	for _, e := range events {
		if e.Run == last && e.Kind == kind {
			return
		}
	}
	p.t.Errorf("%s: the journal of run %s has no event %q", what, last, kind)
}
