package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// OpenStore opens the store at dir, usually out/store, and creates nothing. A
// store that does not exist yet is an empty one. A read-only store can answer
// every question.
func OpenStore(dir string) (*store.Store, error) { return store.Open(dir) }

// A CodeSource identifies the code of packages. codeid.Source is the real
// implementation.
type CodeSource interface {
	Identify(ctx context.Context, packages []string) (map[string]codeid.Identity, error)
}

// Code returns the CodeSource of the module around dir ("" for the working
// directory). It may cache answers in the store. It stops at this package (see
// jobContract) and at the packages in pinned: stages that use those must name
// their versions in Contract.
func Code(dir string, s *store.Store, pinned map[string]string) CodeSource {
	return codeid.Source{
		Dir:    dir,
		Opaque: []string{reflect.TypeFor[Engine]().PkgPath()},
		Pinned: pinned,
		Cache:  cachePath(s),
		Shared: userCachePath(),
	}
}

// cachePath is where the go command's answers about modules are cached.
func cachePath(s *store.Store) string { return filepath.Join(s.Dir(), "cache", "modules") }

// userCachePath is where they are cached for the user's other stores, or empty
// if this user has no cache directory.
func userCachePath() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "sparsel", "modules")
}

// Config is what an Engine needs.
type Config struct {
	Store *store.Store
	// Out is the directory that Publish paths are relative to.
	Out string
	// Code identifies the stages' code; see the function Code.
	Code CodeSource
	// Events is told what happens; nil for silence.
	Events Events
	// Remote, if not nil, is a second level: the engine looks there for results
	// that other machines made, and puts its own results there.
	Remote *remote.Client
	// RemoteReadOnly prevents writing to the second level.
	RemoteReadOnly bool
	// Paranoid makes plans rehash every stored byte that they rely on, not only
	// what the planned work reads.
	Paranoid bool
	// Preimages, if not nil, receives a readable form of everything that goes into
	// action ids. It is for finding out why two of them differ.
	Preimages io.Writer
	// Field, if not nil, returns the name by which people know a parameter of a
	// node, whose own name may be a long path through structs.
	Field func(n *Node, name string) string
	// Calibrate, if not nil, returns how many seconds this machine takes for a
	// unit of the node's cost, as far as that can be determined quickly without
	// running the node. It is called if nothing of the node's kind of work was
	// measured.
	Calibrate func(n *Node) float64
	// Now is the journal's clock; nil for time.Now. No id depends on it.
	Now func() time.Time
}

// An Engine plans and runs graphs on a store. It may be used by one goroutine
// at a time; several engines, and processes, may share a store.
type Engine struct {
	Config

	mu   sync.Mutex // serialises calls of Events
	code map[string]codeid.Identity
	far  *far // nil if there is no second level
}

// New returns an engine.
func New(c Config) *Engine {
	if c.Events == nil {
		c.Events = nobody{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	e := &Engine{Config: c, code: map[string]codeid.Identity{}}
	e.far = newFar(e)
	return e
}

// trace returns a writer for what goes into a node's ids, or nil if that was
// not requested, and a function to call when the node is complete. Nodes are
// processed in parallel, and their lines must not be interleaved.
func (e *Engine) trace(n *Node) (w io.Writer, flush func()) {
	if e.Preimages == nil {
		return nil, func() {}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "node %s\n", n.Name)
	return &b, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.Preimages.Write(b.Bytes())
	}
}

// tell calls f with the engine's Events, one call at a time.
func (e *Engine) tell(f func(Events)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(e.Events)
}

// Options configures one run.
type Options struct {
	// Jobs is the number of stages that may run at once; zero means one.
	Jobs int
	// Memory, if not zero, bounds the sum of Node.Memory of the running stages, in
	// bytes. A node that needs more than that on its own runs alone.
	Memory int64
	// Workers, if not nil, makes stages run in processes of their own. Without it
	// they run in this process, and a stage that exits or hangs takes the run with
	// it.
	Workers *Workers
	// FailFast stops starting work after the first failure. Without it,
	// everything that does not depend on a failure is still done.
	FailFast bool
	// Request describes what the user asked for, in the user's words. The journal
	// keeps it; see Requests.
	Request string
}

// Requests lists, from the journal, what the runs that had work to do were
// asked for, oldest first.
func (e *Engine) Requests() ([]string, error) {
	events, _, err := e.Store.Journal()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, v := range events {
		if v.Kind == store.RunStart && v.Request != "" {
			list = append(list, v.Request)
		}
	}
	return list, nil
}
