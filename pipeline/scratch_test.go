package pipeline

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Workers that start at the same time on one machine do not sweep each other's
// directories away.
func TestWorkersStartAtTheSameTime(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for range 50 {
		var all [16]*scratch
		var wg sync.WaitGroup
		for i := range all {
			wg.Go(func() {
				s, err := newScratch(nil)
				if err != nil {
					t.Error(err)
					return
				}
				all[i] = s
			})
		}
		wg.Wait()
		sweepScratch(os.TempDir())
		for _, s := range all {
			if s == nil {
				continue
			}
			if _, err := os.Stat(filepath.Join(s.dir, "in")); err != nil {
				t.Error(err)
			}
			s.remove()
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("%d directories are left", len(left))
	}
}
