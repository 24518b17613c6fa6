//go:build !unix

package disk

import "os"

const (
	nonBlocking = 0
	noFollow    = 0
)

// LockFlags are flags for opening a lock file.
const LockFlags = 0

const umask os.FileMode = 0

// Writable always returns nil, because this platform cannot tell in advance.
func Writable(string) error { return nil }

func lockWhole(*os.File) error { return nil }

func unlockWhole(*os.File) {}
