package stages

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"sparsel/pipeline/store"
	"sparsel/stages/fetch"
)

// auditPinned compares the stored data with the hashes that are known without
// the store: those of MNIST in this program, or those in the parameters of
// another data set. The records alone could agree on other data.
func (a *auditor) auditPinned() {
	made := a.byName[a.Dataset.Name].Made
	if a.Dataset.Stage.Name != fetch.Kind || made == nil {
		return
	}
	for _, f := range a.Files {
		if o := made.Output(f.Name); o != nil && o.Content.String() != f.SHA256 {
			a.fault(differs, a.Dataset.Name+" "+f.Name, "stored is %s, %s has %s", o.Content, a.Images, f.SHA256)
		}
	}
}

// auditData checks the data set everywhere a run would look for it on this
// machine. It does not ask mirrors.
func (a *auditor) auditData(ctx context.Context) error {
	dir := filepath.Join(a.scratch, "data")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	output := func(name string) string { return filepath.Join(dir, name) }
	files := a.Files
	if files == nil { // digits were drawn because MNIST was missing, but part of it may be there
		files = fetch.MNIST.Files()
	}
	for _, d := range a.Sources.Dirs {
		refused := func(_ string, f fetch.Refusal) {
			if strings.HasPrefix(f.Source, d.Path+" (") {
				return // the folder or the file is missing here, but may be elsewhere
			}
			a.fault(store.Damaged, f.Source, "%v", f.Err)
		}
		obtained := func(_, source string) {
			a.report.Files++
			if info, err := os.Stat(strings.TrimSuffix(source, " (named by "+d.From+")")); err == nil {
				a.report.Bytes += info.Size()
			}
		}
		err := fetch.Fetch(ctx, files, output, fetch.Sources{Dirs: []fetch.Dir{d}}, fetch.Observer{Refused: refused, Obtained: obtained})
		if unavailable := (*fetch.Unavailable)(nil); err != nil && !errors.As(err, &unavailable) {
			return err
		}
	}
	return nil
}
