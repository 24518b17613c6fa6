package stages

import (
	"context"
	"fmt"
	"io"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/stages/fetch"
	"sparsel/stages/lock"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// shownFaults is how many faults of a pack are listed.
const shownFaults = 20

// auditPack verifies a pack against itself, and compares its results with the
// locks and with the store. The error is nil only if it is whole, neither
// contradicts it, and at least one of them confirms a result. The images do not
// count, because every study of them has the same.
func (w *workspace) auditPack(ctx context.Context, out io.Writer, f foundFile, p *pipeline.Provenance, locks []namedLock) error {
	pack, err := pipeline.ReadPack(ctx, f.data)
	if ctx.Err() != nil {
		return fmt.Errorf("audit file: %w", context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("audit file: %s cannot be vouched for: %w", quote.Text(f.path), err)
	}
	for _, fault := range pack.Faults[:min(len(pack.Faults), shownFaults)] {
		quote.Fprintf(out, "%s %s: %s\n", string(fault.Kind), fault.Path, fault.What)
	}
	if more := len(pack.Faults) - shownFaults; more > 0 {
		fmt.Fprintf(out, "and %s more\n", words.Counted(more, "fault"))
	}
	all := pack.Records.All()
	quote.Fprintf(out, "it has %s, and %s of %.1f MB that have the hash that is their name\n",
		words.Counted(len(all), "result"), words.Counted(pack.Files, "file"), float64(pack.Bytes)/1e6)
	sayLeftOut(out, pack)
	if len(pack.Faults) > 0 {
		return fmt.Errorf("audit file: %s is damaged or was changed: it has %s, named above; take it from where it came from, or pack again",
			quote.Text(f.path), words.Counted(len(pack.Faults), "fault"))
	}
	c, err := w.comparePack(ctx, out, pack.Records, p, locks)
	if err != nil {
		return err
	}
	c.say(out, w)
	switch unknown := len(all) - c.known; {
	case c.against > 0:
		return fmt.Errorf("audit file: %s is whole, but has other bytes than are known here for %s, named above: either may be older, or wrong",
			quote.Text(f.path), words.Counted(c.against, "result"))
	case c.confirmed == 0:
		nothing := "nothing of it"
		if c.known > 0 {
			nothing = "nothing of it but the images"
		}
		return fmt.Errorf("audit file: %s is whole, but %s is known here: its bytes are what it says itself, and nobody here can confirm them; %s",
			quote.Text(f.path), nothing, trainsAgain)
	case unknown > 0:
		_, err = fmt.Fprintf(out, "verdict: whole. %d of its %s %s confirmed here%s, and none is contradicted. The other %d %s what it says "+
			"itself; %s\n", c.known, words.Counted(len(all), "result"), be(c.known), c.inPart(), unknown, be(unknown), trainsAgain)
	default:
		_, err = fmt.Fprintf(out, "verdict: whole, and every result is confirmed here%s; %s\n", c.inPart(), trainsAgain)
	}
	return err
}

// sayLeftOut says what a pack need not have, and what its results were made
// from without saying how.
func sayLeftOut(out io.Writer, pack *pipeline.PackContent) {
	bare, other := 0, 0
	for stage, n := range pack.LeftOut {
		if stage == fetch.Kind || stage == train.Kind {
			bare += n
		} else {
			other += n
		}
	}
	if bare > 0 {
		fmt.Fprintf(out, "%s of images and trainings %s not in it, because `pack` leaves them out\n", words.Counted(bare, "file"), be(bare))
	}
	if other > 0 {
		fmt.Fprintf(out, "%s of other results %s not in it, because it was packed where they were not kept\n", words.Counted(other, "file"), be(other))
	}
	if pack.Unmade > 0 {
		fmt.Fprintf(out, "of %s of its results it does not say what made them\n", words.Counted(pack.Unmade, "input"))
	}
}

// packCompared is how the results of a pack compare with what is known here.
type packCompared struct {
	all       int
	known     int // results that a lock or the store confirms
	confirmed int // those of them that are no images
	partly    int // results of which only some files are confirmed, because a lock has no others
	against   int // results that a lock or the store contradicts

	locked       int      // results that have the bytes of a lock
	contradicted []string // those that have other bytes than a lock, by name
	stored       int      // results that the store has with the same bytes
	other        []string // those that it has with other bytes, by name
}

// lockPlace is where the present parameters have a result.
type lockPlace struct {
	lock *namedLock // nil if there is none for these parameters
	node string
}

// comparePack finds out where the present parameters and those of the profiles
// have the results of a pack. It goes by what was done and not by the names in
// the records, as whoever uses the pack will do.
func (w *workspace) comparePack(ctx context.Context, out io.Writer, pack, p *pipeline.Provenance, locks []namedLock) (*packCompared, error) {
	all, err := w.o.openAll()
	if len(all) == 0 {
		return nil, err
	}
	if err != nil {
		quote.Fprintf(out, "%v\n", err)
	}
	places, present := map[pipeline.ActionID][]lockPlace{}, map[*namedLock]bool{}
	for _, study := range all {
		study.engine.Code = w.engine.Code
		resolved, err := study.engine.Resolve(ctx, study.Graph, pack)
		if err != nil {
			return nil, err
		}
		var l *namedLock
		for i := range locks {
			if locks[i].path == study.o.lockPath() {
				l = &locks[i]
				present[l] = study.isOf(l.Lock)
			}
		}
		have, exact := 0, 0
		for _, r := range resolved {
			if r.Made == nil {
				continue
			}
			have++
			if r.Exact() {
				exact++
				places[r.Made.Action] = append(places[r.Made.Action], lockPlace{l, r.Node.Name})
			}
			for _, m := range r.Others {
				places[m.Action] = append(places[m.Action], lockPlace{l, r.Node.Name})
			}
		}
		sayProfile(out, study, have, exact, len(resolved))
	}
	c, alike := &packCompared{}, p.Alike()
	for _, m := range pack.All() {
		c.add(m, places[m.Action], locks, present, alike)
	}
	return c, nil
}

// sayProfile says how much of a study a pack has. The images alone are nothing.
func sayProfile(out io.Writer, study *workspace, have, exact, of int) {
	if have <= 1 {
		return
	}
	name := "the study"
	if prefix := study.o.prefix(); prefix != "" {
		name = "profile " + prefix
	}
	quote.Fprintf(out, "it has the results of %d of the %d nodes that %s has with the present parameters, %d of them made by the present code\n",
		have, of, name, exact)
}

// add compares one result. If no present parameters lead to it, the name in its
// record is all there is to go by. It may tell that the result is not that of a
// lock, but confirms it only by a lock of parameters that are no longer there,
// where a false name deceives nobody who uses the pack.
func (c *packCompared) add(m *pipeline.Made, places []lockPlace, locks []namedLock, present map[*namedLock]bool,
	alike func(*pipeline.Made) (same, other bool)) {
	same, all, against, name := false, false, false, m.Node
	compare := func(l *namedLock, node string, counts bool) {
		n, a := asLock(m, l.Lock, node)
		same, all, against = same || n > 0 && counts, all || n == len(m.Outputs), against || a
		if a && l.Code[m.Stage] != lock.ID(m.Code) {
			name = m.Node + " (made by other code than the lock's)"
		}
	}
	for _, at := range places {
		if at.lock != nil {
			compare(at.lock, at.node, true)
		}
	}
	for i := range locks {
		if len(places) == 0 {
			compare(&locks[i], m.Node, !present[&locks[i]])
		}
	}
	stored, other := alike(m)
	c.all++
	if against {
		c.contradicted = append(c.contradicted, name)
	} else if same {
		c.locked++
	}
	if other {
		c.other = append(c.other, m.Node)
	} else if stored {
		c.stored++
	}
	switch {
	case against || other:
		c.against++
	case same || stored:
		c.known++
		if !stored && !all {
			c.partly++
		}
		if m.Stage != fetch.Kind {
			c.confirmed++
		}
	}
}

// inPart says of how many results only some files are confirmed.
func (c *packCompared) inPart() string {
	if c.partly == 0 {
		return ""
	}
	return fmt.Sprintf(" (of %d of them only those files that a lock has)", c.partly)
}

// asLock compares a result with what a lock has under the name of a node. It
// counts the outputs that are the same, and returns 0 if any is against it.
func asLock(m *pipeline.Made, l *lock.Lock, node string) (same int, against bool) {
	for _, o := range m.Outputs {
		if has, ok := l.Outputs[lock.Output{Node: node, Name: o.Name}]; ok {
			if has.Content == lock.ID(o.Content) {
				same++
			} else {
				against = true
			}
		}
	}
	if against {
		return 0, true
	}
	return same, false
}

func (c *packCompared) say(out io.Writer, w *workspace) {
	quote.Fprintf(out, "the locks beside %s have the same bytes for %s, other bytes for %d, and nothing for the other %d%s\n",
		w.o.params(), words.Counted(c.locked, "result"), len(c.contradicted), c.all-c.locked-len(c.contradicted), listed(c.contradicted))
	quote.Fprintf(out, "the store %s has the same bytes for %s, other bytes for %d, and nothing for the other %d%s\n",
		w.store.Dir(), words.Counted(c.stored, "result"), len(c.other), c.all-c.stored-len(c.other), listed(c.other))
}
