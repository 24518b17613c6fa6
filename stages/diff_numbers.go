package stages

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/aggregate"
)

// numberChange says how far the means of one metric of one experiment moved.
type numberChange struct {
	Experiment string  `json:"experiment"`
	Metric     string  `json:"metric"`
	Moved      int     `json:"moved"`
	Of         int     `json:"of"`  // that both have
	New        int     `json:"new"` // that only one of the two has
	Gone       int     `json:"gone"`
	Where      string  `json:"where"` // the one that moved most
	Before     float64 `json:"before"`
	After      float64 `json:"after"`
}

// compareNumbers compares the summaries that differ, experiment by experiment,
// if both versions are available.
func (d *difference) compareNumbers(was, is state) error {
	compared := 0
	for _, o := range is.lock.Sorted() {
		before, ok := was.lock.Outputs[o]
		after := is.lock.Outputs[o]
		if !ok || o.Name != aggregate.Summaries {
			continue
		}
		if before.Content == after.Content {
			compared++
			continue
		}
		old, found, err := readSummaries(pipeline.ContentID(before.Content), was.store, is.store)
		if err != nil {
			return err
		}
		if !found {
			d.Notes = append(d.Notes, o.Node+": the earlier numbers are not in the store; which ones moved cannot be told")
			continue
		}
		now, found, err := readSummaries(pipeline.ContentID(after.Content), is.store)
		if err != nil {
			return err
		}
		if found {
			compared++
			d.Numbers = append(d.Numbers, moved(path.Base(o.Node), old, now)...)
		}
	}
	d.unknown.numbers = compared == 0
	return nil
}

// readSummaries reads summaries from the first store that has them.
func readSummaries(id pipeline.ContentID, stores ...*store.Store) (rows []measures.Summary, found bool, err error) {
	for _, s := range stores {
		if s == nil {
			continue
		}
		if err := s.NewChecker().Blob(id, -1, store.TrustNothing); err != nil {
			continue
		}
		_, rows, err := measures.ReadSummaries(s.BlobPath(id))
		return rows, err == nil, err
	}
	return nil, false, nil
}

func moved(experiment string, before, after []measures.Summary) []numberChange {
	type key struct {
		metric, condition, optimizer, layer string
		epoch                               int
	}
	keyOf := func(s measures.Summary) key { return key{s.Metric, s.Condition, s.Optimizer, s.Layer, s.Epoch} }
	old := map[key]float64{}
	changes := map[string]*numberChange{}
	of := func(metric string) *numberChange {
		if changes[metric] == nil {
			changes[metric] = &numberChange{Experiment: experiment, Metric: metric}
		}
		return changes[metric]
	}
	for _, s := range before {
		old[keyOf(s)] = s.Mean
		of(s.Metric).Gone++
	}
	for _, s := range after {
		c, k := of(s.Metric), keyOf(s)
		was, ok := old[k]
		if !ok {
			c.New++
			continue
		}
		c.Gone--
		c.Of++
		if math.Float64bits(was) == math.Float64bits(s.Mean) {
			continue
		}
		c.Moved++
		// A mean that became NaN, or was NaN, counts as the largest change.
		if by := math.Abs(s.Mean - was); c.Where == "" || math.IsNaN(by) || by > math.Abs(c.After-c.Before) {
			c.Where = fmt.Sprintf("%s, %s, layer %s, epoch %d", s.Condition, s.Optimizer, s.Layer, s.Epoch)
			c.Before, c.After = was, s.Mean
		}
	}
	var list []numberChange
	for _, c := range changes {
		if c.Moved > 0 || c.New > 0 || c.Gone > 0 {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b numberChange) int { return cmp.Compare(a.Metric, b.Metric) })
	return list
}
