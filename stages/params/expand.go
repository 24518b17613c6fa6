package params

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/trainer"
)

// The shape of MNIST, which decides how many random numbers a run draws.
const (
	Pixels       = 784
	Classes      = 10
	TrainSamples = 60000
	TestSamples  = 10000
)

// Run is one distinct training. Experiments that ask for equal trainings share it.
type Run struct {
	Name       string // of its first use: experiment/condition/optimizer/seed=S
	Experiment string // of its first use
	Config     trainer.Config
}

// Use is one place where an experiment uses a run.
type Use struct {
	Experiment, Condition, Optimizer string
	Seed                             uint32
	Column, Value                    string // of the parameter that varies (the last one, of a grid); empty where none does
	Run                              *Run
}

// maxConditions bounds an experiment's grid, so that a slip of a digit is an error and not a full memory.
const maxConditions = 10000

// condition is one row of an experiment's grid.
type condition struct {
	name          string
	column, value string
	set           []setting
}

type setting struct {
	name  string
	value any
	path  string
}

// Expand lists the study's distinct runs in the order of the file, and every use that an experiment makes of one.
//
// With author seeding a run starts where the runs before it in its session have left the generator, so its
// place is the sum of their draws; nothing is trained to find it.
func (p *Params) Expand() ([]*Run, []Use) {
	d := &document{}
	runs, uses := p.expand(d)
	if len(d.problems) > 0 {
		panic("params: Expand called on parameters that Read refused: " + d.problems[0].Message)
	}
	return runs, uses
}

func (p *Params) expand(d *document) ([]*Run, []Use) {
	var runs []*Run
	var uses []Use
	distinct := map[string]*Run{}
	sessions := map[string]uint64{} // draws so far, by session and seed
	for i, e := range p.Experiments {
		path := fmt.Sprintf("experiments[%d]", i)
		for _, c := range e.conditions(d, path) {
			for _, optimizer := range e.Optimizers {
				if _, ok := p.Optimizers[optimizer]; !ok {
					continue // reported by check
				}
				config := p.config(d, path, optimizer, e, c)
				for _, seed := range orElse(e.Seeds, p.Study.Seeds) {
					config.Seeding = trainer.Seeding{Mode: p.Study.Seeding, Seed: seed}
					if e.Seeding != "" {
						config.Seeding.Mode = e.Seeding
					}
					if config.Seeding.Mode == "author" {
						session := fmt.Sprintf("%s\x00%d", e.session(i, c), seed)
						config.Seeding.Skip = sessions[session]
						sessions[session] += config.Draws(Pixels, Classes, p.trainImages())
					}
					use := Use{Experiment: e.Name, Condition: c.name, Optimizer: optimizer, Seed: seed, Column: c.column, Value: c.value}
					if err := config.Validate(); err != nil && len(d.problems) == 0 {
						d.report(path, "%s, %s: %s", c.name, optimizer, strings.ReplaceAll(err.Error(), "\n", " "))
					}
					key := identity(config)
					use.Run = distinct[key]
					if use.Run == nil {
						use.Run = &Run{
							Name:       fmt.Sprintf("%s/%s/%s/seed=%d", e.Name, c.name, optimizer, seed),
							Experiment: e.Name, Config: config,
						}
						distinct[key] = use.Run
						runs = append(runs, use.Run)
					}
					uses = append(uses, use)
				}
			}
		}
	}
	return runs, uses
}

// session names the recorded session that an entry's condition belongs to.
func (e Experiment) session(entry int, c condition) string {
	switch e.Session {
	case "", "condition":
		return fmt.Sprintf("%d\x00%s", entry, c.name)
	case "experiment":
		return e.Name
	}
	return "session\x00" + e.Session
}

// trainImages is the number of training images that a run sees.
func (p *Params) trainImages() int {
	if p.Study.TrainImages > 0 {
		return p.Study.TrainImages
	}
	return TrainSamples
}

// BaselineRun is the baseline with one of the optimizers, without its seeding.
func (p *Params) BaselineRun(optimizer string) trainer.Config {
	s := settings{config: trainer.Config{
		Network:   trainer.Network{Hidden: p.Baseline.Hidden, Activation: p.Baseline.Activation},
		Optimizer: trainer.Optimizer{Name: optimizer},
		Sampler:   trainer.Sampler{Kind: p.Baseline.Sampler},
		Batch:     p.Baseline.Batch,
		Epochs:    p.Baseline.Epochs,
	}}
	for name, v := range p.Optimizers[optimizer].values() {
		if v != nil {
			_ = s.applyHyper(name, *v) // its own problems are reported by check, once
		}
	}
	return s.config
}

