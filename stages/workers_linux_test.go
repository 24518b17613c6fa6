package stages

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/pipeline/slurmtest"
)

// T37: the study gives the same bytes with workers on this machine, with
// workers that share a folder with their driver, with workers that share
// nothing, not even MNIST, with a Slurm of two nodes, and on a second machine
// that has only what those pushed.
func TestT37StudyOnWorkers(t *testing.T) {
	t.Parallel()
	newProject(t).onWorkers("-jobs=2")
}

// T37: so does the quick profile of the whole study.
func TestT37QuickProfileOnWorkers(t *testing.T) {
	if os.Getenv("SPARSEL_SOAK") == "" {
		t.Skip("takes a quarter of an hour")
	}
	p := newProject(t)
	text, err := os.ReadFile(filepath.Join("..", "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "params.toml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	p.onWorkers("-jobs=4", "-profile=quick")
}

// onWorkers compares the results of workers of every kind, and of second
// machines after them, with those of this machine alone.
func (p *project) onWorkers(flags ...string) {
	t := p.t
	all := func(out string, more ...string) []string {
		return slices.Concat([]string{"all", "-out=" + out}, flags, more)
	}
	p.run(all("here")...)
	want := p.digests("here")
	for how, command := range map[string]string{
		"shared": "env",
		"apart":  `unshare -m sh -c 'mount -t tmpfs none "` + p.dir + `" && mount -t tmpfs none "` + p.data + `" && exec "$@"' sh`,
		"slurm":  "",
	} {
		t.Run(how, func(t *testing.T) {
			hosts := []string{"host="}
			switch {
			case how == "slurm":
				command, hosts = slurmtest.Start(t).Srun("-w n$((SPARSEL_SLOT % 2 + 1))"), []string{"host=n1", "host=n2"}
			case how == "apart" && exec.Command("unshare", "-m", "true").Run() != nil:
				t.Skip("no mount namespace")
			}
			level, temp := t.TempDir(), t.TempDir()
			cmd := p.command(context.Background(), all(how, "-workers="+command)...)
			cmd.Env = append(cmd.Env, remoteVariable+"=file://"+level, "TMPDIR="+temp)
			text, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for _, host := range hosts {
				if !bytes.Contains(text, []byte(host)) {
					t.Errorf("no line has %s:\n%s", host, text)
				}
			}
			p.same(how, p.digests(how), want)

			cmd = p.command(context.Background(), all("second-"+how)...)
			cmd.Env = append(cmd.Env, remoteVariable+"=file://"+level)
			if text, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(text), "msg=executed") {
				t.Errorf("the second machine: %v\n%s", err, text)
			}
			for path, sum := range p.digests("second-" + how) {
				if want[path] != sum {
					t.Errorf("the second machine: %s differs", path)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}
