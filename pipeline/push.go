package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// A pusher copies a run's results to the second level in the background: the
// blobs, the code's manifest, and then the record, so that no record exists
// there without its bytes. A push that fails does not make a node fail.
//
// A list in the store's cache says what is known to be there. Whatever is not
// in the list is pushed by the next run, even after a crash or if a second
// level is named for the first time. If the list is missing, everything is
// offered again, and the second level declines what it has. The same is done if
// the second level is not what it was when the list was written: somebody has
// emptied, replaced or collected it. Its format tells, since a collection writes
// that again.
type pusher struct {
	r    *runner
	list string // file that lists the actions known to be there
	pushedList
	room chan struct{}
	wait sync.WaitGroup

	looking sync.Mutex // held while since is compared with the second level, before mu, so that no older look overrules a newer one

	mu        sync.Mutex
	left      int
	late      []ActionID // not pushed, because the second level did not answer
	conflicts []error
}

// Grace is how long a collection spares young objects by default. Pushes renew
// objects that are older than half of it, so that no push relies on bytes that
// a collection is about to remove.
const Grace = 14 * 24 * time.Hour

// A pushedList is what the list of a second level says.
type pushedList struct {
	since string          // when the second level's format was written, by its own clock; empty if it has none
	done  map[string]bool // the actions that were pushed since
}

// sinceMark begins the lines that give that time. A different one says that
// what was listed before is no longer known to be there.
const sinceMark = "since "

func parsePushed(text []byte) pushedList {
	l := pushedList{done: map[string]bool{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if since, ok := strings.CutPrefix(line, sinceMark); !ok {
			l.done[line] = true
		} else if since != l.since {
			l = pushedList{since, map[string]bool{}}
		}
	}
	return l
}

// newPusher returns a pusher, or nil if nothing is to be pushed.
func newPusher(ctx context.Context, r *runner) *pusher {
	if r.e.far == nil || r.e.far.readOnly {
		return nil
	}
	sum := sha256.Sum256([]byte(r.e.far.c.String()))
	p := &pusher{r: r, room: make(chan struct{}, mostTransfers)}
	p.list = filepath.Join(r.e.Store.Dir(), "cache", fmt.Sprintf("%s%x", store.PushedList, sum[:6]))
	text, _ := os.ReadFile(p.list) // without it, everything is offered
	p.pushedList = parsePushed(text)
	if len(p.done) > 0 {
		p.verify(ctx)
	}
	return p
}

// verify forgets the list if the second level is no longer the one that it is
// about.
func (p *pusher) verify(ctx context.Context) {
	f := p.r.e.far
	if !f.up(ctx) {
		return
	}
	p.looking.Lock()
	defer p.looking.Unlock()
	since, err := f.since(ctx)
	if err != nil {
		f.lose(ctx, err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if since == p.since {
		return
	}
	if p.since != "" {
		f.note(fmt.Sprintf("remote %s: it was emptied, replaced or collected since this machine pushed there: everything is offered again", f.c))
	}
	p.pushedList = pushedList{since, map[string]bool{}}
	_ = p.r.e.Store.Disk.AppendLine(p.list, []byte(sinceMark+since+"\n"), false) // if it cannot be written, the next run verifies again
}

// since returns the time at which the second level's format was written, or
// nothing if it has none.
func (f *far) since(ctx context.Context) (string, error) {
	e, err := f.c.Stat(ctx, formatKey)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return e.Changed.UTC().Format(time.RFC3339Nano), err
}

// owed lists the current steps whose results are not known to be there.
func (p *pusher) owed() []ActionID {
	if p == nil {
		return nil
	}
	var list []ActionID
	for i := range p.r.plan.Steps {
		if s := &p.r.plan.Steps[i]; s.State == Current && !s.Far && !p.done[s.Action.String()] {
			list = append(list, s.Action)
		}
	}
	return list
}

// learned notes that an action's result is there.
func (p *pusher) learned(ctx context.Context, id ActionID) error {
	if p == nil {
		return nil
	}
	p.looking.Lock()
	defer p.looking.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done[id.String()] {
		return nil
	}
	p.done[id.String()] = true
	line := id.String() + "\n"
	if p.since == "" {
		since, err := p.r.e.far.since(ctx)
		if since == "" || err != nil {
			return nil // what is not listed is offered again
		}
		p.since = since
		line = sinceMark + since + "\n" + line
	}
	return p.r.e.Store.Disk.AppendLine(p.list, []byte(line), false)
}

// there reports whether an action's result is known to be there, or whether
// there is no second level to push to.
func (p *pusher) there(id ActionID) bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done[id.String()]
}

// start pushes an action's result when its turn comes.
func (p *pusher) start(ctx context.Context, id ActionID) {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.left++
	p.mu.Unlock()
	p.wait.Go(func() {
		p.room <- struct{}{}
		err := p.try(ctx, id)
		<-p.room
		p.mu.Lock()
		p.left--
		p.mu.Unlock()
		p.ended(ctx, id, err)
	})
}

func (p *pusher) try(ctx context.Context, id ActionID) error {
	f := p.r.e.far
	takes, trial := f.takes(ctx)
	switch {
	case !takes:
		return errClosed
	case !trial:
		return p.push(ctx, id)
	}
	if err := f.again(ctx); err != nil {
		return err
	}
	p.verify(ctx)
	err := p.push(ctx, id)
	if err == nil || errors.Is(err, store.ErrConflict) {
		f.recovered()
		p.again(ctx)
	}
	return err
}

// errClosed says that the second level takes nothing now. A note has said why.
var errClosed = errors.New("the second level takes nothing")

// again pushes what the second level did not take earlier.
func (p *pusher) again(ctx context.Context) {
	p.mu.Lock()
	late := p.late
	p.late = nil
	p.mu.Unlock()
	f := p.r.e.far
	f.mu.Lock()
	f.traffic.Owed -= len(late)
	f.mu.Unlock()
	for _, id := range late {
		p.start(ctx, id)
	}
}

// ended handles the outcome of a push.
func (p *pusher) ended(ctx context.Context, id ActionID, err error) {
	f := p.r.e.far
	if err == nil {
		err = p.learned(ctx, id)
	}
	switch {
	case err == nil:
		f.mu.Lock()
		f.traffic.Pushed++
		f.mu.Unlock()
		return
	case errors.Is(err, store.ErrConflict):
		p.mu.Lock()
		p.conflicts = append(p.conflicts, err)
		p.mu.Unlock()
		f.note(err.Error())
		return
	}
	f.mu.Lock()
	f.traffic.Owed++
	f.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, errHere):
		f.note(fmt.Sprintf("remote %s: action %s is not pushed: %v", f.c, id.Short(), err))
		return
	case !errors.Is(err, errClosed):
		f.shutOff(err)
	}
	p.mu.Lock()
	p.late = append(p.late, id)
	p.mu.Unlock()
	if errors.Is(err, errClosed) && f.well() { // it answered another push in the meantime
		p.again(ctx)
	}
}

