package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Built is the source that this program was compiled from, as the magefile embeds it.
var Built fs.FS

// checkBuilt refuses to work with a program that was compiled from other source than lies here. Results are
// keyed by the source on disk: an outdated program (a copy made with -compile, or one that MAGEFILE_HASHFAST
// kept) would store what the old code gives under the new code's name.
func checkBuilt() error {
	if Built == nil {
		return nil // a test, which is compiled from what it tests
	}
	err := fs.WalkDir(Built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			return err
		}
		if extension := path.Ext(name); extension != ".go" && extension != ".s" && extension != ".mod" && extension != ".sum" {
			return nil
		}
		compiled, err := fs.ReadFile(Built, name)
		if err != nil {
			return err
		}
		if present, err := os.ReadFile(name); err != nil || !bytes.Equal(compiled, present) {
			return fmt.Errorf("%s: %w", name, errOutdated)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("check program: %w", err)
	}
	return nil
}

var errOutdated = errors.New("this program was compiled from another version of it, and would store old results as new; compile it again (go tool mage, with MAGEFILE_HASHFAST unset, does)")
