//go:build !linux

package bench

// pin does nothing: this system has no portable way to keep to one core.
func pin() (core int, release func()) { return -1, func() {} }

// cpuSeconds has no portable form; wall time takes its place.
func cpuSeconds() float64 { return -1 }
