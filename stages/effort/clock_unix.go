//go:build unix

package effort

import (
	"syscall"
	"time"
)

// processorTime is what this process has used of all processors, in seconds:
// other programs make it little longer.
func processorTime() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
