package kernel

// Contract is the version of what this package computes. Stages hash it in
// place of the package's source, so that a faster loop, or a set for another
// processor, repeats no training. Raise it when any result changes by a single
// bit: TestContract holds a digest of results for each version, and fails where
// they change and it does not.
const Contract = "kernel 2"

// Package is this package's import path.
const Package = "sparsel/trainer/kernel"
