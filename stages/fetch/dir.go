package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Env is the environment variable that lists directories to look in, separated
// as in PATH.
const Env = "SPARSEL_DATA"

// A Dir is a directory to look in.
type Dir struct {
	Path string // absolute, or as the process sees it
	From string // who named it: "-data", "SPARSEL_DATA" or "params.toml"
}

// Directories lists the directories to look in: first the one from the flag,
// then those from the environment variable [Env], whose value is env, then
// those from the parameters. A relative path is relative to the working
// directory, except in the parameters, where it is relative to root, the folder
// of the parameter file. A directory that is named twice is looked at once.
func Directories(root, flag, env string, params []string) []Dir {
	var dirs []Dir
	seen := map[string]bool{}
	add := func(path, from string) {
		if path == "" {
			return
		}
		if absolute, err := filepath.Abs(path); err == nil { // otherwise the message shows it as it is
			path = absolute
		}
		if !seen[path] {
			seen[path] = true
			dirs = append(dirs, Dir{path, from})
		}
	}
	add(flag, "-data")
	for _, path := range filepath.SplitList(env) {
		add(path, Env)
	}
	for _, path := range params {
		if path != "" && !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		add(path, "params.toml")
	}
	return dirs
}

// layouts lists the places below a directory where f may be: in the directory
// itself, or where torchvision's MNIST class puts it.
func (f File) layouts() []string {
	if f.Published != "" {
		return []string{"."}
	}
	return []string{".", filepath.Join("MNIST", "raw")}
}

// candidates lists the files in d that may be f. If there are none, it returns
// one candidate that says why.
func (d Dir) candidates(f File) []candidate {
	info, err := os.Stat(d.Path)
	switch {
	case err != nil:
		return d.nothing(plainPathError(err))
	case !info.IsDir():
		return d.nothing(errors.New("it is not a directory"))
	}
	var all []candidate
	for _, layout := range f.layouts() {
		for _, name := range f.names() {
			path := filepath.Join(d.Path, layout, name)
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			all = append(all, candidate{d.source(path), func(_ context.Context, dst *os.File) error {
				return f.copyFile(dst, path)
			}})
		}
	}
	if len(all) == 0 {
		where := "in itself or in MNIST/raw"
		if f.Published != "" {
			where = "in itself"
		}
		return d.nothing(fmt.Errorf("has none of %s, %s", strings.Join(f.names(), ", "), where))
	}
	return all
}

// AtHand reports whether the directories have something under the name of each
// file. It reads nothing.
func (s Sources) AtHand(h Hashes) bool {
	for _, f := range h.Files() {
		found := false
		for _, d := range s.Dirs {
			for _, layout := range f.layouts() {
				for _, name := range f.names() {
					_, err := os.Stat(filepath.Join(d.Path, layout, name))
					found = found || err == nil
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (d Dir) nothing(err error) []candidate {
	return []candidate{{d.source(d.Path), func(context.Context, *os.File) error { return err }}}
}

func (d Dir) source(path string) string { return fmt.Sprintf("%s (named by %s)", path, d.From) }

// copyFile decodes the file at path.
func (f File) copyFile(dst io.Writer, path string) error {
	// This is checked before opening, because opening a named pipe would wait
	// for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return plainPathError(err)
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	src, err := os.Open(path)
	if err != nil {
		return plainPathError(err)
	}
	defer src.Close()
	return f.decode(dst, src)
}

// plainPathError drops the path, which the source's name already shows.
func plainPathError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
