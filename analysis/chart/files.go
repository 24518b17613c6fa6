package chart

import (
	"encoding/json"
	"os"
)

// WriteFiles writes the figure in every format, each to the file that path
// names.
func WriteFiles(f Figure, style Style, path func(format string) string) error {
	for _, format := range Formats {
		data, err := Render(f, style, format)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path(format), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// WriteWords writes the figure's id, title, caption and note as JSON.
func WriteWords(f Figure, path string) error {
	words, err := json.MarshalIndent(map[string]string{"id": f.ID, "title": f.Title, "caption": f.Caption, "note": f.Note}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(words, '\n'), 0o644)
}
