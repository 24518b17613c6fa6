package pipeline

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"sparsel/pipeline/codeid"
)

// SlotVariable tells the command that starts a worker on another machine which
// of the run's slots the worker is for, from 1 to Options.Jobs. A command that
// has several machines to choose from can use it to choose.
const SlotVariable = "SPARSEL_SLOT"

// Launch returns a function for Workers.Launch. prefix is a command for a shell
// that starts a program on another machine, such as "srun -n1 -c1" or "ssh
// HOST". The command that starts this program there is appended to it. The
// command must connect its standard streams to those of the program. env are
// variables that the program gets through env(1), since few such commands pass
// on their own.
func Launch(prefix string, env ...string) (func(slot int) (*exec.Cmd, error), error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if strings.HasSuffix(path, " (deleted)") { // Linux says so if the file was removed
		return nil, errors.New("this program's file has been replaced since it started; run again")
	}
	args := []string{"-c", "exec " + prefix + ` "$@"`, "sparsel", "env"}
	args = append(append(args, env...), path)
	return func(slot int) (*exec.Cmd, error) {
		cmd := exec.Command("sh", args...)
		cmd.Env = append(os.Environ(), SlotVariable+"="+strconv.Itoa(slot))
		return cmd, nil
	}, nil
}

// program is the SHA-256 of the executable file of this process.
var program = sync.OnceValues(func() (codeid.Hash, error) {
	path, err := ownPath()
	if err != nil {
		return codeid.Hash{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return codeid.Hash{}, fmt.Errorf("read this program: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return codeid.Hash{}, fmt.Errorf("read this program: %w", err)
	}
	return codeid.Hash(h.Sum(nil)), nil
})
