package pipeline_test

import (
	"context"
	"os"
	"testing"

	"sparsel/pipeline"
)

// T31: a study of ten thousand nodes that is up to date. The goal is a status
// within a second; 3,000 nodes, the size of the whole study, plan within 0.3 s.
func BenchmarkStatus(b *testing.B) {
	for name, seeds := range map[string]int{"3000": 750, "10000": 2500} {
		l := bigLab(b, seeds)
		s := basic()
		s.Seeds = l.seeds(seeds)
		g := l.graph(s)
		if _, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/status", func(b *testing.B) {
			for b.Loop() {
				if st, err := l.engine().Status(context.Background(), g, nil); err != nil || !st.Current {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/cold", func(b *testing.B) {
			for b.Loop() {
				os.Remove(l.dir + "/store/cache/hashes")
				if st, err := l.engine().Status(context.Background(), g, nil); err != nil || !st.Current {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/idle run", func(b *testing.B) {
			for b.Loop() {
				if r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil || r.Counts[pipeline.Executed] > 0 {
					b.Fatal(err)
				}
			}
		})
		s.Data = "other"
		b.Run(name+"/all stale", func(b *testing.B) {
			for b.Loop() {
				if st, err := l.engine().Status(context.Background(), l.graph(s), nil); err != nil || st.Current {
					b.Fatal(err)
				}
			}
		})
	}
}

// bigLab is in memory where possible: ten thousand nodes wait for a disk some
// fifty thousand times.
func bigLab(b *testing.B, seeds int) *lab {
	b.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sparsel-*")
	if err != nil {
		dir = b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return &lab{t: b, dir: dir, code: versions{}, fail: map[string]error{}}
}

func (l *lab) seeds(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}
