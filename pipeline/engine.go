package pipeline

import (
	"context"
	"io"
	"sync"
	"time"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// OpenStore names the store at dir, usually out/store. It creates nothing: a
// store that does not exist yet is an empty one, and a read-only one can be
// asked everything.
func OpenStore(dir string) (*store.Store, error) { return store.Open(dir) }

// A CodeSource says what the code of packages is. codeid.Source is the real
// one.
type CodeSource interface {
	Identify(ctx context.Context, packages []string) (map[string]codeid.Identity, error)
}

// Config is what an Engine needs.
type Config struct {
	Store *store.Store
	// Out is the directory that Publish paths are relative to.
	Out string
	// Code identifies the stages' code; codeid.Source{Dir: ...}.
	Code CodeSource
	// Events hears of what happens; nil for silence.
	Events Events
	// Paranoid makes plans rehash every stored byte they rely on, not only
	// what feeds work to be done.
	Paranoid bool
	// Preimages, if not nil, receives a readable form of everything that goes
	// into action ids: the switch for finding out why two of them differ.
	Preimages io.Writer
	// Now is the clock of the journal; nil for time.Now. No id depends on it.
	Now func() time.Time
}

// An Engine plans and runs graphs on a store. It may be used by one goroutine
// at a time; several engines, and processes, may share a store.
type Engine struct {
	Config

	mu   sync.Mutex // serialises Events
	code map[string]codeid.Identity
}

// New returns an engine.
func New(c Config) *Engine {
	if c.Events == nil {
		c.Events = nobody{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Engine{Config: c, code: map[string]codeid.Identity{}}
}

// Options are the choices of one run.
type Options struct {
	// Jobs is the number of stages at work at once; zero means one.
	Jobs int
	// FailFast stops starting work after the first failure. Without it,
	// everything that does not depend on a failure is still done.
	FailFast bool
}
