package pipeline

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store"
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
		written = append(written, p.path)
	}
	return written, nil
}

// tempMark is in the names of files on their way to being published.
const tempMark = ".publishing-"

func (r *runner) copyOut(target string, want ContentID) error {
	disk := r.e.Store.Disk
	dir, base := filepath.Split(target)
	if err := disk.MkdirAll(filepath.Clean(dir)); err != nil {
		return err
	}
	// Beside the target: the output directory may lie on another file system
	// than the store.
	tmp := filepath.Join(dir, tempMark+r.w.Run+"-"+base)
	h := sha256.New()
	return disk.CopyFile(tmp, target, r.e.Store.BlobPath(want), 0o644, h, func() error {
		if got := ContentID(h.Sum(nil)); got != want {
			return fmt.Errorf("stored content %s reads as %s: %w", want.Short(), got.Short(), store.ErrDamaged)
		}
		return nil
	})
}

// sweepPublished removes half-published files of runs that are no more from the
// directories that this plan publishes to.
func (r *runner) sweepPublished() error {
	seen := map[string]bool{}
	for i := range r.plan.Steps {
		for _, p := range publications(r.plan.Steps[i].Node) {
			dir := filepath.Join(r.e.Out, filepath.Dir(p.path))
			if seen[dir] {
				continue
			}
			seen[dir] = true
			litter, err := filepath.Glob(filepath.Join(dir, tempMark+"*"))
			if err != nil {
				return err
			}
			for _, path := range litter {
				if alive, err := r.w.Alive(publisher(path)); err != nil || alive {
					continue
				}
				if err := os.Remove(path); err != nil {
					return err
				}
			}
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
