package params

import (
	"fmt"
	"slices"
	"strings"

	"sparsel/trainer"
)

// checkUses checks what tables, figures and findings assume about the uses of
// each experiment: a condition's runs with one optimizer differ in their seed
// alone, every condition has the same seeds, and no two conditions share a name
// or a place in the tidy table.
func (p *Params) checkUses(d *document, uses []Use) {
	for _, name := range p.experimentNames() {
		var of []Use
		for _, u := range uses {
			if u.Experiment == name {
				of = append(of, u)
			}
		}
		checkTwice(d, of)
		checkReplicates(d, of)
		checkAlike(d, of)
		for _, u := range of {
			checkCondition(d, u.path+".condition", u.Condition)
			checkCell(d, u.path+".condition", u.Condition)
			if u.Tidy != u.Condition {
				checkCell(d, u.path+".tidy", u.Tidy)
			}
		}
	}
}

// checkTwice refuses two uses with the same name.
func checkTwice(d *document, uses []Use) {
	type key struct {
		condition, optimizer string
		seed                 uint32
	}
	seen := map[key]bool{}
	for _, u := range uses {
		k := key{u.Condition, u.Optimizer, u.Seed}
		if seen[k] {
			d.report(u.path+".condition", "%s/%s/%s/seed=%d occurs twice; give the conditions of an experiment different names",
				u.Experiment, u.Condition, u.Optimizer, u.Seed)
		}
		seen[k] = true
	}
}

// checkReplicates refuses means over runs that are not replicates, and
// conditions that lack some of the seeds.
func checkReplicates(d *document, uses []Use) {
	type key struct{ condition, optimizer string }
	first, seeds := map[key]Use{}, map[key][]uint32{}
	var order []key
	for _, u := range uses {
		k := key{u.Condition, u.Optimizer}
		other, known := first[k]
		if !known {
			first[k], order = u, append(order, k)
		} else if difference := replicates(other, u); difference != "" {
			d.report(u.path, "%s with %s has other runs for seed %d than for seed %d, and no common mean: they differ in %s",
				u.Condition, u.Optimizer, u.Seed, other.Seed, difference)
		}
		seeds[k] = append(seeds[k], u.Seed)
	}
	most := key{}
	for _, k := range order {
		if len(seeds[k]) > len(seeds[most]) {
			most = k
		}
	}
	for _, k := range order {
		var lacks []string
		for _, seed := range seeds[most] {
			if !slices.Contains(seeds[k], seed) {
				lacks = append(lacks, fmt.Sprint(seed))
			}
		}
		if len(lacks) > 0 {
			d.report(first[k].path, "%s with %s lacks seed %s, which %s with %s has: all conditions of an experiment need the same seeds, "+
				"or their means are over different runs", k.condition, k.optimizer, strings.Join(lacks, ", "), most.condition, most.optimizer)
		}
	}
}

// replicates says in what two uses differ besides the seed. It is empty if they
// differ in nothing else.
func replicates(a, b Use) string {
	for _, c := range Columns() {
		if x, y := c.Of(a), c.Of(b); !Equal(x, y) {
			return c.Name
		}
	}
	withoutSeeding := func(c trainer.Config) string { c.Seeding = trainer.Seeding{Mode: c.Seeding.Mode}; return Identity(c) }
	switch {
	case withoutSeeding(a.Run.Config) != withoutSeeding(b.Run.Config):
		return "a setting that no table shows"
	case a.Tidy != b.Tidy:
		return "their name in the tidy table"
	case a.Column != b.Column || a.Value != b.Value:
		return "what varies"
	}
	return ""
}

// checkAlike refuses two conditions that would be written alike in the tidy
// table, and two that are the same.
func checkAlike(d *document, uses []Use) {
	type place struct{ tidy, split, column, value string }
	type trained struct {
		run     *Run
		epsilon float64
	}
	places, runs := map[place]string{}, map[trained]Use{}
	for _, u := range uses {
		k := place{u.Tidy, u.Split(), u.Column, u.Value}
		if other, known := places[k]; known && other != u.Condition {
			d.report(u.path, "%s and %s are both %s in the tidy table; give them different names in tidy", other, u.Condition, u.Tidy)
		}
		places[k] = u.Condition
		t := trained{u.Run, u.CCMASEpsilon}
		if other, known := runs[t]; known && other.Condition != u.Condition && !u.like && !other.like {
			d.report(u.path, "%s and %s are the same runs with %s: conditions must differ; to show the runs of another condition again, say "+
				"like = \"%s/%s\"",
				other.Condition, u.Condition, u.Optimizer, other.Experiment, other.Condition)
		}
		runs[t] = u
	}
}
