package trainer

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"testing"
)

// A key names a run of the author's records, or one of its layers.
type key struct {
	experiment, condition, split, optimizer, value, layer string
}

// A number in the records, some of which are absent.
type number struct {
	value float64
	known bool
}

// A record is what the author recorded of one epoch.
type record struct {
	accuracy, sparsity, selectivity, selectivityStd number
}

// records are the author's records, indexed by epoch minus one.
type records map[key][]record

// values returns, in ascending order, the values of the parameter that an
// experiment varies with an optimizer.
func (r records) values(experiment, optimizer string) []float64 {
	var values []float64
	for k := range r {
		if k.experiment == experiment && k.optimizer == optimizer {
			values = append(values, parsed(k.value).value)
		}
	}
	slices.Sort(values)
	return values
}

func parsed(text string) number {
	x, err := strconv.ParseFloat(text, 64)
	return number{x, err == nil}
}

// readRecords returns the records of seed 1, or skips the test.
func readRecords(t *testing.T) records {
	t.Helper()
	f, err := os.Open(shared("reference/author_seed1.csv"))
	if err != nil {
		absent(t, "reference", err.Error())
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := make(records)
	for _, row := range rows[1:] {
		field := func(name string) string { return row[slices.Index(rows[0], name)] }
		k := key{field("experiment"), field("condition"), field("split"), field("optimizer"), field("param_value"), field("layer")}
		if v := parsed(k.value); v.known {
			k.value = formatted(v.value)
		}
		if field("epoch") != strconv.Itoa(len(r[k])+1) {
			t.Fatalf("%v: epochs of the records are not in order", k)
		}
		r[k] = append(r[k], record{
			parsed(field("accuracy")), parsed(field("sparsity")), parsed(field("selectivity_avg")), parsed(field("selectivity_std")),
		})
	}
	return r
}

func formatted(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
