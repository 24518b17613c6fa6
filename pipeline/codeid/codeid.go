// Package codeid identifies the code of a stage, so that results are redone if
// and only if the code behind them changes.
//
// The identity of a root package is the closure of the packages it imports:
//
//   - Packages of this module, each reduced to its syntax trees without
//     comments, positions and layout, but with compiler directives, embedded
//     files and assembly. The files of all platforms count, so that the
//     identity is the same on each of them; tests never count. File names count
//     only for the build constraints they express and, among files with init
//     functions, for their order, which is the order in which those functions
//     run.
//   - Modules outside this one, by version, if one of their packages is in
//     the closure on any of the platforms listed in modules.go.
//   - The version of Go, and go.mod's go and godebug lines, which select
//     language and run-time behaviour.
//
// A comment, gofmt, a touched or renamed file and another clone path change
// nothing. Renaming a variable does change the identity, because syntax trees
// are compared, not their meaning.
//
// GOOS, GOARCH, GOAMD64 and build tags are left out on purpose: the project
// promises equal bytes on all of them, and tests verify that.
package codeid

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"sparsel/pipeline/canon"
)

// An Identity identifies the code of one root package.
type Identity struct {
	ID       Hash              `json:"id"`
	Root     string            `json:"root"`
	Go       string            `json:"go"`       // the toolchain, then go.mod's lines
	Packages map[string]Hash   `json:"packages"` // packages of this module, by import path
	Modules  map[string]string `json:"modules"`  // versions of other modules, by path

	// Pinned are the pinned packages in the closure. They are not part of ID.
	Pinned map[string]Pin `json:"-"`
}

// A Pin is a package that counts by a version instead of by its source.
type Pin struct {
	Version string
	Source  Hash // hash of the source, to find out why results differ
}

// A Hash identifies source text.
type Hash [32]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as hexadecimal digits, for JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("read code hash: %d digits, want %d", len(text), 2*len(h))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// A Source finds code below a directory.
type Source struct {
	// Dir is a directory inside the module, "" for the working directory.
	Dir string
	// Opaque lists import paths at which the closure stops, with everything below
	// them. A version elsewhere pins the behaviour of these packages.
	Opaque []string
	// Pinned are the packages, by import path, at which the closure stops because
	// a version says what they compute. Whoever uses an identity must hash these
	// versions too.
	Pinned map[string]string
	// Cache, if not empty, is a file that remembers which modules outside packages
	// reach. It is keyed by go.mod and go.sum, so it cannot be out of date.
	Cache string
	// Shared, if not empty, is a second file of that kind, which other sources
	// share: what Cache lacks is looked up there before the go command is asked.
	Shared string
}

// Identify returns the identities of root packages, by import path. The roots
// must belong to the module around Dir, whose source must be there.
func (s Source) Identify(ctx context.Context, roots []string) (map[string]Identity, error) {
	m, err := findModule(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("identify code: %w", err)
	}
	own, err := s.parseClosure(ctx, m, roots)
	if err != nil {
		return nil, fmt.Errorf("identify code: %w", err)
	}
	outside := map[string]bool{}
	for path, p := range own {
		if _, pinned := s.Pinned[path]; pinned {
			continue
		}
		for _, imp := range p.imports {
			if m.external(imp) {
				outside[imp] = true
			}
		}
	}
	modules, err := s.modules(ctx, m, slices.Sorted(maps.Keys(outside)))
	if err != nil {
		return nil, fmt.Errorf("identify code: %w", err)
	}
	out := make(map[string]Identity, len(roots))
	for _, root := range roots {
		out[root] = s.assemble(root, m, own, modules)
	}
	return out, nil
}

func (s Source) opaque(imp string) bool {
	for _, o := range s.Opaque {
		if imp == o || strings.HasPrefix(imp, o+"/") {
			return true
		}
	}
	return false
}

// parseClosure parses the packages of this module that the roots reach, breadth
// first and several packages at once.
func (s Source) parseClosure(ctx context.Context, m module, roots []string) (map[string]*pkg, error) {
	own := map[string]*pkg{}
	importer := map[string]string{}
	next := slices.Clone(roots)
	for len(next) > 0 {
		slices.Sort(next)
		next = slices.Compact(next)
		parsed := make([]*pkg, len(next))
		g, _ := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0)) // parsing is limited by the processors
		for i, imp := range next {
			g.Go(func() (err error) {
				if !m.contains(imp) {
					return fmt.Errorf("package %s is not in module %s at %s: run inside the repository it belongs to", imp, m.path, m.dir)
				}
				parsed[i], err = parsePackage(m.packageDir(imp))
				if err != nil && importer[imp] != "" {
					err = fmt.Errorf("package %s, imported by %s: %w", imp, importer[imp], err)
				} else if err != nil {
					err = fmt.Errorf("package %s: %w", imp, err)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for i, imp := range next {
			own[imp] = parsed[i]
		}
		var found []string
		for i, imp := range next {
			if _, pinned := s.Pinned[imp]; pinned {
				continue
			}
			for _, dep := range parsed[i].imports {
				if m.contains(dep) && own[dep] == nil && !s.opaque(dep) {
					importer[dep] = imp
					found = append(found, dep)
				}
			}
		}
		next = found
	}
	return own, nil
}

// assemble combines what root reaches into its identity.
func (s Source) assemble(root string, m module, own map[string]*pkg, modules map[string]map[string]string) Identity {
	id := Identity{
		Root:     root,
		Go:       runtime.Version(),
		Packages: map[string]Hash{},
		Modules:  map[string]string{},
		Pinned:   map[string]Pin{},
	}
	if m.goLines != "" {
		id.Go += ", " + m.goLines
	}
	var visit func(imp string)
	visit = func(imp string) {
		p := own[imp]
		if _, seen := id.Packages[imp]; seen || p == nil {
			return
		}
		if version, pinned := s.Pinned[imp]; pinned {
			id.Pinned[imp] = Pin{version, p.hash}
			return
		}
		id.Packages[imp] = p.hash
		for _, dep := range p.imports {
			maps.Copy(id.Modules, modules[dep])
			visit(dep)
		}
	}
	visit(path.Clean(root))

	h := canon.NewHash("sparsel code 1", nil)
	h.String("go", id.Go)
	h.Len("packages", len(id.Packages))
	for _, imp := range slices.Sorted(maps.Keys(id.Packages)) {
		sum := id.Packages[imp]
		h.Bytes(imp, sum[:])
	}
	h.Len("modules", len(id.Modules))
	for _, mod := range slices.Sorted(maps.Keys(id.Modules)) {
		h.String(mod, id.Modules[mod])
	}
	id.ID = h.Sum()
	return id
}
