// Package mutate feeds damaged files to tests of readers. It mutates valid
// files as fast as the reader can read them, and watches how much memory each
// mutation costs. Go's own fuzzer, which this package supports, too, is guided
// by coverage, but is slow if a library is large.
package mutate

import (
	"flag"
	"math/rand/v2"
	"os"
	"runtime/metrics"
	"slices"
	"testing"
	"time"
)

const (
	// For names the environment variable that makes Loop run for a duration, such
	// as 1h, starting from a random seed.
	For = "SPARSEL_SOAK_FOR"
	// Limit is the most memory, in bytes, that reading a few kilobytes may
	// allocate. Few says how many bytes these are.
	Limit = 64 << 20
	Few   = 8 << 10
)

// Loop calls try with one mutation of the seeds after another: the same 3,000
// in every run of the tests, for a minute in the long tests, or for as long as
// For says. A try that allocates more than Limit, and more than a thousand
// times the size of its input, fails the test.
func Loop(t *testing.T, seeds [][]byte, try func(data []byte)) {
	t.Helper()
	seed, long := uint64(1), time.Duration(0)
	text := os.Getenv(For)
	if text == "" && os.Getenv("SPARSEL_SOAK") != "" {
		text = "1m"
	}
	if text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", For, err)
		}
		seed = rand.Uint64()
	}
	r := rand.New(rand.NewPCG(seed, 0))
	start := time.Now()
	n, most := 0, uint64(0)
	for ; n < 3000 || time.Since(start) < long; n++ {
		data := Bytes(r, seeds)
		most = max(most, Watch(t, data, try))
		if t.Failed() {
			t.Logf("of the beginning %d, number %d: %q", seed, n, data)
			return
		}
	}
	t.Logf("%d mutations in %v, beginning %d: at most %d kB allocated", n, time.Since(start).Round(time.Second), seed, most>>10)
}

// Watch calls try, fails the test if try allocates more than it may, and
// returns how much it allocated. It counts allocations, not live memory, so it
// does not matter whether a garbage collection came in time.
func Watch(t testing.TB, data []byte, try func(data []byte)) uint64 {
	t.Helper()
	before := allocated()
	try(data)
	took := allocated() - before
	if took > Limit+1000*uint64(max(len(data)-Few, 0)) {
		t.Errorf("%d bytes took %d MB of memory", len(data), took>>20)
	}
	return took
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Fuzz calls f.Fuzz. By default the fuzzer spends up to a minute minimizing
// each input that is new to it, and in a large library nearly all inputs are
// new: the result was 355 executions in 5 minutes. So it limits minimizing to a
// few attempts.
func Fuzz(f *testing.F, try func(t *testing.T, data []byte)) {
	given := false
	flag.Visit(func(g *flag.Flag) { given = given || g.Name == "test.fuzzminimizetime" })
	if !given {
		if err := flag.Set("test.fuzzminimizetime", "10x"); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Watch(t, data, func(data []byte) { try(t, data) })
	})
}

// Bytes returns one of the seeds with one to four changes.
func Bytes(r *rand.Rand, seeds [][]byte) []byte {
	data := slices.Clone(seeds[r.IntN(len(seeds))])
	for range 1 + r.IntN(4) {
		data = change(r, data, seeds[r.IntN(len(seeds))])
	}
	return data
}

// odd are numbers, in the encodings of several formats, that readers get wrong.
var odd = [][]byte{
	{0}, {0xff}, {0x7f}, {0x80}, {0xff, 0xff, 0xff, 0xff, 0x07}, {0xfe, 0xff, 0xff, 0xff, 0x0f}, {0xff, 0xff, 0xff, 0xff, 0x0f},
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, {0x80, 0x80, 0x80, 0x20}, {0x7f, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0x7f},
	{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 0x10, 0}, {0x80, 0, 0, 0}, {0, 0, 0, 0x80}, []byte("99999999"), []byte("-1"),
}

func change(r *rand.Rand, data, other []byte) []byte {
	if len(data) == 0 {
		return slices.Clone(other)
	}
	// Make half of the changes near the end, because that is where archives and
	// documents describe their contents.
	at := r.IntN(len(data))
	if r.IntN(2) == 0 {
		at = max(0, len(data)-1-r.IntN(min(len(data), 1024)))
	}
	span := func(b []byte) []byte {
		from := r.IntN(len(b) + 1)
		return b[from:min(len(b), from+1+r.IntN(64))]
	}
	switch r.IntN(8) {
	case 0, 1:
		data[at] ^= 1 << r.IntN(8)
	case 2:
		data[at] = byte(r.Uint32())
	case 3, 4:
		copy(data[at:], odd[r.IntN(len(odd))])
	case 5:
		data = slices.Insert(data, at, odd[r.IntN(len(odd))]...)
	case 6:
		data = slices.Insert(data, at, span(other)...)
	case 7:
		data = slices.Delete(data, at, min(len(data), at+1+r.IntN(64)))
	}
	return data
}
