package measures

import (
	"fmt"
	"math"

	"sparsel/artifacts"
)

// Summary has the statistics of one metric over the runs of one condition,
// which usually differ in their seeds.
type Summary struct {
	Condition    string
	Optimizer    string
	Layer        string // "all", "1", "2", ...
	Metric       string // "accuracy", "sparsity", ...
	Epoch        int    // from 1
	N            int    // number of runs in the statistics
	Expected     int    // number of runs that the experiment asks for
	Mean         float64
	SD           float64 // divisor N-1
	SDPopulation float64 // divisor N
	SE           float64 // SD / sqrt(N)
	SEPopulation float64 // SDPopulation / sqrt(N)
	CILow        float64 // 95 % interval of the mean; for a share it is computed on the logit
	CIHigh       float64
	Missing      string // names of the runs that are absent, joined by ";"
	NonFinite    string // names of the runs whose value is NaN or infinite, joined by ";"
}

var summaryFormat = artifacts.Format{
	Name:    "summaries",
	Version: 1,
	Columns: []artifacts.Column{
		{Name: "condition", Kind: artifacts.String, Bounds: true},
		{Name: "optimizer", Kind: artifacts.String, Bounds: true},
		{Name: "layer", Kind: artifacts.String, Bounds: true},
		{Name: "metric", Kind: artifacts.String, Bounds: true},
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "n", Kind: artifacts.Int32},
		{Name: "expected", Kind: artifacts.Int32},
		{Name: "missing", Kind: artifacts.String},
		{Name: "non_finite", Kind: artifacts.String},
		{Name: "mean", Kind: artifacts.Float64},
		{Name: "sd", Kind: artifacts.Float64},
		{Name: "sd_population", Kind: artifacts.Float64},
		{Name: "se", Kind: artifacts.Float64},
		{Name: "se_population", Kind: artifacts.Float64},
		{Name: "ci_low", Kind: artifacts.Float64},
		{Name: "ci_high", Kind: artifacts.Float64},
	},
}

// WriteSummaries writes the statistics of an experiment to path, in the given
// order, and reads them back. No two may have the same condition, optimizer,
// layer, metric and epoch. The file is not synced. On an error there is no
// file.
func WriteSummaries(path string, meta Meta, summaries []Summary) error {
	if err := checkSummaries(summaries); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return write(path, summaryFormat, meta, summaries, new(summaryColumns))
}

// ReadSummaries reads the statistics of an experiment. The caller should have
// compared the file's SHA-256 before.
func ReadSummaries(path string) (Meta, []Summary, error) {
	meta, summaries, err := read(path, summaryFormat, new(summaryColumns))
	if err != nil {
		return nil, nil, err
	}
	if err := checkSummaries(summaries); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return meta, summaries, nil
}

func checkSummaries(summaries []Summary) error {
	type key struct {
		condition, optimizer, layer, metric string
		epoch                               int
	}
	seen := make(map[key]bool, len(summaries))
	for i := range summaries {
		s := &summaries[i]
		k := key{s.Condition, s.Optimizer, s.Layer, s.Metric, s.Epoch}
		err := checkPlace(s.Epoch, s.Layer)
		switch {
		case err != nil:
		case s.Condition == "" || s.Optimizer == "" || s.Metric == "":
			err = fmt.Errorf("condition %q, optimizer %q and metric %q must all be named", s.Condition, s.Optimizer, s.Metric)
		case s.N < 0 || s.N > s.Expected || s.Expected > math.MaxInt32:
			err = fmt.Errorf("%d of %d runs", s.N, s.Expected)
		case seen[k]:
			err = fmt.Errorf("%v for the second time", k)
		}
		if err != nil {
			return fmt.Errorf("summary %d: %w", i, err)
		}
		seen[k] = true
	}
	return nil
}

// summaryColumns is one row group of summaries.
type summaryColumns struct {
	texts  [6][]string // condition, optimizer, layer, metric, missing, non-finite
	counts [3][]int32  // epoch, n, expected
	values [7][]float64
}

func (s *Summary) texts() [6]*string {
	return [6]*string{&s.Condition, &s.Optimizer, &s.Layer, &s.Metric, &s.Missing, &s.NonFinite}
}

func (s *Summary) counts() [3]*int { return [3]*int{&s.Epoch, &s.N, &s.Expected} }

func (s *Summary) values() [7]*float64 {
	return [7]*float64{&s.Mean, &s.SD, &s.SDPopulation, &s.SE, &s.SEPopulation, &s.CILow, &s.CIHigh}
}

func (c *summaryColumns) set(summaries []Summary) []any {
	*c = summaryColumns{}
	for i := range summaries {
		for j, v := range summaries[i].texts() {
			c.texts[j] = append(c.texts[j], *v)
		}
		for j, v := range summaries[i].counts() {
			c.counts[j] = append(c.counts[j], int32(*v))
		}
		for j, v := range summaries[i].values() {
			c.values[j] = append(c.values[j], *v)
		}
	}
	t, n := &c.texts, &c.counts
	return floats([]any{t[0], t[1], t[2], t[3], n[0], n[1], n[2], t[4], t[5]}, c.values[:])
}

func (c *summaryColumns) pointers() []any {
	t, n := &c.texts, &c.counts
	return pointers([]any{&t[0], &t[1], &t[2], &t[3], &n[0], &n[1], &n[2], &t[4], &t[5]}, c.values[:])
}

func (c *summaryColumns) rows() []Summary {
	summaries := make([]Summary, len(c.counts[0]))
	for i := range summaries {
		for j, v := range summaries[i].texts() {
			*v = c.texts[j][i]
		}
		for j, v := range summaries[i].counts() {
			*v = int(c.counts[j][i])
		}
		for j, v := range summaries[i].values() {
			*v = c.values[j][i]
		}
	}
	return summaries
}
