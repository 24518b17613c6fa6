// Package runvalues holds the values of every metric of each run after its last
// epoch, and the file in which the stage that collects them hands them to the
// tables that are made run by run. The metrics are those of package quantity,
// so that such a table can show whatever any other table shows.
package runvalues

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"sparsel/stages/quantity"
)

// Run is one run of an experiment, under the name that the parameter file gives
// its condition. The tidy table may have another name for it.
type Run struct {
	Condition, Optimizer string
	Seed                 uint32
	Epoch                int  // its last
	Failed               bool // whether it has no values, because it failed
	Values               []float64
}

// Value returns the run's value of a metric over all layers. It is NaN if the
// run failed. A metric that there is not is an error, so that none is taken for
// one without values.
func (r Run) Value(metric string) (float64, error) {
	i := slices.Index(names, metric)
	if i < 0 || i >= len(r.Values) {
		return 0, fmt.Errorf("no run has a metric %q", metric)
	}
	return r.Values[i], nil
}

// Of returns the values of a run that value returns for each metric.
func Of(value func(quantity.Metric) float64) []float64 {
	var list []float64
	for _, m := range quantity.All() {
		list = append(list, value(m))
	}
	return list
}

var names = func() (list []string) {
	for _, m := range quantity.All() {
		list = append(list, m.Name)
	}
	return list
}()

func columns() []string {
	return append([]string{"condition", "optimizer", "seed", "epoch", "failed"}, names...)
}

// WriteFile writes the runs of an experiment as CSV, with every digit.
func WriteFile(path string, runs []Run) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f, runs), f.Close())
}

func write(w io.Writer, runs []Run) error {
	out := csv.NewWriter(w)
	err := out.Write(columns())
	for _, r := range runs {
		fields := []string{r.Condition, r.Optimizer, strconv.FormatUint(uint64(r.Seed), 10), strconv.Itoa(r.Epoch), strconv.FormatBool(r.Failed)}
		for _, v := range r.Values {
			fields = append(fields, strconv.FormatFloat(v, 'g', -1, 64))
		}
		if len(fields) != len(columns()) {
			return fmt.Errorf("write values of runs: %s with %s, seed %d, has %d metrics, want %d", r.Condition, r.Optimizer, r.Seed,
				len(r.Values), len(names))
		}
		err = errors.Join(err, out.Write(fields))
	}
	out.Flush()
	return errors.Join(err, out.Error())
}

// ReadFile reads what WriteFile wrote. Errors name the file and the line.
func ReadFile(path string) ([]Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	runs, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return runs, nil
}

func read(r io.Reader) ([]Run, error) {
	in := csv.NewReader(r)
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("values of runs: %w", err)
	}
	if !slices.Equal(header, columns()) {
		return nil, fmt.Errorf("values of runs: the columns are %q, want %q", header, columns())
	}
	var runs []Run
	for {
		fields, err := in.Read()
		if err == io.EOF {
			return runs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("values of runs: %w", err)
		}
		run, err := parse(fields)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("values of runs: line %d: %w", line, err)
		}
		runs = append(runs, run)
	}
}

func parse(fields []string) (Run, error) {
	seed, wrongSeed := strconv.ParseUint(fields[2], 10, 32)
	epoch, wrongEpoch := strconv.Atoi(fields[3])
	failed, wrongFailed := strconv.ParseBool(fields[4])
	err := errors.Join(wrongSeed, wrongEpoch, wrongFailed)
	run := Run{Condition: fields[0], Optimizer: fields[1], Seed: uint32(seed), Epoch: epoch, Failed: failed}
	for _, text := range fields[5:] {
		v, wrong := strconv.ParseFloat(text, 64)
		err = errors.Join(err, wrong)
		run.Values = append(run.Values, v)
	}
	return run, err
}
