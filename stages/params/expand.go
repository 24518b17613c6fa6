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
	Column, Value                    string  // of the parameter that varies (the last one, of a grid); empty where none does
	Tidy                             string  // the condition's name in the tidy table
	CCMASEpsilon                     float64 // added to the denominator of the selectivity index
	Run                              *Run
}

// Split is the part of the data that the use's sparsity and selectivity are about.
func (u Use) Split() string {
	switch u.Run.Config.Measure {
	case "", "test":
		return "test"
	}
	return "train"
}

// maxConditions bounds an experiment's grid, so that a slip of a digit is an error and not a full memory.
const maxConditions = 10000

// maxUses bounds what all experiments together ask for: conditions, optimizers and seeds multiply.
const maxUses = 250_000

// condition is one row of an experiment's grid.
type condition struct {
	name, tidy    string
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
	return p.expanded.runs, p.expanded.uses
}

func (p *Params) expand(d *document) ([]*Run, []Use) {
	x := expansion{params: p, document: d, distinct: map[string]*Run{}, sessions: newSessions(p.trainImages())}
	for i, e := range p.Experiments {
		path := fmt.Sprintf("experiments[%d]", i)
		if e.Like != "" {
			x.again(path, e)
			continue
		}
		seeds, conditions := p.seeds(e), e.conditions(d, path)
		if len(x.uses)+len(conditions)*len(e.Optimizers)*len(seeds) > maxUses {
			d.report(path, "and those before it ask for more than %d runs", maxUses)
			break
		}
		for _, c := range conditions {
			for _, optimizer := range e.Optimizers {
				if _, ok := p.Optimizers[optimizer]; !ok {
					continue // reported by check
				}
				config := p.config(d, path, optimizer, e, c)
				session := e.session(i, c.name, optimizer)
				for _, seed := range seeds {
					x.add(path, session, e, c, config, seed)
				}
			}
		}
	}
	p.expanded = &x // its walks through recorded sessions are worth keeping
	return x.runs, x.uses
}

// expansion is the list of runs and uses being put together.
type expansion struct {
	params   *Params
	document *document
	runs     []*Run
	uses     []Use
	distinct map[string]*Run // by identity
	sessions *sessions
}

// add adds a use, and its run if it is the first of it.
func (x *expansion) add(path, session string, e Experiment, c condition, config trainer.Config, seed uint32) {
	config.Seeding = trainer.Seeding{Mode: x.params.Study.Seeding, Seed: seed}
	if e.Seeding != "" {
		config.Seeding.Mode = e.Seeding
	}
	if err := config.Validate(); err != nil {
		if len(x.document.problems) == 0 {
			x.document.report(path, "%s, %s: %s", c.name, config.Optimizer.Name, strings.ReplaceAll(err.Error(), "\n", " "))
		}
		return
	}
	if x.params.trainImages() < TrainSamples && config.Seeding.Mode == "author" && config.Sampler.Kind == "classes" && !config.Sampler.Clean {
		x.document.report(path, "%s needs all %d training images: what its session draws depends on how many there are of each digit; give the experiment seeding = \"paired\"", c.name, TrainSamples)
		return
	}
	config.Seeding = x.sessions.join(session, config)
	use := x.params.use(e, c.name)
	use.Optimizer, use.Seed, use.Column, use.Value = config.Optimizer.Name, seed, c.column, c.value
	if c.tidy != "" {
		use.Tidy = c.tidy
	}
	key := identity(config)
	use.Run = x.distinct[key]
	if use.Run == nil {
		use.Run = &Run{
			Name:       fmt.Sprintf("%s/%s/%s/seed=%d", e.Name, c.name, config.Optimizer.Name, seed),
			Experiment: e.Name, Config: config,
		}
		x.distinct[key] = use.Run
		x.runs = append(x.runs, use.Run)
	}
	x.uses = append(x.uses, use)
}

// again adds uses of the runs of another condition.
func (x *expansion) again(path string, e Experiment) {
	experiment, name, _ := strings.Cut(e.Like, "/")
	var like []Use
	for _, u := range x.uses {
		if u.Experiment == experiment && u.Condition == name {
			like = append(like, u)
		}
	}
	for _, optimizer := range e.Optimizers {
		for _, seed := range x.params.seeds(e) {
			i := slices.IndexFunc(like, func(u Use) bool { return u.Optimizer == optimizer && u.Seed == seed })
			if i < 0 {
				x.document.report(path+".like", "is %q, which has no run of %s with seed %d further up in the file", e.Like, optimizer, seed)
				return
			}
			use := x.params.use(e, e.Condition)
			use.Optimizer, use.Seed, use.Run = optimizer, seed, like[i].Run
			if e.Column != "" && e.Value != nil {
				use.Column, use.Value = e.Column, format(*e.Value)
			}
			x.uses = append(x.uses, use)
		}
	}
}

// use is what all uses of an entry's condition share.
func (p *Params) use(e Experiment, condition string) Use {
	u := Use{Experiment: e.Name, Condition: condition, Tidy: condition, CCMASEpsilon: p.Metrics.CCMASEpsilon}
	if e.Tidy != "" {
		u.Tidy = e.Tidy
	}
	if e.CCMASEpsilon != nil {
		u.CCMASEpsilon = *e.CCMASEpsilon
	}
	return u
}

// seeds are those of the study that an entry is for.
func (p *Params) seeds(e Experiment) []uint32 {
	if len(e.Seeds) == 0 {
		return p.Study.Seeds
	}
	ours := make(map[uint32]bool, len(p.Study.Seeds))
	for _, s := range p.Study.Seeds {
		ours[s] = true
	}
	return slices.DeleteFunc(slices.Clone(e.Seeds), func(s uint32) bool { return !ours[s] })
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
	for name, v := range p.Optimizers[optimizer] {
		_ = s.applyHyper(name, v) // its own problems are reported by check, once
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
	s.config.Epochs = p.Profile.shorten(s.config.Epochs)
	return s.config
}

// conditions spreads an entry's grid out, the first parameter outermost.
func (e Experiment) conditions(d *document, path string) []condition {
	list := []condition{{name: e.Condition, tidy: e.Tidy, column: e.Column}}
	if e.Value != nil {
		list[0].value = format(*e.Value)
	}
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
				row.tidy = strings.ReplaceAll(c.tidy, "{"+v.Parameter+"}", text)
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
	return thin(values, v.points), func(int) string { return path + ".logspace" }
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
var DisplayOrder = trainer.Optimizers()

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
