package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sync/errgroup"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// mostTransfers is the number of files fetched, and of results pushed, at once.
const mostTransfers = 8

// obtain makes sure that the store has the bytes of an output, and fetches them
// if necessary. It returns false if they cannot be had.
func (r *runner) obtain(ctx context.Context, o store.Output) bool {
	err := r.plan.checker.Blob(o.Content, o.Size, store.TrustTimes)
	if err == nil {
		return true
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false // damaged: the present file must be moved away first
	}
	return r.fetch(ctx, o)
}

// fetch brings the bytes of an output from the second level.
func (r *runner) fetch(ctx context.Context, o store.Output) bool {
	f := r.e.far
	if r.w == nil || !f.up(ctx) {
		return false
	}
	key := store.IDPath("blobs", o.Content)
	err := f.c.Fetch(ctx, key, func(get func(io.Writer) error) error {
		err := r.w.Receive(o.Content, o.Size, get)
		if errors.Is(err, store.ErrDamaged) {
			err = fmt.Errorf("%w: %w", err, remote.ErrDamaged)
		}
		return err
	})
	switch {
	case err == nil:
		r.plan.checker.Learn(r.e.Store.BlobPath(o.Content), o.Content)
		f.mu.Lock()
		f.traffic.Files++
		f.traffic.Bytes += o.Size
		f.mu.Unlock()
		return true
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, remote.ErrDamaged):
		f.spoilt(key, err)
	default:
		f.lose(ctx, err)
	}
	f.learn(o.Content, false)
	return false
}

// Content returns stored bytes, or those of the second level if the store lacks
// them. It writes nothing. The bytes are hashed, wherever they come from.
func (e *Engine) Content(ctx context.Context, id ContentID) ([]byte, error) {
	data, err := e.Store.ReadBlob(id)
	if errors.Is(err, fs.ErrNotExist) && e.far.up(ctx) {
		if far, ferr := e.far.c.Read(ctx, store.IDPath("blobs", id), mostRecord); ferr == nil {
			data, err = far, nil
		} else if !errors.Is(ferr, fs.ErrNotExist) {
			err = ferr
		}
	}
	if err == nil && ContentID(sha256.Sum256(data)) != id {
		err = store.ErrDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("content %s: %w", id.Short(), err)
	}
	return data, nil
}

// obtainAll obtains many outputs in parallel and reports its progress.
func (r *runner) obtainAll(ctx context.Context, list []store.Output) {
	var absent []store.Output
	var bytes int64
	seen := map[ContentID]bool{}
	for _, o := range list {
		if seen[o.Content] || !errors.Is(r.plan.checker.Blob(o.Content, o.Size, store.TrustTimes), fs.ErrNotExist) {
			continue
		}
		seen[o.Content] = true
		absent, bytes = append(absent, o), bytes+o.Size
	}
	if len(absent) == 0 || !r.e.far.up(ctx) {
		return
	}
	r.e.far.note(fmt.Sprintf("fetching %s, %.1f MB, from %s", counted(len(absent), "file"), float64(bytes)/1e6, r.e.far.c))
	var g errgroup.Group
	g.SetLimit(mostTransfers)
	for _, o := range absent {
		g.Go(func() error {
			if ctx.Err() == nil {
				r.fetch(ctx, o)
			}
			return nil
		})
	}
	g.Wait()
}

// publishable obtains the outputs that a node publishes and that are not
// published yet. If one cannot be had, the plan learns that it is needed, and
// ok is false: the node is no longer done.
func (r *runner) publishable(ctx context.Context, n *Node, outputs []store.Output) (ok bool) {
	ok = true
	for _, o := range r.unpublished(n, outputs) {
		if !r.obtain(ctx, o) {
			r.plan.need(o.Content, certain)
			ok = false
		}
	}
	return ok
}

