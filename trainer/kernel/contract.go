package kernel

// Contract is the version of what this package computes. Stages hash it instead
// of the package's source, so that a faster loop, or a set for another
// processor, repeats no training. Raise it when any result changes by a single
// bit. TestContract has a digest of results for each version, and fails if they
// change and the version does not.
const Contract = "kernel 2"

// Package is this package's import path.
const Package = "sparsel/trainer/kernel"
