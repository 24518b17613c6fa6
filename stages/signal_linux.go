package stages

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent asks for SIGTERM when mage, whose child this process is, dies.
// Where that is refused, work goes on to its end without mage, which harms
// nothing.
func dieWithParent() {
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0)
}
