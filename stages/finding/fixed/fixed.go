// Package fixed records when the claims were fixed and what was changed
// afterwards, so that a reader can judge whether the verdicts on fresh seeds
// were decided beforehand. The claims themselves are in package finding, whose
// test TestClaimsAreFixed checks that this record is correct.
package fixed

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Commit is the commit that fixed the claims. In that commit, the digests in
// testdata/claims.lock of package finding were what they are now. Whoever
// rewrites the lock commits it and then puts that commit's hash here.
const Commit = "13bc1eb83eb3b72ab4d4f1eb108c8f3bfa9d7747"

// FurtherCommit is the commit that fixed the claims of the profile further, in
// testdata/further.lock.
const FurtherCommit = "02fca21fda21584c2b7d8a8c3336c86b01e5987d"

// A Change is a claim that differs from the fixed one, or was added later. It has the verdicts of
// both layers for the claim as it was fixed and for the new one, so that a
// reader sees the effect of the change.
type Change struct {
	ID     string            `json:"id"`
	Added  bool              `json:"added,omitempty"` // it was not among the claims that were fixed
	Why    string            `json:"why"`
	To     string            `json:"to"`     // digest of the claim as it is now; empty if it was withdrawn
	Before map[string]string `json:"before"` // verdicts by layer; "not judged" if there is none
	After  map[string]string `json:"after"`
}

//go:embed changed.json
var changed []byte

//go:embed conditions.json
var conditions []byte

// Conditions returns a digest of the conditions of each experiment that a claim
// reads, as they were in a layer when the claims were fixed.
// TestConditionsAreFixed of package study compares them with params.toml.
func Conditions(layer string) map[string]string {
	var sums map[string]map[string]string
	if err := json.Unmarshal(conditions, &sums); err != nil {
		panic(err) // the file is part of the program
	}
	return sums[layer]
}

// Changes lists the changes since then, in the order of changed.json.
func Changes() ([]Change, error) {
	var list []Change
	d := json.NewDecoder(bytes.NewReader(changed))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("read stages/finding/fixed/changed.json: %w", err)
	}
	return list, nil
}
