package stages

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent asks for SIGTERM when mage, the parent of this process, dies.
// If the request is refused, work continues to its end without mage, which does
// no harm.
func dieWithParent() {
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0)
}
