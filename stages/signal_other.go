//go:build !linux

package stages

// dieWithParent does nothing, because this system cannot signal the death of a
// parent. Work continues to its end.
func dieWithParent() {}
