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
// of the run's slots the worker is for: 1 up to Options.Jobs. A command that
// has several machines to choose from can choose by it.
const SlotVariable = "SPARSEL_SLOT"

// Launch returns what Workers.Launch wants: a shell's words that start a program
// on another machine, such as "srun -n1 -c1" or "ssh HOST", followed by the
// command that starts this program there. The command must connect its standard
// streams to the program's. env are variables that the program is given by
// env(1), since few of such commands pass on their own.
func Launch(prefix string, env ...string) (func(slot int) (*exec.Cmd, error), error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if strings.HasSuffix(path, " (deleted)") { // Linux says so
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

// program is the SHA-256 of the file that this process runs.
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
