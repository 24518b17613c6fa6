package codeid

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/go/packages"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/store/disk"
)

// platforms are those whose import graphs count, whatever the present platform
// is, because the identity must not depend on where it is computed.
var platforms = [...]string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"}

// modules returns, for each import path outside this module, the modules that
// its closure reaches on any platform, with their versions.
//
// It asks the go command once per platform, which takes more than a second of
// processor time. The answers are cached, because the one about an import path
// follows from go.mod and go.sum: a version of a module never changes.
func (s Source) modules(ctx context.Context, m module, imports []string) (map[string]map[string]string, error) {
	if err := m.checkWorkspace(); err != nil { // cached answers do not hold in a workspace
		return nil, err
	}
	if len(imports) == 0 {
		return nil, nil
	}
	key := moduleKey(m)
	known := map[string]map[string]string{}
	lacking := func() []string {
		return slices.DeleteFunc(slices.Clone(imports), func(imp string) bool { return known[imp] != nil })
	}
	maps.Copy(known, cachedModules(s.Cache, key))
	if len(lacking()) == 0 {
		return known, nil
	}
	maps.Copy(known, cachedModules(s.Shared, key))
	unknown := lacking()
	if len(unknown) == 0 {
		keepModules(s.Cache, key, known)
		return known, nil
	}
	loaded := make([]map[string]map[string]string, len(platforms))
	g, ctx := errgroup.WithContext(ctx)
	for i, p := range platforms {
		g.Go(func() (err error) {
			loaded[i], err = loadModules(ctx, m, p, unknown)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, imp := range unknown {
		known[imp] = map[string]string{}
		for _, l := range loaded {
			maps.Copy(known[imp], l[imp])
		}
	}
	keepModules(s.Cache, key, known)
	keepModules(s.Shared, key, known)
	return known, nil
}

func loadModules(ctx context.Context, m module, platform string, imports []string) (map[string]map[string]string, error) {
	goos, goarch, _ := strings.Cut(platform, "/")
	pkgs, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     m.dir,
		Mode:    packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Env:     append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS="),
	}, imports...)
	if err != nil {
		return nil, fmt.Errorf("ask the go command for imported modules: %w", err)
	}
	out := map[string]map[string]string{}
	for _, p := range pkgs {
		mods := map[string]string{}
		if err := collectModules(p, mods, map[*packages.Package]bool{}); err != nil {
			return nil, err
		}
		out[p.PkgPath] = mods
	}
	return out, nil
}

// collectModules collects the modules of a package's imports. A package that
// does not exist on this platform is not an error, because it may exist on
// another.
func collectModules(p *packages.Package, mods map[string]string, seen map[*packages.Package]bool) error {
	if seen[p] {
		return nil
	}
	seen[p] = true
	if mod := p.Module; mod != nil {
		version := mod.Version
		if r := mod.Replace; r != nil {
			version = r.Path + " " + r.Version
			if r.Version == "" {
				return fmt.Errorf("module %s is replaced by the directory %s: its version does not say what its code is; remove the replacement",
					mod.Path, r.Path)
			}
		}
		if version == "" {
			return fmt.Errorf("module %s has no version: its code cannot be identified", mod.Path)
		}
		mods[mod.Path] = version
	}
	for _, dep := range p.Imports {
		if err := collectModules(dep, mods, seen); err != nil {
			return err
		}
	}
	return nil
}

// moduleCache is the content of Source.Cache and Source.Shared.
type moduleCache struct {
	Key     Hash                         `json:"key"`
	Sum     Hash                         `json:"sum"` // hash of Modules
	Modules map[string]map[string]string `json:"modules"`
	Check   string                       `json:"check,omitempty"` // checksum of Key and Sum; earlier programs wrote none
}

func (c moduleCache) check() string {
	sum := sha256.Sum256(append(c.Key[:], c.Sum[:]...))
	return hex.EncodeToString(sum[:8])
}

func moduleKey(m module) Hash {
	h := canon.NewHash("sparsel modules 2", nil)
	h.String("go", runtime.Version())
	sums := sha256.Sum256(m.sums)
	h.Bytes("sums", sums[:])
	h.Len("platforms", len(platforms))
	for _, p := range platforms {
		h.String("platform", p)
	}
	return h.Sum()
}

func cachedModules(path string, key Hash) map[string]map[string]string {
	if path == "" {
		return nil
	}
	c, err := readCache(path)
	if err != nil || c.Key != key {
		return nil
	}
	return c.Modules
}

// maxCache is far more than the answers for a module of any size need.
const maxCache = 1 << 26

// readCache reads a cache file, which must be byte for byte what keepModules
// writes.
func readCache(path string) (moduleCache, error) {
	var c moduleCache
	text, err := disk.ReadFile(path, maxCache)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("the go command's answers about modules cannot be read: %w", err)
	}
	again, err := json.Marshal(c)
	if err == nil && (c.Sum != sumModules(c.Modules) || c.Check != "" && c.Check != c.check() || !bytes.Equal(text, again)) {
		err = errors.New("the go command's answers about modules have changed: checksum does not match")
	}
	return c, err
}

// CheckCache verifies the file that Source.Cache names. The error wraps
// fs.ErrNotExist if there is none.
func CheckCache(path string) error {
	_, err := readCache(path)
	return err
}

// keepModules saves an answer. A cache that cannot be written only costs time.
func keepModules(path string, key Hash, modules map[string]map[string]string) {
	c := moduleCache{Key: key, Sum: sumModules(modules), Modules: modules}
	c.Check = c.check()
	text, err := json.Marshal(c)
	if path == "" || err != nil {
		return
	}
	if os.MkdirAll(filepath.Dir(path), 0o777) == nil {
		_ = disk.WriteBeside(path, text, 0o666)
	}
}

func sumModules(modules map[string]map[string]string) Hash {
	text, err := json.Marshal(modules) // Marshal sorts keys
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return sha256.Sum256(text)
}
