package stages

import (
	"os"
	"os/exec"
	"syscall"
)

// cutOff gives a process a network of its own, with nobody on it. That takes
// root; without it, proxies that nobody listens on must do.
func cutOff(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
}
