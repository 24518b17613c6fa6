package stages

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/progress"
	"sparsel/pipeline/quote"
	"sparsel/stages/aggregate"
	"sparsel/stages/digits"
	"sparsel/stages/fetch"
	"sparsel/stages/figure"
	"sparsel/stages/finding"
	"sparsel/stages/metrics"
	"sparsel/stages/table"
	"sparsel/stages/train"
)

// nouns gives the words for a stage's nodes, singular and plural.
var nouns = map[string][2]string{
	train.Kind: {"training", "trainings"}, metrics.Kind: {"run's metrics", "runs' metrics"}, aggregate.Kind: {"aggregate", "aggregates"},
	figure.Kind: {"figure", "figures"}, table.Kind: {"table", "tables"}, finding.Kind: {"finding", "findings"},
	"findings": {"table of findings", "tables of findings"}, "units": {"figure of units", "figures of units"}, "tidy": {"table of all epochs", "tables of all epochs"},
	fetch.Kind: {"download", "downloads"}, digits.Kind: {"set of drawn digits", "sets of drawn digits"},
}

func countOf(n int, stage string) string { return fmt.Sprintf("%d %s", n, nounOf(n, stage)) }

// nounOf returns the word for so many nodes of a stage.
func nounOf(n int, stage string) string {
	words, ok := nouns[stage]
	if !ok {
		words = [2]string{stage, stage + "s"}
	}
	if n == 1 {
		return words[0]
	}
	return words[1]
}

// be returns the verb whose subject is so many things.
func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// countByKind counts nodes by the first element of their names, or by the
// second in a profile.
func countByKind(names []string) string {
	counts := map[string]int{}
	for _, name := range names {
		parts := strings.Split(name, "/")
		counts[parts[max(0, len(parts)-2)]]++
	}
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, countOf(counts[kind], kind))
	}
	return strings.Join(list, ", ")
}

// fieldName says where a node's parameter is in the parameter file, as far as
// the node's name tells. A parameter of an optimizer is under the optimizer.
func fieldName(n *pipeline.Node, name string) string {
	p, ok := n.Params.(train.Params)
	if !ok {
		return name
	}
	if rest, ok := strings.CutPrefix(name, "run.optimizer."); ok {
		return p.Run.Optimizer.Name + "." + rest
	}
	return strings.TrimPrefix(name, "run.")
}

// printChanges says what changed, and what has to run because of it: "Adam.lr
// 0.001 → 0.002 in train_vs_test: 3 trainings; then, where these come out
// changed, 3 runs' metrics, 1 aggregate, 4 figures; about 1 m 40 s".
func printChanges(w io.Writer, changes []pipeline.Change, jobs int) {
	for _, c := range changes {
		var certain, possible []string
		for _, n := range c.Counts {
			if n.Certain > 0 {
				certain = append(certain, countOf(n.Certain, n.Stage))
			}
			if n.Possible > 0 {
				possible = append(possible, countOf(n.Possible, n.Stage))
			}
		}
		what := strings.Join(certain, ", ")
		if possible != nil {
			what += "; then, if its input changes, "
			if len(possible) > 1 {
				what = strings.TrimSuffix(what, "if its input changes, ") + "where inputs change, "
			}
			what += strings.Join(possible, ", ")
		}
		quote.Fprintf(w, "%s%s: %s; %s\n", c.Text, places(c.Groups), what, changeTime(c, jobs))
		if len(c.Roots) <= mostRoots {
			for _, name := range c.Roots {
				quote.Fprintf(w, "  %s\n", name)
			}
		}
	}
}

// mostRoots is how many nodes are named beside a change. If there are more,
// they are only counted.
const mostRoots = 3

// places names the experiments that contain a change, or counts them.
func places(groups []string) string {
	switch len(groups) {
	case 0:
		return ""
	case 1:
		return " in " + groups[0]
	}
	return fmt.Sprintf(" in %d experiments", len(groups))
}

func changeTime(c pipeline.Change, jobs int) string {
	d, ok := c.Duration(jobs)
	switch {
	case !ok:
		return "how long it takes is not known yet"
	case c.Unknown > 0:
		return "at least " + duration(d)
	}
	return "about " + duration(d)
}

// duration formats a length of time in whole seconds. An estimate of future
// runs is no more precise.
func duration(d time.Duration) string {
	d = max(d.Round(time.Second), time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return progress.Short(d)
}

// printFailures names the nodes that failed when they were last run in their
// present state, each with its log.
func printFailures(w io.Writer, nodes []pipeline.NodeStatus) {
	for _, n := range nodes {
		if n.State != pipeline.Broken {
			continue
		}
		quote.Fprintf(w, "%s %s\n", n.Name, ownReasons(n)[0])
		if n.Log != "" {
			fmt.Fprintf(w, "  log: %s\n", n.Log)
		}
	}
}

// printOrphans names published files that nothing in the parameters publishes
// any more.
func printOrphans(w io.Writer, out string, orphans []string) {
	for _, path := range orphans {
		quote.Fprintf(w, "%s is a result of parameters that no longer exist; nothing keeps it up to date\n", filepath.Join(out, path))
	}
}
