package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/stages/fetch"
	"sparsel/stages/lock"
	"sparsel/stages/params"
	"sparsel/stages/study"
	"sparsel/stages/words"
)

// GCFlags are the flags of GC. A nil flag was not given.
type GCFlags struct {
	Delete *bool   // remove the files instead of listing them
	Keep   *string // revisions whose locks are kept too
	Remote *string // a second level, which is collected instead of the store
	Grace  *int    // days for which files in the second level are spared
}

// GC lists the files of the store that nothing needs any more, or removes them.
// It keeps what the parameters ask for, in the whole study, in every profile
// and in every try that has a folder; what the locks beside the parameters
// name; what the locks of the revisions in keep name, which are separated by
// commas; and everything that these results were made from. Results that merely
// lack the present code are kept, because an edit may be undone.
//
// With a second level, GC collects that one and leaves the store as it is. It
// keeps the same results there, and also everything younger than the days of
// grace, because that may belong to an unfinished run.
func GC(ctx context.Context, f GCFlags, o Options) error {
	switch {
	case f.Grace == nil:
	case *f.Grace < 0:
		return fmt.Errorf("gc: -grace=%d: must be a number of days, 0 or more", *f.Grace)
	case orDefault(f.Remote, "") == "":
		return fmt.Errorf("gc: -grace=%d: only a second level, which -remote=URL names, has days of grace; in %s nothing is spared for its age",
			*f.Grace, o.out())
	}
	o.Remote = f.Remote
	if f.Remote == nil {
		o.Remote = new(string) // the one of the environment is not meant
	}
	w, roots, err := o.roots(ctx, orDefault(f.Keep, ""))
	if err != nil {
		return err
	}
	if orDefault(f.Remote, "") != "" {
		return w.collectRemote(ctx, f, roots)
	}
	if _, err := os.Stat(w.store.Dir()); errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(o.stdout(), "%s has no store\n", o.out())
		return err
	}
	if !orDefault(f.Delete, false) {
		c, err := w.engine.Garbage(ctx, roots)
		if err != nil {
			return err
		}
		return printGarbage(o.stdout(), c, "store/", false)
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	c, err := w.engine.Collect(ctx, roots)
	if err != nil {
		return err
	}
	return printGarbage(o.stdout(), c, "store/", true)
}

// collectRemote carries out GC on the second level.
func (w *workspace) collectRemote(ctx context.Context, f GCFlags, roots pipeline.Roots) error {
	grace := time.Duration(orDefault(f.Grace, int(pipeline.Grace/(24*time.Hour)))) * 24 * time.Hour
	if !orDefault(f.Delete, false) {
		c, err := w.engine.FarGarbage(ctx, roots, grace)
		if err != nil {
			return err
		}
		return printGarbage(w.o.stdout(), c, "", false)
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	c, err := w.engine.CollectFar(ctx, roots, grace)
	if err != nil {
		return err
	}
	return printGarbage(w.o.stdout(), c, "", true)
}

func printGarbage(w io.Writer, c *pipeline.Collection, below string, deleted bool) error {
	for _, g := range c.Garbage {
		quote.Fprintf(w, "%12d %s%s %s\n", g.Bytes, below, g.Path, g.What)
	}
	what, how := "would go", ""
	if deleted {
		what = be(len(c.Garbage)) + " gone"
	} else if len(c.Garbage) > 0 {
		how = "; -delete removes them"
	}
	if a := c.Archives; a.Files > 0 {
		fmt.Fprintf(w, "%s among them, %.1f MB, of which keep_archives keeps none; their results stay known, and to train them again takes "+
			"%s of one core\n",
			words.Counted(a.Files, "archive"), float64(a.Bytes)/1e6, ofOneCore(a))
	}
	_, err := fmt.Fprintf(w, "%s, %.1f MB, %s; what %s made stays%s\n",
		words.Counted(len(c.Garbage), "file"), float64(c.Bytes())/1e6, what, words.Counted(c.Kept, "action"), how)
	return err
}

// roots returns the results that a collection keeps.
func (o Options) roots(ctx context.Context, keep string) (w *workspace, roots pipeline.Roots, err error) {
	all, err := o.openAll()
	if err != nil {
		return nil, roots, err
	}
	w = all[0]
	var locks []*lock.Lock
	for _, each := range all {
		more, err := each.graphs()
		if err != nil {
			return nil, roots, fmt.Errorf("gc: %w", err)
		}
		roots.Graphs = append(roots.Graphs, more...)
		if len(each.o.set()) > 0 {
			continue // a try has no lock
		}
		l, err := o.withProfile(each.Params.Profile.Name()).readLock()
		if err != nil {
			return nil, roots, fmt.Errorf("gc: what the lock keeps cannot be read: %w", err)
		}
		if l != nil {
			locks = append(locks, l)
		}
	}
	more, err := o.measured()
	if err != nil {
		return nil, roots, fmt.Errorf("gc: what was measured cannot be told: %w", err)
	}
	roots.Graphs = append(roots.Graphs, more...)
	for revision := range strings.SplitSeq(keep, ",") {
		if revision == "" {
			continue
		}
		more, err := w.locksOf(ctx, revision)
		if err != nil {
			return nil, roots, fmt.Errorf("gc: -keep: %w", err)
		}
		locks = append(locks, more...)
	}
	for _, l := range locks {
		state := map[pipeline.NodeOutput]pipeline.ContentID{}
		for o, r := range l.Outputs {
			state[pipeline.NodeOutput{Node: o.Node, Output: o.Name}] = pipeline.ContentID(r.Content)
		}
		roots.Locked = append(roots.Locked, state)
	}
	return w, roots, nil
}

// graphs returns every graph that the workspace's parameters may mean. A
// profile that uses generated digits if MNIST is missing may have results of
// both kinds, whichever of the two is available today.
func (w *workspace) graphs() ([]*pipeline.Graph, error) {
	list := []*pipeline.Graph{w.Graph}
	if w.Params.Profile == nil || w.Params.Profile.Data != "any" {
		return list, nil
	}
	for _, images := range []string{"mnist", "any"} {
		p, err := params.Parse(w.setup.Params, []byte(w.setup.Text), w.setup.Profile, w.setup.Set...)
		if err != nil {
			return nil, err
		}
		p.Profile.Data = images
		s, err := study.New(w.File, p, fetch.Sources{}) // the graph without MNIST
		if err != nil {
			return nil, err
		}
		list = append(list, s.Graph)
	}
	return list, nil
}

// openAll opens the study itself, then each of its profiles, and after each of
// them its tries. If only tries cannot be opened, it returns everything else
// beside the error.
func (o Options) openAll() (all []*workspace, err error) {
	o = o.withProfile(params.Paper)
	o.Set = nil
	w, err := o.open(nil)
	if err != nil {
		return nil, err
	}
	var refused []error
	for _, profile := range w.Profiles() {
		o := o.withProfile(profile)
		if profile != params.Paper {
			if w, err = o.open(nil); err != nil {
				return nil, err
			}
		}
		tries, err := o.openTries()
		all, refused = append(append(all, w), tries...), append(refused, err)
	}
	return all, errors.Join(refused...)
}
