package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

// saved calls do with a checker, saves the checker, and returns the checker of
// the next command.
func saved(t *testing.T, w *Writer, do func(c *Checker)) *Checker {
	t.Helper()
	c := w.NewChecker()
	do(c)
	if err := w.Save(c); err != nil {
		t.Fatal(err)
	}
	return w.NewChecker()
}

// A head from the cache is what the record says. A record that was changed, is
// in conflict or is gone is never answered from the cache.
func TestHeadsAreAsRecordsSay(t *testing.T) {
	w := testWriter(t)
	records := []*Record{
		{Action: ActionID{1}, Outputs: []Output{{Name: "a", Content: ContentID{9}, Size: 3}}},
		{Action: ActionID{2}, Outputs: []Output{{Name: "größe 1\n", Content: ContentID{8}, Away: true},
			{Name: "b", Content: ContentID{7}, Size: 1 << 40}}, Adopted: true},
		{Action: ActionID{3}, Outputs: []Output{}},
		{Action: ActionID{4}, Outputs: []Output{{Name: "a"}}, Conflict: []Output{{Name: "a", Size: 1}}},
	}
	for _, r := range records {
		r.Detail = []byte("{}")
		if err := w.Rewrite(r); err != nil {
			t.Fatal(err)
		}
	}
	absent := ActionID{5}
	c := saved(t, w, func(c *Checker) {
		for _, r := range records {
			if _, err := c.Head(r.Action, TrustTimes); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Head(absent, TrustTimes); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a record that is not there: %v", err)
		}
	})
	if len(c.before.heads) != 3 {
		t.Errorf("%d heads are remembered, want all but the one in conflict", len(c.before.heads))
	}
	for _, r := range records {
		got, err := c.Head(r.Action, TrustTimes)
		if err != nil || !reflect.DeepEqual(got.Outputs, r.Outputs) || got.Adopted != r.Adopted || (got.Conflict != nil) != (r.Conflict != nil) {
			t.Errorf("%v: %+v, want %+v", err, got, r)
		}
	}
	if c.news.Load() {
		t.Error("records were read again though nothing has changed")
	}

	path := w.RecordPath(ActionID{1})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[40] ^= 1
	if err := errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, text, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(ActionID{1}, TrustTimes); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged record: %v", err)
	}
	if err := os.Remove(w.RecordPath(ActionID{3})); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(ActionID{3}, TrustTimes); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a removed record: %v", err)
	}
	if err := w.Save(c); err != nil {
		t.Fatal(err)
	}
	if c = w.NewChecker(); len(c.before.heads) != 1 {
		t.Errorf("%d heads are remembered, want that of the only record left whole", len(c.before.heads))
	}
	if _, err := c.Head(ActionID{2}, TrustNothing); err != nil {
		t.Error(err)
	}
}

// However the reading of a journal is divided among commands, the last thing
// that it says about each node is the same as for the whole journal.
func TestLatestGoesOnWhereItStopped(t *testing.T) {
	w := testWriter(t)
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []EventKind{NodeStart, NodeFinish, NodeFail, NodeUse, NodeAdopt, NoteEvent}
	want := map[string]ActionID{}
	read := int64(0)
	for round := range 40 {
		for range random.IntN(30) {
			id := ActionID{byte(random.IntN(256))}
			e := Event{Kind: kinds[random.IntN(len(kinds))], Node: fmt.Sprintf("node \"%d\"", random.IntN(20)), Action: &id}
			if err := w.Append(e); err != nil {
				t.Fatal(err)
			}
			if e.Kind == NodeFinish || e.Kind == NodeUse || e.Kind == NodeAdopt {
				want[e.Node] = id
			}
		}
		c := saved(t, w, func(c *Checker) {
			got, err := c.Latest()
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("round %d: %v; %v, want %v", round, err, got, want)
			}
		})
		if c.latest.offset < read {
			t.Errorf("round %d: read to %d, before to %d", round, c.latest.offset, read)
		}
		read = c.latest.offset
		if again, err := c.Latest(); err != nil || !maps.Equal(again, want) || c.news.Load() {
			t.Errorf("round %d: %v; read again though nothing was added: %v", round, err, c.news.Load())
		}
		c.latest.nodes["only remembered"] = ActionID{}
		if again, _ := c.Latest(); len(again) != len(want)+1 {
			t.Fatalf("round %d: what was read before is read again", round)
		}
	}
}

// A journal that is not the one that was read before is read from its
// beginning.
func TestLatestOfAnotherJournal(t *testing.T) {
	lines := func(first, n int) (text []byte) {
		for i := range n {
			line, err := seal(Event{Kind: NodeFinish, Node: fmt.Sprint(first + i), Action: &ActionID{byte(i)}})
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, line...)
		}
		return text
	}
	for name, change := range map[string]func(path string, before []byte) error{
		"shorter":     func(path string, before []byte) error { return os.WriteFile(path, lines(10, 3), 0o644) },
		"other lines": func(path string, before []byte) error { return os.WriteFile(path, lines(50, 40), 0o644) },
		"replaced by its double": func(path string, before []byte) error {
			os.Remove(path)
			return os.WriteFile(path, append(before, lines(90, 2)...), 0o644)
		},
		"gone":          func(path string, _ []byte) error { return os.Remove(path) },
		"cut in a line": func(path string, before []byte) error { return os.WriteFile(path, before[:len(before)-10], 0o644) },
		"a line half written": func(path string, before []byte) error {
			return os.WriteFile(path, append(before, lines(90, 1)[:30]...), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := testWriter(t)
			before := lines(10, 40)
			if err := os.WriteFile(w.JournalPath(), before, 0o644); err != nil {
				t.Fatal(err)
			}
			c := saved(t, w, func(c *Checker) { c.Latest() })
			if len(c.latest.nodes) != 40 {
				t.Fatalf("%d nodes were read", len(c.latest.nodes))
			}
			if err := change(w.JournalPath(), before); err != nil {
				t.Fatal(err)
			}
			got, err := c.Latest()
			if err != nil {
				t.Fatal(err)
			}
			whole, err := (&Checker{store: w.Store}).Latest()
			if err != nil || !maps.Equal(got, whole) {
				t.Errorf("%v: %v, want %v", err, got, whole)
			}
		})
	}
}
