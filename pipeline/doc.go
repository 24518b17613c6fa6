// Package pipeline runs a graph of stages and remembers, by content, what it
// has done.
//
// Build nodes, check them with NewGraph, and give the graph to an Engine: Plan
// says what would run and why, Run does it, Status, Why, DOT and Mermaid
// explain it. A plan and a run use the same planner, so a dry run is exact.
//
// # Two kinds of id
//
// An ActionID names what will be done: the hash of the stage's name, its code,
// its parameters and the content of its inputs. A ContentID names bytes. The
// action id of a node holds the content ids of its inputs, never their action
// ids: when a stage runs again and writes equal bytes, everything behind it is
// already done. Neither id depends on a clock, a path, a host or a user.
//
// # What a stage may rely on
//
// Run gets verified, read-only input files and a private directory for its
// outputs. It must be a function of its parameters and inputs. Its code
// identity is the closure of this module's packages below Stage.Package (see
// package codeid), stopping at this package: what a Job shows a stage is
// pinned by a contract version instead, so that work on the scheduler never
// repeats a training.
//
// # What it leaves out
//
// The package knows nothing of what stages compute or how their files look,
// and it does not distribute work over machines; several processes may share
// one store on one machine.
package pipeline
