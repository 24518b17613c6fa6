package stages

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/term"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
	"sparsel/stages/toolkit"
	"sparsel/stages/words"
)

// Clean removes the report and the published figures, tables and findings of
// the study or of a profile, as far as the store shows that it published them.
// Files that people have changed or added stay, and are named. With -store it
// also removes what was published for all profiles, the store and unfinished
// downloads. It first says how much that is, and asks for confirmation at a
// terminal, or requires -yes. It locks the store, so that no run can use it
// meanwhile.
func Clean(ctx context.Context, everything *bool, o Options) error {
	all := orDefault(everything, false)
	profile := orDefault(o.Profile, "")
	if err := o.checkOut(); err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	switch {
	case !params.ProfileName(profile):
		return fmt.Errorf("clean: there is no profile %q", profile)
	case all && o.Profile != nil:
		return errors.New("clean: the store belongs to all profiles; -store and -profile do not go together")
	}
	list := []*workspace{}
	if all {
		var err error
		if list, err = o.openAll(); err != nil {
			return fmt.Errorf("clean: %w", err)
		}
	} else {
		w, err := o.open(nil)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		list = append(list, w)
	}
	c := cleaner{o: o, all: all, yes: orDefault(o.Yes, false), list: list, workspace: list[0]}
	err := c.engine.Alone(func(alone *store.Collector) error { return c.clean(ctx, alone) })
	if errors.Is(err, pipeline.ErrNoStore) {
		return c.noStore()
	}
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	return nil
}

// cleaner carries out one Clean.
type cleaner struct {
	*workspace
	o        Options
	all, yes bool
	list     []*workspace // whose published files are removed
}

// noStore returns an error if the folder has files but no store that says which
// of them are sparsel's.
func (c cleaner) noStore() error {
	names := []string{"figures", "tables", "findings"}
	if c.all {
		names = append(names, "downloads")
	}
	for _, name := range names {
		path := filepath.Join(c.o.out(), c.o.prefix(), name)
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean: %s stays: %w", path, pipeline.ErrNoStore)
		}
	}
	if files, strange, err := c.store.Contents(); c.all && (err != nil || len(files)+len(strange) > 0) {
		return fmt.Errorf("clean: %s stays: it is no store that sparsel has made", c.store.Dir())
	}
	path := filepath.Join(c.o.out(), c.o.prefix(), reportFile)
	switch _, err := readPage(path, pipeline.ContentID{}); {
	case errors.Is(err, fs.ErrNotExist):
		_, err := fmt.Fprintf(c.o.stdout(), "%s: nothing to remove\n", c.o.out())
		return err
	case err != nil:
		return fmt.Errorf("clean: %s stays: %w", path, err)
	}
	return os.Remove(path) // a report without results
}

func (c cleaner) clean(ctx context.Context, alone *store.Collector) error {
	cleaning, err := c.published(ctx)
	if err != nil {
		return err
	}
	out := c.o.stdout()
	for _, f := range cleaning.Leave {
		fmt.Fprintf(out, "%s stays: it %s\n", filepath.Join(c.o.out(), filepath.FromSlash(f.Path)), f.What)
	}
	if c.all {
		return c.everything(ctx, alone, cleaning)
	}
	folder := filepath.Join(c.o.out(), c.o.prefix())
	if len(cleaning.Remove) == 0 {
		_, err := fmt.Fprintf(out, "%s: nothing to remove\n", folder)
		return err
	}
	if err := c.engine.Clean(ctx, alone, cleaning); err != nil {
		return err
	}
	them := "them"
	if len(cleaning.Remove) == 1 {
		them = "it"
	}
	_, err = fmt.Fprintf(out, "%s: removed %s, %.1f MB; `%s` brings %s back\n",
		folder, words.Counted(len(cleaning.Remove), "file"), float64(cleaning.Bytes())/1e6, c.o.command("all"), them)
	return err
}

