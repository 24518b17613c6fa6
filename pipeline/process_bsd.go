//go:build unix && !linux

package pipeline

import "syscall"

// procAttr gives a worker a process group of its own, so that Ctrl-C reaches
// the driver alone.
func procAttr(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
