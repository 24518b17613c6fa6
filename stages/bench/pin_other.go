//go:build !linux

package bench

// pin does nothing, because this system has no portable way to stay on one
// core.
func pin() (core int, release func()) { return -1, func() {} }

// cpuSeconds has no portable implementation. Callers use wall time instead.
func cpuSeconds() float64 { return -1 }
