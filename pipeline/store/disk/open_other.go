//go:build !unix

package disk

import "os"

const (
	nonBlocking = 0
	noFollow    = 0
)

// LockFlags are for opening a lock file.
const LockFlags = 0

const umask os.FileMode = 0

// Writable cannot be told in advance here.
func Writable(string) error { return nil }

func lockWhole(*os.File) error { return nil }

func unlockWhole(*os.File) {}
