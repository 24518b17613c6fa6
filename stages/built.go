package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"sparsel/pipeline/codeid"
)

// Built is the source that this program was compiled from, as embedded by the
// magefile.
var Built fs.FS

// checkBuilt returns an error if the program was compiled from other source
// than is on disk. Results are keyed by the source on disk. An outdated
// program, such as a copy made with -compile or one that MAGEFILE_HASHFAST
// kept, would store the results of the old code under the new code's name.
func checkBuilt() error {
	if Built == nil {
		return nil // a test, which is always up to date
	}
	entries, err := fs.ReadDir(Built, ".")
	if err != nil {
		return fmt.Errorf("check program: %w", err)
	}
	here := os.DirFS(".")
	for _, e := range entries {
		if _, err := fs.Stat(here, e.Name()); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("check program: there is no %s here (%w). The program needs the source that it was compiled from in the folder "+
				"in which it runs, for results are known by the code that made them: change to the project's folder, and name "+
				"others with -params=FILE and -out=DIR", e.Name(), fs.ErrNotExist)
		}
		compiled, err := sourceOf(Built, e)
		if err != nil {
			return fmt.Errorf("check program: %w", err)
		}
		present, err := sourceOf(here, e)
		if err != nil {
			return fmt.Errorf("check program: %w", err)
		}
		if err := compareSource(compiled, present); err != nil {
			return fmt.Errorf("check program: %w", err)
		}
	}
	return nil
}

// sourceOf reads the relevant files of a folder, or go.mod or go.sum.
func sourceOf(fsys fs.FS, e fs.DirEntry) (map[string][]byte, error) {
	if e.IsDir() {
		return codeid.Files(fsys, e.Name())
	}
	text, err := fs.ReadFile(fsys, e.Name())
	return map[string][]byte{e.Name(): text}, err
}

// compareSource names a file that differs or that only one side has.
func compareSource(compiled, present map[string][]byte) error {
	names := slices.Collect(maps.Keys(compiled))
	names = slices.AppendSeq(names, maps.Keys(present))
	slices.Sort(names)
	for _, name := range names {
		was, known := compiled[name]
		is, there := present[name]
		switch {
		case !known:
			return fmt.Errorf("%s was added: %w", name, errOutdated)
		case !there:
			return fmt.Errorf("%s was removed: %w", name, errOutdated)
		case !bytes.Equal(was, is):
			return fmt.Errorf("%s was edited: %w", name, errOutdated)
		}
	}
	return nil
}

var errOutdated = errors.New("this program was compiled from other source, and would store old results as new; compile it again (go " +
	"tool mage, with MAGEFILE_HASHFAST unset, does)")
