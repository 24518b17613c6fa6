package toolkit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsel/artifacts/foreign"
	"sparsel/stages/ablate"
	"sparsel/stages/measure"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
}

// A file is hashed once, and again if it may have changed, even if its size and
// its modification time are the same as before.
func TestSources(t *testing.T) {
	dir := t.TempDir()
	file, known := filepath.Join(dir, "a"), filepath.Join(dir, "measure", "files.json")
	put(t, file, "one")
	hashed := 0
	identify := func(parts ...foreign.Part) string {
		t.Helper()
		content, err := OpenSources(known).Identify(context.Background(), parts[0].Path, parts, func(_, _ int64) { hashed++ })
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	first := identify(foreign.Part{Path: file})
	if first != "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" { // sha256sum
		t.Error(first)
	}
	before := hashed
	if again := identify(foreign.Part{Path: file}); again != first || hashed != before {
		t.Errorf("%s, hashed %d times", again, hashed-before)
	}
	path, unchanged, err := OpenSources(known).Find(first)
	if err != nil || path != file || unchanged() != nil {
		t.Fatalf("%s, %v", path, err)
	}
	put(t, file, "two")
	if err := unchanged(); err == nil || !strings.Contains(err.Error(), "was changed while it was read") {
		t.Error(err)
	}
	if _, _, err := OpenSources(known).Find(first); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if again := identify(foreign.Part{Path: file}); again == first {
		t.Error("other bytes have the same content")
	}
	// Arrays form one source. It matters which array has which role, and their
	// names do not matter.
	other := filepath.Join(dir, "b")
	put(t, other, "one")
	pair := identify(foreign.Part{Column: "activation", Path: file}, foreign.Part{Column: "label", Path: other})
	if swapped := identify(foreign.Part{Column: "activation", Path: other}, foreign.Part{Column: "label", Path: file}); swapped == pair ||
		pair == first {
		t.Error("arrays in another place are the same")
	}
	// A link stands for the file that it points to.
	link := filepath.Join(dir, "link")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	if content := identify(foreign.Part{Path: link}); content != first {
		t.Errorf("through a link %s, want %s", content, first)
	}
	// What is known may be lost or damaged.
	put(t, known, "{")
	if content := identify(foreign.Part{Path: other}); content != first {
		t.Error(content)
	}
}

// A file that was written a moment ago is found again as well. Because its
// signature may not reveal another change, it is hashed each time.
func TestYoungSources(t *testing.T) {
	dir := t.TempDir()
	file, known := filepath.Join(dir, "a"), filepath.Join(dir, "files.json")
	if err := os.WriteFile(file, []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	hashed := 0
	identify := func(s *Sources) string {
		t.Helper()
		content, err := s.Identify(context.Background(), file, []foreign.Part{{Path: file}}, func(_, _ int64) { hashed++ })
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	s := OpenSources(known)
	first := identify(s)
	once := hashed
	if identify(s); hashed != once {
		t.Error("it was hashed twice by one process")
	}
	for _, s := range []*Sources{s, OpenSources(known)} {
		if path, unchanged, err := s.Find(first); err != nil || path != file || unchanged() != nil {
			t.Errorf("%s, %v", path, err)
		}
	}
	// The bytes that were hashed are no longer those of the file, and nothing
	// else tells.
	text, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Repeat("a", len(first))
	if err := os.WriteFile(known, bytes.ReplaceAll(text, []byte(first), []byte(other)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenSources(known).Find(other); !errors.Is(err, ErrGone) {
		t.Errorf("a file that has changed was found: %v", err)
	}
	if again := identify(OpenSources(known)); again != first {
		t.Errorf("%s, want %s", again, first)
	}
}

// What depends on the content of a file does not depend on its name, and the
// reverse.
func TestGraph(t *testing.T) {
	find := func(string) (string, func() error, error) { return "", nil, errors.New("nowhere") }
	r := Request{
		Name: "acts", Files: []File{{Name: "acts.parquet", Content: "c1"}}, Settings: measure.Settings{Epsilon: 1e-6},
		Ablate: &Ablation{Name: "w.npy", Content: "c2", Last: true, Orders: 3},
	}
	g, err := r.Graph(find)
	if err != nil {
		t.Fatal(err)
	}
	node := g.Node("measure/acts/layers/acts.parquet")
	if node == nil || node.Params != (measure.Params{Content: "c1", Settings: r.Settings}) {
		t.Errorf("%+v", node)
	}
	var contents []string
	for _, n := range g.Nodes() {
		contents = append(contents, Contents(n)...)
		if _, ok := n.Params.(ablate.Params); ok && n.Publish["removal.png"] != "measure/acts/ablation/removal.png" {
			t.Error(n.Publish)
		}
	}
	if got := strings.Join(contents, " "); got != "c1 c1 c2" {
		t.Errorf("contents %s", got)
	}
	if g.Node(r.Target()) == nil || len(g.Node(r.Target()).Inputs) != 4 {
		t.Error("what shows everything does not read everything")
	}
}

func TestName(t *testing.T) {
	for want, paths := range map[string][]string{
		"acts": {"/a/acts.parquet"}, "x": {"x.activation.npy"}, "y": {"y.label.npy"}, "z-and-2-more": {"z.arrow", "a", "b"},
		"activations": {".parquet"},
	} {
		if got := Name(paths); got != want {
			t.Errorf("%q: %s, want %s", paths, got, want)
		}
	}
	if got := Name([]string{"...parquet"}); got != "activations" {
		t.Error(got)
	}
}

// A request that this program did not write is refused, and the others are
// read.
func TestRecall(t *testing.T) {
	out := t.TempDir()
	if list, err := Recall(out); err != nil || list != nil {
		t.Errorf("%v, %v", list, err)
	}
	write := func(name, text string) {
		dir := filepath.Join(out, Folder, name)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "request.json"), text)
	}
	const settings = `"Settings": {"Epsilon": 0, "Permutations": 1, "Function": "", "NotFinite": false}`
	write("good", `{"Name": "good", "Files": [{"Name": "a", "Group": "", "Content": "c"}], `+settings+`}`)
	if err := os.Mkdir(filepath.Join(out, Folder, "unfinished"), 0o777); err != nil {
		t.Fatal(err)
	}
	if list, err := Recall(out); err != nil || len(list) != 1 || list[0].Files[0].Content != "c" {
		t.Fatalf("%v, %v", list, err)
	}
	for name, text := range map[string]string{
		"other": `{"Name": "good", "Files": [{"Name": "a"}]}`, "field": `{"Name": "field", "Files": [{"Name": "a"}], "Run": "rm"}`,
		"path": `{"Name": "path", "Files": [{"Name": "../a"}]}`, "nothing": `{"Name": "nothing"}`,
		"way": `{"Name": "way", "Files": [{"Name": "a"}], "Compare": {"By": "x"}}`,
	} {
		write(name, text)
		if list, err := Recall(out); err == nil || !strings.Contains(err.Error(), filepath.Join(name, "request.json")) || len(list) != 1 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
		if err := os.RemoveAll(filepath.Join(out, Folder, name)); err != nil {
			t.Fatal(err)
		}
	}
}
