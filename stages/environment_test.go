package stages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// T26: each stage's bytes are the same, whatever the machine, the user and the
// shell. Instruction sets that are compiled in (GOAMD64) and other
// architectures need other binaries, which CI tests.
func TestT26SameBytesInAnyEnvironment(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.edit("train_images = 2000", "train_images = 200", "seeds = [1, 100]", "seeds = [1]") // because portable kernels are slow
	p.run("all", "-jobs=2", "-out=usual")
	want := p.digests("usual")
	environments := []struct {
		name string
		soak bool // only in the long test
		env  []string
		with func(*exec.Cmd)
		args []string
	}{
		{name: "one processor, another place, language and time", env: []string{"GOMAXPROCS=1", "GOGC=10", "TZ=Asia/Kathmandu",
			"LANG=tr_TR.UTF-8", "LC_ALL=tr_TR.UTF-8", "USER=nobody", "HOME=" + t.TempDir()}},
		{name: "older processor", env: []string{"GODEBUG=cpu.avx2=off,cpu.fma=off,cpu.avx512f=off"}, args: []string{"-jobs=1"}},
		{name: "portable kernels, closed umask", env: []string{"SPARSEL_KERNEL=portable"}, args: []string{"-jobs=3"}, with: func(cmd *exec.Cmd) {
			cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `umask 077; bin=$1; shift; exec -a sparsel "$bin" "$@"`, "sh", os.Args[0]},
				cmd.Args[1:]...)
			if bash, err := exec.LookPath("bash"); err == nil {
				cmd.Path = bash // not every shell has exec -a
			}
		}},
		{name: "two processors", soak: true, env: []string{"GOMAXPROCS=2", "GOGC=off"}},
		{name: "seven processors", soak: true, env: []string{"GOMAXPROCS=7", "GOGC=400"}, args: []string{"-jobs=7"}},
		{name: "sixteen processors", soak: true, env: []string{"GOMAXPROCS=16", "GOMEMLIMIT=300MiB"}, args: []string{"-jobs=4"}},
		{name: "no extensions at all", soak: true, env: []string{"GODEBUG=cpu.all=off"}},
		{name: "random layout", soak: true, env: []string{"GODEBUG=randautoseed=1,asyncpreemptoff=1", "GOTRACEBACK=all"}},
	}
	for _, e := range environments {
		if e.soak && os.Getenv("SPARSEL_SOAK") == "" {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			out := strings.ReplaceAll(e.name, " ", "-")
			cmd := p.command(context.Background(), append([]string{"all", "-out=" + out}, e.args...)...)
			cmd.Env = append(append(cmd.Env, goCaches(t)...), e.env...)
			if e.with != nil {
				e.with(cmd)
			}
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			q := *p
			q.t = t
			q.same(e.name, q.digests(out), want)
			os.RemoveAll(filepath.Join(p.dir, out))
		})
	}
	t.Run("another folder", func(t *testing.T) {
		q := *p
		q.t, q.dir = t, filepath.Join(t.TempDir(), "a folder, with Ümläuts & so on")
		if err := os.Rename(p.dir, q.dir); err != nil {
			t.Fatal(err)
		}
		q.run("all", "-jobs=2", "-out=elsewhere")
		q.same("another folder", q.digests("elsewhere"), want)
	})
}

// goCaches lets the go command, which is asked for modules, find its caches
// under any home directory.
func goCaches(t *testing.T) []string {
	text, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(text), "\n")
	return []string{"GOCACHE=" + line[0], "GOMODCACHE=" + line[1]}
}

// T32: once the data are in the store, nothing needs the network or the folder
// from which they came. New trainings, code identities, figures and all queries
// work without them.
func TestT32Offline(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.run("figure", "5.1", "-jobs=2")
	p.data = filepath.Join(p.dir, "nowhere")
	p.edit(`"../shared/mnist", "data/mnist"`, `"nowhere"`, "lr = 0.001", "lr = 0.003")
	if err := os.Remove(filepath.Join(p.dir, "out", "store", "cache", "modules")); err != nil {
		t.Fatal(err) // so that the go command is asked again
	}
	offline := func(args ...string) string {
		t.Helper()
		cmd := p.command(context.Background(), args...)
		cmd.Env = append(cmd.Env, "GOPROXY=off", "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1",
			"ALL_PROXY=http://127.0.0.1:1", "XDG_CACHE_HOME="+p.dir)
		cmd.Env = append(cmd.Env, goCaches(t)...)
		cutOff(cmd)
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, text)
		}
		return string(text)
	}
	if text := offline("all", "-jobs=2"); !strings.Contains(text, "executed") {
		t.Errorf("nothing was trained: %s", text)
	}
	offline("why", "figure/5.1")
	offline("dag")
	if text := offline("status"); !strings.Contains(text, "are current") {
		t.Errorf("status: %s", text)
	}
	// Only what must be fetched fails, and the error says where it looked.
	p.edit(`"https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"`, "")
	cmd := p.command(context.Background(), "all", "-out=other")
	cmd.Env = append(cmd.Env, "HTTPS_PROXY=http://127.0.0.1:1")
	if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), "nowhere") {
		t.Errorf("without data, a network and a store: %v\n%s", err, text)
	}
}
