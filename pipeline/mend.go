package pipeline

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sparsel/pipeline/store"
)

// mend ends a paranoid run. What the plan relies on has been repaired by then.
// mend reads everything else in the store and removes what is damaged or lost,
// so that an audit has nothing to find. A result that is removed with it is
// made again when somebody asks for it.
func (r *runner) mend(ctx context.Context) error {
	// Bytes that the plan has hashed are not hashed again.
	known := func(id ContentID, _ string) bool { return r.plan.checker.Blob(id, -1, store.TrustNothing) == nil }
	scan, err := r.e.Store.Scan(ctx, store.ScanOptions{Skip: known})
	if err != nil {
		return err
	}
	audit := newAudit(r.e, scan)
	m := &mender{runner: r, scan: scan, actions: audit.Provenance.actions, gone: map[ContentID]bool{}, kept: map[ActionID]bool{}}
	for _, res := range r.report.Results {
		if !res.Outcome.done() {
			m.kept[res.Action] = true // the next try is compared with what is known of it
		}
	}
	for _, f := range audit.Faults {
		if err := m.fault(f); err != nil {
			return fmt.Errorf("mend %s: %w", f.Path, err)
		}
	}
	return m.records()
}

// mender is the state of one call of mend.
type mender struct {
	*runner
	scan    *store.Scan
	actions map[ActionID]*Made
	gone    map[ContentID]bool // blobs that are missing or were removed
	kept    map[ActionID]bool  // actions of nodes that are not done
}

// fault handles one finding of an audit. Files that do not belong stay, because
// they are somebody's.
func (m *mender) fault(f store.Fault) error {
	kind, _, _ := strings.Cut(f.Path, "/")
	id, named := idOf(f.Path)
	missing := f.Kind == store.Missing
	switch {
	case f.Kind == store.Extra:
		return nil
	case kind == "blobs" && named:
		m.gone[id] = true
		if missing {
			return nil // records deals with its record
		}
		return m.takeOut(f)
	case kind == "actions" && named:
		action := ActionID(id)
		if rec := m.scan.Records[action]; m.kept[action] || rec != nil && rec.Conflict != nil {
			return nil
		}
		if !missing {
			if err := m.takeOut(f); err != nil {
				return err
			}
		}
		delete(m.scan.Records, action)
		return m.forget(f.Path, &action)
	case kind == "manifests" && named:
		if !missing {
			if err := m.takeOut(f); err != nil {
				return err
			}
		}
		return m.forget(f.Path, nil)
	case kind == "journal.jsonl":
		return m.journal()
	case kind == "gc.lock":
		m.note("gc.lock: " + f.What)
		return m.w.MendLock()
	case kind == "cache":
		return m.takeOut(f) // it will be made again
	}
	return nil
}

// idOf returns the id at the end of a path of the store, KIND/ab/ab12….
func idOf(name string) (id ContentID, ok bool) {
	id, err := store.ParseContentID(path.Base(name))
	return id, err == nil
}

func (m *mender) takeOut(f store.Fault) error {
	m.note(f.String())
	return m.w.Quarantine(m.e.Store.Path(f.Path), f.What)
}

// forget notes in the journal that a file will not come back.
func (m *mender) forget(name string, action *ActionID) error {
	return m.w.Append(store.Event{Kind: store.LostEvent, Path: name, Action: action})
}

// records removes the records of results whose bytes no longer exist.
func (m *mender) records() error {
	for _, rec := range sortedRecords(m.scan.Records) {
		lost := slices.IndexFunc(rec.Outputs, func(o store.Output) bool { return m.gone[o.Content] && !m.back(o) })
		if lost < 0 || m.kept[rec.Action] || rec.Conflict != nil {
			continue
		}
		what := fmt.Sprintf("%s of %s was lost, and with it this result: it is made again when it is asked for", rec.Outputs[lost].Name, rec.Node)
		m.note(what)
		if err := m.w.Quarantine(m.e.Store.RecordPath(rec.Action), what); err != nil {
			return err
		}
		if err := m.forget(store.IDPath("actions", rec.Action), &rec.Action); err != nil {
			return err
		}
	}
	return nil
}

// back reports whether a blob was made again after it was found missing.
func (m *mender) back(o store.Output) bool {
	return m.plan.checker.Blob(o.Content, o.Size, store.TrustNothing) == nil
}

func sortedRecords(records map[ActionID]*store.Record) []*store.Record {
	list := make([]*store.Record, 0, len(records))
	for _, rec := range records {
		list = append(list, rec)
	}
	slices.SortFunc(list, func(a, b *store.Record) int {
		return strings.Compare(a.Node+"\x00"+a.Action.String(), b.Node+"\x00"+b.Action.String())
	})
	return list
}

// journal removes damage from the journal, and notes which runs the journal no
// longer tells of, so that nobody misses them.
func (m *mender) journal() error {
	damage, err := m.w.MendJournal()
	if err != nil {
		return err
	}
	for _, d := range damage {
		m.note(d.String() + ", taken out")
	}
	events, _, err := m.e.Store.Journal()
	if err != nil {
		return err
	}
	runs := forgottenRuns(events, m.actions)
	if len(runs) == 0 {
		return nil
	}
	m.note(fmt.Sprintf("the journal does not mention %s that made results: a part of it was lost", counted(len(runs), "run")))
	return m.w.Append(store.Event{Kind: store.LostEvent, Path: "journal.jsonl", Runs: slices.Sorted(maps.Keys(runs))})
}

// forgottenRuns counts, by run, the results of runs that the journal does not
// mention, although each run begins there: the file or a part of it was lost.
// It leaves out runs that are known to be forgotten, and results that a run
// here has used, such as those that another machine made.
func forgottenRuns(events []store.Event, actions map[ActionID]*Made) map[string]int {
	told, used := map[string]bool{}, map[ActionID]bool{}
	for _, e := range events {
		told[e.Run] = true
		if e.Kind == store.NodeUse && e.Action != nil {
			used[*e.Action] = true
		}
		for _, run := range e.Runs {
			told[run] = true
		}
	}
	runs := map[string]int{}
	for id, m := range actions {
		if m.Run != "" && !told[m.Run] && !used[id] {
			runs[m.Run]++
		}
	}
	return runs
}

// lostFiles lists the files of the store that, by the journal, will not come
// back.
func lostFiles(events []store.Event) map[string]bool {
	lost := map[string]bool{}
	for _, e := range events {
		if e.Kind == store.LostEvent {
			lost[e.Path] = true
		}
	}
	return lost
}
