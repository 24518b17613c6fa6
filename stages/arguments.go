package stages

import (
	"fmt"
	"os"
	"strings"

	"sparsel/stages/commandline"
)

// JudgeCommandLine checks the whole command line against the targets that the
// magefile declares, before Mage reads any of it. If the command line is wrong,
// the program exits with code 2 and changes nothing.
func JudgeCommandLine(magefile []byte) {
	targets, err := commandline.Targets(magefile)
	if err == nil {
		var args []string
		if args, err = commandline.Judge(targets, os.Args[1:]); err == nil {
			os.Args = append(os.Args[:1:1], args...)
			return
		}
	}
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(2)
}

// several splits the ids that a target received as one argument.
func several(ids string) []string {
	if ids == "" {
		return nil
	}
	return strings.Split(ids, ",")
}
