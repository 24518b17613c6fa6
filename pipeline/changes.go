package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Change is one thing that somebody did, as far as a plan can tell, with
// everything that follows from it. A node that follows from several changes
// counts for each of them.
type Change struct {
	// Text describes the change in values: "optimizer.lr 0.001 → 0.002". If the
	// values are not the same everywhere, it says how many of them changed.
	Text  string    `json:"text"`
	Kind  CauseKind `json:"kind"`  // the kind of its first cause
	Roots []string  `json:"roots"` // the nodes that changed themselves
	// Groups are the groups of all its nodes, sorted by name: the experiments that
	// it affects.
	Groups []string `json:"groups,omitempty"`
	// Counts are in the order of the graph.
	Counts  []StageCount `json:"counts"`
	Seconds float64      `json:"seconds"` // expected time for one worker; see Unknown
	Unknown int          `json:"unknown"` // number of nodes whose stage was never measured
}

// A StageCount is the number of nodes of one stage that a change makes run.
type StageCount struct {
	Stage string `json:"stage"`
	// Certain nodes run whatever the nodes above them produce. The others run only
	// if what they read comes out changed.
	Certain  int `json:"certain"`
	Possible int `json:"possible"`
}

// Changes summarises why nodes are not current. It has one element for each
// thing that changed, in the order of the graph.
func (p *Plan) Changes() []Change {
	field := p.field
	if field == nil {
		field = func(_ *Node, name string) string { return name }
	}
	var found []*changed
	byKey := map[string]*changed{}
	follows := make(map[*Node][]*changed, len(p.Steps)) // the changes that each node follows from, in order
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State == Current {
			continue
		}
		var list []*changed
		for _, in := range s.Node.Inputs {
			for _, c := range follows[in.From] {
				if !slices.Contains(list, c) {
					list = append(list, c)
				}
			}
		}
		failed := slices.ContainsFunc(list, func(c *changed) bool { return c.Kind == FailedBefore })
		if own := ownCauses(s, len(list) > 0); len(own) > 0 && !(failed && own[0].Kind == NeverRan) {
			key := changeKey(s.Node, own, field)
			c := byKey[key]
			if c == nil {
				c = &changed{order: len(found), values: make([]map[string]bool, len(own)), groups: map[string]bool{}, stages: map[*Stage]*StageCount{}}
				byKey[key], found = c, append(found, c)
				c.Kind = own[0].Kind
			}
			c.root(s.Node, own, field)
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
		slices.SortFunc(list, func(a, b *changed) int { return a.order - b.order })
		follows[s.Node] = list
		for _, c := range list {
			c.add(p, s)
		}
	}
	out := make([]Change, len(found))
	for i, c := range found {
		out[i] = c.finish()
	}
	return out
}

// ownCauses returns the causes that make a step a root of a change. If what the
// step reads changes too, it leaves out causes that only mirror that change: a
// list of inputs of another length, and changed parameters that are elements of
// lists of that length.
func ownCauses(s *Step, reads bool) []Cause {
	if len(s.Causes) > 0 && s.Causes[0].Kind == FailedBefore {
		return s.Causes[:1] // whatever caused the first try, this is a new one
	}
	if !reads {
		return s.Causes
	}
	lists := map[string]bool{}
	for _, c := range s.Causes {
		if list, _, element := strings.Cut(c.Name, "["); element && c.Kind == ParameterChanged {
			lists[list] = true
		}
	}
	var own []Cause
	for _, c := range s.Causes {
		list, _, _ := strings.Cut(c.Name, "[") // a list's own name denotes its length
		if c.Kind != InputChanged && (c.Kind != ParameterChanged || !lists[list]) {
			own = append(own, c)
		}
	}
	return own
}

// changed is a Change under construction.
type changed struct {
	Change
	order  int
	names  []string
	texts  []string
	values []map[string]bool // the texts of each cause
	groups map[string]bool
	stages map[*Stage]*StageCount
	list   []*StageCount
}

// changeKey returns a key that is equal for nodes in which the same things
// changed, to whatever values: a new place in a generator's sequence is one
// change of many runs.
func changeKey(n *Node, causes []Cause, field func(*Node, string) string) string {
	var b strings.Builder
	for _, c := range causes {
		fmt.Fprintf(&b, "%s\x00%s\x00", c.Kind, causeName(n, c, field))
	}
	return b.String()
}

// causeName returns what a cause is about. For errors it leaves out the ids and
// paths, by which people do not group them.
func causeName(n *Node, c Cause, field func(*Node, string) string) string {
	switch c.Kind {
	case ParameterChanged:
		name, _, _ := strings.Cut(c.Name, "[")
		return field(n, name)
	case InputChanged:
		return "inputs"
	}
	return c.Name
}

func (c *changed) root(n *Node, causes []Cause, field func(*Node, string) string) {
	c.Roots = append(c.Roots, n.Name)
	for i, cause := range causes {
		if c.values[i] == nil {
			c.values[i] = map[string]bool{}
			c.names = append(c.names, causeName(n, cause, field))
			c.texts = append(c.texts, causeText(n, cause, field))
		}
		c.values[i][causeText(n, cause, field)] = true
	}
}

// causeText describes a cause in values. It returns only the first line, and
// uses the name that people use.
func causeText(n *Node, c Cause, field func(*Node, string) string) string {
	if c.Kind == FailedBefore {
		return "failed before" // each failed for its own reason
	}
	text, _, more := strings.Cut(c.Text, "\n")
	if more {
		text += " …"
	}
	if c.Kind == ParameterChanged {
		text = field(n, c.Name) + strings.TrimPrefix(text, c.Name)
	}
	return text
}

func (c *changed) add(p *Plan, s *Step) {
	count := c.stages[s.Node.Stage]
	if count == nil {
		count = &StageCount{Stage: s.Node.Stage.Name}
		c.stages[s.Node.Stage] = count
		c.list = append(c.list, count)
	}
	if s.State == Waiting {
		count.Possible++
	} else {
		count.Certain++
	}
	if s.Node.Group != "" {
		c.groups[s.Node.Group] = true
	}
	d, ok := p.Expected(s.Node)
	if !ok {
		c.Unknown++
	}
	c.Seconds += d.Seconds()
}

// mostValues is the most changed values that a line names.
const mostValues = 3

func (c *changed) finish() Change {
	var parts []string
	seen := map[string]bool{}
	for i, values := range c.values {
		part := c.texts[i]
		if len(values) > 1 {
			part = fmt.Sprintf("%s (%d different)", c.names[i], len(values))
			if c.names[i] == "" {
				part = fmt.Sprintf("%s, and %d like it", c.texts[i], len(values)-1)
			}
		}
		if !seen[part] {
			seen[part] = true
			parts = append(parts, part)
		}
	}
	if n := len(parts) - mostValues; n > 0 {
		parts = append(parts[:mostValues], fmt.Sprintf("%d more", n))
	}
	c.Text = strings.Join(parts, ", ")
	c.Groups = slices.Sorted(maps.Keys(c.groups))
	for _, count := range c.list {
		c.Counts = append(c.Counts, *count)
	}
	return c.Change
}

// Duration returns how long a change takes with that many jobs if everything
// that may run does run and nothing waits. ok is false if most of it was never
// measured.
func (c Change) Duration(jobs int) (d time.Duration, ok bool) {
	total := 0
	for _, n := range c.Counts {
		total += n.Certain + n.Possible
	}
	return seconds(c.Seconds / float64(max(1, jobs))), 2*c.Unknown < total
}
