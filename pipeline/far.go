package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// far is an engine's second level: results that other machines made, and the
// place where others find what this machine makes. It is asked for what the
// store lacks, and is never trusted. A record must be sealed, be about the
// requested action, and give that action's id when the id is computed again
// from the record's contents. Bytes are hashed as they arrive. Whatever cannot
// be had, for whatever reason, is made here.
type far struct {
	e        *Engine
	c        *remote.Client
	readOnly bool

	reach sync.Once
	wrong error // it has another format, and must not simply be ignored

	mu      sync.Mutex
	answers bool                       // it was asked and answered
	away    bool                       // it did not answer; nothing is read from it until it answers a pusher again
	refuses bool                       // it refused something; it is not asked again to take anything
	until   time.Time                  // when a pusher asks whether it answers again; zero while it does
	rest    time.Duration              // how long the pusher waited for that the last time
	records map[ActionID]*store.Record // its records; nil if it was asked and has none
	has     map[ContentID]bool         // whether it has the blobs that were asked for
	bad     map[string]bool            // keys whose bytes are wrong
	sent    map[[32]byte]bool          // codes whose manifests it has, or nobody has
	traffic Traffic
	notes   []string
}

// Traffic counts what a command exchanged with the second level.
type Traffic struct {
	Records     int   `json:"records"` // records found there
	Files       int   `json:"files"`   // files fetched
	Bytes       int64 `json:"bytes"`
	Pushed      int   `json:"pushed"` // actions pushed
	PushedBytes int64 `json:"pushed_bytes"`
	Owed        int   `json:"owed,omitempty"` // actions that could not be pushed; a later run will push them
}

// counted counts things whose plural ends in s.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// are is counted with a verb: "1 result is", "5 results are".
func are(n int, noun string) string {
	if n == 1 {
		return counted(n, noun) + " is"
	}
	return counted(n, noun) + " are"
}

// were is counted with a verb in the past: "1 result was", "5 results were".
func were(n int, noun string) string {
	if n == 1 {
		return counted(n, noun) + " was"
	}
	return counted(n, noun) + " were"
}

func (t Traffic) String() string {
	var parts []string
	if t.Records > 0 || t.Files > 0 {
		parts = append(parts, fmt.Sprintf("%s found there, %s of %.1f MB fetched", counted(t.Records, "result"), counted(t.Files, "file"), float64(t.Bytes)/1e6))
	}
	if t.Pushed > 0 {
		parts = append(parts, fmt.Sprintf("%s of %.1f MB pushed", counted(t.Pushed, "result"), float64(t.PushedBytes)/1e6))
	}
	if t.Owed > 0 {
		parts = append(parts, fmt.Sprintf("%d not pushed: the next run tries again", t.Owed))
	}
	return strings.Join(parts, ", ")
}

func newFar(e *Engine) *far {
	if e.Remote == nil {
		return nil
	}
	return &far{
		e: e, c: e.Remote, readOnly: e.RemoteReadOnly, records: map[ActionID]*store.Record{},
		has: map[ContentID]bool{}, bad: map[string]bool{}, sent: map[[32]byte]bool{},
	}
}

// formatKey is the object that holds the format of a second level.
const formatKey = "format"

