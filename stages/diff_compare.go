package stages

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/lock"
	"sparsel/stages/metrics"
	"sparsel/stages/table"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// arrow describes the change of a text.
func arrow(key string, was, is *string) string {
	switch {
	case was == nil:
		return fmt.Sprintf("%s added: %s", key, *is)
	case is == nil:
		return fmt.Sprintf("%s removed: was %s", key, *was)
	case *was == *is:
		return ""
	}
	return fmt.Sprintf("%s %s → %s", key, *was, *is)
}

// compareParams compares the parameter files. If one of them is not known, it
// compares the parameters of the nodes.
func (d *difference) compareParams(was, is state, verbose bool) {
	if was.params != nil {
		d.Parameters = pipeline.Changes(was.params, is.params, arrow)
	}
	if was.fields == nil {
		// A file beside the lock may have been edited since.
		if len(d.Parameters) == 0 && was.lock.Params != is.lock.Params {
			d.unknown.parameters = true
			d.Notes = append(d.Notes, "the lock was written from other parameters; what they were is not known")
		}
		return
	}
	times := map[string]int{}
	for node, before := range was.fields {
		after, ok := is.fields[node]
		if !ok {
			continue
		}
		changes, kind := pipeline.FieldChanges(before, after), kindOf(node)
		if kind != train.Kind && kind != metrics.Kind && len(changes) > 0 && !verbose {
			// These are lists of conditions, which are told apart by index.
			// Showing how an edit of the study changes them would not help.
			changes = []string{"what it is made of or looks like"}
		}
		for _, text := range changes {
			times[kind+": "+text]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(times)) {
		d.Parameters = append(d.Parameters, fmt.Sprintf("%s (%s)", text, words.Counted(times[text], "node")))
	}
}

func (d *difference) compareCode(was, is *lock.Lock) {
	if was.Go != is.Go {
		d.Code = append(d.Code, arrow("Go", &was.Go, &is.Go))
	}
	edited := func(key string, before, after *lock.ID) string {
		switch {
		case before == nil:
			return key + " added"
		case after == nil:
			return key + " removed"
		case *before == *after:
			return ""
		}
		return key + " changed"
	}
	d.Code = append(d.Code, pipeline.Changes(was.Packages, is.Packages, edited)...)
	d.Code = append(d.Code, pipeline.Changes(was.Modules, is.Modules, arrow)...)
	for _, text := range pipeline.Changes(was.Code, is.Code, edited) {
		d.Code = append(d.Code, "stage "+text)
	}
	for _, text := range pipeline.Changes(was.Contract, is.Contract, arrow) {
		d.Code = append(d.Code, "contract of stage "+text)
	}
}

// compareResults compares results by content. Nodes are identified by name.
func (d *difference) compareResults(was, is *lock.Lock) {
	before, after := byNode(was), byNode(is)
	nodes := maps.Clone(before)
	maps.Copy(nodes, after)
	for _, node := range slices.Sorted(maps.Keys(nodes)) {
		c := resultChange{Node: node}
		switch {
		case before[node] == nil:
			c.What = "new"
		case after[node] == nil:
			c.What = "gone"
		default:
			for _, output := range slices.Sorted(maps.Keys(before[node])) {
				if id, ok := after[node][output]; ok && id != before[node][output] {
					c.What, c.Outputs = "differs", append(c.Outputs, output)
				}
			}
		}
		switch kind := kindOf(node); {
		case kind == train.Kind:
			d.Trainings.add(c.What)
		case c.What != "" && (kind == figure.Kind || kind == table.Kind || kind == finding.Kind):
			d.Results = append(d.Results, c)
		}
	}
}

func (c *resultCounts) add(what string) {
	switch what {
	case "":
		c.Same++
	case "differs":
		c.Differs++
	case "new":
		c.New++
	case "gone":
		c.Gone++
	}
}

func byNode(l *lock.Lock) map[string]map[string]lock.ID {
	nodes := map[string]map[string]lock.ID{}
	for o, r := range l.Outputs {
		if nodes[o.Node] == nil {
			nodes[o.Node] = map[string]lock.ID{}
		}
		nodes[o.Node][o.Name] = r.Content
	}
	return nodes
}

// kindOf returns the element of a node's name that gives its kind, which
// follows the profile's name if there is one.
func kindOf(node string) string {
	first, rest, _ := strings.Cut(node, "/")
	if slices.Contains(kinds, first) {
		return first
	}
	second, _, _ := strings.Cut(rest, "/")
	return second
}

// mostDifferences is how many lines a section of the summary has.
const mostDifferences = 20

// print writes a summary or, if verbose is set, everything.
func (d *difference) print(w io.Writer, verbose bool) error {
	section := func(title string, lines []string, unknown bool) {
		switch {
		case unknown:
			lines = []string{"nothing to compare"}
		case len(lines) == 0:
			lines = []string{"no difference"}
		}
		if n := len(lines) - mostDifferences; n > 1 && !verbose {
			lines = append(slices.Clone(lines[:mostDifferences]), fmt.Sprintf("and %d more; -verbose prints them", n))
		}
		fmt.Fprintln(w, title)
		for _, line := range lines {
			quote.Fprintf(w, "  %s\n", line)
		}
	}
	section("parameters", d.Parameters, d.unknown.parameters)
	section("code", d.Code, false)
	var lines []string
	for _, r := range d.Results {
		text := r.Node + " " + r.What
		if len(r.Outputs) > 0 {
			text += ": " + strings.Join(r.Outputs, ", ")
		}
		lines = append(lines, text)
	}
	section("figures, tables and findings", lines, false)
	t := d.Trainings
	section("trainings", []string{fmt.Sprintf("%d same, %d differ, %d new, %d gone", t.Same, t.Differs, t.New, t.Gone)}, false)
	lines = nil
	for _, n := range d.Numbers {
		var parts []string
		if n.Of > 0 {
			text := fmt.Sprintf("%d of %d means moved", n.Moved, n.Of)
			if n.Moved > 0 {
				text += fmt.Sprintf(", most in %s: %.6g → %.6g", n.Where, n.Before, n.After)
			}
			parts = append(parts, text)
		}
		if n.New+n.Gone > 0 {
			parts = append(parts, fmt.Sprintf("%d new, %d gone", n.New, n.Gone))
		}
		lines = append(lines, fmt.Sprintf("%s, %s: %s", n.Experiment, n.Metric, strings.Join(parts, "; ")))
	}
	section("numbers", lines, d.unknown.numbers)
	if d.NotMade > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("not made yet with the present parameters: %s, which this comparison leaves out or counts as gone",
			words.Counted(d.NotMade, "result")))
	}
	for _, n := range d.Notes {
		quote.Fprintf(w, "note: %s\n", n)
	}
	_, err := fmt.Fprintf(w, "compared with %s\n", d.Before)
	return err
}
