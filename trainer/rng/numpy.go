package rng

import "math/bits"

// Bounded returns a number in [0, limit], including limit, as numpy's legacy
// RandomState does: outputs are masked to the bits of limit and drawn again
// until they fit. A limit of 0 draws nothing.
func (s *Source) Bounded(limit uint32) uint32 {
	if limit == 0 {
		return 0
	}
	mask := uint32(1)<<bits.Len32(limit) - 1
	for {
		if v := s.Uint32() & mask; v <= limit {
			return v
		}
	}
}

// Choice returns a position in [0, n), as RandomState.choice(n) does; n must be
// positive.
func (s *Source) Choice(n int) int {
	return int(s.Bounded(uint32(n - 1)))
}

// ChoiceK fills positions with a permutation of its indices. The first k of
// them are what RandomState.choice(n, k, replace=False) returns for n =
// len(positions) and any k up to n, because all n are shuffled from the end,
// however many are used.
func (s *Source) ChoiceK(positions []int) {
	for i := range positions {
		positions[i] = i
	}
	for i := len(positions) - 1; i > 0; i-- {
		j := s.Bounded(uint32(i))
		positions[i], positions[j] = positions[j], positions[i]
	}
}
