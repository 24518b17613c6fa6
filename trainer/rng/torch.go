package rng

import "sparsel/trainer/kernel"

// Uniform fills dst with float32 numbers in [lo, hi) as PyTorch's uniform_ does
// on a CPU: one output each, x = (output mod 2²⁴)·2⁻²⁴, and x·(hi−lo)+lo
// rounded once.
func (s *Source) Uniform(dst []float32, lo, hi float32) {
	width := hi - lo
	for i := range dst {
		x := float32(s.Uint32()&(1<<24-1)) * (1.0 / (1 << 24))
		dst[i] = kernel.FMA(x, width, lo)
	}
}

// Int64 returns the next two outputs as one number, high half first, as
// PyTorch's random_ does for an int64 tensor without a range. PyTorch's data
// loaders draw their base seeds this way.
func (s *Source) Int64() int64 {
	high := uint64(s.Uint32())
	return int64((high<<32 | uint64(s.Uint32())) &^ (1 << 63))
}

// Perm fills dst with a permutation of 0..len(dst)-1 as torch.randperm does on
// a CPU for fewer than 2³² items. It takes len(dst)-1 outputs, and none for an
// empty dst.
func (s *Source) Perm(dst []int32) {
	for i := range dst {
		dst[i] = int32(i)
	}
	for i := 0; i < len(dst)-1; i++ {
		j := i + int(s.Uint32()%uint32(len(dst)-i))
		dst[i], dst[j] = dst[j], dst[i]
	}
}
