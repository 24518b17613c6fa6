package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store"
)

// orphans lists files in the directories that the graph publishes to which came
// out of this store but which no node publishes any more, for example the file
// of a figure that was removed from the parameters. It leaves out files that
// people put there themselves.
func (e *Engine) orphans(c *store.Checker, g *Graph) []string {
	published := map[string]bool{}
	var dirs []string
	for _, n := range g.nodes {
		for _, p := range publications(n) {
			path := filepath.Clean(p.path)
			published[path] = true
			if dir := filepath.Dir(path); !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	var out []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(filepath.Join(e.Out, dir))
		if err != nil {
			continue // nothing was ever published there
		}
		for _, f := range entries {
			path := filepath.Join(dir, f.Name())
			if !f.Type().IsRegular() || published[path] || strings.HasPrefix(f.Name(), tempMark) {
				continue
			}
			id, err := c.Content(filepath.Join(e.Out, path), store.TrustTimes)
			if err != nil {
				continue
			}
			if _, err := os.Lstat(e.Store.BlobPath(id)); err == nil {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return out
}
