package codeid

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sparsel/pipeline/canon"
)

// splitPatterns splits the arguments of //go:embed: words, or strings in
// double or back quotes.
func splitPatterns(args string) ([]string, error) {
	var out []string
	for args = strings.TrimSpace(args); args != ""; args = strings.TrimSpace(args) {
		if args[0] != '"' && args[0] != '`' {
			var word string
			word, args, _ = strings.Cut(strings.ReplaceAll(args, "\t", " "), " ")
			out = append(out, word)
			continue
		}
		quoted, err := strconv.QuotedPrefix(args)
		if err != nil {
			return nil, err
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		out = append(out, word)
		args = args[len(quoted):]
	}
	return out, nil
}

// embeddedParts hashes the files that the patterns select, with their names,
// which the program can see.
func embeddedParts(dir string, patterns map[string]bool) ([]part, error) {
	files := map[string]bool{}
	for pattern := range patterns {
		glob, all := strings.CutPrefix(pattern, "all:")
		matches, err := filepath.Glob(filepath.Join(escapeGlob(dir), filepath.FromSlash(glob)))
		if err != nil {
			return nil, fmt.Errorf("embed %s: %w", pattern, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("embed %s: no file matches", pattern)
		}
		for _, m := range matches {
			if err := embeddedFiles(m, all, files); err != nil {
				return nil, fmt.Errorf("embed %s: %w", pattern, err)
			}
		}
	}
	var parts []part
	for _, path := range slices.Sorted(maps.Keys(files)) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		h := canon.NewHash("sparsel embed 1", nil)
		h.String("name", filepath.ToSlash(rel))
		sum := sha256.Sum256(data)
		h.Bytes("content", sum[:])
		parts = append(parts, part{order: "embed", sum: h.Sum()})
	}
	return parts, nil
}

// embeddedFiles adds a matched file, or the files below a matched directory:
// without those that begin with . or _, unless the pattern says all.
func embeddedFiles(match string, all bool, files map[string]bool) error {
	return filepath.WalkDir(match, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := path != match && !all && (e.Name()[0] == '.' || e.Name()[0] == '_')
		switch {
		case hidden && e.IsDir():
			return fs.SkipDir
		case !hidden && e.Type().IsRegular():
			files[path] = true
		}
		return nil
	})
}

// escapeGlob makes a directory name match itself only.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
