//go:build unix

package cost

import (
	"syscall"
	"time"
)

// processorTime returns the CPU time of this process on all processors, in
// seconds. Other programs affect it little.
func processorTime() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
