package stages

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store/remote/remotetest"
	"sparsel/stages/train"
)

// published returns the files below out that people look at, with their bytes.
// The report is left out because it names the machine and the time.
func (s *smallStudy) published() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	for _, dir := range []string{"figures", "tables", "findings"} {
		err := filepath.WalkDir(s.path("out/"+dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			files[s.relative(path)] = string(text)
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return files
}

// same reports every published file that differs from that of another study.
func (s *smallStudy) same(other *smallStudy) {
	s.t.Helper()
	here, there := s.published(), other.published()
	for path, text := range there {
		if here[path] != text {
			s.t.Errorf("%s differs", path)
		}
	}
	if len(here) != len(there) {
		s.t.Errorf("%d files are published, want %d", len(here), len(there))
	}
}

// secondMachine returns a study with the parameters of s, and nothing else.
func (s *smallStudy) secondMachine() *smallStudy {
	s.t.Helper()
	second := &smallStudy{t: s.t, dir: s.t.TempDir()}
	text, err := os.ReadFile(s.path("params.toml"))
	if err == nil {
		err = os.WriteFile(second.path("params.toml"), text, 0o644)
	}
	if err == nil {
		err = os.Mkdir(second.path("data"), 0o755) // an empty folder
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { writable(second.dir) })
	return second
}

// size returns the total length of all stored files.
func (s *smallStudy) size() (bytes int64) {
	s.t.Helper()
	err := filepath.WalkDir(s.path("out/store/blobs"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes
}

// A machine that has the parameters and a second level, but neither MNIST nor
// an archive, builds everything without running anything. Nothing that it
// writes contains the credentials.
func TestT33StudyOnSecondMachine(t *testing.T) {
	for _, kind := range []string{"folder", "versitygw"} {
		t.Run(kind, func(t *testing.T) {
			remotetest.Credentials(t)
			url := "file://" + t.TempDir()
			if kind != "folder" {
				url = remotetest.Versity(t).URL("study")
			}
			first := newSmallStudy(t)
			t.Setenv(remoteVariable, url)
			if n := first.executed(); n != 0 {
				t.Errorf("pushing what was there executed %d nodes", n)
			}
			second := first.secondMachine()
			if n := second.executed(); n != 0 {
				t.Errorf("the second machine executed %d nodes", n)
			}
			second.same(first)
			if all, some := first.size(), second.size(); some*4 > all {
				t.Errorf("the second machine holds %d bytes of %d", some, all)
			}
			if _, id := second.report(); id == "" {
				t.Error("no report")
			}
			// An audit fetches what it makes results from. For a figure, this
			// proves the figure itself and 8 metrics, but not the aggregate, 8
			// trainings and the data, because nothing reads all that they made.
			// A picture's chain is hashed while it is fetched.
			if text, err := second.audit(2); err != nil || !strings.Contains(text, "known from their records but not kept here") ||
				!strings.Contains(text, "9 of the 19 results that it is made from, 10 are not kept here, 8 of 8 runs' metrics re-derived") {
				t.Errorf("audit: %v\n%s", err, text)
			}
			if text, err := second.auditFile(second.path("out/figures/fig-5.1.png")); err != nil || !strings.Contains(text, "were hashed just now") {
				t.Errorf("audit of a file: %v\n%s", err, text)
			}
			// From here on the study needs no second level to know all this.
			t.Setenv(remoteVariable, "")
			if text, err := second.status(); err != nil {
				t.Errorf("offline: %v\n%s", err, text)
			}
			for _, s := range []*smallStudy{first, second} {
				err := filepath.WalkDir(s.path("out"), func(path string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					text, err := os.ReadFile(path)
					if bytes.Contains(text, []byte(remotetest.Secret)) || bytes.Contains(text, []byte(remotetest.Access)) {
						t.Errorf("%s holds credentials", path)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// study.keep_archives decides whose activations are released. status and gc say
// how large these are, and gc removes them.
func TestT43KeepArchives(t *testing.T) {
	s := newSmallStudy(t)
	before := s.published()
	s.edit(`archive = "last"`, "archive = \"last\"\nkeep_archives = [100]")
	held := func(o Options) (seeds map[string]int) {
		seeds = map[string]int{}
		_, p := s.planOf(o)
		for _, step := range p.Steps {
			for _, o := range step.Outputs {
				if o.Name == train.Activations && !o.Away {
					_, seed, _ := strings.Cut(step.Node.Name, "seed=")
					seeds[seed]++
				}
			}
		}
		return seeds
	}
	all := held(s.options())
	text, err := s.status()
	if err != nil || !strings.Contains(text, fmt.Sprintf("%d archives that keep_archives does not keep", all["1"])) {
		t.Errorf("status: %v\n%s", err, text)
	}
	dry := s.gc(false, "")
	if strings.Count(dry, "which can be made again") != all["1"] || strings.Contains(dry, "seed=100,") {
		t.Errorf("gc:\n%s", dry)
	}
	s.gc(true, "")
	if now := held(s.options()); now["1"] != 0 || now["100"] != all["100"] {
		t.Errorf("held: %v of %v", now, all)
	}
	text, err = s.status()
	if err != nil || !strings.Contains(text, "not kept here") {
		t.Errorf("status afterwards: %v\n%s", err, text)
	}
	if n := s.executed(); n != 0 {
		t.Errorf("%d nodes were executed", n)
	}
	for path, text := range s.published() {
		if before[path] != text {
			t.Errorf("%s differs", path)
		}
	}

	// A profile has seeds of its own, so it says this itself. Its run keeps no more.
	s.edit("[optimizers.SGD]", "[profiles.fresh]\nseeds = [7, 8]\nseeding = \"paired\"\nkeep_archives = [8]\n\n[optimizers.SGD]")
	fresh, profile := s.options(), "fresh"
	fresh.Profile = &profile
	if err := All(context.Background(), fresh); err != nil {
		t.Fatal(err)
	}
	if now := held(fresh); now["7"] != 0 || now["8"] != all["100"] {
		t.Errorf("held for the profile: %v", now)
	}
	if now := held(s.options()); now["100"] != all["100"] {
		t.Errorf("held after the profile's run: %v of %v", now, all)
	}

	// After a change of a metric, the plan repeats every training whose
	// activations are gone, and status says why.
	s.edit("ccmas_epsilon = 0.0", "ccmas_epsilon = 1e-6")
	_, p := s.plan()
	trainings := 0
	for _, step := range p.Steps {
		if step.Node.Stage.Name == "train" && step.State == pipeline.Stale {
			trainings++
		}
	}
	if trainings != all["1"] {
		t.Errorf("the plan has %d trainings, want %d", trainings, all["1"])
	}
	text, _ = s.status()
	if !strings.Contains(text, "is needed again") {
		t.Errorf("status does not say why:\n%s", text)
	}
}