// unpublished lists the outputs of a node whose published files do not match
// them.
func (r *runner) unpublished(n *Node, outputs []store.Output) []store.Output {
	var list []store.Output
	for _, path := range r.e.unpublished(r.plan.checker, n, outputs, store.TrustTimes) {
		for _, p := range publications(n) {
			if p.path == path {
				for _, o := range outputs {
					if o.Name == p.output {
						list = append(list, o)
					}
				}
			}
		}
	}
	return list
}

// adopt stores the records that the plan found in the second level, so that the
// next command knows them without asking.
func (r *runner) adopt(ctx context.Context) error {
	var g errgroup.Group
	g.SetLimit(mostTransfers)
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		if !s.Far {
			continue
		}
		rec := r.e.far.record(ctx, s.Action, s.Node.Stage, false)
		if rec == nil {
			continue
		}
		g.Go(func() error { return r.adoptOne(ctx, rec) })
	}
	return g.Wait()
}

func (r *runner) adoptOne(ctx context.Context, rec *store.Record) error {
	lock, ok, err := r.w.TryLock(rec.Action)
	if !ok || err != nil {
		return err // another process is doing it
	}
	defer lock.Release()
	return r.take(ctx, rec)
}

// take stores a record of the second level. The caller holds the action's lock.
func (r *runner) take(ctx context.Context, rec *store.Record) error {
	a, err := actionOf(rec)
	if err != nil {
		return err
	}
	for _, code := range a.codes() {
		r.takeManifest(ctx, code)
	}
	if err := r.w.Adopt(rec); err != nil {
		return err
	}
	return r.push.learned(ctx, rec.Action)
}

// takeManifest stores the manifest of a code that this machine may never have
// had. Results do not depend on it, so it may be missing.
func (r *runner) takeManifest(ctx context.Context, code codeid.Hash) {
	f := r.e.far
	if _, err := os.Stat(r.e.Store.ManifestPath(code)); err == nil || !f.up(ctx) {
		return
	}
	key := store.IDPath("manifests", code)
	text, err := f.c.Read(ctx, key, mostRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = r.w.AddManifest(code, text)
	}
	if err != nil {
		r.note(fmt.Sprintf("%s of the second level: %v", key, err))
	}
}

// pull looks for the result of an action in the second level, and fetches those
// of its bytes that are needed. The caller holds the action's lock.
func (r *runner) pull(ctx context.Context, n *Node, id ActionID) ([]store.Output, bool) {
	if !r.e.far.up(ctx) {
		return nil, false
	}
	rec, err := r.e.Store.Record(id)
	local := err == nil
	if !local {
		rec = r.e.far.record(ctx, id, n.Stage, true)
	}
	if rec == nil || rec.Conflict != nil {
		return nil, false
	}
	for _, o := range rec.Outputs {
		err := r.plan.checker.Blob(o.Content, o.Size, r.e.lookupTrust())
		lacking := local && !o.Away || r.plan.needs(o.Content) == certain
		switch {
		case err == nil || errors.Is(err, fs.ErrNotExist) && !lacking:
		case !r.e.far.holds(ctx, o) || r.discard(rec, o, err) != nil || !r.fetch(ctx, o):
			return nil, false
		}
	}
	if !r.publishable(ctx, n, rec.Outputs) {
		return nil, false
	}
	if !local {
		damaged := errors.Is(err, store.ErrDamaged)
		if damaged && r.w.Quarantine(r.e.Store.RecordPath(id), err.Error()) != nil || r.take(ctx, rec) != nil {
			return nil, false
		}
	}
	return rec.Outputs, true
}

// discard moves the damaged bytes of an output out of the way.
func (r *runner) discard(rec *store.Record, o store.Output, damage error) error {
	if !errors.Is(damage, store.ErrDamaged) {
		return nil
	}
	r.note(fmt.Sprintf("%s, output %s: %v", rec.Node, o.Name, damage))
	return r.w.Quarantine(r.e.Store.BlobPath(o.Content), damage.Error())
}
