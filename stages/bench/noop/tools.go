package noop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool is another program that builds graphs.
type tool struct {
	label string
	args  []string
	make  func(dir string, pairs int) error

	dir, version string
}

func (t *tool) name() string { return t.label + " " + t.version }

func (t *tool) prepare(ctx context.Context, dir string, nodes int) error {
	version, err := exec.CommandContext(ctx, t.label, "--version").Output()
	if err != nil {
		return err
	}
	t.dir, t.version = dir, strings.TrimSpace(string(version))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return t.make(dir, pairs(nodes))
}

// build runs the tool and checks its output for the message that there was
// nothing to do.
func (t *tool) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, t.label, t.args...)
	cmd.Dir = t.dir
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	if said := strings.ToLower(string(text)); !strings.Contains(said, "no work to do") && !strings.Contains(said, "nothing to be done") {
		return fmt.Errorf("did something: %s", text)
	}
	return nil
}

// writeNinja writes the graph for ninja and builds it once, because ninja
// trusts only what it has built itself.
func writeNinja(dir string, pairs int) error {
	var b bytes.Buffer
	b.WriteString("rule copy\n  command = cat $in > $out\n")
	metrics := ""
	for i := range pairs {
		fmt.Fprintf(&b, "build train%d: copy source\nbuild metric%d: copy train%d\n", i, i, i)
		metrics += fmt.Sprint(" metric", i)
	}
	// The inputs go through a response file, because they do not fit on the
	// command line of an aggregate.
	fmt.Fprintf(&b, "rule list\n  command = xargs cat < $out.rsp > $out\n  rspfile = $out.rsp\n  rspfile_content = $in\n")
	fmt.Fprintf(&b, "build aggregate: list%s\nbuild figure: copy aggregate\n", metrics)
	if err := os.WriteFile(filepath.Join(dir, "build.ninja"), b.Bytes(), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "source"), []byte("source\n"), 0o644); err != nil {
		return err
	}
	cmd := exec.Command("ninja", "--quiet")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// writeSnakefile writes the graph for Snakemake, and its files in order of
// their kind, with increasing times, because Snakemake compares these.
func writeSnakefile(dir string, pairs int) error {
	text := fmt.Sprintf(`rule figure:
    input: "aggregate"
    output: "figure"
    shell: "cat {input} > {output}"
rule aggregate:
    input: expand("metric{i}", i=range(%d))
    output: "aggregate"
    shell: "cat {input} > {output}"
rule metric:
    input: "train{i}"
    output: "metric{i}"
    shell: "cat {input} > {output}"
rule train:
    input: "source"
    output: "train{i}"
    shell: "cat {input} > {output}"
`, pairs)
	if err := os.WriteFile(filepath.Join(dir, "Snakefile"), []byte(text), 0o644); err != nil {
		return err
	}
	at := time.Now().Add(-time.Hour)
	write := func(name string) error {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name+"\n"), 0o644); err != nil {
			return err
		}
		return os.Chtimes(path, at, at)
	}
	for _, kind := range []struct {
		name  string
		count int
	}{{"source", 0}, {"train", pairs}, {"metric", pairs}, {"aggregate", 0}, {"figure", 0}} {
		at = at.Add(time.Second)
		if kind.count == 0 {
			if err := write(kind.name); err != nil {
				return err
			}
		}
		for i := range kind.count {
			if err := write(fmt.Sprint(kind.name, i)); err != nil {
				return err
			}
		}
	}
	return nil
}