// config puts one run together, without its seeding.
func (p *Params) config(d *document, path, optimizer string, e Experiment, c condition) trainer.Config {
	s := settings{config: p.BaselineRun(optimizer)}
	list := c.set
	for _, name := range sortedKeys(e.Set) {
		list = append([]setting{{name, e.Set[name], path + ".set." + name}}, list...)
	}
	for _, v := range list {
		if err := s.apply(v.name, v.value); err != nil {
			d.report(v.path, "parameter %s %v", v.name, err)
		}
	}
	return s.config
}

// conditions spreads an entry's grid out, the first parameter outermost.
func (e Experiment) conditions(d *document, path string) []condition {
	list := []condition{{name: e.Condition}}
	for i, v := range e.Vary {
		at := fmt.Sprintf("%s.vary[%d]", path, i)
		values, where := v.values(d, at)
		if len(list)*len(values) > maxConditions {
			d.report(at, "makes a grid of more than %d conditions", maxConditions)
			return nil
		}
		var next []condition
		for _, c := range list {
			for k, value := range values {
				text := format(value)
				row := c
				row.name = strings.ReplaceAll(c.name, "{"+v.Parameter+"}", text)
				if _, ok := number(value); ok { // the tidy table has a column of numbers; a word is in the condition's name
					row.column, row.value = v.Column, text
					if row.column == "" {
						row.column = v.Parameter
					}
				}
				row.set = append(append([]setting{}, c.set...), setting{v.Parameter, value, where(k)})
				next = append(next, row)
			}
		}
		list = next
	}
	for _, c := range list {
		if strings.ContainsAny(c.name, "{}") {
			d.report(path+".condition", "is %q, names in braces must be those of parameters that vary", e.Condition)
			break
		}
	}
	return list
}

// values are those listed, or those of the log grid, with the place of each for messages.
func (v Vary) values(d *document, path string) ([]any, func(int) string) {
	if v.Logspace == nil {
		return v.Values, func(k int) string { return fmt.Sprintf("%s.values[%d]", path, k) }
	}
	g := *v.Logspace
	if g.Count < 2 || g.Count > 10000 {
		d.report(path+".logspace.count", "is %d, must lie between 2 and 10000", g.Count)
		return nil, nil
	}
	values := make([]any, g.Count)
	for k := range values {
		exponent := g.From + float64(k)*((g.To-g.From)/float64(g.Count-1))
		values[k] = roundTrip(math.Pow(10, exponent))
	}
	return values, func(int) string { return path + ".logspace" }
}

// roundTrip keeps 12 significant digits: math.Pow may differ in its last bit between architectures, and a
// grid value is part of a run's identity.
func roundTrip(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return x // out of range: refused where it is applied
	}
	return y
}

func format(value any) string {
	if v, ok := value.(float64); ok {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}

func orElse[T any](list, otherwise []T) []T {
	if len(list) > 0 {
		return list
	}
	return otherwise
}

// identity is a text that is equal for equal configurations only.
func identity(c trainer.Config) string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a configuration holds only finite numbers, strings and slices
	}
	return string(text)
}

// Archived lists the epochs whose activations a run of so many epochs keeps.
func (p *Params) Archived(epochs int) []int {
	var list []int
	switch archive := p.Study.Archive.(type) {
	case string:
		first := epochs // "last"
		if archive == "all" {
			first = 1
		}
		for e := first; e <= epochs; e++ {
			list = append(list, e)
		}
	case []any:
		for _, v := range archive {
			if e := int(v.(int64)); e <= epochs {
				list = append(list, e)
			}
		}
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}

// DisplayOrder is the order in which figures and tables show the optimizers.
var DisplayOrder = []string{"SGD", "Adagrad", "Adadelta", "Adam"}

// OptimizersOf lists the optimizers of an experiment in the order of figures and tables.
func (p *Params) OptimizersOf(experiment string) []string {
	var list []string
	for _, name := range DisplayOrder {
		uses := func(e Experiment) bool { return e.Name == experiment && slices.Contains(e.Optimizers, name) }
		if slices.ContainsFunc(p.Experiments, uses) {
			list = append(list, name)
		}
	}
	return list
}
