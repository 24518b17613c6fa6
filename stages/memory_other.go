//go:build !linux

package stages

// machineMemory is unknown here.
func machineMemory() int64 { return 0 }
