//go:build !noasm

package kernel

func vectorSets() []*Set { return nil }
