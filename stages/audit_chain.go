package stages

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
)

// shownValues is how many values are listed for a parameter that differs
// between the results of a stage.
const shownValues = 8

// printChain says what a result was made from, in a paragraph for each stage,
// beginning with the result itself.
func printChain(out io.Writer, p *pipeline.Provenance, chain []*pipeline.Made) {
	var order []string
	byStage := map[string][]*pipeline.Made{}
	for _, m := range slices.Backward(chain) {
		if byStage[m.Stage] == nil {
			order = append(order, m.Stage)
		}
		byStage[m.Stage] = append(byStage[m.Stage], m)
	}
	fmt.Fprintln(out, "made from")
	for _, stage := range order {
		printStage(out, p, byStage[stage])
	}
}

func printStage(out io.Writer, p *pipeline.Provenance, list []*pipeline.Made) {
	name := list[0].Node
	if len(list) > 1 {
		name = fmt.Sprintf("%d results of stage %s", len(list), list[0].Stage)
	}
	quote.Fprintf(out, "  %s\n", name)
	codes := map[string]bool{}
	for _, m := range list {
		text := "code " + m.Code.String()[:12]
		if c, err := p.Code(m.Code); err == nil {
			text += fmt.Sprintf(" of %s (%s)", c.Root, c.Go)
		}
		if _, from := m.Origin(); m.Adopted != nil {
			text += ", adopted from code " + from.String()[:12]
		}
		if m.Contract != "" {
			text += ", contract " + m.Contract
		}
		codes[text] = true
	}
	for _, c := range slices.Sorted(maps.Keys(codes)) {
		quote.Fprintf(out, "    %s\n", c)
	}
	printParams(out, list)
}

// shownFields is how many fields of a list or group are listed. Those of longer
// ones are only counted.
const shownFields = 12

// printParams lists the values that all results share, and then the values of
// the parameters that differ.
func printParams(out io.Writer, list []*pipeline.Made) {
	values, groups := map[string][]string{}, map[string]map[string]bool{}
	for _, m := range list {
		for _, f := range m.Params {
			if f.Kind == "len" {
				continue
			}
			if !slices.Contains(values[f.Name], f.Value) {
				values[f.Name] = append(values[f.Name], f.Value)
			}
			if g := group(f.Name); groups[g] == nil {
				groups[g] = map[string]bool{f.Name: true}
			} else {
				groups[g][f.Name] = true
			}
		}
	}
	var same, differ []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		g := group(name)
		if n := len(groups[g]); n > shownFields {
			text := fmt.Sprintf("%s: %d values, listed by `why %s`", g, n, list[0].Node)
			if !slices.Contains(same, text) {
				same = append(same, text)
			}
			continue
		}
		v := values[name]
		if len(v) == 1 {
			same = append(same, name+" = "+v[0])
			continue
		}
		slices.Sort(v)
		rest := ""
		if len(v) > shownValues {
			rest = fmt.Sprintf(" | … (%d in all)", len(v))
		}
		differ = append(differ, name+" = "+strings.Join(v[:min(len(v), shownValues)], " | ")+rest)
	}
	for _, text := range append(same, differ...) {
		quote.Fprintf(out, "    %s\n", text)
	}
}

// group returns the list or structure that contains a parameter: "uses" for
// "uses[3].seed", "run.optimizer" for "run.optimizer.lr".
func group(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
		if j := strings.IndexByte(name, '.'); j >= 0 {
			return name[:j]
		}
		return name
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return name
}
