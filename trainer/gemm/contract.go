package gemm

// Contract is the version of what this package computes. Stages hash it instead
// of the package's source, as they do kernel.Contract, so that other block
// sizes or a faster way to load a batch repeat no training. Raise it when any
// result changes by a single bit: TestContract has a digest of results for each
// version.
const Contract = "gemm 1"

// Package is this package's import path.
const Package = "sparsel/trainer/gemm"
