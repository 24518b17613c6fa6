package stages

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestT01KilledStudy ends a study, or one of its workers, with SIGKILL at
// moments that are spread over its duration. After each, the next run must
// continue without help. After the last, everything must have the bytes of an
// undisturbed study.
func TestT01KilledStudy(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes about a minute")
	}
	p := newProject(t)
	start := time.Now()
	p.run("all", "-jobs=2", "-out=undisturbed")
	length := time.Since(start)

	random := rand.New(rand.NewPCG(1, 2))
	for killed := 0; killed < rounds(12, 100); {
		moment := time.Duration(random.Float64() * float64(length))
		err := p.killed(moment, killed%2 == 1)
		if err != nil {
			killed++
			continue
		}
		// This study was faster and had most of the work done. Start over, so
		// that all stages are hit.
		if err := os.RemoveAll(filepath.Join(p.dir, "killed")); err != nil {
			t.Fatal(err)
		}
	}
	p.run("all", "-jobs=2", "-out=killed")
	p.same("after the last kill", p.digests("killed"), p.digests("undisturbed"))
	// Nothing is left to do, and nothing is in the way.
	text, err := p.command(context.Background(), "all", "-jobs=2", "-out=killed", "-json").Output()
	if err != nil || strings.Contains(string(text), `"outcome": "executed"`) {
		t.Errorf("the run after the last: %v\n%s", err, text)
	}
	p.noWorkers("afterwards")
}

// killed runs the study. After the given time it kills all workers, or the
// process that started them.
func (p *project) killed(after time.Duration, workers bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	if !workers {
		err := p.command(ctx, "all", "-jobs=2", "-out=killed").Run() // CommandContext kills with SIGKILL
		p.noWorkers("after the driver was killed")
		return err
	}
	cmd := p.command(context.Background(), "all", "-jobs=2", "-out=killed")
	text := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = text, text
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(after)
	pids := p.workers()
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	err := cmd.Wait()
	if err != nil && !strings.Contains(text.String(), "signal: killed") {
		p.t.Errorf("workers %v were killed, and the run says: %v\n%s", pids, err, text)
	}
	return err
}

// digests hashes what a run leaves for people and for later runs, which is the
// published files and the store's contents. Records and the journal contain
// times and are left out.
func digests(t *testing.T, out string) map[string]string {
	sums := map[string]string{}
	parts := []string{filepath.Join(out, "store", "blobs")}
	for _, pattern := range []string{"figures", "tables", "*/figures", "*/tables"} { // a profile publishes into a folder of its own
		found, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, found...)
	}
	if len(parts) < 3 {
		t.Fatalf("%s has no figures and tables", out)
	}
	for _, part := range parts {
		err := filepath.WalkDir(part, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(out, path)
			sums[relative] = fmt.Sprintf("%x", sha256.Sum256(content))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sums
}
