package pipeline

import "syscall"

// procAttr gives a worker a process group of its own, so that Ctrl-C reaches
// only the driver. It also makes the kernel send SIGKILL when the thread that
// started the worker is gone, in case the end of its standard input is not
// enough. The command that launches a worker on another machine gets SIGTERM
// instead, which it passes on.
func procAttr(launches bool) *syscall.SysProcAttr {
	if launches {
		return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
