package stages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/term"

	"sparsel/stages/measure"
)

// MeasureFlags are the flags of Measure. A nil flag was not given.
type MeasureFlags struct {
	Function     *string // of the units
	Epsilon      *string // of CCMAS
	Permutations *int
	NaN          *string
}

// settings judges the flags.
func (f MeasureFlags) settings() (measure.Settings, error) {
	s := measure.Settings{Epsilon: 1e-6, Permutations: orDefault(f.Permutations, 20), Function: orDefault(f.Function, "")}
	if f.Epsilon != nil {
		var err error
		if s.Epsilon, err = strconv.ParseFloat(*f.Epsilon, 64); err != nil || !(s.Epsilon >= 0) || math.IsInf(s.Epsilon, 0) {
			return s, fmt.Errorf("-epsilon=%s: give a number, 0 or more", *f.Epsilon)
		}
	}
	if s.Permutations < 0 || s.Permutations > 1000 {
		return s, fmt.Errorf("-permutations=%d: give 0 to 1000", s.Permutations)
	}
	if f.Function != nil && !slices.Contains([]string{"sigmoid", "relu", "tanh"}, s.Function) {
		return s, fmt.Errorf("-function=%s: give sigmoid, relu or tanh, or leave it out", s.Function)
	}
	switch nan := orDefault(f.NaN, "refuse"); nan {
	case "refuse":
	case "keep":
		s.NotFinite = true
	default:
		return s, fmt.Errorf("-nan=%s: give refuse or keep", nan)
	}
	return s, nil
}

// Measure measures the activations in files that any program wrote, and writes tables, figures and a page of them to
// out/measure/NAME.
func Measure(ctx context.Context, files string, flags MeasureFlags, o Options) error {
	if o.out() == "" {
		return errNoOut
	}
	s, err := flags.settings()
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	paths := several(files)
	if len(paths) == 0 {
		return errors.New("measure: name a file; docs/bring-your-own.md says how to write one")
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	layers, err := measure.Files(ctx, paths, s, rowsRead())
	if err != nil {
		return err
	}
	dir := filepath.Join(o.out(), "measure", measure.Name(paths))
	if err := measure.Write(dir, layers); err != nil {
		return err
	}
	out := o.stdout()
	if orDefault(o.JSON, false) {
		data, err := json.MarshalIndent(measure.Summary(layers), "", "  ")
		if err != nil {
			return fmt.Errorf("measure: %w", err)
		}
		_, err = fmt.Fprintf(out, "%s\n", data)
		return err
	}
	if err := measure.Print(out, layers, orDefault(o.Verbose, false)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, filepath.Join(dir, "index.html"))
	return err
}

// rowsRead shows on a terminal how much of a file is read.
func rowsRead() func(path string, done, all int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	shown := int64(-1)
	return func(path string, done, all int64) {
		percent := 100 * done / all
		if percent == shown {
			return
		}
		if shown = percent; done == all {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
			return
		}
		fmt.Fprintf(os.Stderr, "\r\x1b[Kmeasure %s: %d %% of %d rows", strconv.Quote(filepath.Base(path)), percent, all)
	}
}
