package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// OpenStore names the store at dir, usually out/store, and creates nothing: a
// store that does not exist yet is an empty one, and a read-only one can be
// asked everything.
func OpenStore(dir string) (*store.Store, error) { return store.Open(dir) }

// A CodeSource says what the code of packages is. codeid.Source is the real
// one.
type CodeSource interface {
	Identify(ctx context.Context, packages []string) (map[string]codeid.Identity, error)
}

// Code returns the CodeSource of the module around dir ("" for the working
// directory), with what it may keep in the store's cache. It stops at this
// package, see jobContract, and at the packages in pinned, whose versions the
// stages that use them must name in their Contract.
func Code(dir string, s *store.Store, pinned map[string]string) CodeSource {
	return codeid.Source{
		Dir:    dir,
		Opaque: []string{reflect.TypeFor[Engine]().PkgPath()},
		Pinned: pinned,
		Cache:  cachePath(s),
	}
}

// cachePath is where the answers of the go command about modules are kept.
func cachePath(s *store.Store) string { return filepath.Join(s.Dir(), "cache", "modules") }

// Config is what an Engine needs.
type Config struct {
	Store *store.Store
	// Out is the directory that Publish paths are relative to.
	Out string
	// Code identifies the stages' code; see the function Code.
	Code CodeSource
	// Events hears of what happens; nil for silence.
	Events Events
	// Remote, if not nil, is a second level: results that other machines made are
	// found there, and what this engine makes is put there.
	Remote *remote.Client
	// RemoteReadOnly leaves the second level as it is.
	RemoteReadOnly bool
	// Paranoid makes plans rehash every stored byte they rely on, not only
	// what feeds work to be done.
	Paranoid bool
	// Preimages, if not nil, receives a readable form of everything that goes
	// into action ids: the switch for finding out why two of them differ.
	Preimages io.Writer
	// Field, if not nil, says how people call a parameter of a node, whose own
	// name may be a long path through structs.
	Field func(n *Node, name string) string
	// Calibrate, if not nil, says how many seconds this machine takes for a unit of
	// the node's cost, as far as can be told in a moment without running it. It is
	// asked where nothing of the node's kind of work was measured.
	Calibrate func(n *Node) float64
	// Now is the clock of the journal; nil for time.Now. No id depends on it.
	Now func() time.Time
}

// An Engine plans and runs graphs on a store. It may be used by one goroutine
// at a time; several engines, and processes, may share a store.
type Engine struct {
	Config

	mu   sync.Mutex // serialises Events
	code map[string]codeid.Identity
	far  *far // nil: there is no second level
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

// trace returns a writer for what goes into a node's ids, nil unless asked for,
// and a function to call when the node is complete: nodes are looked at side by
// side and must not mix their lines.
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

// Options are the choices of one run.
type Options struct {
	// Jobs is the number of stages at work at once; zero means one.
	Jobs int
	// Memory, if not zero, bounds the sum of Node.Memory of the stages at work, in
	// bytes. A node that needs more than that alone runs alone.
	Memory int64
	// Workers, if not nil, carries stages out in processes of their own. Without
	// it, they run in this one, and one that exits or hangs takes the run with it.
	Workers *Workers
	// FailFast stops starting work after the first failure. Without it,
	// everything that does not depend on a failure is still done.
	FailFast bool
	// Request is what was asked for, in the words of who asked. The journal
	// keeps it; see Requests.
	Request string
}

// Requests lists what the runs that had work to do were asked for, oldest
// first, from the journal.
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
