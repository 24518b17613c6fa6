// Command prove compares the records of trainings in an output folder with
// those that artifacts.lock had before the run record had its second version:
//
//	go run ./stages/train/v1/prove [OUT]
//
// It reads every record in OUT/store, by default out/store. It says how many of
// the lock's trainings are there and equal in every bit that the first version
// held, which ones are not, and how many other records there are. Its exit code
// is 0 if all of the lock's trainings are there.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/artifacts/runs"
	v1 "sparsel/stages/train/v1"
)

func main() {
	out := "out"
	if len(os.Args) > 1 {
		out = os.Args[1]
	}
	missing, err := prove(filepath.Join(out, "store"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
	}
	if err != nil || missing > 0 {
		os.Exit(1)
	}
}

func prove(store string) (missing int, err error) {
	locked := v1.Records()
	all, others := len(locked), 0
	err = filepath.WalkDir(store, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if _, _, err := runs.ReadRecord(path); err != nil {
			return nil // not a record
		}
		sum, err := v1.Sum(path)
		if _, ok := locked[sum]; ok && err == nil {
			delete(locked, sum)
		} else {
			others++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	fmt.Printf("%d of the %d trainings of the lock before are in %s, weights of all epochs unchanged; "+
		"%d records are of other runs or differ\n",
		all-len(locked), all, store, others)
	var nodes []string
	for _, node := range locked {
		nodes = append(nodes, node)
	}
	slices.Sort(nodes)
	if len(nodes) > 0 {
		fmt.Printf("not there:\n  %s\n", strings.Join(nodes, "\n  "))
	}
	return len(nodes), nil
}
