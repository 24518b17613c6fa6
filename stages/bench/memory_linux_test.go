package bench

import (
	"os"
	"syscall"
)

// peakBytes returns the largest resident memory of a process that has ended.
func peakBytes(s *os.ProcessState) float64 {
	return float64(s.SysUsage().(*syscall.Rusage).Maxrss) * 1024
}
