package pipeline

import "sync"

// A pace predicts how long nodes take, from their costs and from what was
// measured of other nodes. It uses processor time, which other work on the
// machine changes little.
type pace struct {
	calibrate func(*Node) float64 // see Config.Calibrate; may be nil

	mu         sync.Mutex
	measured   map[kind]*measurement
	calibrated map[kind]float64
}

// kind is one kind of work of a stage. An empty work means the whole stage.
type kind struct{ stage, work string }

// measurement relates cost to time.
type measurement struct{ cost, seconds float64 }

func newPace(calibrate func(*Node) float64) *pace {
	return &pace{calibrate: calibrate, measured: map[kind]*measurement{}, calibrated: map[kind]float64{}}
}

// keep is the weight that old measurements keep when a new one arrives. About
// the last twenty of a kind count, so that a faster build shows soon.
const keep = 0.95

func (p *pace) observe(stage, work string, cost, seconds float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kinds := []kind{{stage, work}}
	if work != "" {
		kinds = append(kinds, kind{stage, ""})
	}
	for _, k := range kinds {
		m := p.measured[k]
		if m == nil {
			m = &measurement{}
			p.measured[k] = m
		}
		m.cost = m.cost*keep + cost
		m.seconds = m.seconds*keep + seconds
	}
}

// estimate returns the processor seconds that a node is expected to take; ok is
// false if nothing is known. The measurements of its kind of work are weighed
// against the calibration in proportion to their length, because a measurement
// shorter than the node mostly reflects what does not grow with the work.
func (p *pace) estimate(n *Node) (seconds float64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := kind{n.Stage.Name, n.Work}
	m := p.measured[k]
	if p.calibrate == nil {
		if m == nil {
			m = p.measured[kind{n.Stage.Name, ""}]
		}
		if m == nil || m.cost <= 0 {
			return 0, false
		}
		return cost(n) * m.seconds / m.cost, true
	}
	rate, known := p.calibrated[k]
	if !known && (m == nil || m.cost < cost(n)) {
		rate = p.calibrate(n)
		p.calibrated[k] = rate
	}
	switch {
	case m == nil:
		return cost(n) * rate, true
	case m.cost >= cost(n) || rate <= 0:
		return cost(n) * m.seconds / m.cost, true
	}
	share := m.cost / cost(n)
	return cost(n) * (share*m.seconds/m.cost + (1-share)*rate), true
}
