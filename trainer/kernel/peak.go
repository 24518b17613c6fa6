package kernel

import "runtime"

// peakChains is the number of independent chains in PeakFMA. It exceeds latency
// times throughput (4·2 to 5·2) of the fused multiply-add on current cores.
const peakChains = 12

// PeakFMA runs the given number of rounds of 12 independent fused multiply-adds
// on full vectors held in registers, and returns the number of floating-point
// operations (two per element). Operations divided by time is the peak with
// which products are compared.
func (s *Set) PeakFMA(rounds int) (operations float64) {
	lane := 1
	if s.loops.peak != nil && rounds > 0 {
		lane = s.loops.lane
		s.loops.peak(rounds)
	} else {
		var acc [peakChains]float32
		for range rounds {
			for i := range acc {
				acc[i] = FMA(acc[i], 0.5, 1)
			}
		}
		runtime.KeepAlive(acc) // otherwise the loop has no effect and is removed
	}
	return 2 * peakChains * float64(lane) * float64(rounds)
}
