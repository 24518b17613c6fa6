package measures

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Further are the metrics that the author's records do not have, in the order
// of WideRow.Further.
var Further = []string{
	"gini", "treves_rolls", "csi", "dead", "saturated", "below",
	"ccmas_chance", "roc", "precision", "information", "informedness", "sparsity_varying", "selectivity_varying",
	"sparsity_weighted", "selectivity_weighted",
	"sparsity_gain", "selectivity_gain", "train_loss", "test_loss", "train_loss_after", "train_accuracy",
	"validation_loss", "validation_accuracy",
	"phase_accuracy", "forgetting", "overlap",
	"ablation_selective", "ablation_unselective", "ablation_random", "ablation_matched", "impact",
}

// WideRow is a row of the tidy table with the further metrics beside it.
type WideRow struct {
	TidyRow
	Further []Number
}

func wideColumns() []string { return slices.Concat(tidyColumns, Further) }

// FurtherOf returns the further metrics in one row of a run.
func FurtherOf(r Row) []Number {
	list := make([]Number, len(Further))
	for i, name := range Further {
		list[i] = Recorded(*r.Field(name))
	}
	return list
}

// WriteWideCSV writes the columns of the tidy table and then those of the
// further metrics, as [WriteTidyCSV] does.
func WriteWideCSV(w io.Writer, rows []WideRow) error {
	out := csv.NewWriter(w)
	err := out.Write(wideColumns())
	seen := make(map[TidyRow]int, len(rows))
	for i := 0; i < len(rows) && err == nil; i++ {
		r := &rows[i]
		err = r.check()
		first, twice := seen[r.key()]
		switch {
		case err != nil:
		case twice:
			err = fmt.Errorf("same key as row %d", first)
		case len(r.Further) != len(Further):
			err = fmt.Errorf("%d further metrics, want %d", len(r.Further), len(Further))
		}
		if err != nil {
			return fmt.Errorf("write wide table: row %d: %w", i, err)
		}
		seen[r.key()] = i
		fields := r.fields()
		for _, n := range r.Further {
			fields = append(fields, n.String())
		}
		err = out.Write(fields)
	}
	out.Flush()
	if err = errors.Join(err, out.Error()); err != nil {
		return fmt.Errorf("write wide table: %w", err)
	}
	return nil
}

// ReadWideCSV reads a wide table. It requires exactly the columns that
// WriteWideCSV writes. Errors name the line.
func ReadWideCSV(r io.Reader) ([]WideRow, error) {
	return readCSV(r, "wide", wideColumns(), parseWide, func(row *WideRow) TidyRow { return row.key() })
}

func parseWide(fields []string) (WideRow, error) {
	tidy, err := parseTidy(fields[:len(tidyColumns)])
	row := WideRow{TidyRow: tidy}
	for i, text := range fields[len(tidyColumns):] {
		n, wrong := parseNumber(text)
		if wrong != nil && err == nil {
			err = fmt.Errorf("%s %w", Further[i], wrong)
		}
		row.Further = append(row.Further, n)
	}
	return row, err
}
