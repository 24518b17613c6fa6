package pipeline

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// Again returns a command that starts this program once more, with its
// environment and the given additions. It refuses to start a program that has
// been rebuilt in the meantime, because results are keyed by the code of the
// running program.
func Again(env ...string) (*exec.Cmd, error) {
	path, err := ownPath()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), env...)
	return cmd, nil
}

// atStart is the state of the program's file when it was first needed.
var atStart = sync.OnceValues(func() (os.FileInfo, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Stat(path)
})

func ownPath() (string, error) {
	if runtime.GOOS == "linux" { // this link leads to the running file, even if its path has been reused
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	was, err := atStart()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	is, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if !os.SameFile(was, is) || was.Size() != is.Size() || !was.ModTime().Equal(is.ModTime()) {
		return "", errors.New("this program's file has been replaced since it started; run again")
	}
	return path, nil
}
