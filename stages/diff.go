package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/canon"
	"sparsel/pipeline/store"
	"sparsel/stages/aggregate"
	"sparsel/stages/fetch"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/lock"
	"sparsel/stages/metrics"
	"sparsel/stages/table"
	"sparsel/stages/train"
)

// difference says how two states of the study differ, in a form for JSON. Texts
// read "before → after".
type difference struct {
	Before     string         `json:"before"`
	Parameters []string       `json:"parameters"`
	Code       []string       `json:"code"`
	Results    []resultChange `json:"results"` // figures, tables and findings
	Trainings  resultCounts   `json:"trainings"`
	Numbers    []numberChange `json:"numbers"`
	NotMade    int            `json:"not_made"` // results of the present parameters that the store lacks
	Notes      []string       `json:"notes,omitempty"`

	unknown struct{ parameters, numbers bool } // whether they differ
}

// resultChange is a change of one figure, table or finding. What is "differs",
// "new" or "gone".
type resultChange struct {
	Node    string   `json:"node"`
	What    string   `json:"what"`
	Outputs []string `json:"outputs,omitempty"`
}

type resultCounts struct {
	Same    int `json:"same"`
	Differs int `json:"differs"`
	New     int `json:"new"`
	Gone    int `json:"gone"`
}

// state is one side of the comparison.
type state struct {
	lock   *lock.Lock
	params map[string]string        // the parameter file's values by path; nil if the file is not known
	fields map[string][]canon.Field // used instead of params: the parameters of each node
	store  *store.Store             // nil if there is none
}

// Diff says how parameters, code and results differ from those of another
// revision of the project, of a lock file or of another output folder.
func Diff(ctx context.Context, before string, o Options) error {
	w, scratch, err := o.openReadOnly()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	was, err := w.stateOf(ctx, before)
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	d, verbose := difference{Before: before}, orDefault(o.Verbose, false)
	is, err := w.present(ctx, &d)
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	d.compareParams(was, is, verbose)
	d.compareCode(was.lock, is.lock)
	d.compareResults(was.lock, is.lock)
	if err := d.compareNumbers(was, is); err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	if orDefault(o.JSON, false) {
		return printJSON(o.stdout(), d)
	}
	return d.print(o.stdout(), verbose)
}

// present returns the state of the parameters, code and results that are here.
// Results count even if the present code did not make them.
func (w *workspace) present(ctx context.Context, d *difference) (state, error) {
	l, err := w.newLock(ctx)
	if err != nil {
		return state{}, err
	}
	_, resolved, faults, err := w.resolve(ctx)
	if err != nil {
		return state{}, err
	}
	for _, f := range faults {
		d.Notes = append(d.Notes, f.String())
	}
	s := state{lock: l, store: w.store, fields: map[string][]canon.Field{}}
	for _, r := range resolved {
		s.fields[r.Node.Name] = r.Node.Fields()
		if r.Made == nil {
			d.NotMade++
			continue
		}
		lockOutputs(l, r.Node, r.Made.Outputs)
	}
	s.params, err = flattenTOML([]byte(w.setup.Text))
	return s, err
}

// stateOf returns the state that an output folder, a lock file or a revision
// describes.
func (w *workspace) stateOf(ctx context.Context, name string) (state, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return w.stateOfFolder(ctx, name)
	case err == nil:
		l, err := parseLock(name)
		if err == nil {
			err = w.sameProfile(name, l)
		}
		if err != nil {
			return state{}, err
		}
		s := state{lock: l}
		if text, err := os.ReadFile(filepath.Join(filepath.Dir(name), paramsOfLock(name))); err == nil {
			s.params, err = flattenTOML(text)
			return s, err
		}
		return s, nil
	}
	l, err := w.o.lockOf(ctx, name)
	if errors.Is(err, os.ErrNotExist) {
		return state{}, fmt.Errorf("%s has no %s; name a revision that has one, a lock file or an output folder",
			name, filepath.Base(w.o.lockPath()))
	}
	if err == nil {
		err = w.sameProfile(name, l)
	}
	if err != nil {
		return state{}, err
	}
	s := state{lock: l}
	text, err := w.o.show(ctx, name, filepath.Base(w.o.params()))
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		s.params, err = flattenTOML(text)
	}
	return s, err
}

// sameProfile returns an error if a lock belongs to another profile, all of
// whose nodes have other names.
func (w *workspace) sameProfile(name string, l *lock.Lock) error {
	if is := w.Params.Profile.Name(); l.Profile != is {
		return fmt.Errorf("the lock of %s is that of the profile %s, and not of %s: give -profile=%s",
			name, l.Profile, is, l.Profile)
	}
	return nil
}

// stateOfFolder returns the state that an output folder's store was last used
// with, according to its journal.
func (w *workspace) stateOfFolder(ctx context.Context, dir string) (state, error) {
	if _, err := os.Stat(filepath.Join(dir, "store")); err != nil {
		return state{}, fmt.Errorf("%s is no output folder: %w", dir, err)
	}
	st, err := pipeline.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		return state{}, err
	}
	p, _, err := pipeline.ReadProvenance(ctx, st)
	if err != nil {
		return state{}, err
	}
	last, err := p.Last()
	if err != nil {
		return state{}, err
	}
	s := state{store: st, fields: map[string][]canon.Field{}, lock: lock.New()}
	ours := w.Params.Profile.Name() + "/"
	var newest []*pipeline.Made // by stage; nodes that the parameters no longer have keep their old code
	for _, use := range last {
		name, m := use.Node, use.Made
		if kind, _, _ := strings.Cut(name, "/"); w.Params.Profile == nil && !slices.Contains(kinds, kind) ||
			w.Params.Profile != nil && !strings.HasPrefix(name, ours) {
			continue // belongs to another profile
		}
		s.fields[name] = m.Params
		for _, output := range m.Outputs {
			if m.Stage == train.Kind && output.Name != train.Record || m.Stage == aggregate.Kind && output.Name != aggregate.Summaries ||
				m.Stage == metrics.Kind {
				continue
			}
			s.lock.Outputs[lock.Output{Node: name, Name: output.Name}] = lock.Result{Content: lock.ID(output.Content)}
		}
		if _, newer := s.lock.Code[m.Stage]; !newer {
			s.lock.Code[m.Stage] = lock.ID(m.Code)
			if m.Contract != "" {
				s.lock.Contract[m.Stage] = m.Contract
			}
			newest = append(newest, m)
		}
	}
	for _, m := range slices.Backward(newest) { // the newest counts even for a package that two stages share
		if code, err := p.Code(m.Code); err == nil {
			lockCode(s.lock, code)
		}
	}
	return s, nil
}

// kinds lists the first elements of the names of the whole study's nodes.
var kinds = []string{fetch.Kind, train.Kind, metrics.Kind, aggregate.Kind, figure.Kind, table.Kind, finding.Kind}
