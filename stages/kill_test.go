package stages

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsel/stages/internal/testenv"
)

// TestT01KilledStudy ends a study with SIGKILL at twenty moments spread over its length. After each, the next run must go
// on without help; after the last, everything must have the bytes of a study that nothing disturbed.
func TestT01KilledStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about a minute")
	}
	data := testenv.MNIST(t)
	project := filepath.Join(t.TempDir(), "project")
	if err := copyProject("..", project); err != nil {
		t.Fatal(err)
	}
	shrink(t, filepath.Join(project, "params.toml"))
	all := func(ctx context.Context, out string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Args = []string{"sparsel", "all", "-jobs=2", "-out=" + out} // the name makes the test binary the command
		cmd.Dir = project
		cmd.Env = append(os.Environ(), "SPARSEL_DATA="+data)
		return cmd
	}
	run := func(out string) time.Duration {
		start := time.Now()
		if text, err := all(context.Background(), out).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return time.Since(start)
	}
	length := run("undisturbed")
	want := digests(t, filepath.Join(project, "undisturbed"))

	random := rand.New(rand.NewPCG(1, 2))
	for killed := 0; killed < 20; {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(random.Float64()*float64(length)))
		err := all(ctx, "killed").Run() // CommandContext kills with SIGKILL
		cancel()
		if err != nil {
			killed++
			continue
		}
		// This one was quicker: it had most of the work behind it. Start over, so that all stages are hit.
		if err := os.RemoveAll(filepath.Join(project, "killed")); err != nil {
			t.Fatal(err)
		}
	}
	run("killed")
	got := digests(t, filepath.Join(project, "killed"))
	for path, sum := range want {
		if got[path] != sum {
			t.Errorf("%s: %s, undisturbed %s", path, got[path], sum)
		}
	}
	for path := range got {
		if want[path] == "" {
			t.Errorf("%s is left over", path)
		}
	}
	// Nothing is left to do, and nothing in the way.
	cmd := all(context.Background(), "killed")
	cmd.Args = append(cmd.Args, "-json")
	if text, err := cmd.Output(); err != nil || strings.Contains(string(text), `"outcome": "executed"`) {
		t.Errorf("the run after the last: %v\n%s", err, text)
	}
}

// shrink makes the parameters a study of a few seconds.
func shrink(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	small := strings.NewReplacer("epochs = 30", "epochs = 2",
		"seeds = [1, 100, 1234]", "seeds = [1, 100, 1234]\ntrain_images = 2000\ntest_images = 500").Replace(string(text))
	if err := os.WriteFile(file, []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
}

// digests hashes what a run leaves for people and for later runs: the published files and the store's contents.
// Records hold times and are left out, as is the journal.
func digests(t *testing.T, out string) map[string]string {
	sums := map[string]string{}
	for _, part := range []string{"figures", "tables", filepath.Join("store", "blobs")} {
		err := filepath.WalkDir(filepath.Join(out, part), func(path string, d fs.DirEntry, err error) error {
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
