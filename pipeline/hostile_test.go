package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// A victim is a file of a lab that a test damages, with another file of its
// kind.
type victim struct {
	kind        string
	path, other string // other is "" if a store has only one file of the kind
	optional    bool   // it is not a fault if it is missing
}

// victims returns one file of each kind, both for current results and for
// results that nobody needs any more.
func (l *lab) victims(s settings) []victim {
	l.t.Helper()
	in := func(parts ...string) string { return filepath.Join(append([]string{l.dir, "store"}, parts...)...) }
	manifests, err := filepath.Glob(in("manifests", "*", "*"))
	if err != nil || len(manifests) < 2 {
		l.t.Fatalf("manifests %q, %v", manifests, err)
	}
	plan := l.plan(s)
	record := func(node string) string { return l.store().RecordPath(plan.Step(node).Action) }
	code := map[string]string{} // manifest of the present code, by package
	for name, id := range must(l.code.Identify(context.Background(), []string{"train", "metric"})) {
		code[name] = l.store().ManifestPath(id.ID)
	}
	var stale []string
	for _, m := range manifests {
		if !slices.Contains(l.present(), m) {
			stale = append(stale, m)
		}
	}
	list := []victim{
		{kind: "record", path: record("aggregate"), other: record("metric/0.01/1")},
		{kind: "blob", path: l.blob(s, "train/0.01/2", "record"), other: l.blob(s, "train/0.01/3", "record")},
		{kind: "manifest", path: code["train"], other: code["metric"]},
		{kind: "journal", path: in("journal.jsonl")},
		{kind: "format", path: in("format")},
		{kind: "gc.lock", path: in("gc.lock")},
		{kind: "hashes", path: in("cache", "hashes"), optional: true},
		{kind: "figure", path: filepath.Join(l.dir, "figures", "fig-1.svg")},
	}
	old := l.former(s)
	list = append(list,
		victim{kind: "former record", path: l.store().RecordPath(old[0].Action), other: l.store().RecordPath(old[1].Action)},
		victim{kind: "former blob", path: l.store().BlobPath(old[0].Outputs[0].Content), other: l.store().BlobPath(old[1].Outputs[0].Content)})
	if len(stale) > 0 {
		list = append(list, victim{kind: "former manifest", path: stale[0], other: code["metric"]})
	}
	return list
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// present lists the manifests of the present code.
func (l *lab) present() (list []string) {
	for _, id := range must(l.code.Identify(context.Background(), []string{"fetch", "train", "metric", "aggregate", "figure"})) {
		list = append(list, l.store().ManifestPath(id.ID))
	}
	return list
}

// former lists results of trainings that the study no longer needs.
func (l *lab) former(s settings) (list []*pipeline.Made) {
	l.t.Helper()
	p, _, err := pipeline.ReadProvenance(context.Background(), l.store())
	if err != nil {
		l.t.Fatal(err)
	}
	plan := l.plan(s)
	for _, m := range p.All() {
		if m.Stage == "train" && !slices.ContainsFunc(plan.Steps, func(st pipeline.Step) bool { return st.Action == m.Action }) {
			list = append(list, m)
		}
	}
	if len(list) < 2 {
		l.t.Fatalf("%d former trainings, want two", len(list))
	}
	return list
}

// A harm is one kind of damage. It returns false if it cannot be done to the
// victim.
type harm func(t *testing.T, v victim) bool

var harms = map[string]harm{
	"flipped": func(t *testing.T, v victim) bool {
		info, err := os.Stat(v.path)
		if err != nil || info.Size() == 0 {
			return false
		}
		flip(t, v.path, int(info.Size()/2))
		return true
	},
	"flipped at the end": func(t *testing.T, v victim) bool {
		info, err := os.Stat(v.path)
		if err != nil || info.Size() == 0 {
			return false
		}
		flip(t, v.path, int(info.Size()-1))
		return true
	},
	"cut short": func(t *testing.T, v victim) bool {
		info, err := os.Stat(v.path)
		if err != nil || info.Size() < 4 {
			return false
		}
		return os.Truncate(v.path, info.Size()/2) == nil
	},
	"emptied": func(t *testing.T, v victim) bool {
		edit(t, v.path, nil)
		return true
	},
	"swapped": func(t *testing.T, v victim) bool {
		if v.other == "" {
			return false
		}
		tmp := v.path + ".tmp"
		if err := errors.Join(os.Rename(v.path, tmp), os.Rename(v.other, v.path), os.Rename(tmp, v.other)); err != nil {
			t.Fatal(err)
		}
		return true
	},
	"overwritten with another": func(t *testing.T, v victim) bool {
		if v.other == "" {
			return false
		}
		edit(t, v.path, must(os.ReadFile(v.other)))
		return true
	},
	"directory": instead(func(path string) error { return os.Mkdir(path, 0o755) }),
	"full directory": instead(func(path string) error {
		return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "mine"), []byte("mine"), 0o644))
	}),
	"pipe":                   instead(func(path string) error { return syscall.Mkfifo(path, 0o644) }),
	"socket":                 instead(func(path string) error { return syscall.Mknod(path, syscall.S_IFSOCK|0o644, 0) }),
	"link to itself":         instead(func(path string) error { return os.Symlink(filepath.Base(path), path) }),
	"link to endless device": instead(func(path string) error { return os.Symlink("/dev/zero", path) }),
	"missing": func(t *testing.T, v victim) bool {
		if v.optional {
			return false
		}
		return os.Remove(v.path) == nil
	},
}

