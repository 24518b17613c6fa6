package pipeline

import "syscall"

// procAttr gives a worker a process group of its own, so that Ctrl-C reaches
// the driver alone, and SIGKILL when the thread that started it is gone, should
// the end of its standard input not suffice. What launches a worker on another
// machine gets SIGTERM, which it passes on.
func procAttr(launches bool) *syscall.SysProcAttr {
	if launches {
		return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
