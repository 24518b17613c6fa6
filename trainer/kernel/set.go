package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Width is the number of columns of a panel, 64 bytes of float32. Every padded
// length in gemm and trainer is a multiple of it.
const Width = 16

// Set is one implementation of all loops of this package. Its methods may be
// called from several goroutines at once.
type Set struct {
	// Name is what SPARSEL_KERNEL selects: avx512, avx2, neon or portable.
	Name string

	// loops are the vector routines. For nil members the portable loops are
	// used.
	loops loops
}

// String returns the name of the set.
func (s *Set) String() string { return s.Name }

var portable = &Set{Name: "portable"}

// known lists the names of all sets of all builds, best first.
var known = []string{"avx512", "avx2", "neon", "portable"}

// Available returns the sets that this build and this machine support, best
// first. The last is always the portable one.
func Available() []*Set { return append(vectorSets(), portable) }

// Active returns the set named by SPARSEL_KERNEL, or the best available one if
// that variable is unset or empty.
func Active() (*Set, error) {
	if name := os.Getenv("SPARSEL_KERNEL"); name != "" {
		s, err := ByName(name)
		if err != nil {
			return nil, fmt.Errorf("SPARSEL_KERNEL: %w", err)
		}
		return s, nil
	}
	return Available()[0], nil
}

// ByName returns the available set with that name.
func ByName(name string) (*Set, error) {
	var names []string
	for _, s := range Available() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	what := "unknown"
	for _, k := range known {
		if k == name {
			what = "not available here"
		}
	}
	return nil, fmt.Errorf("kernel set %q is %s; available: %s", name, what, strings.Join(names, ", "))
}
