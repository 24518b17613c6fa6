//go:build (!amd64 && !arm64) || noasm

package kernel

func vectorSets() []*Set { return nil }
