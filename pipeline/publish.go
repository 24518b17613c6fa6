package pipeline

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// publications lists a node's published outputs in order of their paths.
func publications(n *Node) []publication {
	out := make([]publication, 0, len(n.Publish))
	for output, path := range n.Publish {
		out = append(out, publication{output, path})
	}
	slices.SortFunc(out, func(a, b publication) int { return strings.Compare(a.path, b.path) })
	return out
}

type publication struct{ output, path string }

// publish makes the published files equal to the node's outputs and returns the
// paths that it wrote. Files are copied, never linked: an edit of a published
// file must not reach the store.
func (r *runner) publish(n *Node, outputs []store.Output) ([]string, error) {
	var written []string
	for _, p := range publications(n) {
		target := filepath.Join(r.e.Out, p.path)
		want := *contentOf(outputs, p.output)
		if got, err := r.plan.checker.Content(target, store.TrustNothing); err == nil {
			if got == want {
				continue
			}
			if last, ok := r.history.last[n.Name]; ok && last.Outputs[p.output] != got {
				r.note(fmt.Sprintf("replaced %s: it held neither the old nor the new output of %s", p.path, n.Name))
			}
		}
		if err := r.copyOut(target, want); err != nil {
			return written, fmt.Errorf("publish %s: %w", p.path, err)
		}
		r.plan.checker.Learn(target, want)
		if err := r.w.Append(wrote(p.path, p.output, want)); err != nil {
			return written, fmt.Errorf("publish %s: %w", p.path, err)
		}
		written = append(written, p.path)
	}
	return written, nil
}

// tempMark is part of the names of temporary files that are about to be
// published.
const tempMark = ".publishing-"

func (r *runner) copyOut(target string, want ContentID) error {
	d := r.e.Store.Disk
	if err := d.MkdirAll(filepath.Dir(target)); err != nil {
		return err
	}
	moved, err := moveDirAside(target, r.w.Run)
	if err != nil {
		return err
	}
	if moved != "" {
		r.note(fmt.Sprintf("a directory stood where %s is published; it is now %s", target, moved))
	}
	h := sha256.New()
	return d.CopyFile(temporary(target, r.w.Run), target, r.e.Store.BlobPath(want), 0o666, h, func() error {
		if got := ContentID(h.Sum(nil)); got != want {
			return fmt.Errorf("stored content %s reads as %s: %w", want.Short(), got.Short(), store.ErrDamaged)
		}
		return nil
	})
}

// publishingDirs lists the directories below Out that the plan's nodes publish
// to, and their parents, where a report may be.
func (e *Engine) publishingDirs(p *Plan) []string {
	var dirs []string
	for i := range p.Steps {
		for _, pub := range publications(p.Steps[i].Node) {
			for dir := filepath.Dir(filepath.Clean(pub.path)); ; dir = filepath.Dir(dir) {
				if path := filepath.Join(e.Out, dir); !slices.Contains(dirs, path) {
					dirs = append(dirs, path)
				}
				if dir == "." || dir == string(filepath.Separator) {
					break
				}
			}
		}
	}
	return dirs
}

// litter lists half-published files in the directories of a plan. They belong
// to runs that are at work or were killed.
func (e *Engine) litter(p *Plan) []string {
	var list []string
	for _, dir := range e.publishingDirs(p) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // nothing was published there, or publish will report what is wrong
		}
		for _, f := range entries {
			if f.Type().IsRegular() && strings.HasPrefix(f.Name(), tempMark) {
				list = append(list, filepath.Join(dir, f.Name()))
			}
		}
	}
	return list
}

// sweepPublished removes half-published files of runs that no longer exist from
// the directories that this plan publishes to.
func (r *runner) sweepPublished() error {
	for _, path := range r.e.litter(r.plan) {
		if alive, err := r.w.Alive(publisher(path)); err != nil || alive {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// mayPublish checks, before hours of work, that the directories that the plan
// publishes to can be written.
func (r *runner) mayPublish() error {
	for _, dir := range r.e.publishingDirs(r.plan) {
		if err := disk.Writable(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("publish: %w; if it is another user's, make it a group's, or use another -out", err)
		}
	}
	return nil
}

// publisher returns the run id in a temporary name: a time and six digits, each
// followed by a dash.
func publisher(path string) string {
	parts := strings.SplitN(strings.TrimPrefix(filepath.Base(path), tempMark), "-", 3)
	return strings.Join(parts[:min(2, len(parts))], "-")
}