// published lists the files that may be removed, of all that the workspaces
// publish.
func (c cleaner) published(ctx context.Context) (*pipeline.Cleaning, error) {
	var graphs []*pipeline.Graph
	var pages []string
	for _, w := range c.list {
		graphs = append(graphs, w.Graph)
		pages = append(pages, filepath.Join(w.o.prefix(), reportFile))
		if len(w.o.set()) > 0 {
			pages = append(pages, filepath.Join(w.o.prefix(), setFile))
		}
	}
	if c.all { // the store also has measurements of other programs' activations
		more, err := c.o.measured()
		if err != nil {
			return nil, err
		}
		graphs = append(graphs, more...)
	}
	return c.engine.Published(ctx, graphs, pages, func(path string) bool {
		_, err := readPage(path, pipeline.ContentID{})
		return err == nil || filepath.Base(path) == setFile && c.o.tried(path)
	})
}

// everything removes the published files, the store and unfinished downloads.
func (c cleaner) everything(ctx context.Context, alone *store.Collector, published *pipeline.Cleaning) error {
	files, strange, err := c.store.Contents()
	if err != nil {
		return err
	}
	parts, err := c.downloads()
	if err != nil {
		return err
	}
	size := published.Bytes()
	results := 0
	for _, f := range slices.Concat(files, parts) {
		size += f.Bytes
		if f.Action != (pipeline.ActionID{}) {
			results++
		}
	}
	out := c.o.stdout()
	for _, f := range strange {
		fmt.Fprintf(out, "%s stays: %s\n", filepath.Join(c.store.Dir(), filepath.FromSlash(f.Path)), f.What)
	}
	fmt.Fprintf(out, "%s, %.1f MB, would go: %s, %s of the store with %s, and %s\n",
		words.Counted(len(published.Remove)+len(files)+len(parts), "file"), float64(size)/1e6,
		words.Counted(len(published.Remove), "published file"), words.Counted(len(files), "file"), words.Counted(results, "result"),
		words.Counted(len(parts), "unfinished download"))
	if err := c.confirm(); err != nil {
		return err
	}
	if err := c.engine.Clean(ctx, alone, published); err != nil {
		return err
	}
	for _, p := range parts {
		if err := os.Remove(filepath.Join(c.o.out(), filepath.FromSlash(p.Path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := c.o.sources().Forget(); err != nil {
		return err
	}
	for _, name := range []string{"downloads", toolkit.Folder} {
		_ = os.Remove(filepath.Join(c.o.out(), name)) // fails if it is not empty, and then it stays
	}
	if err := alone.Clear(ctx); err != nil {
		return err
	}
	what := "removed"
	if info, err := os.Lstat(c.store.Dir()); err == nil && info.Mode().Type() == fs.ModeSymlink {
		what = "emptied; the link stays"
	}
	_, err = fmt.Fprintf(out, "%s: %s\n", c.store.Dir(), what)
	return err
}

// partialName matches the names that package fetch gives to unfinished
// downloads. They are the same for every data set.
var partialName = regexp.MustCompile(`^(.+)-[0-9a-f]{16}\.part$`)

func (c cleaner) downloads() (list []store.Garbage, err error) {
	entries, err := os.ReadDir(filepath.Join(c.o.out(), "downloads"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		m := partialName.FindStringSubmatch(e.Name())
		ours := e.Name() == "lock" || m != nil && slices.ContainsFunc(fetch.MNIST.Files(), func(f fetch.File) bool { return f.Name == m[1] })
		info, ierr := e.Info()
		switch {
		case ours && ierr == nil && info.Mode().IsRegular():
			list = append(list, store.Garbage{Path: "downloads/" + e.Name(), Bytes: info.Size()})
		default:
			fmt.Fprintf(c.o.stdout(), "%s stays: it is no unfinished download\n", filepath.Join(c.o.out(), "downloads", e.Name()))
		}
	}
	return list, err
}

// confirm asks the person at the terminal to type the folder's name. Without a
// terminal, -yes is required.
func (c cleaner) confirm() error {
	if c.yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return errors.New("nothing was removed: -store takes every result of every profile; add -yes to remove them")
	}
	return ask(os.Stdin, c.o.stdout(), c.o.out())
}

// ask asks for name to be typed.
func ask(in io.Reader, out io.Writer, name string) error {
	fmt.Fprintf(out, "type %q to remove them: ", name)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(line) != name {
		return errors.New("nothing was removed")
	}
	return nil
}
