package rng

import "testing"

// Another implementation hashed the input of the key, written out byte by byte,
// and gave these first outputs. They are part of the identity of every result
// that uses the stream.
func TestNamed(t *testing.T) {
	tests := []struct {
		name   string
		source *Source
		want   [2]uint32
	}{
		{"weights, 0, 784, 256", Named(1, "weights", 0, 784, 256), [2]uint32{460341748, 3439290381}},
		{"order, 1", Named(1, "order", 1), [2]uint32{1718708805, 1885742459}},
		{"order", Named(4294967295, "order"), [2]uint32{2167682763, 2168620987}},
	}
	for _, tt := range tests {
		for i, want := range tt.want {
			if got := tt.source.Uint32(); got != want {
				t.Errorf("%s, output %d: got %d, want %d", tt.name, i, got, want)
			}
		}
	}
}

// Adjacent keys, and keys that would be equal without the lengths of their
// parts, give different streams.
func TestNamedKeysDiffer(t *testing.T) {
	seen := make(map[[4]uint32]int)
	for i, s := range []*Source{
		Named(1, "order"), Named(2, "order"), Named(1, "order", 0), Named(1, "order", 1),
		Named(1, "order", 0, 0), Named(1, "weights"), Named(1, "orde"), Named(1, "order\x00"),
		Named(1, ""), New(1),
	} {
		first := [4]uint32{s.Uint32(), s.Uint32(), s.Uint32(), s.Uint32()}
		if before, ok := seen[first]; ok {
			t.Errorf("sources %d and %d begin with the same outputs", before, i)
		}
		seen[first] = i
	}
}
