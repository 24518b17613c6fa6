package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sparsel/pipeline"
	"sparsel/stages/fetch"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// Pack writes the results so far to an archive from which others, with
// -remote=file:///ARCHIVE.zip, draw every figure and table and decide every
// finding without training anything. Of the images and the trainings it
// contains only the records, because activations are large and the images
// belong to others.
func Pack(ctx context.Context, archive string, o Options) (err error) {
	if !strings.EqualFold(filepath.Ext(archive), ".zip") {
		return fmt.Errorf("pack: %s: the name must end in .zip, by which -remote knows an archive", archive)
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	plan, err := w.engine.Plan(ctx, w.Graph, w.Targets())
	if err != nil {
		return err
	}
	if plan.Count(pipeline.Current) == 0 {
		return fmt.Errorf("pack: there are no results yet; `%s` makes them", o.command("all"))
	}
	file, err := os.OpenFile(archive, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("pack: %s is there already; remove it, or give another name", archive)
	}
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			os.Remove(archive)
		}
	}()
	done, err := w.engine.Pack(ctx, plan, file, func(n *pipeline.Node) bool {
		return n.Stage.Name == fetch.Kind || n.Stage.Name == train.Kind
	})
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	missing := ""
	if n := len(plan.Steps) - done.Results; n > 0 {
		missing = fmt.Sprintf("; left out: %d of %s, not current here (see `%s`)",
			n, words.Counted(len(plan.Steps), "node"), o.command("status"))
	}
	if done.Lacking > 0 {
		missing += fmt.Sprintf("; lacking: %s that this store knows and does not have; whoever needs one makes it again",
			words.Counted(done.Lacking, "file"))
	}
	_, err = fmt.Fprintf(o.stdout(), "%s: %s, %s, %.1f MB%s\n",
		archive, words.Counted(done.Results, "result"), words.Counted(done.Files, "file"), float64(info.Size())/1e6, missing)
	return errors.Join(err, file.Sync())
}
