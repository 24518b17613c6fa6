package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

// Columns of the tidy frame. The key columns are folded into one string,
// because gota groups by several columns by joining them with "_" and formats
// numbers with six decimals. It would put "a_b", "c" and "a", "b_c" into one
// group.
const (
	columnKey   = "key"
	columnRun   = "run"
	columnValue = "value"
)

// separator joins the fields of a key. It is the ASCII unit separator, which
// fields may not contain.
const separator = "\x1f"

func (k Key) join() (string, error) {
	for _, f := range []string{k.Condition, k.Optimizer, k.Layer, k.Metric} {
		if strings.Contains(f, separator) {
			return "", fmt.Errorf("group (%v): the name %q contains the unit separator U+001F: rename it", k, f)
		}
	}
	return strings.Join([]string{k.Condition, k.Optimizer, k.Layer, k.Metric, strconv.Itoa(k.Epoch)}, separator), nil
}

// tidy returns the values as a frame with one row each.
func tidy(values []Value) (dataframe.DataFrame, error) {
	keys, runs, numbers := make([]string, len(values)), make([]string, len(values)), make([]float64, len(values))
	for i, v := range values {
		k, err := v.join()
		if err != nil {
			return dataframe.DataFrame{}, err
		}
		keys[i], runs[i], numbers[i] = k, v.Run, v.Value
	}
	frame := dataframe.New(
		series.New(keys, series.String, columnKey),
		series.New(runs, series.String, columnRun),
		series.New(numbers, series.Float, columnValue),
	)
	return frame, frame.Err
}

// byGroup splits values by key and returns the value of each run for each
// joined key.
func byGroup(values []Value) (map[string]map[string]float64, error) {
	groups := make(map[string]map[string]float64)
	if len(values) == 0 { // an empty frame panics when grouped
		return groups, nil
	}
	frame, err := tidy(values)
	if err != nil {
		return nil, err
	}
	grouped := frame.GroupBy(columnKey)
	if grouped.Err != nil {
		return nil, grouped.Err
	}
	frames := grouped.GetGroups()
	for _, key := range slices.Sorted(maps.Keys(frames)) {
		rows := frames[key]
		runs, numbers := rows.Col(columnRun).Records(), rows.Col(columnValue).Float()
		// gota gives the frames names of its own, so read the key from the
		// rows.
		key := rows.Col(columnKey).Elem(0).String()
		group := make(map[string]float64, len(runs))
		for i, run := range runs {
			if _, twice := group[run]; twice {
				return nil, fmt.Errorf("group (%s): run %q has two values: remove one", strings.ReplaceAll(key, separator, ", "), run)
			}
			group[run] = numbers[i]
		}
		groups[key] = group
	}
	return groups, nil
}
