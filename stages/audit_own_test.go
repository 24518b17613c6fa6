package stages

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sparsel/stages/lock"
)

// A lock is worth what the locks beside the parameters or the store confirm.
func TestAuditFileOfALock(t *testing.T) {
	s := newSmallStudy(t)
	own := s.lock()
	data := own.Encode()
	text, err := s.auditData(data)
	if err != nil || !strings.Contains(text, "is, byte for byte, "+s.path("artifacts.lock")) || !strings.Contains(text, "verdict: genuine") ||
		!strings.Contains(text, "written for the profile paper from the present parameters") || !strings.Contains(text, "with "+own.Go) ||
		!strings.Contains(text, "other bytes for 0, and nothing for 0\n") {
		t.Errorf("the lock: %v\n%s", err, text)
	}
	// One digit of a hash.
	at := bytes.Index(data, []byte("\noutput figure/5.1 ")) + 50
	for !strings.ContainsRune("0123456789", rune(data[at])) {
		at++
	}
	edited := bytes.Clone(data)
	edited[at] ^= 1
	if text, err := s.auditData(edited); err == nil || !strings.Contains(err.Error(), "is a lock that was changed or damaged: line ") ||
		strings.Contains(text, "verdict") {
		t.Errorf("one digit: %v\n%s", err, text)
	}
	if text, err := s.auditData(data[:len(data)/2]); err == nil || !strings.Contains(err.Error(), "changed or damaged: line ") {
		t.Errorf("cut short: %v\n%s", err, text)
	}
	// The same, with the right sum.
	resealed := func(change func(l *lock.Lock)) []byte {
		l, err := lock.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		change(l)
		return l.Encode()
	}
	figure := lock.Output{Node: "figure/5.1", Name: "figure.png"}
	forged := resealed(func(l *lock.Lock) {
		r := l.Outputs[figure]
		r.Content[0] ^= 1
		l.Outputs[figure] = r
	})
	text, err = s.auditData(forged)
	if err == nil || !strings.Contains(err.Error(), "the store has other bytes for 1 output of it") ||
		!strings.Contains(text, "other bytes for 1, and nothing for 0: figure/5.1 figure.png\n") ||
		!strings.Contains(text, "is another lock: it has the same bytes for ") {
		t.Errorf("an output: %v\n%s", err, text)
	}
	// The outputs of another node are not its own.
	swapped := resealed(func(l *lock.Lock) {
		a, b := lock.Output{Node: "finding/B1", Name: "finding.json"}, lock.Output{Node: "finding/B2", Name: "finding.json"}
		x, y := l.Outputs[a], l.Outputs[b]
		x.Content, y.Content = y.Content, x.Content
		l.Outputs[a], l.Outputs[b] = x, y
	})
	if text, err := s.auditData(swapped); err == nil || !strings.Contains(err.Error(), "other bytes for 2 outputs") {
		t.Errorf("two outputs: %v\n%s", err, text)
	}
	later := resealed(func(l *lock.Lock) { l.Seconds++ })
	if text, err := s.auditData(later); err != nil || !strings.Contains(text, "verdict: the store confirms ") {
		t.Errorf("another time: %v\n%s", err, text)
	}
	only := resealed(func(l *lock.Lock) {
		for o := range l.Outputs {
			if !strings.HasPrefix(o.Node, "fetch/") {
				delete(l.Outputs, o)
			}
		}
	})
	for name, c := range map[string]struct {
		at   *smallStudy
		data []byte
	}{"only images": {s, only}, "no store": {s.secondMachine(), data}} {
		if text, err := c.at.auditData(c.data); err == nil || !strings.Contains(err.Error(), "the store has none of its results") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// A report vouches for nothing; only the journal knows whether it was written
// here.
func TestAuditFileOfAReport(t *testing.T) {
	s := newSmallStudy(t)
	page, id := s.page()
	text, err := s.auditData([]byte(page))
	if err != nil || !strings.Contains(text, ": report, ") || !strings.Contains(text, "with the id "+id) || !strings.Contains(text, "its banner says: ") ||
		!strings.Contains(text, "are those of "+s.path("params.toml")) || !strings.Contains(text, "written as report.html in run ") ||
		!strings.Contains(text, "verdict: genuine by the journal") {
		t.Errorf("its own: %v\n%s", err, text)
	}
	harmed := []byte(page)
	harmed[len(harmed)/2] ^= 1
	if text, err := s.auditData(harmed); err == nil || !strings.Contains(err.Error(), "is a report that does not end in the checksum") {
		t.Errorf("a flipped bit: %v\n%s", err, text)
	}
	body := page[:strings.LastIndex(strings.TrimSuffix(page, "\n"), "\n")+1]
	if string(sealPage([]byte(body))) != page {
		t.Fatal("the test seals a page in another way")
	}
	forged := sealPage([]byte(strings.Replace(body, "<title>", "<title>Better\x1b[2J\n", 1)))
	text, err = s.auditData(forged)
	if err == nil || !strings.Contains(err.Error(), "a report is a summary and proves nothing; `go tool mage report ") ||
		strings.Contains(text, "verdict") || strings.Contains(text, "\x1b") || !strings.Contains(text, `Better\x1b[2J\n`) {
		t.Errorf("a forged one: %v\n%s", err, text)
	}
	if text, err := s.secondMachine().auditData([]byte(page)); err == nil || !strings.Contains(err.Error(), "cannot be vouched for") {
		t.Errorf("elsewhere: %v\n%s", err, text)
	}
	if err := os.WriteFile(s.path("params.toml"), []byte(strings.Replace(s.params(), "epochs = 2", "epochs = 3", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := s.auditData([]byte(page)); err != nil || !strings.Contains(text, "are others than "+s.path("params.toml")) {
		t.Errorf("other parameters: %v\n%s", err, text)
	}
}

func (s *smallStudy) params() string {
	s.t.Helper()
	text, err := os.ReadFile(s.path("params.toml"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
