package rng

import (
	"slices"
	"testing"
)

func TestChoice(t *testing.T) {
	tests := []struct {
		n    int
		want []int
	}{
		{10, []int{5, 8, 9, 5, 0, 0, 1, 7, 6, 9, 2, 4}},
		{3, []int{1, 0, 0, 1, 1, 0, 0, 1, 0, 1}},
		{1, []int{0, 0}},
	}
	for _, tt := range tests {
		s := New(1)
		for i, want := range tt.want {
			if got := s.Choice(tt.n); got != want {
				t.Errorf("choice(%d), draw %d: got %d, want %d", tt.n, i, got, want)
			}
		}
	}
}

func TestChoiceK(t *testing.T) {
	tests := []struct {
		n, k int
		want [][]int
	}{
		{10, 2, [][]int{{2, 9}, {9, 5}, {8, 3}, {2, 4}}},
		{10, 5, [][]int{{2, 9, 6, 4, 0}, {9, 5, 3, 0, 8}, {8, 3, 5, 9, 0}}},
		{1, 1, [][]int{{0}}},
		{0, 0, [][]int{{}}},
	}
	for _, tt := range tests {
		s := New(1)
		for i, want := range tt.want {
			positions := make([]int, tt.n)
			if s.ChoiceK(positions); !slices.Equal(positions[:tt.k], want) {
				t.Errorf("choice(%d, %d), draw %d: got %v, want %v", tt.n, tt.k, i, positions[:tt.k], want)
			}
		}
	}
}

func TestBounded(t *testing.T) {
	s := New(1)
	s.Bounded(0)
	if got, want := s.Uint32(), New(1).Uint32(); got != want {
		t.Errorf("a limit of 0 drew an output: next is %d, want %d", got, want)
	}
	for _, limit := range []uint32{1, 2, 3, 4, 255, 256, 1 << 31, 1<<32 - 1} {
		s := New(2)
		var highest uint32
		for range 1000 {
			v := s.Bounded(limit)
			if v > limit {
				t.Fatalf("limit %d: got %d", limit, v)
			}
			highest = max(highest, v)
		}
		// 1000 draws stay below half of the range with probability 2^-1000.
		if highest < limit/2 {
			t.Errorf("limit %d: the highest of 1000 draws is %d", limit, highest)
		}
	}
}
