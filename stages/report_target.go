package stages

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"

	"sparsel/stages/report"
)

// reportFile is the report's name below the output folder.
const reportFile = "report.html"

// Report writes the report of the current results. It runs nothing: the report
// names what is missing or stale.
func Report(ctx context.Context, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	return w.writeReport(ctx, true)
}

// writeReport writes the report. Unless always is set, it leaves a report of the
// same content alone, so that a second `all` changes nothing and works on a
// read-only output folder.
func (w *workspace) writeReport(ctx context.Context, always bool) error {
	r, err := w.collect(ctx)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	page, id, err := report.Render(r)
	if err != nil {
		return err
	}
	name := filepath.Join(w.o.prefix(), reportFile)
	path := filepath.Join(w.o.out(), name)
	written, err := w.engine.Written()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if old, err := readPage(path, written.Holds[filepath.ToSlash(name)]); always || err != nil || !bytes.Contains(old, []byte(id)) {
		if err := w.engine.WriteFile(name, sealPage(page)); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if orDefault(w.o.JSON, false) {
		return nil // standard output is the run's
	}
	_, err = fmt.Fprintln(w.o.stdout(), path)
	return err
}
