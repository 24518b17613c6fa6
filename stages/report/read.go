package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ReadFigure fills a figure from figure.json and figure.svg, as the figure
// stage writes them.
func ReadFigure(item Item, text, svg []byte) (Figure, error) {
	f := Figure{Item: item}
	var in struct{ ID, Title, Caption, Note string }
	err := decode("figure", item.ID, text, &in)
	if err == nil && in.ID != item.ID {
		err = fmt.Errorf("read figure %s: the file is about figure %s", item.ID, in.ID)
	}
	if err != nil {
		return f, err
	}
	f.Title, f.Caption, f.Note = in.Title, in.Caption, in.Note
	f.SVG, err = inlineSVG(svg, anchor("figure", item.ID)+"-")
	if err != nil {
		return f, fmt.Errorf("read figure %s: %w", item.ID, err)
	}
	return f, nil
}

// ReadTable fills a table from table.json, as the table stage writes it.
func ReadTable(item Item, text []byte) (Table, error) {
	t := Table{Item: item}
	if err := decode("table", item.ID, text, &t.Text); err != nil {
		return t, err
	}
	if t.Text.ID != item.ID {
		return t, fmt.Errorf("read table %s: the file is about table %s", item.ID, t.Text.ID)
	}
	for i, row := range t.Text.Rows {
		if len(row) != len(t.Text.Header) {
			return t, fmt.Errorf("read table %s: row %d has %d cells, the header %d", item.ID, i+1, len(row), len(t.Text.Header))
		}
	}
	return t, nil
}

// ReadFinding fills a finding from finding.json, as the finding stage writes
// it.
func ReadFinding(item Item, text []byte) (Finding, error) {
	f := Finding{Item: item}
	if err := decode("finding", item.ID, text, &f.Result); err != nil {
		return f, err
	}
	if f.Result.ID != item.ID {
		return f, fmt.Errorf("read finding %s: the file is about finding %s", item.ID, f.Result.ID)
	}
	if !slices.Contains(Verdicts, f.Result.Verdict) {
		return f, fmt.Errorf("read finding %s: the verdict %q is none of %s", item.ID, f.Result.Verdict, strings.Join(Verdicts, ", "))
	}
	return f, nil
}

// decode is strict, because nobody would notice a field that is not shown.
func decode(kind, id string, text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return nil
}