// instead returns a harm that puts something else in the place of a file.
func instead(make func(path string) error) harm {
	return func(t *testing.T, v victim) bool {
		if err := os.Remove(v.path); err != nil {
			t.Fatal(err)
		}
		if err := make(v.path); errors.Is(err, syscall.EPERM) {
			return false
		} else if err != nil {
			t.Fatal(err)
		}
		return true
	}
}

// damagedLab returns a lab with results of the present and of earlier
// parameters and code.
func damagedLab(t *testing.T) *lab {
	l := newLab(t)
	old := basic()
	old.Rates = []float64{0.5}
	l.code["metric"] = "old"
	l.run(old)
	delete(l.code, "metric")
	l.run(basic())
	return l
}

// paranoid carries out a paranoid run of everything.
func (l *lab) paranoid(s settings) error {
	st, err := pipeline.OpenStore(filepath.Join(l.dir, "store"))
	if err != nil {
		return err
	}
	e := pipeline.New(pipeline.Config{Store: st, Out: l.dir, Code: l.code, Paranoid: true})
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		return err
	}
	_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
	return err
}

// names reports whether an audit has a fault about that file.
func names(a *pipeline.Audit, relative string) bool {
	return slices.ContainsFunc(a.Faults, func(f store.Fault) bool { return f.Path == relative })
}

// within fails a test at once if something takes so long that it must be
// hanging.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		panic(what + " hangs")
	}
}

// For every kind of file and every kind of damage, queries are answered, an
// audit names the file, a paranoid run repairs it, and then the audit finds
// nothing.
func TestT06EveryDamageIsNamedAndMended(t *testing.T) {
	t.Parallel()
	want := ""
	{
		l := damagedLab(t)
		want = outputs(l.plan(basic())) + l.figure()
		for _, f := range l.audit(basic()).Faults {
			t.Errorf("before any damage: %s", f)
		}
	}
	for i, v := range damagedLab(t).victims(basic()) {
		t.Run(v.kind, func(t *testing.T) {
			t.Parallel()
			for how, do := range harms {
				l := damagedLab(t)
				if v.kind == "gc.lock" { // it is empty until the first collection
					collect(l)
				}
				v := l.victims(basic())[i]
				if !do(t, v) {
					continue
				}
				l.heals(fmt.Sprintf("%s, %s", v.kind, how), v, want)
			}
		})
	}
}

// collect removes the former results, and makes them again.
func collect(l *lab) {
	l.t.Helper()
	if _, err := l.engine().Collect(context.Background(), pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(basic())}}); err != nil {
		l.t.Fatal(err)
	}
	old := basic()
	old.Rates = []float64{0.5}
	l.code["metric"] = "old"
	l.run(old)
	delete(l.code, "metric")
	l.run(basic())
}

