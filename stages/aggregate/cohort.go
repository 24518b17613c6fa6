package aggregate

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A cohort is the set of runs that a mean is taken over: replicates that differ
// in their seed alone. That a use asked for a run doesn't prove what the run
// is, so the metadata of each run is checked.
type cohort struct {
	first string // the use whose run came first
	key   string // its parameters without the seed
}

// A condition identifies a cohort.
type condition struct{ name, optimizer string }

// admit returns an error if a run is not a replicate of those before it, or has
// another seed than it should.
func admit(cohorts map[condition]cohort, u Use, parameters string) error {
	key, seed, err := withoutSeed(parameters)
	if err != nil {
		return fmt.Errorf("its metrics do not say which run they are of: %w", err)
	}
	if want := fmt.Sprint(u.Seed); seed != want {
		return fmt.Errorf("its metrics are of a run with seed %s", seed)
	}
	at := condition{u.Condition, u.Optimizer}
	c, known := cohorts[at]
	if !known {
		cohorts[at] = cohort{u.Input(), key}
		return nil
	}
	if c.key != key {
		return fmt.Errorf("its run and that of %s differ in more than their seed, and have no common mean: %s",
			c.first, firstDifference(c.key, key))
	}
	return nil
}

// withoutSeed returns the seed, and a run's parameters in canonical form
// without the seed and the run's place in the seed's sequence.
func withoutSeed(parameters string) (key, seed string, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(parameters)))
	d.UseNumber()
	var p map[string]any
	if err := d.Decode(&p); err != nil {
		return "", "", err
	}
	run, _ := p["Run"].(map[string]any)
	seeding, _ := run["Seeding"].(map[string]any)
	number, ok := seeding["Seed"].(json.Number)
	if !ok {
		return "", "", fmt.Errorf("no seed in %.200s", parameters)
	}
	run["Seeding"] = map[string]any{"Mode": seeding["Mode"]}
	text, err := json.Marshal(p) // sorts the keys
	return string(text), number.String(), err
}

// firstDifference shows where two texts diverge, with a little of the
// surrounding text.
func firstDifference(a, b string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	show := func(s string) string { return s[max(0, at-30):min(len(s), at+30)] }
	return fmt.Sprintf("…%s… and …%s…", show(a), show(b))
}
