package measures

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number is a number that may not have been recorded. In the table an
// unrecorded number is an empty field, which is different from NaN.
type Number struct {
	Value    float64
	Recorded bool
}

// Recorded returns the number v, which may be NaN or infinite.
func Recorded(v float64) Number { return Number{Value: v, Recorded: true} }

// TidyRow is one line of the tidy table: the metrics of one run after one
// epoch, for one hidden layer or over all of them.
type TidyRow struct {
	Experiment     string
	Condition      string
	Optimizer      string
	Seed           uint32
	Layer          string // "all", "1", "2", ...
	Epoch          int    // from 1
	Accuracy       Number // on the test set, whatever the split
	Sparsity       Number
	SelectivityAvg Number
	SelectivityStd Number
	Split          string // "test" or "train": the set on which sparsity and selectivity were measured
	ParamName      string // what the experiment varies; empty if nothing
	ParamValue     Number // recorded if and only if ParamName is set
}

// tidyColumns are the columns of the table, in order.
var tidyColumns = []string{
	"experiment", "condition", "optimizer", "seed", "layer", "epoch", "accuracy", "sparsity",
	"selectivity_avg", "selectivity_std", "split", "param_name", "param_value",
}

// WriteTidyCSV writes the tidy table: a line of column names and one line per
// row, each ended by "\n". Numbers are written in the shortest form that gives
// the same float64 back, and otherwise as NaN, +Inf and -Inf. No two rows may
// have the same key, which consists of all columns except the measured numbers.
func WriteTidyCSV(w io.Writer, rows []TidyRow) error {
	out := csv.NewWriter(w)
	if err := out.Write(tidyColumns); err != nil {
		return fmt.Errorf("write tidy table: %w", err)
	}
	seen := make(map[TidyRow]int, len(rows))
	for i := range rows {
		r := &rows[i]
		err := r.check()
		if first, twice := seen[r.key()]; err == nil && twice {
			err = fmt.Errorf("same key as row %d", first)
		}
		if err != nil {
			return fmt.Errorf("write tidy table: row %d: %w", i, err)
		}
		seen[r.key()] = i
		if err := out.Write(r.fields()); err != nil {
			return fmt.Errorf("write tidy table: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write tidy table: %w", err)
	}
	return nil
}

func (r *TidyRow) fields() []string {
	return []string{
		r.Experiment, r.Condition, r.Optimizer, strconv.FormatUint(uint64(r.Seed), 10), r.Layer, strconv.Itoa(r.Epoch),
		r.Accuracy.String(), r.Sparsity.String(), r.SelectivityAvg.String(), r.SelectivityStd.String(),
		r.Split, r.ParamName, r.ParamValue.String(),
	}
}

// String returns the spelling of the number in the table.
func (n Number) String() string {
	if !n.Recorded {
		return ""
	}
	return strconv.FormatFloat(n.Value, 'g', -1, 64)
}

// key returns the row without its measured numbers.
func (r *TidyRow) key() TidyRow {
	k := *r
	k.Accuracy, k.Sparsity, k.SelectivityAvg, k.SelectivityStd = Number{}, Number{}, Number{}, Number{}
	return k
}

// check checks what can be wrong with a row that was parsed or is about to be
// written.
func (r *TidyRow) check() error {
	if err := checkPlace(r.Epoch, r.Layer); err != nil {
		return err
	}
	for i, text := range []string{r.Experiment, r.Condition, r.Optimizer, r.ParamName} {
		if text == "" && i < 3 {
			return errors.New("experiment, condition and optimizer must all be named")
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%q is not one line of UTF-8 text", text)
		}
	}
	switch {
	case r.Split != "test" && r.Split != "train":
		return fmt.Errorf(`split %q is neither "test" nor "train"`, r.Split)
	case (r.ParamName != "") != r.ParamValue.Recorded:
		return errors.New("param_name and param_value must be both set or both empty")
	case r.ParamValue.Recorded && math.IsNaN(r.ParamValue.Value):
		return errors.New("param_value is NaN")
	case r.Accuracy.Recorded && !(0 <= r.Accuracy.Value && r.Accuracy.Value <= 1):
		return fmt.Errorf("accuracy %v is not in 0..1", r.Accuracy)
	}
	return nil
}

// ReadTidyCSV reads a tidy table whose lines end in "\n" or "\r\n". It requires
// exactly the columns that WriteTidyCSV writes. Errors name the line.
func ReadTidyCSV(r io.Reader) ([]TidyRow, error) {
	return readCSV(r, "tidy", tidyColumns, parseTidy, (*TidyRow).key)
}

// readCSV reads a table with exactly these columns. No two of its rows may have
// the same key. name is used in errors.
func readCSV[R any](r io.Reader, name string, columns []string, parse func([]string) (R, error), key func(*R) TidyRow) ([]R, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.ReuseRecord = len(columns), true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s table: empty; want a line of column names", name)
	}
	if err != nil && !errors.Is(err, csv.ErrFieldCount) {
		return nil, fmt.Errorf("read %s table: %w", name, err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("read %s table: columns %q, want %q", name, header, columns)
	}
	var rows []R
	seen := map[TidyRow]int{}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s table: %w", name, err) // err names the line
		}
		line, _ := in.FieldPos(0)
		row, err := parse(fields)
		if first, twice := seen[key(&row)]; err == nil && twice {
			err = fmt.Errorf("same key as line %d", first)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s table: line %d: %w", name, line, err)
		}
		seen[key(&row)] = line
		rows = append(rows, row)
	}
}

// parseTidy parses the fields of a line.
func parseTidy(f []string) (TidyRow, error) {
	r := TidyRow{
		Experiment: f[0], Condition: f[1], Optimizer: f[2], Layer: f[4], Split: f[10], ParamName: f[11],
	}
	seed, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil || strconv.FormatUint(seed, 10) != f[3] {
		return r, fmt.Errorf("seed %q is not a number in 0..%d", f[3], uint32(math.MaxUint32))
	}
	r.Seed = uint32(seed)
	if r.Epoch, err = strconv.Atoi(f[5]); err != nil || strconv.Itoa(r.Epoch) != f[5] {
		return r, fmt.Errorf("epoch %q is not a whole number", f[5])
	}
	for _, n := range []struct {
		column int
		number *Number
	}{{6, &r.Accuracy}, {7, &r.Sparsity}, {8, &r.SelectivityAvg}, {9, &r.SelectivityStd}, {12, &r.ParamValue}} {
		if *n.number, err = parseNumber(f[n.column]); err != nil {
			return r, fmt.Errorf("%s %w", tidyColumns[n.column], err)
		}
	}
	return r, r.check()
}

// parseNumber parses a number in decimal notation, NaN, an infinity or an empty
// field. strconv alone would also accept hexadecimals, underscores and words.
func parseNumber(s string) (Number, error) {
	switch s {
	case "":
		return Number{}, nil
	case "NaN":
		return Recorded(math.NaN()), nil
	case "Inf", "+Inf":
		return Recorded(math.Inf(1)), nil
	case "-Inf":
		return Recorded(math.Inf(-1)), nil
	}
	if strings.Trim(s, "0123456789.eE+-") != "" {
		return Number{}, fmt.Errorf("%q is not a number", s)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return Number{}, fmt.Errorf("%q is not a number in range", s)
	}
	return Recorded(v), nil
}
