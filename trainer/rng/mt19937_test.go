package rng

import "testing"

func TestUint32(t *testing.T) {
	tests := []struct {
		seed uint32
		want []uint32
	}{
		{1, []uint32{1791095845, 4282876139, 3093770124, 4005303368, 491263}},
		{100, []uint32{2333906440, 2882591512, 1195587395}},
		{1234, []uint32{822569775, 2137449171, 2671936806}},
	}
	for _, tt := range tests {
		s := New(tt.seed)
		for i, want := range tt.want {
			if got := s.Uint32(); got != want {
				t.Errorf("seed %d, output %d: got %d, want %d", tt.seed, i, got, want)
			}
		}
	}
}

// The C++ standard specifies the 10,000th output of a generator seeded with
// 5489 ([rand.predef]). Reaching it takes 16 regenerations.
func TestUint32TenThousandth(t *testing.T) {
	s := New(5489)
	for range 9999 {
		s.Uint32()
	}
	if got, want := s.Uint32(), uint32(4123659995); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

// First outputs of mt19937ar.out, which the authors publish with their
// implementation.
func TestSeedWords(t *testing.T) {
	s := new(Source)
	s.seedWords([]uint32{0x123, 0x234, 0x345, 0x456})
	for i, want := range []uint32{1067595299, 955945823, 477289528, 4107218783, 4228976476} {
		if got := s.Uint32(); got != want {
			t.Errorf("output %d: got %d, want %d", i, got, want)
		}
	}
}

func TestSkip(t *testing.T) {
	for _, start := range []int{0, 1, 623, 624, 700} {
		for _, n := range []uint64{0, 1, 2, 622, 623, 624, 625, 1247, 1248, 5000} {
			walked, skipped := New(7), New(7)
			for range start {
				walked.Uint32()
				skipped.Uint32()
			}
			for range n {
				walked.Uint32()
			}
			skipped.Skip(n)
			if got, want := skipped.Uint32(), walked.Uint32(); got != want {
				t.Errorf("skip %d after %d: got %d, want %d", n, start, got, want)
			}
		}
	}
}

// One operation skips as far as a recorded session ever needs: the 148 runs of
// the hyper-parameter sweeps take fewer than 300 million outputs.
func BenchmarkSkip300M(b *testing.B) {
	s := New(1)
	for b.Loop() {
		s.Skip(300e6)
	}
}

func TestTaken(t *testing.T) {
	s := New(3)
	var want uint64
	for _, n := range []uint64{0, 1, 622, 1, 1, 623, 624, 5000} {
		s.Skip(n)
		if want += n; s.Taken() != want {
			t.Errorf("after skipping %d: got %d, want %d", n, s.Taken(), want)
		}
		s.Uint32()
		if want++; s.Taken() != want {
			t.Errorf("after an output: got %d, want %d", s.Taken(), want)
		}
	}
}
