package params

import (
	"fmt"

	"sparsel/trainer"
)

// classCounts are the training images of each digit in MNIST, which decide what the loaders of the
// class-diversity sessions draw: http://yann.lecun.com/exdb/mnist/.
var classCounts = []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}

// sessions are the recorded sessions being followed: where in its session's two generators each run starts.
//
// A session is seeded once, and each run goes on where the one before has left off. What a run with class
// loaders takes must be walked through, some milliseconds, so it is found only when another run follows.
type sessions struct {
	counts []int
	last   map[string]trainer.Config // the latest run, by session and seed
}

// newSessions follows sessions on the first so many training images.
func newSessions(images int) *sessions {
	s := &sessions{counts: classCounts, last: map[string]trainer.Config{}}
	if images < TrainSamples {
		s.counts = make([]int, Classes)
		s.counts[0] = images // only their sum counts: check refuses class loaders then
	}
	return s
}

// join adds a run to the session and says where it starts.
func (s *sessions) join(session string, c trainer.Config) trainer.Seeding {
	if c.Seeding.Mode != "author" {
		return c.Seeding
	}
	key := fmt.Sprintf("%s\x00%d", session, c.Seeding.Seed)
	if before, ok := s.last[key]; ok {
		c.Seeding = before.Next(Pixels, s.counts)
	}
	s.last[key] = c
	return c.Seeding
}

// session names the recorded session that an entry's run belongs to.
func (e Experiment) session(entry int, condition, optimizer string) string {
	switch e.Session {
	case "", "condition":
		return fmt.Sprintf("%d\x00%s", entry, condition)
	case "run":
		return fmt.Sprintf("%d\x00%s\x00%s", entry, condition, optimizer)
	case "experiment":
		return e.Name
	}
	return "session\x00" + e.Session
}