// up reports whether the second level can be used. The first call finds out.
func (f *far) up(ctx context.Context) bool {
	if f == nil {
		return false
	}
	f.reach.Do(func() {
		if err := f.greet(ctx); err != nil {
			f.lose(ctx, err)
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = !f.away && f.wrong == nil
	return f.answers
}

// greet finds out whether the second level answers and has this program's
// format. An error says that it does not answer.
func (f *far) greet(ctx context.Context) error {
	text, err := f.c.Reach(ctx, formatKey, mostFormat)
	if err == nil && string(text) != store.Format {
		// No checksum protects these few bytes, so they are read twice.
		again, rerr := f.c.Read(ctx, formatKey, mostFormat)
		if rerr == nil && bytes.Equal(text, again) && anyFormat.Match(text) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.wrong = fmt.Errorf("remote %s: its format is %q, this program knows %q: use the program that wrote it, or another place",
				f.c, bytes.TrimSpace(text), strings.TrimSpace(store.Format))
			return nil
		}
		err = cmp.Or(rerr, fmt.Errorf("what it has under the name %q was not written by this program: %w", formatKey, remote.ErrDamaged))
		if string(again) == store.Format {
			err = nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) { // nothing has been pushed yet
		err = nil
	}
	return err
}

const mostFormat = 1 << 10

var anyFormat = regexp.MustCompile(`^sparsel store \d+\n$`)

// asked reports whether the second level was asked and still answers.
func (f *far) asked() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers && !f.away
}

// usable returns an error if the second level must not be ignored.
func (f *far) usable() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wrong
}

// lose treats the second level as unreachable, and says so once.
func (f *far) lose(ctx context.Context, err error) {
	f.mu.Lock()
	was := f.away
	f.away = true
	f.wait(err)
	f.mu.Unlock()
	if !was && ctx.Err() == nil {
		f.note(fmt.Sprintf("remote %s: going on without it: %v", f.c, err))
	}
}

// The rests of a pusher while the second level does not answer: each is twice as
// long as the one before.
const firstRest, longestRest = time.Minute, 10 * time.Minute

// wait makes pushers wait before they ask again, or not ask again if that would
// not cure err. f.mu must be held.
func (f *far) wait(err error) {
	if errors.Is(err, remote.ErrRefused) {
		f.refuses = true
	}
	if f.until.IsZero() {
		f.rest = firstRest
		f.until = f.e.Now().Add(f.rest)
	}
}

// takes reports whether the second level can be expected to take a push. After
// a rest it lets a single push find out, which trial says, and the others go on
// waiting.
func (f *far) takes(ctx context.Context) (takes, trial bool) {
	f.up(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.e.Now()
	switch {
	case f.wrong != nil || f.refuses:
		return false, false
	case f.until.IsZero():
		return true, false
	case now.Before(f.until):
		return false, false
	}
	f.rest = min(2*f.rest, longestRest)
	f.until = now.Add(f.rest)
	return true, true
}

// again asks whether a second level that may have been away answers.
func (f *far) again(ctx context.Context) error {
	if err := f.greet(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = false
	clear(f.sent) // it may have been emptied
	clear(f.has)
	return f.wrong
}

// recovered ends the rest of pushers, and says so.
func (f *far) recovered() {
	f.mu.Lock()
	was := f.until
	f.until = time.Time{}
	f.mu.Unlock()
	if !was.IsZero() {
		f.note(fmt.Sprintf("remote %s: it takes results again", f.c))
	}
}

func (f *far) note(text string) {
	text = strings.Join(strings.Fields(text), " ") // one line, whatever a server sent
	f.mu.Lock()
	f.notes = append(f.notes, text)
	f.mu.Unlock()
	f.e.tell(func(v Events) { v.Note(text) })
}

// mostRecord is longer than any record. The record of an aggregate of a hundred
// thousand runs has some twenty megabytes.
const mostRecord = 256 << 20

// record returns the second level's record of an action, or nil. An earlier
// answer is reused for the rest of a plan unless fresh is set.
func (f *far) record(ctx context.Context, id ActionID, stage *Stage, fresh bool) *store.Record {
	if !f.up(ctx) {
		return nil
	}
	f.mu.Lock()
	r, asked := f.records[id]
	f.mu.Unlock()
	if r != nil || asked && !fresh {
		return r
	}
	r, err := f.readRecord(ctx, id, stage)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, store.ErrDamaged), errors.Is(err, remote.ErrDamaged):
		f.spoilt(store.IDPath("actions", id), err)
	default:
		f.lose(ctx, err)
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records[id] = r
	if r != nil {
		f.traffic.Records++
	}
	return r
}

// spoilt remembers that a key has the wrong bytes, so that whoever makes them
// again replaces them.
func (f *far) spoilt(key string, err error) {
	f.mu.Lock()
	was := f.bad[key]
	f.bad[key] = true
	f.mu.Unlock()
	if !was {
		f.note(fmt.Sprintf("remote %s: %s is not believed: %v", f.c, key, err))
	}
}

func (f *far) readRecord(ctx context.Context, id ActionID, stage *Stage) (*store.Record, error) {
	text, err := f.c.Read(ctx, store.IDPath("actions", id), mostRecord)
	if err != nil {
		return nil, err
	}
	r, err := checkRecord(id, text)
	if err != nil || stage == nil {
		return r, err
	}
	if r.Stage != stage.Name || len(r.Outputs) != len(stage.Outputs) {
		return nil, fmt.Errorf("record %s: it is not of stage %s: %w", id.Short(), stage.Name, store.ErrDamaged)
	}
	for _, name := range stage.Outputs {
		if contentOf(r.Outputs, name) == nil {
			return nil, fmt.Errorf("record %s: it lacks output %s: %w", id.Short(), name, store.ErrDamaged)
		}
	}
	return r, nil
}

// checkRecord parses a record and verifies that it is about the given action,
// both by what it says and by the id that follows from its contents.
func checkRecord(id ActionID, text []byte) (*store.Record, error) {
	r, err := store.ParseRecord(text)
	if err != nil {
		return nil, err
	}
	a, err := decodeAction(r.Detail)
	switch {
	case err != nil:
		return nil, fmt.Errorf("record %s: %w: %w", id.Short(), err, store.ErrDamaged)
	case r.Action != id || a.sumRecipe(r.Stage, nil) != a.Recipe || a.sum(nil) != id:
		return nil, fmt.Errorf("record %s: what it says was done is another action: %w", id.Short(), store.ErrDamaged)
	case r.Conflict != nil:
		return nil, fmt.Errorf("record %s: it says that the action gave different bytes: %w", id.Short(), store.ErrDamaged)
	}
	for i, o := range r.Outputs {
		if o.Size <= 0 || i > 0 && r.Outputs[i-1].Name >= o.Name {
			return nil, fmt.Errorf("record %s: output %q: %w", id.Short(), o.Name, store.ErrDamaged)
		}
	}
	return r, nil
}

// holds reports whether the second level says that it has the bytes of an
// output.
func (f *far) holds(ctx context.Context, o store.Output) bool {
	if !f.up(ctx) {
		return false
	}
	f.mu.Lock()
	has, asked := f.has[o.Content]
	f.mu.Unlock()
	if asked {
		return has
	}
	entry, err := f.c.Stat(ctx, store.IDPath("blobs", o.Content))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.lose(ctx, err)
		return false
	}
	return f.learn(o.Content, err == nil && entry.Size == o.Size)
}

func (f *far) learn(id ContentID, has bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.has[id] = has
	return has
}

// machine describes where an action was done: "n1 (AMD EPYC 9654)".
func machine(environment map[string]string) string {
	host := cmp.Or(environment["host"], "a machine without a name")
	if cpu := environment["cpu"]; cpu != "" {
		host += " (" + cpu + ")"
	}
	return host
}

// report adds the traffic of this command to a report.
func (f *far) report(r *Report) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Notes = append(r.Notes, f.notes...)
	f.notes = nil
	if f.traffic != (Traffic{}) {
		t := f.traffic
		r.Remote = &t
	}
}

// MadeOn names the machine that an action was done on, and the present machine.
func (e *Engine) MadeOn(id ActionID) (there, here string) {
	var environment map[string]string
	if a, err := e.recorded(id); err == nil {
		environment = a.Environment
	}
	return machine(environment), machine(thisMachine())
}

// placeOf names the machine on which a record's action was done.
func placeOf(r *store.Record) string {
	a, err := decodeAction(r.Detail)
	if err != nil {
		return machine(nil)
	}
	return machine(a.Environment)
}

// differing names the outputs that differ between two results.
func differing(a, b []store.Output) []string {
	var names []string
	for _, o := range a {
		if c := contentOf(b, o.Name); c == nil || *c != o.Content {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	return names
}
