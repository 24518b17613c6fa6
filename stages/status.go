package stages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/stages/words"
)

// Status prints what is stale and why. If something is, its error asks for exit
// code 2.
func Status(ctx context.Context, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	targets, never, err := w.asked()
	if err != nil {
		return err
	}
	status, err := w.engine.Status(ctx, w.Graph, targets)
	if err != nil {
		return err
	}
	if orDefault(o.JSON, false) {
		err = w.printNodes(ctx, status.Current)
	} else {
		err = errors.Join(o.printStates(status, never), w.statusLock(status))
	}
	if err != nil || status.Current {
		return err
	}
	return exitError{2, fmt.Errorf("not everything is current; `%s` brings it up to date", o.command("all"))}
}

// printNodes lists every node of the study as JSON, including those that were
// never asked for. current refers to those that were.
func (w *workspace) printNodes(ctx context.Context, current bool) error {
	all, err := w.engine.Status(ctx, w.Graph, nil)
	if err != nil {
		return err
	}
	all.Current = current
	return printJSON(w.o.stdout(), all)
}

// printStates prints the status for people.
func (o Options) printStates(status *pipeline.Status, never []string) error {
	jobs, err := o.jobs()
	if err != nil {
		return err
	}
	if err := o.printStatus(status, jobs); err != nil || len(never) == 0 {
		return err
	}
	list := strings.Join(never, ", ")
	if len(never) > mostPaths && !orDefault(o.Verbose, false) {
		list = countByKind(never) + "; -verbose names them"
	}
	_, err = fmt.Fprintf(o.stdout(), "never asked for, and so not counted: %s\n", list)
	return err
}

// printPlan says what a run would do. It is used for dry runs.
func printPlan(o Options, plan *pipeline.Plan) error {
	jobs, err := o.jobs()
	if err != nil {
		return err
	}
	if orDefault(o.JSON, false) {
		return printJSON(o.stdout(), plan.Status())
	}
	return o.printStatus(plan.Status(), jobs)
}

func (o Options) printStatus(s *pipeline.Status, jobs int) error {
	w := o.stdout()
	for _, d := range s.Damage {
		fmt.Fprintf(w, "%s\n", d)
	}
	printOrphans(w, o.out(), s.Orphans)
	o.printAdopted(s)
	printArchives(w, s)
	if s.Current {
		_, err := fmt.Fprintf(w, "all %d nodes are current\n", s.Counts.Current)
		return err
	}
	printFailures(w, s.Nodes)
	printChanges(w, s.Changes, jobs)
	restore := 0
	for _, n := range s.Nodes {
		restore += len(n.Restore)
	}
	_, err := fmt.Fprintf(w, "%d to run, %d more unless their inputs come out unchanged, %d current, %s to publish again; %s\n",
		s.Counts.Stale+s.Counts.Failed, s.Counts.Waiting, s.Counts.Current, words.Counted(restore, "file"), estimate(s, jobs))
	return err
}

// printAdopted counts the results that other code made, or names them.
func (o Options) printAdopted(s *pipeline.Status) {
	if s.Counts.Adopted == 0 {
		return
	}
	fmt.Fprintf(o.stdout(), "%d of the %d current nodes were adopted: other code made them, and `why` says on what evidence they count\n",
		s.Counts.Adopted, s.Counts.Current)
	for _, n := range s.Nodes {
		if n.Adopted && orDefault(o.Verbose, false) {
			fmt.Fprintf(o.stdout(), "  adopted %s\n", n.Name)
		}
	}
}

// readsOthers is the reason of a node that has none of its own.
const readsOthers = "reads nodes that run"

// ownReasons returns the reasons that do not name another node of the plan. The
// other reasons would put every node into a group of its own.
func ownReasons(n pipeline.NodeStatus) []string {
	var list []string
	for _, r := range n.Reasons {
		if !strings.HasPrefix(r, "reads ") {
			first, _, more := strings.Cut(r, "\n")
			if more {
				first += " … (`why` and the node's name say the rest)"
			}
			list = append(list, first)
		}
	}
	if list == nil {
		list = []string{readsOthers}
	}
	return list
}

// estimate says how long a run will take, if that can be estimated from
// measurements.
func estimate(s *pipeline.Status, jobs int) string {
	if s.Seconds == 0 && s.Unknown > 0 {
		return "how long it takes is not known yet"
	}
	text := "about " + duration(time.Duration(s.Seconds/float64(jobs)*float64(time.Second)))
	if s.Unknown > 0 {
		text += fmt.Sprintf(" and %d steps never measured", s.Unknown)
	}
	return text
}

// asked lists the nodes of everything that this store was ever asked for, and
// the figures, tables and findings that it was not asked for. If it was asked
// for nothing, or for everything at once, all nodes count as asked for, so that
// what a later edit adds is missing.
func (w *workspace) asked() (targets, never []string, err error) {
	requests, err := w.requests()
	if err != nil {
		return nil, nil, err
	}
	wanted := map[string]bool{}
	for _, request := range requests {
		kind, ids, _ := strings.Cut(request, " ")
		for _, id := range several(ids) {
			wanted[kind+" "+id] = true
		}
		wanted[request] = true
	}
	for _, kind := range w.Results() {
		for id, n := range kind.Nodes {
			if wanted[kind.Kind+" "+id] {
				targets = append(targets, n.Name)
			} else {
				never = append(never, n.Name)
			}
		}
	}
	for name := range w.Aggregates {
		if wanted["experiment "+name] {
			of, err := w.Of("experiment", name)
			if err != nil {
				return nil, nil, err
			}
			targets = append(targets, of...)
		}
	}
	if targets == nil || wanted[everything] {
		return w.Targets(), nil, nil
	}
	slices.Sort(targets)
	targets = slices.Compact(targets)
	never = slices.DeleteFunc(never, func(name string) bool { return slices.Contains(targets, name) })
	slices.Sort(never)
	return targets, never, nil
}

// requests lists the requests of this profile, or of the whole study, without
// the profile's name.
func (w *workspace) requests() (list []string, err error) {
	all, err := w.engine.Requests()
	for _, request := range all {
		profile, of, ok := strings.Cut(request, ": ")
		switch {
		case w.Prefix == "" && !ok:
			list = append(list, request)
		case ok && profile == w.Prefix:
			list = append(list, of)
		}
	}
	return list, err
}
