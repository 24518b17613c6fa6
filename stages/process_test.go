package stages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sparsel/stages/internal/testenv"
)

// project is a copy of the project with the parameters of a study that takes a
// few seconds. The targets run in it as processes of their own.
type project struct {
	t    *testing.T
	dir  string
	data string
}

func newProject(t *testing.T) *project {
	t.Helper()
	p := &project{t: t, data: testenv.MNIST(t), dir: filepath.Join(t.TempDir(), "project")}
	if err := copyProject("..", p.dir); err != nil {
		t.Fatal(err)
	}
	p.edit("epochs = 30", "epochs = 2", "seeds = [1, 100, 1234]", "seeds = [1, 100]\ntrain_images = 2000\ntest_images = 500")
	return p
}

// edit replaces texts in the parameters. Each must be present.
func (p *project) edit(replacements ...string) {
	p.t.Helper()
	file := filepath.Join(p.dir, "params.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			p.t.Fatalf("the parameters do not hold %q", replacements[i])
		}
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(replacements...).Replace(string(text))), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// command returns a target with its arguments.
func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Args = append([]string{"sparsel"}, args...) // the name makes the test binary act as the command
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "SPARSEL_DATA="+p.data)
	return cmd
}

// run runs a target that must succeed, and returns its output.
func (p *project) run(args ...string) string {
	p.t.Helper()
	text, err := p.command(context.Background(), args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return string(text)
}

func (p *project) digests(out string) map[string]string {
	return digests(p.t, filepath.Join(p.dir, out))
}

// same compares what is left in a folder with what should be there.
func (p *project) same(what string, got, want map[string]string) {
	p.t.Helper()
	for path, sum := range want {
		if got[path] != sum {
			p.t.Errorf("%s: %s: %q, want %q", what, path, got[path], sum)
		}
	}
	for path := range got {
		if want[path] == "" {
			p.t.Errorf("%s: %s is left over", what, path)
		}
	}
}

// workers lists the worker processes that run in the project, according to
// Linux.
func (p *project) workers() (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		dir, err := os.Readlink(filepath.Join(name, "cwd"))
		if err != nil || dir != p.dir {
			continue
		}
		env, _ := os.ReadFile(filepath.Join(name, "environ"))
		if pid, err := strconv.Atoi(filepath.Base(name)); err == nil && strings.Contains("\x00"+string(env), "\x00"+workerVariable+"=1\x00") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// noWorkers waits until the last worker has ended, which must not take long.
func (p *project) noWorkers(what string) {
	p.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); len(p.workers()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Errorf("%s: workers %v are still there", what, p.workers())
			return
		}
	}
}

// rounds returns how often a test of random moments repeats itself, which is
// more often in a long test.
func rounds(few, many int) int {
	if os.Getenv("SPARSEL_SOAK") != "" {
		return many
	}
	return few
}
