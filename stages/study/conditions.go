package study

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/params"
	"sparsel/stages/table"
	"sparsel/trainer"
)

// The tables that the parameter file alone decides: what the conditions of an experiment are.

// setting is one thing that conditions may differ in.
type setting struct {
	name  string
	value func(c trainer.Config, epsilon float64) string // empty where the run has no such thing
}

var settings = []setting{
	{"network", func(c trainer.Config, _ float64) string { return networkText(c.Network) }},
	{"activation", func(c trainer.Config, _ float64) string { return c.Network.Activation }},
	{"training images", func(c trainer.Config, _ float64) string { return samplerText(c) }},
	{"batch size", func(c trainer.Config, _ float64) string { return strconv.Itoa(c.Batch) }},
	{"epochs", func(c trainer.Config, _ float64) string { return strconv.Itoa(c.Epochs) }},
	{"measured on", func(c trainer.Config, _ float64) string { return measureText(c.Measure) }},
	{"learning rate", constant("lr")},
	{"weight decay", constant("weight_decay")},
	{"momentum", constant("momentum")},
	{"rho", constant("rho")},
	{"beta1", constant("beta1")},
	{"beta2", constant("beta2")},
	{"CCMAS epsilon", func(_ trainer.Config, epsilon float64) string { return shortNumber(epsilon) }},
}

func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// constant shows a hyper-parameter of the optimizers that have it.
func constant(name string) func(c trainer.Config, epsilon float64) string {
	return func(c trainer.Config, _ float64) string {
		has := func(h trainer.Hyperparameter) bool { return h.Name == name }
		if !slices.ContainsFunc(trainer.Hyper(c.Optimizer.Name), has) {
			return ""
		}
		return shortNumber(*c.Optimizer.Constant(name))
	}
}

// networkText is the widths of the layers, input first.
func networkText(n trainer.Network) string {
	parts := []string{strconv.Itoa(params.Pixels)}
	for _, channels := range n.Conv {
		parts = append(parts, fmt.Sprintf("conv %d", channels))
	}
	for _, width := range n.Hidden {
		parts = append(parts, strconv.Itoa(width))
	}
	return strings.Join(append(parts, strconv.Itoa(params.Classes)), " → ")
}

func samplerText(c trainer.Config) string {
	switch s := c.Sampler; s.Kind {
	case "shuffled":
		return "shuffled"
	case "sorted":
		return "sorted by class"
	case "consecutive":
		return fmt.Sprintf("runs of %d of one class", s.Block)
	case "classes":
		if s.Classes == 1 {
			return "1 class a batch"
		}
		return fmt.Sprintf("%d classes a batch", s.Classes)
	default:
		return s.Kind
	}
}

func measureText(measure string) string {
	switch measure {
	case "", "test":
		return "test images after the epoch"
	case "train-running":
		return "training images during the epoch"
	}
	return "training images after the epoch"
}

// conditionsTable has a row for each condition of an experiment and a column for each setting in which its conditions
// differ from each other or from the baseline.
func (b *builder) conditionsTable(t params.Table) table.TextParams {
	type described struct {
		condition, optimizers string
		cells                 []string
	}
	var rows []described
	shown := make([]bool, len(settings))
	for _, u := range b.uses {
		if u.Experiment != t.Experiment {
			continue
		}
		baseline := b.params.BaselineRun(u.Optimizer)
		i := slices.IndexFunc(rows, func(r described) bool { return r.condition == u.Condition })
		if i < 0 {
			i = len(rows)
			rows = append(rows, described{condition: u.Condition, cells: make([]string, len(settings))})
		}
		r := &rows[i]
		r.optimizers = addWord(r.optimizers, u.Optimizer)
		for k, s := range settings {
			value := s.value(u.Run.Config, u.CCMASEpsilon)
			shown[k] = shown[k] || value != s.value(baseline, b.params.Metrics.CCMASEpsilon)
			r.cells[k] = addWord(r.cells[k], value)
		}
	}
	p := table.TextParams{ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Header: []string{"condition", "optimizers"}}
	if p.Title == "" {
		p.Title = "Conditions of experiment " + t.Experiment
	}
	p.Caption = "Whatever is not shown is as in the baseline"
	for k, s := range settings {
		if shown[k] {
			p.Header = append(p.Header, s.name)
		}
	}
	for _, r := range rows {
		line := []string{r.condition, b.inOrder(r.optimizers)}
		for k, cell := range r.cells {
			if shown[k] {
				line = append(line, cell)
			}
		}
		p.Rows = append(p.Rows, line)
	}
	return p
}

