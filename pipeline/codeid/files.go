package codeid

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// Files returns, by name, the files in dir and below that go build includes on
// any platform in packages of this module: source, assembly and the like, and
// embedded files. As in an identity, tests do not count.
func Files(fsys fs.FS, dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	embeds := map[string]map[string]bool{} // patterns by folder
	err := fs.WalkDir(fsys, dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			if name != dir && (outOfBuild(e.Name()) || e.Name() == "testdata" || isModule(fsys, name)) {
				return fs.SkipDir
			}
			return nil
		case outOfBuild(e.Name()) || !isGo(e.Name()) && !slices.Contains(byteFiles, path.Ext(name)):
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files[name] = text
		if !isGo(name) || !bytes.Contains(text, []byte("//go:embed")) {
			return nil // skip parsing, which would take longer than reading
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %w", err)
		}
		f, err := reduce(tree)
		if err != nil || f.ignored {
			return err
		}
		for _, pattern := range f.embeds {
			if embeds[path.Dir(name)] == nil {
				embeds[path.Dir(name)] = map[string]bool{}
			}
			embeds[path.Dir(name)][pattern] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, folder := range slices.Sorted(maps.Keys(embeds)) {
		sub, err := fs.Sub(fsys, folder)
		if err != nil {
			return nil, err
		}
		embedded, err := embeddedFiles(sub, embeds[folder])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		for name, text := range embedded {
			files[path.Join(folder, name)] = text
		}
	}
	return files, nil
}

// isModule reports whether a folder is a module of its own.
func isModule(fsys fs.FS, dir string) bool {
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}
