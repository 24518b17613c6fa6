//go:build !unix

package pipeline

import (
	"os"
	"syscall"
)

func procAttr(bool) *syscall.SysProcAttr { return nil }

// killGroup ends a process. What that process started notices its closed pipes.
func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// endGroup has no gentler way to end a process on this platform.
func endGroup(pid int) { killGroup(pid) }

func killed(*os.ProcessState) bool { return false }

func peakMemory() int64 { return 0 }

func processorTime() float64 { return 0 }
