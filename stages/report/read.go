package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ReadFigure fills a figure from figure.json and figure.svg, as the figure stage writes them.
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
	var in struct {
		ID, Title, Caption string
		Header             []string
		Rows               [][]string
		Notes              []string
	}
	if err := decode("table", item.ID, text, &in); err != nil {
		return t, err
	}
	if in.ID != item.ID {
		return t, fmt.Errorf("read table %s: the file is about table %s", item.ID, in.ID)
	}
	for i, row := range in.Rows {
		if len(row) != len(in.Header) {
			return t, fmt.Errorf("read table %s: row %d has %d cells, the header %d", item.ID, i+1, len(row), len(in.Header))
		}
	}
	t.Title, t.Caption, t.Header, t.Rows, t.Notes = in.Title, in.Caption, in.Header, in.Rows, in.Notes
	return t, nil
}

// ReadFinding fills a finding from finding.json, as the finding stage writes it.
func ReadFinding(item Item, text []byte) (Finding, error) {
	f := Finding{Item: item}
	var in struct {
		ID, Source, Claim, Verdict, Figure string
		Effect, Low, High                  *float64
		N                                  int
		Detail                             []string
	}
	if err := decode("finding", item.ID, text, &in); err != nil {
		return f, err
	}
	if in.ID != item.ID {
		return f, fmt.Errorf("read finding %s: the file is about finding %s", item.ID, in.ID)
	}
	if !slices.Contains(Verdicts, in.Verdict) {
		return f, fmt.Errorf("read finding %s: the verdict %q is none of %s", item.ID, in.Verdict, strings.Join(Verdicts, ", "))
	}
	f.Source, f.Claim, f.Verdict, f.Figure = in.Source, in.Claim, in.Verdict, in.Figure
	f.Effect, f.Low, f.High, f.N, f.Detail = in.Effect, in.Low, in.High, in.N, in.Detail
	return f, nil
}

// decode is strict: a field that is not shown would be a loss that nobody sees.
func decode(kind, id string, text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return nil
}