// well reports whether the second level is known to take pushes.
func (f *far) well() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.until.IsZero() && !f.refuses && f.wrong == nil
}

// shutOff stops pushing, for a while if that can help, and says so once.
func (f *far) shutOff(err error) {
	f.mu.Lock()
	resting, refused := !f.until.IsZero(), f.refuses
	f.wait(err)
	final := f.refuses
	f.mu.Unlock()
	switch {
	case refused, resting && !final:
	case final:
		f.note(fmt.Sprintf("remote %s: nothing more is pushed by this run, the next one tries again: %v", f.c, err))
	default:
		f.note(fmt.Sprintf("remote %s: nothing more is pushed until it takes results again: %v", f.c, err))
	}
}

// errHere says that the problem is with this machine's own files.
var errHere = errors.New("its local files cannot be read")

// push copies the result of one action to the second level.
func (p *pusher) push(ctx context.Context, id ActionID) error {
	rec, err := p.r.e.Store.Record(id)
	if err != nil {
		return fmt.Errorf("%w: %w", errHere, err)
	}
	if rec.Conflict != nil {
		return fmt.Errorf("%w: its record says that it gave different bytes", errHere)
	}
	rec.Outputs = slices.Clone(rec.Outputs)
	for i, o := range rec.Outputs {
		err := p.r.plan.checker.Blob(o.Content, o.Size, store.TrustNothing)
		switch {
		case o.Away && errors.Is(err, fs.ErrNotExist):
			rec.Outputs[i].Away = !p.r.e.far.holds(ctx, o) // if nobody has the bytes, they were released before they were pushed
		case err != nil:
			return fmt.Errorf("%w: output %s: %w", errHere, o.Name, err)
		default:
			rec.Outputs[i].Away = false
			if err := p.blob(ctx, o); err != nil {
				return err
			}
		}
	}
	if err := p.describe(ctx, rec); err != nil {
		return err
	}
	return p.record(ctx, rec)
}

func (p *pusher) blob(ctx context.Context, o store.Output) error {
	file, err := os.Open(p.r.e.Store.BlobPath(o.Content))
	if err != nil {
		return fmt.Errorf("%w: %w", errHere, err)
	}
	defer file.Close()
	return p.put(ctx, store.IDPath("blobs", o.Content), remote.Object{Bytes: file, Size: o.Size, Sum: o.Content})
}

