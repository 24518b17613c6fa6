// Package noop times the most frequent build of all, the one in which there is
// nothing to do. It builds one graph with this pipeline, with ninja and with
// Snakemake, as far as they are installed, and then asks each of them in turn
// to build it again.
//
// The graph has the shape of a study: a source, trainings that read it, a
// metric of each training, one aggregate of all metrics, and one figure. The
// three tools do not promise the same. ninja and Snakemake compare the times of
// files, whereas this pipeline compares content, parameters and code, and
// checks that the published file is whole.
package noop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// A builder is one tool, with the graph in a directory of its own.
type builder interface {
	name() string
	// prepare builds everything, so that build finds nothing to do.
	prepare(ctx context.Context, dir string, nodes int) error
	// build returns an error if there was anything to do.
	build(ctx context.Context) error
}

// rounds is how often each tool is asked. The median counts.
const rounds = 5

// Compare builds a graph of about the given number of nodes with every
// available tool, and writes a table of the time that each takes to find that
// there is nothing to do.
func Compare(ctx context.Context, w io.Writer, nodes int) error {
	if nodes < 5 {
		return fmt.Errorf("compare builds: %d nodes: want 5 or more", nodes)
	}
	root, err := os.MkdirTemp("", "sparsel-noop-*")
	if err != nil {
		return fmt.Errorf("compare builds: %w", err)
	}
	defer os.RemoveAll(root)
	var present []builder
	for i, b := range []builder{&own{}, &tool{label: "ninja", make: writeNinja},
		&tool{label: "snakemake", args: []string{"--cores=1", "--nolock"}, make: writeSnakefile}} {
		err := b.prepare(ctx, filepath.Join(root, fmt.Sprint(i)), nodes)
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintf(w, "%s is not installed, and left out\n", b.name())
			continue
		}
		if err != nil {
			return fmt.Errorf("compare builds: prepare %s: %w", b.name(), err)
		}
		present = append(present, b)
	}
	times := make([][]time.Duration, len(present))
	for range rounds {
		for i, b := range present { // in turn, so that a busy moment affects all of them
			start := time.Now()
			if err := b.build(ctx); err != nil {
				return fmt.Errorf("compare builds: %s: %w", b.name(), err)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	fmt.Fprintf(w, "%d nodes, nothing to do: median, least and most of %d\n", nodes, rounds)
	for i, b := range present {
		slices.Sort(times[i])
		fmt.Fprintf(w, "  %-28s %7.3f s   %.3f … %.3f\n", b.name(), times[i][rounds/2].Seconds(), times[i][0].Seconds(),
			times[i][rounds-1].Seconds())
	}
	return nil
}
