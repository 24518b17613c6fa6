package measure

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/analysis/metric"
	"sparsel/stages/internal/testenv"
)

// The NumPy example, run on activations that PyTorch computed, gives the
// metrics of the same numbers, bit for bit.
func TestDocumentedNumPy(t *testing.T) {
	python := ""
	for _, name := range []string{os.Getenv("SPARSEL_PYTHON"), "/usr/bin/python3", "python3"} {
		if name != "" && exec.Command(name, "-c", "import numpy, torch").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		testenv.Absent(t, "torch", os.ErrNotExist)
	}
	_, example, found := strings.Cut(testenv.ProjectFile(t, "docs", "bring-your-own.md"), "<!-- run by TestDocumentedNumPy -->\n```python\n")
	example, _, ended := strings.Cut(example, "```")
	if !found || !ended {
		t.Fatal("docs/bring-your-own.md has no example for NumPy")
	}
	const rows, units = 700, 48
	dir := t.TempDir()
	script := `import torch
torch.manual_seed(1)
y = torch.arange(700) % 10
x = torch.nn.functional.one_hot(y, 10).float() + torch.randn(700, 10)
params = torch.randn(10, 48)
hidden = lambda params, x: torch.sigmoid(x @ params).numpy()
` + example + "h.tofile('raw')\n"
	cmd := exec.Command(python, "-c", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "raw"))
	if err != nil || len(raw) != 4*rows*units {
		t.Fatal(len(raw), err)
	}
	values, labels := make([]float32, rows*units), make([]uint8, rows)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	for i := range labels {
		labels[i] = uint8(i % 10)
	}
	s, err := metric.FromActivations(values, units, labels, 10, thresholds)
	if err != nil {
		t.Fatal(err)
	}
	s.Activation = "sigmoid"
	want, err := s.Measure(1e-6)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := File(context.Background(), filepath.Join(dir, "acts.label.npy"), Settings{Epsilon: 1e-6, Function: "sigmoid"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Accuracy and chance are NaN, so the whole structure would not be equal to
	// itself.
	if layers[0].Measures != want {
		t.Errorf("%+v, want %+v", layers[0].Measures, want)
	}
}
