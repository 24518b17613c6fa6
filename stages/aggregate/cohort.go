package aggregate

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A cohort is the runs that a mean is taken over: replicates of one thing, told apart by their seed alone. Who asked for
// them is no proof of what they are, so each run's own metadata is.
type cohort struct {
	first string // the use whose run came first
	key   string // its parameters without the seed
}

// A condition is what a cohort is of.
type condition struct{ name, optimizer string }

// admit refuses a run that is no replicate of those before it, or has another seed than it should.
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
		return fmt.Errorf("its run and that of %s differ in more than their seed, and have no common mean: %s", c.first, firstDifference(c.key, key))
	}
	return nil
}

// withoutSeed returns a run's parameters without its seed and its place in the seed's sequence, in one form, and the
// seed.
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
	text, err := json.Marshal(p) // in order of the keys
	return string(text), number.String(), err
}

// firstDifference shows where two texts part, with a little of what is around.
func firstDifference(a, b string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	show := func(s string) string { return s[max(0, at-30):min(len(s), at+30)] }
	return fmt.Sprintf("…%s… and …%s…", show(a), show(b))
}
