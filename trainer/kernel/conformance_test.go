package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// forEach runs a test body over every set of this build. A set that the machine
// lacks is skipped, unless SPARSEL_REQUIRE names it.
func forEach(t *testing.T, body func(t *testing.T, s *Set)) {
	for _, name := range []string{"portable", "avx2", "avx512", "neon"} {
		t.Run(name, func(t *testing.T) {
			s, err := ByName(name)
			if err != nil {
				if required(name) {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			body(t, s)
		})
	}
	for _, s := range emulated {
		t.Run(s.Name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("slow")
			}
			body(t, s)
		})
	}
}

// emulated are sets whose routines are interpreted, see emulate_amd64_test.go.
var emulated []*Set

func required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), what)
}

// special holds values at which float32 arithmetic changes its behaviour.
var special = func() []float32 {
	var all []float32
	for _, x := range []float32{
		0, 1, 2, 3, 0.5, 1.5, 1.0 / 3, 255, 1 << 24, 1<<24 - 1, 1 + 0x1p-23, 1 - 0x1p-24, 1 + 0x1p-12,
		math.MaxFloat32, math.MaxFloat32 / 2, 0x1p127, 0x1p64, 0x1p63 * 1.0000001, 0x1p-64, 0x1p-75,
		0x1p-126, 0x1p-126 - 0x1p-149, 0x1p-127, 0x1p-148, math.SmallestNonzeroFloat32, 3 * math.SmallestNonzeroFloat32,
		16.5, 87.3, 88.0, 88.72283, 88.7229, 89, 103.97, 104, 104.5, 110, 1e30,
	} {
		all = append(all, x, -x)
	}
	return append(all, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)),
		float32(math.NaN()), math.Float32frombits(0xffc01234), math.Float32frombits(0x7f800001))
}()

// source generates test data: values near 1, values of all exponents, and
// special ones.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 1))} }

func (r source) ordinary() float32 { return float32(r.NormFloat64()) }

func (r source) any() float32 {
	switch r.IntN(8) {
	case 0:
		return special[r.IntN(len(special))]
	case 1:
		return math.Float32frombits(r.Uint32())
	}
	return r.ordinary()
}

func fill(x []float32, next func() float32) []float32 {
	for i := range x {
		x[i] = next()
	}
	return x
}

// guarded is a slice between two canaries. Its first element is off elements
// after the start of a cache line.
type guarded struct {
	whole  []float32
	lo, hi int
}

const (
	canaryBits = 0x7fa5a5a5 // a NaN, so that reading it is noticed, too
	canaries   = 40
)

func guard(n, off int) *guarded {
	g := &guarded{make([]float32, n+off+2*canaries), canaries + off, canaries + off + n}
	for i := range g.whole {
		g.whole[i] = math.Float32frombits(canaryBits)
	}
	return g
}

func (g *guarded) slice() []float32 { return g.whole[g.lo:g.hi:g.hi] }

func (g *guarded) check(t *testing.T) {
	t.Helper()
	for i, x := range g.whole {
		if (i < g.lo || i >= g.hi) && math.Float32bits(x) != canaryBits {
			t.Fatalf("element %d of a slice of %d was written", i-g.lo, g.hi-g.lo)
		}
	}
}

// equal fails the test at the first element whose bits differ (NaNs are equal).
func equal(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range got {
		if Bits(got[i]) != Bits(want[i]) {
			t.Fatalf("%s: element %d is %g (%#08x), want %g (%#08x)", what, i,
				got[i], Bits(got[i]), want[i], Bits(want[i]))
		}
	}
}

func TestSetNames(t *testing.T) {
	sets := Available()
	if last := sets[len(sets)-1]; last != portable {
		t.Errorf("the last set is %s", last)
	}
	for _, s := range sets {
		if got, err := ByName(s.Name); err != nil || got != s {
			t.Errorf("ByName(%q) = %v, %v", s.Name, got, err)
		}
		t.Setenv("SPARSEL_KERNEL", s.Name)
		if got, err := Active(); err != nil || got != s {
			t.Errorf("SPARSEL_KERNEL=%s: %v, %v", s.Name, got, err)
		}
	}
	t.Setenv("SPARSEL_KERNEL", "")
	if got, err := Active(); err != nil || got != sets[0] {
		t.Errorf("Active() = %v, %v; want %s", got, err, sets[0])
	}
}

func TestSetUnavailable(t *testing.T) {
	var names []string
	for _, s := range Available() {
		names = append(names, s.Name)
	}
	for _, name := range append([]string{"sse9", "AVX2", "avx2 "}, known...) {
		if slices.Contains(names, name) {
			continue
		}
		what := "unknown"
		if slices.Contains(known, name) {
			what = "not available here"
		}
		t.Setenv("SPARSEL_KERNEL", name)
		_, err := Active()
		want := fmt.Sprintf("SPARSEL_KERNEL: kernel set %q is %s; available: %s", name, what, strings.Join(names, ", "))
		if err == nil || err.Error() != want {
			t.Errorf("SPARSEL_KERNEL=%s: %v, want %s", name, err, want)
		}
	}
}

// The layout of a packed matrix must not depend on which tiles read it.
func TestPackingIsOneLayout(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		for m := 1; m < 100; m++ {
			low, high := s.packing(m)
			for panels := 1; panels < 9 && s.loops.tiles != nil; panels++ {
				if l, h := s.widest(panels, m).split(m); l != low || h != high {
					t.Fatalf("%d rows: %d+%d for %d panels, packed for %d+%d", m, l, h, panels, low, high)
				}
			}
		}
	})
}
