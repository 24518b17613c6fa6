// Package pipeline runs a graph of stages and remembers, by content, what it
// has done.
//
// Build nodes, check them with NewGraph, and give the graph to an Engine. Plan
// says what would run and why, Run does it, and Status, Why, DOT and Mermaid
// explain it. Plan and Run use the same planner, so a dry run is exact.
//
// # Two kinds of id
//
// An ActionID names what will be done. It is the hash of the stage's name, its
// code, its parameters and the content of its inputs. A ContentID names bytes.
// The action id of a node is computed from the content ids of its inputs, never
// from their action ids: when a stage runs again and writes equal bytes,
// everything downstream is already done. Neither id depends on a clock, a path,
// a host or a user.
//
// # What a stage may rely on
//
// Run gets verified, read-only input files and a private directory for its
// outputs. The outputs must be a function of the parameters and inputs. The
// code identity of a stage is the closure of this module's packages that
// Stage.Package imports (see package codeid). The closure stops at this
// package: what a Job shows a stage is pinned by a contract version instead, so
// that work on the scheduler never repeats a training.
//
// # What it leaves out
//
// The package does not know what stages compute or what their files contain. It
// does not choose machines either: a command such as srun or ssh starts its
// workers elsewhere (see Launch). Several processes on one machine may share
// one store.
package pipeline
