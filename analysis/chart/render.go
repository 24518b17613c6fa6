package chart

import (
	"fmt"
	"maps"
	"slices"
)

// Formats lists what Render can write.
var Formats = []string{"png", "svg", "pdf", "csv"}

// Render validates the figure and returns it as a file of the given format. CSV is the
// numbers that the figure shows; see the package comment for what the formats share.
func Render(f Figure, style Style, format string) ([]byte, error) {
	if err := f.Validate(style); err != nil {
		return nil, err
	}
	if format == "csv" {
		return f.csv(), nil
	}
	write, ok := map[string]func(page) ([]byte, error){"png": page.png, "svg": page.svg, "pdf": page.pdf}[format]
	if !ok {
		return nil, fmt.Errorf("figure %s: no format %q: use one of %q", f.ID, format, Formats)
	}
	p, err := newPage(f, style)
	if err != nil {
		return nil, err
	}
	data, err := write(p)
	if err != nil {
		return nil, fmt.Errorf("figure %s: write %s: %w", f.ID, format, err)
	}
	return data, nil
}

// heading is the figure's name in metadata.
func (f Figure) heading() string {
	if f.Title == "" {
		return "Figure " + f.ID
	}
	return "Figure " + f.ID + ": " + f.Title
}

// sortedMetadata returns the keys of the metadata in order.
func (f Figure) sortedMetadata() []string {
	return slices.Sorted(maps.Keys(f.Metadata))
}
