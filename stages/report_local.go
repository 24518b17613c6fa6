package stages

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/report"
	"sparsel/trainer/kernel"
)

// addLocal adds the part of the report that differs from machine to machine.
func (c *collector) addLocal(status *pipeline.Status) error {
	events, damage, err := c.store.Journal()
	if err != nil {
		return err
	}
	l := &c.report.Local
	l.Written, l.Out, l.Command, l.Machine = time.Now(), c.o.out(), c.o.command("all"), machine()
	l.Stages, l.Runs = stageTimes(status.Nodes, events), c.runsOf(events)
	if n := status.Counts.Adopted; n > 0 {
		l.Notes = append(l.Notes, fmt.Sprintf("%d of the %d current results were adopted: other code made them, and repetitions "+
			"of a sample by the present code gave the same bytes", n, status.Counts.Current))
	}
	for _, d := range damage {
		l.Notes = append(l.Notes, d.String())
	}
	return nil
}

// machine describes where this program runs.
func machine() []report.Fact {
	facts := []report.Fact{
		{Name: "processor", Value: processor()},
		{Name: "cores", Value: fmt.Sprintf("%d, of which %d used", runtime.NumCPU(), runtime.GOMAXPROCS(0))},
	}
	if set, err := kernel.Active(); err == nil {
		facts = append(facts, report.Fact{Name: "kernels", Value: set.Name})
	}
	return append(facts,
		report.Fact{Name: "Go", Value: runtime.Version()},
		report.Fact{Name: "platform", Value: runtime.GOOS + "/" + runtime.GOARCH})
}

// processor returns the name of the processor where the system has a
// /proc/cpuinfo, as Linux does.
func processor() string {
	const unknown = "not told by the system"
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// stageTimes adds up, for each stage, the time that its current results took. A
// result that several nodes share counts once.
func stageTimes(nodes []pipeline.NodeStatus, events []store.Event) []report.StageTime {
	took := map[string]time.Duration{}
	for _, e := range events {
		if e.Kind == store.NodeFinish && e.Action != nil {
			took[e.Action.String()] = time.Duration(e.Seconds * float64(time.Second))
		}
	}
	var list []report.StageTime
	counted := map[string]bool{}
	for _, n := range nodes {
		i := slices.IndexFunc(list, func(s report.StageTime) bool { return s.Stage == n.Stage })
		if i < 0 {
			i = len(list)
			list = append(list, report.StageTime{Stage: n.Stage})
		}
		s := &list[i]
		s.Nodes++
		if n.State != pipeline.Current {
			continue
		}
		s.Current++
		d, ok := took[n.Action]
		if !ok {
			continue
		}
		s.Measured++
		if !counted[n.Action] {
			counted[n.Action] = true
			s.Total += d
			s.Longest = max(s.Longest, d)
		}
	}
	return list
}

// runsOf lists the runs that executed any node of this study, oldest first.
func (c *collector) runsOf(events []store.Event) []report.Run {
	var list []report.Run
	at := map[string]int{} // by id
	for _, e := range events {
		i, known := at[e.Run]
		if e.Kind == store.RunStart && !known {
			at[e.Run] = len(list)
			list = append(list, report.Run{ID: e.Run, Request: e.Request, Started: e.Time})
		}
		if !known || e.Node != "" && c.Graph.Node(e.Node) == nil {
			continue // another profile's
		}
		switch e.Kind {
		case store.RunEnd:
			list[i].Ended, list[i].Elapsed = true, e.Time.Sub(list[i].Started)
		case store.NodeFinish:
			list[i].Executed++
		case store.NodeFail:
			list[i].Failed++
		}
	}
	return slices.DeleteFunc(list, func(r report.Run) bool { return r.Executed+r.Failed == 0 })
}
