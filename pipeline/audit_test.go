package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// audit returns the result of a rehash.
func (l *lab) audit(s settings) *pipeline.Audit {
	l.t.Helper()
	a, err := l.engine().Rehash(context.Background(), l.graph(s), store.ScanOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// An audit may run beside a run: unfinished work is not a fault.
func TestAuditBesideARun(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	l.gate = func(_ context.Context, node string) error {
		if node == "train/0.01/2" {
			close(inside)
			<-leave
		}
		return nil
	}
	ended := make(chan []string)
	go func() { ended <- l.run(basic()) }()
	<-inside
	a := (&lab{t: t, dir: l.dir, code: versions{}}).audit(basic())
	close(leave)
	<-ended
	for _, f := range a.Faults {
		t.Errorf("%s", f)
	}
	if !strings.Contains(strings.Join(a.Notes, "\n"), "a run is at work") {
		t.Errorf("the run is not mentioned: %q", a.Notes)
	}
	l.sound("after the run", basic())
}

// reseal edits the second line of a record and corrects its checksum.
func reseal(t *testing.T, path, before, after string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, detail, _ := bytes.Cut(text, []byte("\n"))
	const prefix = len(`{"sum":"0123456789abcdef","data":`)
	data := bytes.TrimSuffix(detail[prefix:], []byte("}\n"))
	if !bytes.Contains(data, []byte(before)) {
		t.Fatalf("the record has no %s: %s", before, data)
	}
	data = bytes.Replace(data, []byte(before), []byte(after), 1)
	sum := sha256.Sum256(data)
	edit(t, path, fmt.Appendf(append(head, '\n'), "{\"sum\":\"%x\",\"data\":%s}\n", sum[:8], data))
}

// A record that was edited by somebody who knows the format is still detected,
// because the action id is the hash of what the record says the action was.
func TestAuditRecomputesActionIDs(t *testing.T) {
	t.Parallel()
	for what, lie := range map[string][2]string{
		"parameter": {`"value":"0.01"`, `"value":"0.02"`},
		"kind":      {`"kind":"float64"`, `"kind":"float32"`},
		"name":      {`"name":"seed"`, `"name":"sead"`},
		"input":     {`"content":"`, `"content":null,"was":"`},
		"code":      {`"code":"`, `"code":"` + strings.Repeat("00", 32) + `","was":"`},
		"contract":  {`"job_contract":"`, `"contract":"x","job_contract":"`},
	} {
		l := newLab(t)
		l.run(basic())
		path := l.store().RecordPath(l.plan(basic()).Step("train/0.01/2").Action)
		reseal(t, path, lie[0], lie[1])
		faults := l.audit(basic()).Faults
		found := false
		for _, f := range faults {
			found = found || f.Kind == store.Damaged && strings.HasSuffix(path, f.Path[len("store/"):])
		}
		if !found {
			t.Errorf("%s: the lie was not found: %v", what, faults)
		}
	}
}

// The cost of an audit besides hashing, for a study of ten thousand nodes and
// twelve thousand small files.
func BenchmarkAudit(b *testing.B) {
	l := bigLab(b)
	s := basic()
	s.Seeds = upTo(2500)
	g := l.graph(s)
	if _, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil {
		b.Fatal(err)
	}
	b.Run("rehash", func(b *testing.B) {
		for b.Loop() {
			if a, err := l.engine().Rehash(context.Background(), g, store.ScanOptions{}); err != nil || len(a.Faults) > 0 {
				b.Fatal(err)
			}
		}
	})
	b.Run("garbage", func(b *testing.B) {
		for b.Loop() {
			if c, err := l.engine().Garbage(context.Background(), pipeline.Roots{Graphs: []*pipeline.Graph{g}}); err != nil || len(c.Garbage) > 0 {
				b.Fatal(err)
			}
		}
	})
}

// A file whose record was collected is what the journal says was published
// there: it is out of date, and nobody has altered it.
func TestAuditOfPublishedFilesAfterACollection(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	red, green := basic(), basic()
	red.Colour, green.Colour = "red", "green"
	l.run(red)
	if _, err := l.engine().Collect(context.Background(), pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(basic())}}); err != nil {
		t.Fatal(err)
	}
	const what = " is out of date: an earlier run published it, and a collection has removed the record of what made it"
	a := l.audit(basic())
	if len(a.Faults) != 1 || !strings.HasPrefix(a.Faults[0].What, "does not hold svg of figure: ") || !strings.HasSuffix(a.Faults[0].What, what) {
		t.Errorf("beside a result that is not there: %v", a.Faults)
	}
	a = l.audit(green)
	if text := strings.Join(a.Notes, "\n"); len(a.Faults) != 0 || !strings.Contains(text, what) {
		t.Errorf("before there is another result: %v, notes: %s", a.Faults, text)
	}
}
