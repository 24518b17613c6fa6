package params

import (
	"fmt"
	"slices"
	"strings"

	"sparsel/trainer"
)

// A Session is a recorded session of the author's. It was seeded once, and each
// of its runs started where the one before left the generator. It does not say
// what is trained, only where a run with author seeding starts. The runs of a
// condition that no session names form a session of their own.
type Session struct {
	Seeds []uint32      `toml:"seeds"` // those that the session was run with; all where absent
	Runs  []SessionRuns `toml:"runs,required"`
}

// SessionRuns are runs that followed one another: condition after condition in
// the order of the file, and for each condition the optimizers in the order of
// its experiment.
type SessionRuns struct {
	Experiment string   `toml:"experiment,required"`
	Conditions []string `toml:"conditions"` // by name, * is any text; all where absent
	Optimizers []string `toml:"optimizers"` // all where absent
}

// classCounts gives the number of training images of each digit in MNIST, which
// determines what the loaders of the class-diversity sessions draw:
// http://yann.lecun.com/exdb/mnist/.
var classCounts = []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}

// sessions follows the recorded sessions. It knows where in its session's two
// generators each run starts.
//
// What a run with class loaders draws can only be found by walking through it,
// which takes some milliseconds. So this is done only if another run follows.
type sessions struct {
	counts []int
	last   map[string]trainer.Config // the latest run, by session and seed
}

// newSessions follows sessions on the first images of MNIST. No other data set
// has recorded sessions.
func newSessions(images int) *sessions {
	s := &sessions{counts: classCounts, last: map[string]trainer.Config{}}
	if images < MNIST.Train {
		s.counts = make([]int, len(classCounts))
		s.counts[0] = images // only their sum matters, because check refuses class loaders in this case
	}
	return s
}

// join adds a run to the session and returns where it starts.
func (s *sessions) join(session string, c trainer.Config) trainer.Seeding {
	if c.Seeding.Mode != "author" {
		return c.Seeding
	}
	key := fmt.Sprintf("%s\x00%d", session, c.Seeding.Seed)
	if before, ok := s.last[key]; ok {
		c.Seeding = before.Next(MNIST.Pixels(), s.counts)
	}
	s.last[key] = c
	return c.Seeding
}

// place gives every planned run its position in its session: first in the
// sessions that the file lists, then for the rest, where each condition is a
// session.
func (x *expansion) place() {
	s := newSessions(x.params.trainImages())
	taken := map[*planned]int{} // the session of each run, counted from 1
	for i, session := range x.params.Sessions {
		for k, runs := range session.Runs {
			path := fmt.Sprintf("sessions[%d].runs[%d]", i, k)
			list := x.sessionRuns(path, runs)
			x.idle(path, session, list)
			for _, r := range list {
				if len(session.Seeds) > 0 && !slices.Contains(session.Seeds, r.config.Seeding.Seed) || r.config.Seeding.Mode != "author" {
					continue
				}
				if other := taken[r]; other > 0 {
					x.report(path, "has %s with %s and seed %d, which is in session %d already",
						r.name(), r.config.Optimizer.Name, r.config.Seeding.Seed, other)
					continue
				}
				taken[r] = i + 1
				r.config.Seeding = s.join(fmt.Sprint(i), r.config)
			}
		}
	}
	for _, r := range x.plan {
		if taken[r] == 0 && r.entry.Like == "" {
			r.config.Seeding = s.join(r.entry.path+"\x00"+r.condition.name, r.config)
		}
	}
}

// idle refuses a step of a session that places no run, and so does nothing. A
// study that is paired throughout may keep its sessions, as may one with fewer
// seeds. A profile may lack what a step is about.
func (x *expansion) idle(path string, session Session, list []*planned) {
	drawn := func(r *planned) bool { return r.config.Seeding.Mode == "author" }
	if x.params.Profile != nil || len(list) == 0 || !slices.ContainsFunc(x.plan, drawn) {
		return
	}
	ours := func(seed uint32) bool { return slices.Contains(x.params.Study.Seeds, seed) }
	placed := func(r *planned) bool { return drawn(r) && slices.Contains(session.Seeds, r.config.Seeding.Seed) }
	switch {
	case !slices.ContainsFunc(list, drawn):
		x.report(path, "has only runs whose seeding is \"paired\", which are in no session; take it away, or make them \"author\"")
	case slices.ContainsFunc(session.Seeds, ours) && !slices.ContainsFunc(list, placed):
		x.report(path, "has no run with the seeds of the session, %s; take it away, or correct the seeds",
			strings.Trim(strings.ReplaceAll(fmt.Sprint(session.Seeds), " ", ", "), "[]"))
	}
}

// sessionRuns lists the planned runs of one step of a session, in their order.
// The conditions that the step names must exist in the whole study, but may be
// missing from a profile.
func (x *expansion) sessionRuns(path string, runs SessionRuns) []*planned {
	patterns := runs.Conditions
	if len(patterns) == 0 {
		patterns = []string{"*"}
	}
	var list []*planned
	optimizers := map[string]bool{}
	for k, pattern := range patterns {
		found := false
		for _, r := range x.byExperiment[runs.Experiment] {
			if _, ok := match(pattern, r.condition.name); !ok || r.entry.Like != "" {
				continue
			}
			found = true
			optimizers[r.config.Optimizer.Name] = true
			if len(runs.Optimizers) == 0 || slices.Contains(runs.Optimizers, r.config.Optimizer.Name) {
				list = append(list, r)
			}
		}
		if !found && x.params.Profile == nil {
			x.report(fmt.Sprintf("%s.conditions[%d]", path, k), "is %q, which is no condition of %s that trains anything", pattern, runs.Experiment)
		}
	}
	for k, name := range runs.Optimizers {
		if !optimizers[name] && x.params.Profile == nil {
			x.report(fmt.Sprintf("%s.optimizers[%d]", path, k), "is %q, with which %s trains none of these; it has %s",
				name, runs.Experiment, strings.Join(sortedKeys(optimizers), ", "))
		}
	}
	return list
}

// recordedSeeds are those of the author's sessions. Sessions may name them even
// in a study with fewer seeds.
var recordedSeeds = []uint32{1, 100, 1234}

// knowsSeed reports whether a session may have been run with a seed.
func (p *Params) knowsSeed(seed uint32) bool {
	for _, q := range p.Profiles {
		if slices.Contains(q.Seeds, seed) {
			return true
		}
	}
	return p.usesSeed(seed) || slices.Contains(recordedSeeds, seed)
}

// checkSessions reports mistakes that can be found without the conditions.
func (p *Params) checkSessions(d *document) {
	for i, s := range p.Sessions {
		path := fmt.Sprintf("sessions[%d]", i)
		checkSeeds(d, path+".seeds", s.Seeds)
		for k, seed := range s.Seeds {
			if !p.knowsSeed(seed) {
				d.report(indexed(path+".seeds", k), "is %d, which no run has: it is no seed of the study, of a profile or of the recorded sessions",
					seed)
			}
		}
		if len(s.Runs) == 0 {
			d.report(path+".runs", "is empty; name the runs of the session in their order")
		}
		for k, r := range s.Runs {
			at := fmt.Sprintf("%s.runs[%d]", path, k)
			choice(d, at+".experiment", r.Experiment, p.experimentNames()...)
			for j, c := range r.Conditions {
				once(d, fmt.Sprintf("%s.conditions[%d]", at, j), c, r.Conditions[:j])
			}
			for j, name := range r.Optimizers {
				once(d, fmt.Sprintf("%s.optimizers[%d]", at, j), name, r.Optimizers[:j])
			}
		}
	}
}
