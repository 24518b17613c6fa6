package bench

import (
	"bytes"
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
	"time"

	"sparsel/trainer"
)

//go:embed pytorch.py
var script string

// timing is what one side measured of a case.
type timing struct {
	Seconds  []float64 `json:"seconds"` // of each epoch, test pass and metrics included
	Accuracy float64   `json:"accuracy"`
}

// median is over all but the first epoch, which warms caches up.
func (t timing) median() float64 {
	s := slices.Clone(t.Seconds)
	if len(s) > 1 {
		s = s[1:]
	}
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// epochs times both sides, case by case in turn, so that a machine whose speed drifts is unfair to neither.
func epochs(ctx context.Context, w io.Writer, data Data, cases []Case, core int) error {
	train, test, err := data.load()
	if err != nil {
		return err
	}
	python, err := findTorch(ctx)
	if err != nil {
		fmt.Fprintf(w, "no comparison with PyTorch: %v\n\n", err)
	}
	table := columns(w)
	fmt.Fprintf(table, "one epoch with test pass and metrics\tsparsel s\taccuracy\tPyTorch s\taccuracy\tPyTorch/sparsel\n")
	about := ""
	for _, c := range cases {
		ours, err := timeOurs(ctx, c.Config, train, test)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if python == "" {
			fmt.Fprintf(table, "%s\t%.3f\t%.4f\t–\t–\t–\n", c.Name, ours.median(), ours.Accuracy)
			continue
		}
		theirs, version, err := timeTorch(ctx, python, c.Config, data, core)
		if err != nil {
			return fmt.Errorf("%s: PyTorch: %w", c.Name, err)
		}
		about = version
		fmt.Fprintf(table, "%s\t%.3f\t%.4f\t%.3f\t%.4f\t%.2f\n",
			c.Name, ours.median(), ours.Accuracy, theirs.median(), theirs.Accuracy, theirs.median()/ours.median())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if about != "" {
		fmt.Fprintf(w, "\nmedians; PyTorch %s\n", about)
	}
	return nil
}

func timeOurs(ctx context.Context, c trainer.Config, train, test trainer.Split) (timing, error) {
	var t timing
	begin := time.Now()
	err := trainer.Train(ctx, c, train, test, func(e trainer.Epoch, _ *trainer.Activations) error {
		t.Seconds = append(t.Seconds, time.Since(begin).Seconds())
		t.Accuracy = float64(e.Correct) / float64(e.Samples)
		begin = time.Now()
		return nil
	})
	return t, err
}

// findTorch returns a Python that has PyTorch.
func findTorch(ctx context.Context) (string, error) {
	var tried []string
	for _, name := range []string{os.Getenv("SPARSEL_PYTHON"), "/usr/bin/python3", "python3"} {
		if name == "" || slices.Contains(tried, name) {
			continue
		}
		tried = append(tried, name)
		if exec.CommandContext(ctx, name, "-c", "import torch, numpy").Run() == nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("none of %s can import torch; install PyTorch (Debian: python3-torch and libopenblas0-pthread) or name a Python in SPARSEL_PYTHON",
		strings.Join(tried, ", "))
}

// timeTorch runs the script on one case and returns its timing and what was measured.
func timeTorch(ctx context.Context, python string, c trainer.Config, data Data, core int) (timing, string, error) {
	request, err := json.Marshal(map[string]any{
		"core":         core,
		"train_images": data.TrainImages, "train_labels": data.TrainLabels, "test_images": data.TestImages, "test_labels": data.TestLabels,
		"cases": []map[string]any{{
			"optimizer": c.Optimizer, "hidden": c.Network.Hidden, "batch": c.Batch, "epochs": c.Epochs,
		}},
	})
	if err != nil {
		return timing{}, "", err
	}
	cmd := exec.CommandContext(ctx, python, "-c", script)
	cmd.Env = torchEnvironment(os.Environ())
	cmd.Stdin = bytes.NewReader(request)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return timing{}, "", err
	}
	var answer struct {
		Version string   `json:"version"`
		BLAS    []string `json:"blas"`
		Results []timing `json:"results"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return timing{}, "", err
	}
	if len(answer.Results) != 1 {
		return timing{}, "", fmt.Errorf("answered %d results for one case", len(answer.Results))
	}
	if !slices.ContainsFunc(answer.BLAS, isFast) {
		return timing{}, "", errors.New("uses a BLAS of reference quality (" + strings.Join(answer.BLAS, ", ") + "), which would make it look ten times slower than it is; install libopenblas0-pthread")
	}
	return answer.Results[0], answer.Version + " with " + strings.Join(answer.BLAS, ", ") + ", one thread", nil
}

// isFast tells an optimised BLAS by its file name.
func isFast(library string) bool {
	for _, word := range []string{"openblas", "mkl", "blis"} {
		if strings.Contains(strings.ToLower(library), word) {
			return true
		}
	}
	return false
}

// torchEnvironment takes out what would cripple the opponent (a forced, slower OpenBLAS kernel) and keeps its
// libraries to one thread, as we are.
func torchEnvironment(env []string) []string {
	kept := slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "OPENBLAS_") || strings.HasPrefix(name, "OMP_") || strings.HasPrefix(name, "MKL_")
	})
	return append(kept, "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")
}
