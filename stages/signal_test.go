package stages

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// T23: a signal ends a run within a limited time. Its workers are gone, the
// journal says what was cancelled, nothing incomplete is published, and the
// next run continues. Mage handles a second Ctrl-C by exiting at once, which is
// like SIGKILL, and that is tested here as well.
func TestT23Signals(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.edit("train_images = 2000", "train_images = 20000") // takes long enough to be interrupted
	cancelled := 0
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL} {
		what := sig.String()
		cmd := p.command(context.Background(), "all", "-jobs=2", "-out=out")
		var text strings.Builder
		cmd.Stderr = &text
		before := len(p.events(store.NodeStart, "train/"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); len(p.events(store.NodeStart, "train/")) == before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: no training began within a minute", what)
			}
		}
		start := time.Now()
		cmd.Process.Signal(sig)
		err := cmd.Wait()
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
		if len(p.events(store.NodeCancel, "train/")) == cancelled {
			t.Errorf("%s: the journal has no cancelled training", what)
		}
		cancelled = len(p.events(store.NodeCancel, "train/"))
		if half, _ := filepath.Glob(filepath.Join(p.dir, "out", "*", ".publishing-*")); len(half) > 0 {
			t.Errorf("%s: left %q", what, half)
		}
	}
	p.run("all", "-jobs=2", "-out=out")
	p.run("all", "-jobs=2", "-out=undisturbed")
	p.same("after all signals", p.digests("out"), p.digests("undisturbed"))
}

// events lists the journal's events of a kind about nodes whose names begin
// with prefix.
func (p *project) events(kind store.EventKind, prefix string) (list []store.Event) {
	p.t.Helper()
	s, err := pipeline.OpenStore(filepath.Join(p.dir, "out", "store"))
	if err != nil {
		p.t.Fatal(err)
	}
	events, _, err := s.Journal()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == kind && strings.HasPrefix(e.Node, prefix) {
			list = append(list, e)
		}
	}
	return list
}
