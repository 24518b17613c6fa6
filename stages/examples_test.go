package stages

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sparsel/stages/fetch"
	"sparsel/stages/internal/testenv"
)

// block is a fenced block in a document.
type block struct {
	document string
	line     int
	language string
	text     string
	reason   string // why it is not run, or the test that runs it, from the comment on the line above
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.document, b.line) }

// documents lists every document from which a reader may copy commands.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"}
	for _, file := range found {
		list = append(list, "docs/"+filepath.Base(file))
	}
	return list
}

var comment = regexp.MustCompile(`^<!-- (.*) -->$`)

func blocks(t *testing.T) []block {
	t.Helper()
	var list []block
	for _, document := range documents(t) {
		lines := strings.Split(testenv.ProjectFile(t, strings.Split(document, "/")...), "\n")
		open := false
		for i, line := range lines {
			switch language, fence := strings.CutPrefix(line, "```"); {
			case fence && !open:
				b := block{document: document, line: i + 1, language: language}
				if m := comment.FindStringSubmatch(lines[max(0, i-1)]); m != nil {
					b.reason = m[1]
				}
				list, open = append(list, b), true
			case fence:
				open = false
			case open:
				list[len(list)-1].text += line + "\n"
			}
		}
		if open {
			t.Errorf("%s: a block does not end", document)
		}
	}
	return list
}