// heals checks that a lab with a damaged file recovers.
func (l *lab) heals(what string, v victim, want string) {
	l.t.Helper()
	t := l.t.(*testing.T)
	relative := filepath.ToSlash(must(filepath.Rel(l.dir, v.path)))
	within(t, what, func() {
		if a := l.audit(basic()); !names(a, relative) {
			t.Errorf("%s: the audit does not name %s: %q", what, relative, a.Faults)
		}
		if err := ask(context.Background(), l.engine(), l.graph(basic())); err != nil {
			t.Errorf("%s: questions: %v", what, err)
		}
		if err := l.paranoid(basic()); err != nil {
			t.Errorf("%s: the paranoid run: %v", what, err)
		}
		for _, f := range l.audit(basic()).Faults {
			t.Errorf("%s: after the paranoid run: %s", what, f)
		}
		p := l.plan(basic())
		if got := outputs(p) + l.figure(); got != want || !p.Idle() {
			t.Errorf("%s: after the paranoid run: idle %v, outputs\n%s\nwant\n%s", what, p.Idle(), got, want)
		}
		l.wholeRecords(what)
	})
}

// A flipped bit anywhere in the format file never makes another version of it.
func TestT06FormatBitFlips(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	path := filepath.Join(l.dir, "store", "format")
	text := must(os.ReadFile(path))
	for at := range text {
		for bit := range 8 {
			bad := slices.Clone(text)
			bad[at] ^= 1 << bit
			edit(t, path, bad)
			if a := l.audit(basic()); !names(a, "store/format") {
				t.Fatalf("%q is not named", bad)
			}
			if !l.plan(basic()).Idle() {
				t.Fatalf("with %q there is something to do", bad)
			}
		}
	}
	if err := l.paranoid(basic()); err != nil {
		t.Fatal(err)
	}
	if now := must(os.ReadFile(path)); string(now) != string(text) {
		t.Errorf("after a run the format is %q", now)
	}
}

// Many flips, swaps and strange files at once, in any files: one paranoid run
// repairs the store. The cases are counted.
func TestT06DamageOfManyFiles(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	l := damagedLab(t)
	want := outputs(l.plan(basic())) + l.figure()
	end := time.Now().Add(soakTime)
	done := 0
	for round := range rounds(4, 1<<30) {
		if time.Now().After(end) {
			break
		}
		l := damagedLab(t)
		var what []string
		for range 1 + rng.IntN(6) {
			list := l.damageable()
			v := victim{path: list[rng.IntN(len(list))]}
			v.other = list[rng.IntN(len(list))]
			if filepath.Dir(filepath.Dir(v.path)) != filepath.Dir(filepath.Dir(v.other)) || v.other == v.path {
				v.other = ""
			}
			how := harmNames[rng.IntN(len(harmNames))]
			if info, err := os.Lstat(v.path); err == nil && info.Mode().IsRegular() && harms[how](t, v) {
				what = append(what, how+" "+must(filepath.Rel(l.dir, v.path)))
				done++
			}
		}
		within(t, strings.Join(what, ", "), func() {
			if err := l.paranoid(basic()); err != nil {
				t.Errorf("round %d, %q: %v", round, what, err)
			}
			for _, f := range l.audit(basic()).Faults {
				t.Errorf("round %d, %q: %s", round, what, f)
			}
			if got := outputs(l.plan(basic())) + l.figure(); got != want {
				t.Errorf("round %d, %q: outputs\n%s\nwant\n%s", round, what, got, want)
			}
		})
		if t.Failed() {
			break
		}
		os.RemoveAll(l.dir)
	}
	t.Logf("%d files damaged", done)
}

// damageable lists the regular files that an audit vouches for.
func (l *lab) damageable() (list []string) {
	for _, path := range l.files() {
		for _, dir := range []string{"store/blobs", "store/actions", "store/manifests", "store/format", "store/journal.jsonl", "store/gc.lock",
			"figures"} {
			if strings.HasPrefix(path, filepath.Join(l.dir, dir)) {
				list = append(list, path)
			}
		}
	}
	slices.Sort(list)
	return list
}
