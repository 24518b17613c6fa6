package stages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/internal/testenv"
)

// blocksOf lists the fenced blocks of a language in a document.
func blocksOf(document, language string) []string {
	var list []string
	for i, part := range strings.Split(document, "```") {
		if block, ok := strings.CutPrefix(part, language+"\n"); i%2 == 1 && ok {
			list = append(list, block)
		}
	}
	return list
}

// The example of docs/own-images.md, run command by command on a machine
// without MNIST, gives the picture that the document shows.
func TestOwnImagesAsDocumented(t *testing.T) {
	if err := exec.Command("python3", "-c", "").Run(); err != nil {
		testenv.Absent(t, "python", err)
	}
	document := testenv.ProjectFile(t, "docs", "own-images.md")
	var script strings.Builder
	script.WriteString("cd project\n")
	commands := 0
	for _, block := range blocksOf(document, "sh") {
		for command := range strings.Lines(block) {
			command = strings.TrimSpace(command)
			if rest, ok := strings.CutPrefix(command, "go tool mage "); ok {
				command = "sparsel " + rest
			}
			script.WriteString("exec " + command + "\n")
			commands++
			switch {
			case strings.HasPrefix(command, "sha256sum"):
				for _, line := range strings.Split(blocksOf(document, "toml")[0], "\n") {
					if _, hash, ok := strings.Cut(line, `sha256 = "`); ok {
						script.WriteString("stdout " + hash[:64] + "\n")
					}
				}
			case strings.HasPrefix(command, "sparsel status"):
				script.WriteString("stdout 'all 38 nodes are current'\n")
			case strings.HasPrefix(command, "sparsel why"):
				script.WriteString("stdout 'data = \"shapes\"'\nstdout 'classes = 3'\n")
			}
		}
	}
	script.WriteString(`cmp out-shapes/figures/fig-classes.svg docs/examples/fig-classes.svg
grep 'On shapes: 3 classes, 20×20 pixels' out-shapes/tables/table-convolution.md
grep 'networks are trained on shapes, 1500 images' out-shapes/report.html
! grep 'MNIST' out-shapes/figures/fig-classes.json

# Files that are not what the parameters say.
cp data/shapes/shapes-test-images data/shapes/shapes-train-images
! exec sparsel all -params=docs/examples/shapes.toml -out=again
stderr 'its header says 300×20×20, expected 1500×20×20'
exec python3 docs/examples/shapes.py data/shapes
flip data/shapes/shapes-test-labels
! exec sparsel all -params=docs/examples/shapes.toml -out=again
stderr 'its SHA-256 is [0-9a-f]+, expected 8c5efab7'
! stderr 'MNIST/raw'
exec python3 docs/examples/shapes.py data/shapes
edit docs/examples/shapes.toml 'classes = 3 ' 'classes = 4 '
! exec sparsel all -params=docs/examples/shapes.toml -out=again
stderr 'none of the 1500 training images is of class 3; correct data.classes, 4'
edit docs/examples/shapes.toml 'classes = 4 ' 'classes = 2 '
! exec sparsel all -params=docs/examples/shapes.toml -out=again
stderr 'is 2, expected 0 to 1'
edit docs/examples/shapes.toml 'classes = 2 ' 'classes = 3 '

# What only MNIST has.
! exec sparsel compare -reference=none.csv -params=docs/examples/shapes.toml -out=out-shapes
stderr 'the records are of MNIST, and docs/examples/shapes.toml describes shapes'
! exec sparsel finding B1 -params=docs/examples/shapes.toml -out=out-shapes
stderr 'finding B1: claims are made for 10 classes, and shapes has 3'
`)
	if commands < 6 {
		t.Fatalf("docs/own-images.md has %d commands", commands)
	}
	file := filepath.Join(t.TempDir(), "own.txtar")
	if err := os.WriteFile(file, []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	runScriptFiles(t, "", file)
	if toml := blocksOf(document, "toml")[0]; !strings.Contains(testenv.ProjectFile(t, "docs", "examples", "shapes.toml"), toml) {
		t.Error("docs/examples/shapes.toml lacks what docs/own-images.md shows of it")
	}
}
