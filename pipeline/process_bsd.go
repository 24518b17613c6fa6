//go:build unix && !linux

package pipeline

import "syscall"

// procAttr gives a worker a process group of its own, so that Ctrl-C reaches
// only the driver.
func procAttr(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
