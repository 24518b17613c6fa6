package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// FarGarbage returns what a collection of the second level would remove now:
// everything that these roots do not reach, and what killed pushes have left in
// a folder, except what is younger than grace. It writes nothing.
//
// There is no lock between machines. Instead, a push renews bytes that it finds
// there and that are older than half of grace, records are removed before the
// bytes they name, and each object is checked once more before it is removed.
// If something is still removed too early, that is a miss.
func (e *Engine) FarGarbage(ctx context.Context, roots Roots, grace time.Duration) (*Collection, error) {
	c, _, err := e.farGarbage(ctx, roots, grace)
	if err != nil {
		return nil, fmt.Errorf("collect garbage of the second level: %w", err)
	}
	return c, nil
}

func (e *Engine) farGarbage(ctx context.Context, roots Roots, grace time.Duration) (*Collection, map[string]time.Time, error) {
	if !e.far.up(ctx) {
		return nil, nil, errors.Join(errors.New("it cannot be asked"), e.far.usable())
	}
	all, err := e.far.c.All(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	records, err := e.farRecords(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	p, faults := newProvenance(e.Store, records)
	if len(faults) > 0 {
		return nil, nil, fmt.Errorf("%s: what it keeps is unknown: remove it there, and try again", faults[0])
	}
	reached, err := e.reach(ctx, p, roots)
	if err != nil {
		return nil, nil, err
	}
	old := e.Now().Add(-grace)
	for _, entry := range all { // young objects stay, with everything that they were made from
		if id, ok := keyID("actions", entry.Key); ok && entry.Changed.After(old) && p.actions[id] != nil {
			var chain []*Made
			var missing []MadeFrom
			p.upstream(p.actions[id], reached, &chain, &missing)
		}
	}
	keep := map[string]bool{}
	for id := range reached {
		m := p.actions[id]
		keep[store.IDPath("actions", id)] = true
		for _, code := range m.codes() {
			keep[store.IDPath("manifests", code)] = true
		}
		for _, o := range m.Outputs {
			keep[store.IDPath("blobs", o.Content)] = true
		}
	}
	c, changed := &Collection{Kept: len(reached)}, map[string]time.Time{}
	names := garbageNames(records)
	for _, entry := range all {
		kind, _, _ := strings.Cut(entry.Key, "/")
		id, ok := keyID(kind, entry.Key)
		unfinished := remote.Unfinished(entry.Key)
		if !ok && !unfinished || keep[entry.Key] || entry.Changed.After(old) {
			continue // never remove what this program did not put there
		}
		g := Garbage{store.Garbage{Path: entry.Key, Bytes: entry.Size}, describe(entry.Key, names)}
		if unfinished {
			g.What = "unfinished file of a push that was killed"
		}
		if kind == "actions" {
			g.Action = id
		}
		c.Garbage, changed[entry.Key] = append(c.Garbage, g), entry.Changed
	}
	slices.SortStableFunc(c.Garbage, func(a, b Garbage) int { return strings.Compare(kindOrder(a.Path), kindOrder(b.Path)) })
	return c, changed, nil
}

// kindOrder sorts records before the objects that they name.
func kindOrder(key string) string {
	if strings.HasPrefix(key, "actions/") {
		return " " + key
	}
	return key
}

// keyID returns the id in a key of the given kind, which must be KIND/ab/ab12….
func keyID(kind, key string) (id ActionID, ok bool) {
	text, err := hex.DecodeString(path.Base(key))
	if err != nil || len(text) != len(id) || kind != "actions" && kind != "blobs" && kind != "manifests" {
		return id, false
	}
	id = ActionID(text)
	return id, store.IDPath(kind, id) == key
}

// farRecords returns the records of the second level. It reads those that the
// local store has as well from there.
func (e *Engine) farRecords(ctx context.Context, all []remote.Entry) (map[ActionID]*store.Record, error) {
	var ids []ActionID
	for _, entry := range all {
		if id, ok := keyID("actions", entry.Key); ok {
			ids = append(ids, id)
		}
	}
	records := make(map[ActionID]*store.Record, len(ids))
	var mu sync.Mutex
	err := parallel(ctx, questions, ids, func(id ActionID) error {
		r, err := e.Store.Record(id)
		if err != nil || r.Conflict != nil {
			r, err = e.far.readRecord(ctx, id, nil)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another collection has removed it
		}
		if err != nil {
			return fmt.Errorf("%s: what it keeps is unknown: push it again from a machine that has it, or remove it there: %w",
				store.IDPath("actions", id), err)
		}
		mu.Lock()
		defer mu.Unlock()
		records[id] = r
		return nil
	})
	return records, err
}

// CollectFar removes what FarGarbage would list, and returns it.
func (e *Engine) CollectFar(ctx context.Context, roots Roots, grace time.Duration) (*Collection, error) {
	if e.RemoteReadOnly {
		return nil, fmt.Errorf("collect garbage of the second level: it is read-only")
	}
	c, changed, err := e.farGarbage(ctx, roots, grace)
	if err != nil {
		return nil, fmt.Errorf("collect garbage of the second level: %w", err)
	}
	if len(c.Garbage) == 0 {
		return c, nil
	}
	if err := e.renewFormat(ctx); err != nil {
		return nil, fmt.Errorf("collect garbage of the second level: %w", err)
	}
	var gone []Garbage
	for list := c.Garbage; len(list) > 0; {
		n := slices.IndexFunc(list, func(g Garbage) bool { return g.Action == ActionID{} })
		if n <= 0 {
			n = len(list)
		}
		n = min(n, mostRemoved)
		removed, err := e.removeFar(ctx, list[:n], changed)
		gone = append(gone, removed...)
		if err != nil {
			return nil, fmt.Errorf("collect garbage of the second level: %w", err)
		}
		list = list[n:]
	}
	c.Garbage = gone
	if err := e.renewFormat(ctx); err != nil { // for machines that have asked in the meantime
		return nil, fmt.Errorf("collect garbage of the second level: %w", err)
	}
	return c, nil
}

// renewFormat writes the format again, by which every machine learns that what
// it has pushed may be gone; see pusher.
func (e *Engine) renewFormat(ctx context.Context) error {
	return e.far.c.Put(ctx, formatKey, object([]byte(store.Format)), true)
}

// mostRemoved is the number of objects that are checked again and then removed
// together. It is small so that little time passes in between.
const mostRemoved = 200

// removeFar removes those objects that nobody has renewed since they were
// listed.
func (e *Engine) removeFar(ctx context.Context, list []Garbage, changed map[string]time.Time) ([]Garbage, error) {
	same := make([]bool, len(list))
	index := make([]int, len(list))
	for i := range index {
		index[i] = i
	}
	err := parallel(ctx, questions, index, func(i int) error {
		now, err := e.far.c.Stat(ctx, list[i].Path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		// Servers give this time with different precision in lists and in answers.
		same[i] = err == nil && now.Changed.Sub(changed[list[i].Path]).Abs() < 2*time.Second
		return err
	})
	if err != nil {
		return nil, err
	}
	var gone []Garbage
	var keys []string
	for i, g := range list {
		if same[i] {
			gone, keys = append(gone, g), append(keys, g.Path)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return gone, e.far.c.Delete(ctx, keys)
}
