package bench

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// pin keeps the calling goroutine on one core. It picks the last one that the
// goroutine may use, because the first serves most interrupts. It returns the
// core's number, so that others can share the core, or -1. release undoes it.
func pin() (core int, release func()) {
	runtime.LockOSThread()
	var before unix.CPUSet
	if unix.SchedGetaffinity(0, &before) != nil {
		return -1, runtime.UnlockOSThread
	}
	core = -1
	for i := range len(before) * 64 {
		if before.IsSet(i) {
			core = i
		}
	}
	var one unix.CPUSet
	one.Set(core)
	if core < 0 || unix.SchedSetaffinity(0, &one) != nil {
		return -1, runtime.UnlockOSThread
	}
	return core, func() {
		_ = unix.SchedSetaffinity(0, &before) // it was allowed before, so it cannot fail
		runtime.UnlockOSThread()
	}
}

// cpuSeconds returns the CPU time of this process so far, or a negative number
// if the system doesn't tell.
func cpuSeconds() float64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return -1
	}
	return float64(t.Sec) + float64(t.Nsec)/1e9
}