// put stores bytes under a key, unless the key already has them and is young.
func (p *pusher) put(ctx context.Context, key string, o remote.Object) error {
	f := p.r.e.far
	f.mu.Lock()
	bad := f.bad[key]
	f.mu.Unlock()
	err := f.c.Put(ctx, key, o, bad)
	if errors.Is(err, fs.ErrExist) {
		e, serr := f.c.Stat(ctx, key)
		switch {
		case errors.Is(serr, fs.ErrNotExist): // a collection has just removed it
		case serr != nil:
			return serr
		case e.Size == o.Size && p.r.e.Now().Sub(e.Changed) < Grace/2:
			return nil
		}
		err = f.c.Put(ctx, key, o, true)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	delete(f.bad, key)
	f.traffic.PushedBytes += o.Size
	f.mu.Unlock()
	return nil
}

// describe pushes what explains a record: the format and the manifests of the
// codes that it names.
func (p *pusher) describe(ctx context.Context, rec *store.Record) error {
	a, err := decodeAction(rec.Detail)
	if err != nil {
		return fmt.Errorf("%w: %w", errHere, err)
	}
	f := p.r.e.far
	f.mu.Lock()
	sent := maps.Clone(f.sent)
	f.mu.Unlock()
	if len(sent) == 0 {
		if err := f.c.Put(ctx, formatKey, object([]byte(store.Format)), false); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, code := range a.codes() {
		if sent[code] {
			continue
		}
		text, err := p.r.e.manifestText(a, code)
		if err != nil {
			return fmt.Errorf("%w: %w", errHere, err)
		}
		if text != nil {
			if err := p.put(ctx, store.IDPath("manifests", code), object(text)); err != nil {
				return err
			}
		}
		f.mu.Lock()
		f.sent[code] = true
		f.mu.Unlock()
	}
	return nil
}

func object(text []byte) remote.Object {
	return remote.Object{Bytes: bytes.NewReader(text), Size: int64(len(text)), Sum: sha256.Sum256(text)}
}

// record pushes a record, after everything else. A record that is already there
// must say the same.
func (p *pusher) record(ctx context.Context, rec *store.Record) error {
	text, err := rec.Text()
	if err != nil {
		return fmt.Errorf("%w: %w", errHere, err)
	}
	f, key := p.r.e.far, store.IDPath("actions", rec.Action)
	err = f.c.Put(ctx, key, object(text), false)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	theirs, err := f.readRecord(ctx, rec.Action, nil)
	switch {
	case errors.Is(err, store.ErrDamaged), errors.Is(err, remote.ErrDamaged), errors.Is(err, fs.ErrNotExist):
		return f.c.Put(ctx, key, object(text), true)
	case err != nil:
		return err
	}
	names := differing(rec.Outputs, theirs.Outputs)
	if names == nil {
		if slices.ContainsFunc(theirs.Outputs, func(o store.Output) bool { return o.Away }) {
			return f.c.Put(ctx, key, object(text), true) // the bytes are there now
		}
		return p.renew(ctx, key, text)
	}
	return p.conflict(rec, theirs, names)
}

// renew makes a record young again if it is not.
func (p *pusher) renew(ctx context.Context, key string, text []byte) error {
	f := p.r.e.far
	e, err := f.c.Stat(ctx, key)
	if err == nil && p.r.e.Now().Sub(e.Changed) < Grace/2 {
		return nil
	}
	return f.c.Put(ctx, key, object(text), true)
}

// conflict rejects an action that gave other bytes on another machine, until a
// person has found out which are right.
func (p *pusher) conflict(ours, theirs *store.Record, names []string) error {
	between := fmt.Sprintf("%s is %s on %s, and %s on %s", names[0],
		contentOf(ours.Outputs, names[0]).Short(), placeOf(ours), contentName(theirs.Outputs, names[0]), placeOf(theirs))
	err := fmt.Errorf("%s, action %s: %w: %s", ours.Node, ours.Action.Short(), store.ErrConflict, between)
	lock, ok, lerr := p.r.w.TryLock(ours.Action)
	if !ok || lerr != nil {
		return errors.Join(err, lerr)
	}
	defer lock.Release()
	rec, rerr := p.r.e.Store.Record(ours.Action)
	if rerr != nil {
		return errors.Join(err, rerr)
	}
	rec.Conflict, rec.Between = theirs.Outputs, between
	event := store.Event{Kind: store.NodeFail, Node: ours.Node, Stage: ours.Stage, Action: &ours.Action, Error: err.Error(), Conflict: true}
	return errors.Join(err, p.r.w.Rewrite(rec), p.r.w.Append(event))
}

func contentName(outputs []store.Output, name string) string {
	if id := contentOf(outputs, name); id != nil {
		return id.Short()
	}
	return "absent"
}

// finish waits until everything that can be pushed has been, and says what it
// waits for.
func (p *pusher) finish(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.again(ctx) // a rest may be over
	all := make(chan struct{})
	go func() {
		p.wait.Wait()
		close(all)
	}()
	const first, then = time.Second, 30 * time.Second
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-all:
			return errors.Join(p.conflicts...)
		case <-timer.C:
			p.mu.Lock()
			left := p.left
			p.mu.Unlock()
			p.r.e.far.mu.Lock()
			bytes := p.r.e.far.traffic.PushedBytes
			p.r.e.far.mu.Unlock()
			p.r.e.far.note(fmt.Sprintf("remote %s: %s still to be pushed; %.1f MB have been", p.r.e.far.c, are(left, "result"), float64(bytes)/1e6))
			timer.Reset(then)
		}
	}
}
