//go:build !amd64 || noasm

package kernel

func vectorSets() []*Set { return nil }
