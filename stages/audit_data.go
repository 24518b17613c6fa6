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

// auditData checks MNIST wherever a run would look for it on this machine. Mirrors are not asked.
func (a *auditor) auditData(ctx context.Context) error {
	root, err := filepath.Abs(filepath.Dir(orDefault(a.o.Params, "params.toml")))
	if err != nil {
		return err
	}
	dir := filepath.Join(a.scratch, "data")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	output := func(name string) string { return filepath.Join(dir, name) }
	for _, d := range fetch.Directories(root, orDefault(a.o.Data, ""), os.Getenv(fetch.Env), a.params.Data.Directories) {
		refused := func(_ string, f fetch.Refusal) {
			if strings.HasPrefix(f.Source, d.Path+" (") {
				return // the folder lacks the file or is not there itself: another place may have it
			}
			a.fault(store.Damaged, f.Source, "%v", f.Err)
		}
		obtained := func(_, source string) {
			a.report.Files++
			if info, err := os.Stat(strings.TrimSuffix(source, " (named by "+d.From+")")); err == nil {
				a.report.Bytes += info.Size()
			}
		}
		err := fetch.Fetch(ctx, fetch.MNIST.Files(), output, fetch.Sources{Dirs: []fetch.Dir{d}}, fetch.Observer{Refused: refused, Obtained: obtained})
		if unavailable := (*fetch.Unavailable)(nil); err != nil && !errors.As(err, &unavailable) {
			return err
		}
	}
	return nil
}
