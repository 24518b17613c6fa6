package codeid

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"sparsel/pipeline/canon"
)

// splitPatterns splits the arguments of //go:embed, which are words or strings
// in double or back quotes.
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

// embeddedParts hashes the files that the patterns select, together with their
// names, which the program can see.
func embeddedParts(dir string, patterns map[string]bool) ([]part, error) {
	files, err := embeddedFiles(os.DirFS(dir), patterns)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := canon.NewHash("sparsel embed 1", nil)
		h.String("name", name)
		sum := sha256.Sum256(files[name])
		h.Bytes("content", sum[:])
		parts = append(parts, part{order: "embed", sum: h.Sum()})
	}
	return parts, nil
}

// embeddedFiles reads the files in a package's directory that the patterns
// select.
func embeddedFiles(folder fs.FS, patterns map[string]bool) (map[string][]byte, error) {
	files := map[string][]byte{}
	for pattern := range patterns {
		glob, all := strings.CutPrefix(pattern, "all:")
		matches, err := fs.Glob(folder, glob)
		if err != nil {
			return nil, fmt.Errorf("embed %s: %w", pattern, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("embed %s: no file matches", pattern)
		}
		for _, m := range matches {
			if err := readMatched(folder, m, all, files); err != nil {
				return nil, fmt.Errorf("embed %s: %w", pattern, err)
			}
		}
	}
	return files, nil
}

// readMatched reads a matched file, or the files below a matched directory. In
// a directory it skips names that begin with . or _ unless all is set.
func readMatched(folder fs.FS, match string, all bool, files map[string][]byte) error {
	return fs.WalkDir(folder, match, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != match && !all && outOfBuild(e.Name())
		switch {
		case hidden && e.IsDir():
			return fs.SkipDir
		case !hidden && e.Type().IsRegular():
			files[name], err = fs.ReadFile(folder, name)
		}
		return err
	})
}
