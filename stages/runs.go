package stages

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"sparsel/pipeline"
	"sparsel/stages/nearest"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// archives lists the outputs of a training that others may read, in the order
// in which they are shown.
var archives = []string{train.Record, train.Activations, train.Weights}

// run is a training as `runs -json` lists it.
type run struct {
	Name     string            `json:"name"`              // experiment/condition/optimizer/seed=S
	State    pipeline.State    `json:"state"`             // as status says it
	Archives map[string]string `json:"archives,omitzero"` // paths by what they are; none of a run that is not current
}

// Runs lists the trainings whose names match one of the patterns, or all if
// there are none, with the paths of their archives. If links names a folder,
// Runs creates it with a link to each archive under the run's name.
func Runs(ctx context.Context, patterns string, links *string, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	status, err := w.engine.Status(ctx, w.Graph, nil)
	if err != nil {
		return err
	}
	var runs []run
	var experiments []string
	for _, n := range status.Nodes {
		name, ok := strings.CutPrefix(strings.TrimPrefix(n.Name, w.Prefix+"/"), "train/")
		if n.Stage != train.Kind || !ok {
			continue
		}
		if experiment, _, _ := strings.Cut(name, "/"); !slices.Contains(experiments, experiment) {
			experiments = append(experiments, experiment)
		}
		if fits, err := fitsAny(name, several(patterns)); err != nil {
			return fmt.Errorf("runs: %w", err)
		} else if !fits {
			continue
		}
		r := run{Name: name, State: n.State}
		if n.State == pipeline.Current {
			r.Archives = map[string]string{}
			for _, archive := range archives {
				if id, ok := n.Outputs[archive]; ok {
					r.Archives[archive] = w.store.BlobPath(id)
				}
			}
		}
		runs = append(runs, r)
	}
	if len(runs) == 0 {
		return fmt.Errorf("runs: no training's name fits %s%s", patterns, nearest.Hint(patterns, experiments))
	}
	if orDefault(links, "") != "" {
		return linkArchives(*links, runs, o)
	}
	if orDefault(o.JSON, false) {
		return printJSON(o.stdout(), runs)
	}
	return printRuns(runs, o)
}

// fitsAny reports whether a name matches a pattern of path.Match in which a *
// at the end stands for one or more whole elements.
func fitsAny(name string, patterns []string) (bool, error) {
	for _, pattern := range patterns {
		head := name
		if elements := strings.Split(name, "/"); len(elements) > strings.Count(pattern, "/")+1 {
			head = strings.Join(elements[:strings.Count(pattern, "/")+1], "/") // an experiment's name stands for all of it
		}
		if fits, err := path.Match(pattern, head); fits || err != nil {
			return fits, err
		}
	}
	return len(patterns) == 0, nil
}

func printRuns(runs []run, o Options) error {
	t := tabwriter.NewWriter(o.stdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "run\t"+strings.Join(archives, "\t"))
	missing := 0
	for _, r := range runs {
		if r.State != pipeline.Current {
			missing++
			continue
		}
		fmt.Fprint(t, r.Name)
		for _, archive := range archives {
			fmt.Fprint(t, "\t", r.Archives[archive])
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if missing > 0 {
		_, err := fmt.Fprintf(o.stdout(), "%s of %s not current, and not listed; `%s` says why\n",
			words.Counted(missing, "training"), fmt.Sprint(len(runs)), o.command("status"))
		return err
	}
	return nil
}

// The most bytes of a link's folder that file systems take in each of its
// elements, and that leave room for the folder it is in.
const (
	maxLinkElement = 255
	maxLink        = 2000
)

// linkName returns the folder of a run's links, which is its name as far as
// file systems take it. In a longer element, or a name of too many elements,
// the end is replaced with a hash of the whole, so that different runs have
// different folders.
func linkName(name string) string {
	elements := strings.Split(name, "/")
	for i, element := range elements {
		elements[i] = shortened(element)
	}
	if short := strings.Join(elements, "/"); len(short) <= maxLink {
		return short
	}
	return shortened(strings.ReplaceAll(name, "/", "_"))
}

// shortened cuts a text that is too long for the name of a file, between
// characters.
func shortened(text string) string {
	if len(text) <= maxLinkElement {
		return text
	}
	hash := fmt.Sprintf("-%.8x", sha256.Sum256([]byte(text)))
	end := maxLinkElement - len(hash)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + hash
}

// linkArchives creates a tree of symbolic links, DIR/RUN/ARCHIVE. It replaces
// existing links, and returns an error if anything else is in the way.
func linkArchives(dir string, runs []run, o Options) error {
	made := 0
	for _, r := range runs {
		for _, archive := range archives {
			target, ok := r.Archives[archive]
			if !ok {
				continue
			}
			target, err := filepath.Abs(target)
			if err != nil {
				return err
			}
			link := filepath.Join(dir, filepath.FromSlash(linkName(r.Name)), archive)
			if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
				return fmt.Errorf("runs: make links: %w", err)
			}
			if info, err := os.Lstat(link); err == nil && info.Mode()&fs.ModeSymlink == 0 {
				return fmt.Errorf("runs: make links: %s is no link, and is left as it is; name another folder", link)
			}
			if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("runs: make links: %w", err)
			}
			if err := os.Symlink(target, link); err != nil {
				return fmt.Errorf("runs: make links: %w", err)
			}
			made++
		}
	}
	_, err := fmt.Fprintf(o.stdout(), "%s: %s to the archives of %s\n", dir, words.Counted(made, "link"), words.Counted(len(runs), "training"))
	return err
}