// addWord adds to a comma-separated list what it does not hold.
func addWord(list, word string) string {
	switch {
	case word == "" || slices.Contains(strings.Split(list, ", "), word):
		return list
	case list == "":
		return word
	}
	return list + ", " + word
}

// inOrder puts optimizers in the order of figures and tables; all of the study's are "all".
func (b *builder) inOrder(list string) string {
	names := strings.Split(list, ", ")
	lacks := func(optimizer string) bool { return !slices.Contains(names, optimizer) }
	if all := b.params.Study.Optimizers; len(names) == len(all) && !slices.ContainsFunc(all, lacks) {
		return "all"
	}
	slices.SortFunc(names, func(x, y string) int {
		return slices.Index(params.DisplayOrder, x) - slices.Index(params.DisplayOrder, y)
	})
	return strings.Join(names, ", ")
}

// gridsTable has a row for each swept parameter and the optimizers that share its values.
func (b *builder) gridsTable(t params.Table) table.TextParams {
	p := table.TextParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Caption: "One parameter varies at a time; the others are the baseline's",
		Header: []string{"parameter", "optimizers", "values", "values tried", "baseline"},
	}
	for _, experiment := range t.Experiments {
		for _, optimizer := range b.params.OptimizersOf(experiment) {
			column, values := "", ""
			for _, u := range b.uses {
				if v, err := strconv.ParseFloat(u.Value, 64); u.Experiment == experiment && u.Optimizer == optimizer && err == nil {
					column, values = u.Column, addWord(values, shortNumber(v))
				}
			}
			if values == "" {
				continue // nothing varies by number
			}
			baseline := optimizer + " " + swept(b.params.BaselineRun(optimizer), column)
			i := slices.IndexFunc(p.Rows, func(r []string) bool { return r[0] == column && r[3] == values })
			if i < 0 {
				p.Rows = append(p.Rows, []string{column, optimizer, strconv.Itoa(strings.Count(values, ",") + 1), values, baseline})
				continue
			}
			p.Rows[i][1], p.Rows[i][4] = p.Rows[i][1]+", "+optimizer, p.Rows[i][4]+", "+baseline
		}
	}
	for _, r := range p.Rows {
		r[1] = b.inOrder(r[1])
	}
	return p
}

// swept is the value that a run has of the parameter of a column of the tidy table.
func swept(c trainer.Config, column string) string {
	for _, s := range settings {
		if s.name == strings.ReplaceAll(column, "_", " ") {
			return s.value(c, 0)
		}
	}
	return "–"
}

// hyperText is an optimizer's hyper-parameters besides the learning rate.
func hyperText(o trainer.Optimizer) string {
	var parts []string
	for _, h := range trainer.Hyper(o.Name) {
		if h.Name != "lr" {
			parts = append(parts, fmt.Sprintf("%s %v", strings.ReplaceAll(h.Name, "_", " "), *o.Constant(h.Name)))
		}
	}
	return strings.Join(parts, ", ")
}

// parametersTable has a row for each network of an experiment, by size.
func (b *builder) parametersTable(t params.Table) table.TextParams {
	p := table.TextParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Caption: "Weights and biases",
		Header: []string{"hidden units", "network", "parameters"},
	}
	counts := map[string]uint64{}
	for _, u := range b.uses {
		c := u.Run.Config
		network := networkText(c.Network)
		if u.Experiment != t.Experiment || counts[network] > 0 {
			continue
		}
		c.Epochs = 0 // a network draws each of its parameters once, and no epoch draws anything more
		counts[network] = c.Draws(params.Pixels, params.Classes, params.TrainSamples)
		units := 0
		for _, width := range c.Network.Hidden {
			units += width
		}
		p.Rows = append(p.Rows, []string{strconv.Itoa(units), network, strconv.FormatUint(counts[network], 10)})
	}
	slices.SortStableFunc(p.Rows, func(x, y []string) int { return int(counts[x[1]]) - int(counts[y[1]]) })
	return p
}
