package bench

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"sparsel/trainer"
)

//go:embed pytorch.py
var script string

// torch is a running PyTorch with the data in memory.
type torch struct {
	cmd   *exec.Cmd
	ask   io.WriteCloser
	hear  *bufio.Scanner
	about string // PyTorch's version and libraries
}

// startTorch starts PyTorch on the core that this process is pinned to.
func startTorch(ctx context.Context, data Data, core int) (*torch, error) {
	python, err := findTorch(ctx)
	if err != nil {
		return nil, err
	}
	t := &torch{cmd: exec.CommandContext(ctx, python, "-c", script)}
	t.cmd.Env = torchEnvironment(os.Environ())
	t.cmd.Stderr = os.Stderr
	if t.ask, err = t.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.hear = bufio.NewScanner(out)
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	var answer struct {
		Version string   `json:"version"`
		BLAS    []string `json:"blas"`
	}
	err = t.exchange(map[string]any{
		"core":         core,
		"train_images": data.TrainImages, "train_labels": data.TrainLabels, "test_images": data.TestImages, "test_labels": data.TestLabels,
	}, &answer)
	if err == nil && len(answer.BLAS) > 0 && !slices.ContainsFunc(answer.BLAS, isFast) {
		err = errors.New("it uses a BLAS of reference quality (" + strings.Join(answer.BLAS, ", ") +
			"), which would make it look ten times slower than it is; install libopenblas0-pthread")
	}
	if err != nil {
		t.stop()
		return nil, err
	}
	blas := strings.Join(answer.BLAS, ", ")
	if blas == "" {
		blas = "a BLAS that it does not name"
	}
	t.about = answer.Version + " with " + blas + ", one thread"
	return t, nil
}

// time makes PyTorch train on the first images.
func (t *torch) time(c trainer.Config, train, test int) (timing, error) {
	var answer struct {
		timing
		Error string `json:"error"`
	}
	err := t.exchange(map[string]any{
		"optimizer": c.Optimizer, "conv": c.Network.Conv, "hidden": c.Network.Hidden, "batch": c.Batch, "epochs": c.Epochs,
		"train": train, "test": test,
	}, &answer)
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	if err == nil && (len(answer.Wall) != c.Epochs || len(answer.CPU) != c.Epochs) {
		err = fmt.Errorf("answered %d epochs for %d", len(answer.Wall), c.Epochs)
	}
	if err != nil {
		return answer.timing, torchError{err}
	}
	return answer.timing, nil
}

// A torchError says that PyTorch failed at a case. Our own side can still be
// timed.
type torchError struct{ error }

func (e torchError) Unwrap() error { return e.error }

// exchange sends a line and reads one.
func (t *torch) exchange(request, answer any) error {
	if err := json.NewEncoder(t.ask).Encode(request); err != nil {
		return fmt.Errorf("ask Python: %w", err)
	}
	if !t.hear.Scan() {
		return errors.Join(errors.New("no answer from Python; what it said stands above"), t.hear.Err())
	}
	return json.Unmarshal(t.hear.Bytes(), answer)
}

// stop ends Python, which exits at the end of its input.
func (t *torch) stop() {
	_ = t.ask.Close()
	_ = t.cmd.Wait() // exchange has reported any failure
}

// findTorch returns the path of a Python that has PyTorch.
func findTorch(ctx context.Context) (string, error) {
	var tried []string
	for _, name := range []string{os.Getenv("SPARSEL_PYTHON"), "/usr/bin/python3", "python3"} {
		if name == "" || slices.Contains(tried, name) {
			continue
		}
		tried = append(tried, name)
		if exec.CommandContext(ctx, name, "-c", "import torch; torch.ones(1)").Run() == nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("none of %s can import torch; install PyTorch (Debian: python3-torch and libopenblas0-pthread) "+
		"or name a Python in SPARSEL_PYTHON", strings.Join(tried, ", "))
}

// isFast recognises an optimised BLAS by its file name.
func isFast(library string) bool {
	for _, word := range []string{"openblas", "mkl", "blis"} {
		if strings.Contains(strings.ToLower(library), word) {
			return true
		}
	}
	return false
}

// torchEnvironment removes settings that would slow PyTorch down, such as a
// forced, slower OpenBLAS kernel, and limits its libraries to one thread, like
// ours.
func torchEnvironment(env []string) []string {
	kept := slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "OPENBLAS_") || strings.HasPrefix(name, "OMP_") || strings.HasPrefix(name, "MKL_")
	})
	return append(kept, "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")
}
