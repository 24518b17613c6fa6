package pipeline

import "time"

// Expected returns how long a node should take, judging by earlier nodes of its
// stage. ok is false if no node of the stage was ever measured.
func (p *Plan) Expected(n *Node) (d time.Duration, ok bool) {
	h, err := p.history()
	if err != nil {
		return 0, false
	}
	s, ok := h.estimate(n)
	return seconds(s), ok
}

// Estimate returns how long the plan takes with that many jobs if everything
// that may run does run. It is a lower bound on a balanced schedule: the work
// divided by the workers, or the longest chain if that is longer. unknown
// counts the nodes whose stages were never measured; the estimate leaves them
// out.
func (p *Plan) Estimate(jobs int) (d time.Duration, unknown int) {
	var total, longest time.Duration
	chain := make(map[*Node]time.Duration, len(p.Steps))
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State == Current {
			continue
		}
		own, ok := p.Expected(s.Node)
		if !ok {
			unknown++
		}
		total += own
		var before time.Duration
		for _, in := range s.Node.Inputs {
			before = max(before, chain[in.From])
		}
		chain[s.Node] = before + own
		longest = max(longest, chain[s.Node])
	}
	return max(longest, total/time.Duration(max(1, jobs))), unknown
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