// Every fenced block is either run by a test, or a comment above it says why
// not. A block of text that is not an example, such as the layout of a file,
// has the language text.
func TestEveryExampleIsRun(t *testing.T) {
	tests := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(source), -1) {
			tests[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks(t) {
		by, named := strings.CutPrefix(b.reason, "run by ")
		switch {
		case named && !tests[by]:
			t.Errorf("%s is said to be run by %s, which does not exist", b, by)
		case named, b.language == "text", b.language == "toml", b.language == "sh":
			// TestDocumentedCommands runs blocks of sh, and
			// TestExtendingAsDocumented those of toml.
		case !strings.HasPrefix(b.reason, "not run: ") || len(b.reason) < 20:
			t.Errorf("%s has the language %q and no test, and does not say why: <!-- not run: REASON --> or <!-- run by TEST -->", b, b.language)
		}
		if b.language == "toml" && b.document != "docs/extending.md" && b.reason == "" {
			t.Errorf("%s: only the blocks of docs/extending.md are pasted and built", b)
		}
		if b.language == "text" && strings.Contains(b.text, "go tool mage") {
			t.Errorf("%s holds a command and is said to be text", b)
		}
	}
}

// notRun lists the documented commands that TestDocumentedCommands leaves out,
// with the reason.
var notRun = map[string]string{
	"test":                 "it is what runs this",
	"soak":                 "it takes ten minutes",
	"bench":                "it needs an idle machine and minutes; the package's own tests run it on less",
	"benchpipeline":        "it needs an idle machine and minutes; the package's own tests run it on less",
	"-compile":             "the test's first step is this command",
	"":                     "it is no command, but a way to speak of all",
	"all -profile=further": "it is the work of two days; the profile's own tests make every figure of it with made-up numbers",

	"audit -level=3": "it is the study's level 3 that is meant; the level itself has tests of its own",
}

// stands gives the values that the test uses for placeholders which a reader
// fills in.
var stands = map[string]string{
	"ID": "5.1", "5.3": "baseline", "DIR": "links", "NAME": "train_vs_test", "FILE": "FILE", "REV": "HEAD", "URL": "URL", "TARGET": "status",
}

// exitCodes lists the exit codes that commands may have, unless it is only 0.
var exitCodes = map[string][]int{
	"status":       {0, 2}, // 2 if something is stale
	"clean -store": {1},    // there is nobody to ask
}

var inline = regexp.MustCompile("`(?:[A-Z]+=[^` ]+ )?go tool mage ?([^`\n]*)`")

// commands lists all commands in the documents, in order and each once.
func commands(t *testing.T) []string {
	t.Helper()
	var list []string
	add := func(command string) {
		command, _, _ = strings.Cut(command, "#")
		if command = strings.TrimSpace(command); !slices.Contains(list, command) {
			list = append(list, command)
		}
	}
	for _, b := range blocks(t) {
		if b.language != "sh" || b.reason != "" {
			continue
		}
		for line := range strings.Lines(b.text) {
			command, ok := strings.CutPrefix(line, "go tool mage ")
			if !ok {
				t.Errorf("%s: the line %q is not run", b, line)
			}
			add(command)
		}
	}
	for _, document := range documents(t) {
		for _, m := range inline.FindAllStringSubmatch(testenv.ProjectFile(t, strings.Split(document, "/")...), -1) {
			add(m[1])
		}
	}
	return list
}

// Every command in the documents exists, has only existing flags, and succeeds.
// The commands are run in the order of the documents, by the compiled program,
// on a small study that has everything the documents name.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the program and runs some thirty commands")
	}
	data := testenv.MNIST(t)
	dir := t.TempDir()
	t.Cleanup(func() { writable(dir) })
	if err := copyProject("..", dir); err != nil {
		t.Fatal(err)
	}
	text := testenv.ProjectFile(t, "stages", "testdata", "study.toml")
	for _, edit := range [][2]string{
		{"seeds = [1, 100, 1234]", "seeds = [1, 100]\ntrain_images = 300\ntest_images = 100"}, {"epochs = 30", "epochs = 2"},
		{"hidden = [256]", "hidden = [16]"},
		{"[optimizers.SGD]", "[profiles.quick]\nseeds = [1]\nepochs = 1\nseeding = \"paired\"\n\n[profiles.fresh]\nseeds = [2001, 2002]\n" +
			"seeding = \"paired\"\n\n[optimizers.SGD]"},
	} {
		if !strings.Contains(text, edit[0]) {
			t.Fatalf("the study of the tests has no %q", edit[0])
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	text = strings.Replace(text, "[style.roles]\n",
		"[style.roles]\nRMSprop = { color = \"#e69f00\", dash = \"dotted\", marker = \"diamond\" }\n", 1) + `
# What docs/extending.md takes from the study.
[optimizers.RMSprop]
lr = 0.001
alpha = 0.99
eps = 1e-8

[[experiments]]
name = "batch_size"
condition = "bs={batch}"
seeding = "paired"
optimizers = ["SGD"]
vary = [{ parameter = "batch", column = "batch_size", values = [20, 50] }]

[[experiments]]
name = "hyper_momentum"
condition = "momentum={momentum}"
seeding = "paired"
optimizers = ["SGD"]
vary = [{ parameter = "momentum", values = [0.0, 0.5] }]
`
	for _, b := range blocks(t) {
		if b.document == "docs/extending.md" && b.language == "toml" {
			text += "\n" + b.text
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "params.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) (string, int) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), fetch.Env+"="+data, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a",
			"GIT_COMMITTER_EMAIL=a@example.org")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return out.String(), cmd.ProcessState.ExitCode()
	}
	must := func(name string, args ...string) string {
		t.Helper()
		out, code := run(name, args...)
		if code != 0 {
			t.Fatalf("%s %q: exit code %d\n%s", name, args, code, out)
		}
		return out
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, "artifacts.lock")), os.Mkdir(filepath.Join(dir, "far"), 0o755)); err != nil {
		t.Fatal(err) // the lock is that of the whole study
	}
	must("go", "tool", "mage", "-compile", "./sparsel")
	must("git", "init", "--quiet")
	ran := 0
	for _, command := range commands(t) {
		if _, left := notRun[command]; left || strings.HasPrefix(command, "-compile") {
			continue
		}
		args := strings.Fields(command)
		for i, arg := range args {
			name, value, flag := strings.Cut(arg, "=")
			if s, ok := stands[arg]; ok {
				args[i] = s
			} else if s, ok := stands[value]; flag && ok {
				args[i] = name + "=" + s
			}
			switch {
			case strings.HasSuffix(args[i], "-reference=FILE"):
				args[i] = "-reference=" + filepath.Join("out", "tables", "epochs.csv")
			case strings.HasSuffix(args[i], "-remote=URL"):
				args[i] = "-remote=file://" + filepath.ToSlash(filepath.Join(dir, "far"))
			case args[i] == "FILE":
				args[i] = filepath.Join("out", "figures", "fig-5.1.png")
			}
		}
		switch args[0] {
		case "diff": // needs a commit that has a lock
			must("./sparsel", "lock")
			must("git", "add", "artifacts.lock", "params.toml")
			must("git", "commit", "--quiet", "--allow-empty", "-m", "x")
		case "measure":
			paths := strings.Fields(must("./sparsel", "runs", "train_vs_test/*/Adam/seed=1"))
			content, err := os.ReadFile(paths[len(paths)-2]) // the paths are those of the record, the activations and the weights
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, args[1]), content, 0o644); err != nil {
				t.Fatal(err)
			}
		case "tries":
			must("./sparsel", "table", args[1])
		case "gc":
			if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-remote=") }) {
				must("./sparsel", "figure", "5.1", args[1])
			}
		}
		out, code := run("./sparsel", args...)
		allowed, ok := exitCodes[strings.Join(args, " ")]
		if !ok {
			allowed = []int{0}
		}
		if !slices.Contains(allowed, code) {
			t.Errorf("%s (%q): exit code %d\n%s", command, args, code, out)
		}
		ran++
	}
	for command := range notRun {
		if command != "-compile" && !slices.Contains(commands(t), command) {
			t.Errorf("no document has the command %q any more", command)
		}
	}
	if ran < 25 {
		t.Errorf("ran %d commands only", ran)
	}
}
