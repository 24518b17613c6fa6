package store

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

func testWriter(t testing.TB) *Writer {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return another(t, s)
}

func another(t testing.TB, s *Store) *Writer {
	t.Helper()
	w, err := s.NewWriter(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// journalOf returns the text of a journal of n events whose nodes are numbered.
func journalOf(t testing.TB, n int) []byte {
	var text []byte
	for i := range n {
		line, err := seal(Event{Kind: NodeFinish, Node: fmt.Sprint(i), Error: `{"sum":"` + "\n"})
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, line...)
	}
	return text
}

func nodes(events []Event) (names []string) {
	for _, e := range events {
		names = append(names, e.Node)
	}
	return names
}

// One flipped bit, wherever it is, costs the event that it is in and no other.
// A second flip of the same kind cannot make the event pass.
func TestT06JournalBitFlips(t *testing.T) {
	text := journalOf(t, 5)
	line := len(text) / 5
	for at := range text {
		for bit := range 8 {
			broken := bytes.Clone(text)
			broken[at] ^= 1 << bit
			events, damage := parseJournal(broken)
			var want []string
			for i := range 5 {
				if i != at/line {
					want = append(want, fmt.Sprint(i))
				}
			}
			if !slices.Equal(nodes(events), want) || len(damage) != 1 {
				t.Fatalf("bit %d of byte %d: read %q, want %q; damage %v", bit, at, nodes(events), want, damage)
			}
		}
	}
}

// A torn last event is skipped, and does not affect the next append.
func TestT06JournalTornEnd(t *testing.T) {
	text := journalOf(t, 3)
	line := len(text) / 3
	for cut := range line {
		torn := append(bytes.Clone(text[:2*line+cut]), text[:line]...)
		events, damage := parseJournal(torn)
		if want := []string{"0", "1", "0"}; !slices.Equal(nodes(events), want) {
			t.Fatalf("cut after %d bytes: read %q, want %q", cut, nodes(events), want)
		}
		if (len(damage) == 0) != (cut == 0) {
			t.Fatalf("cut after %d bytes: damage %v", cut, damage)
		}
	}
}

// Writers in several goroutines never interleave their lines.
func TestJournalConcurrentAppends(t *testing.T) {
	w := testWriter(t)
	var wg sync.WaitGroup
	const writers, each = 8, 50
	for i := range writers {
		wg.Go(func() {
			for range each {
				if err := w.Append(Event{Kind: NodeStart, Node: fmt.Sprint(i), Text: string(make([]byte, 100*i))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	events, damage, err := w.Journal()
	if err != nil || len(events) != writers*each || len(damage) > 0 {
		t.Errorf("%v: %d events, damage %v", err, len(events), damage)
	}
	for _, e := range events {
		if e.Run != w.Run {
			t.Fatalf("event of run %q, want %q", e.Run, w.Run)
		}
	}
}

func FuzzJournal(f *testing.F) {
	text := journalOf(f, 3)
	f.Add(text)
	f.Add(text[:len(text)-10])
	f.Add([]byte(sealMarker + sealMarker))
	f.Add([]byte("\n\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		events, damage := parseJournal(text)
		// Every byte is in an event, in damage or is white space. Events survive
		// being surrounded by garbage.
		at := int64(0)
		for _, d := range damage {
			if d.Offset < at || d.Offset+int64(d.Bytes) > int64(len(text)) {
				t.Fatalf("damage %v out of order or range", d)
			}
			at = d.Offset + int64(d.Bytes)
		}
		line, _ := seal(Event{Kind: NodeUse, Node: "after"})
		after, _ := parseJournal(append(bytes.Clone(text), line...))
		if len(after) == 0 || after[len(after)-1].Node != "after" || len(after) < len(events) {
			t.Fatalf("an append after %q was lost", text)
		}
	})
}

func FuzzRecord(f *testing.F) {
	text, err := encodeRecord(&Record{Node: "n", Stage: "s", Outputs: []Output{{Name: "a", Size: 3}}, Detail: []byte(`{"x":1}`)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:40])
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRecord(text)
		if err != nil {
			return
		}
		again, err := encodeRecord(r)
		if err != nil {
			t.Fatalf("a record that was read cannot be written: %v", err)
		}
		if _, err := parseRecord(again); err != nil {
			t.Fatal(err)
		}
	})
}

// Every flip of a record's bits is damage.
func TestT06RecordBitFlips(t *testing.T) {
	text, err := encodeRecord(&Record{Node: "n", Stage: "s", Outputs: []Output{{Name: "a", Size: 3}}, Detail: []byte(`{"x":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseRecord(text); err != nil {
		t.Fatal(err)
	}
	for at := range text {
		for bit := range 8 {
			broken := bytes.Clone(text)
			broken[at] ^= 1 << bit
			if _, err := parseRecord(broken); err == nil {
				t.Errorf("bit %d of byte %d was flipped unnoticed", bit, at)
			}
		}
		if _, err := parseRecord(text[:at]); err == nil {
			t.Errorf("cut after %d bytes unnoticed", at)
		}
	}
}

// A record is believed only under the name of its own action.
func TestRecordUnderWrongName(t *testing.T) {
	w := testWriter(t)
	a, b := ActionID{1}, ActionID{2}
	if err := w.Commit(&Record{Action: a, Detail: []byte("{}")}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Disk.MkdirAll(w.path("actions", b.String()[:2])); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.RecordPath(a), w.RecordPath(b)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Record(b); err == nil {
		t.Error("the record of another action was believed")
	}
}
