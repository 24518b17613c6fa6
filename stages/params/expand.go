package params

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/nearest"
	"sparsel/trainer"
)

// Run is one distinct training. Experiments that ask for equal trainings share
// it.
type Run struct {
	Name       string // of its first use: experiment/condition/optimizer/seed=S
	Experiment string // of its first use
	Config     trainer.Config
}

// Use is one use of a run by an experiment.
type Use struct {
	Experiment, Condition, Optimizer string
	Seed                             uint32
	Column, Value                    string   // of the number that varies, or the last one in a grid; empty if none varies
	Varied                           []Varied // everything that varies, in the order of the file
	Tidy                             string   // the condition's name in the tidy table
	CCMASEpsilon                     float64  // added to the denominator of the selectivity index
	Ablate                           bool     // whether units are removed from the trained network
	Run                              *Run
	Data                             Dataset // that the run is trained and measured on

	path string // of the entry in the file
	like bool   // whether the run belongs to another condition
}

// Varied is a setting that varies, with a run's value.
type Varied struct {
	Setting string // empty if the file only gives column and value
	Column  string // its name in the tidy table
	Value   any    // as in the file
}

// Split returns the part of the data on which the use's sparsity and
// selectivity are measured.
func (u Use) Split() string {
	switch u.Run.Config.Measure {
	case "", "test":
		return "test"
	}
	return "train"
}

// maxConditions limits an experiment's grid, so that a mistyped digit gives an
// error and does not fill the memory.
const maxConditions = 10000

// maxUses limits the number of uses in all experiments together, because
// conditions, optimizers and seeds multiply.
const maxUses = 250_000

// condition is one row of an experiment's grid.
type condition struct {
	name, tidy    string
	column, value string
	varied        []Varied
	set           []setting
}

// setting is a value that the file assigns to a setting.
type setting struct {
	name  string
	value any
	path  string
}

// settingsOf lists what a table of the file sets, sorted by name.
func settingsOf(path string, set map[string]any) []setting {
	var list []setting
	for _, name := range sortedKeys(set) {
		list = append(list, setting{name, set[name], join(path+".set", name)})
	}
	return list
}

// Expand lists the study's distinct runs in the order of the file, and every
// use that an experiment makes of one.
//
// With author seeding a run starts where the preceding runs of its session left
// the generator. Its position is therefore the sum of their draws, and nothing
// is trained to find it.
func (p *Params) Expand() ([]*Run, []Use) {
	return p.expanded.runs, p.expanded.uses
}

// expansion is the list of runs and uses while it is being built.
type expansion struct {
	params       *Params
	document     *document
	plan         []*planned
	byExperiment map[string][]*planned
	runs         []*Run
	uses         []Use
	distinct     map[string]*Run // by identity
}

// planned is a use that the file asks for, before the start of its run is
// known.
type planned struct {
	entry     *Experiment
	condition condition
	config    trainer.Config
	like      *planned // the use whose run it shares; nil if the run is its own
}

func (r *planned) name() string { return r.entry.Name + "/" + r.condition.name }

func (x *expansion) report(path, format string, args ...any) {
	x.document.report(path, format, args...)
}

func (p *Params) expand(d *document) []Use {
	x := expansion{params: p, document: d, byExperiment: map[string][]*planned{}, distinct: map[string]*Run{}}
	for i := range p.Experiments {
		e := &p.Experiments[i]
		seeds := p.seeds(*e)
		if len(seeds) == 0 {
			d.report(e.owner+".seeds", "has none of the seeds of %s, so %s would be left out in silence", p.Profile.describe(), e.Name)
		}
		conditions := e.conditions(d, e.path)
		if len(x.plan)+len(conditions)*len(e.Optimizers)*len(seeds) > maxUses {
			d.report(e.path, "and those before it ask for more than %d runs", maxUses)
			break
		}
		for _, c := range conditions {
			for _, optimizer := range e.Optimizers {
				if e.Like != "" {
					x.reuse(e, c, optimizer, seeds)
					continue
				}
				config := p.config(d, e, optimizer, c)
				placed, ok := e.placed(c, config)
				if !ok {
					d.report(e.path+".along", "is %s, which %s with %s has no number for", e.Along, c.name, optimizer)
					continue
				}
				for _, seed := range seeds {
					x.add(e, placed, config, seed)
				}
			}
		}
	}
	x.place()
	for _, r := range x.plan {
		x.use(r)
	}
	p.expanded = &x // keeps its walks through recorded sessions
	return x.uses
}

// add plans a run.
func (x *expansion) add(e *Experiment, c condition, config trainer.Config, seed uint32) {
	config.Seeding = trainer.Seeding{Mode: x.params.Study.Seeding, Seed: seed}
	if e.Seeding != "" {
		config.Seeding.Mode = e.Seeding
	}
	if err := config.Validate(); err != nil {
		x.report(e.path, "%s, %s: %s", c.name, config.Optimizer.Name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	if misfit := x.params.misfit(config); misfit != "" {
		x.report(e.path, "%s, %s: %s", c.name, config.Optimizer.Name, misfit)
		return
	}
	if x.params.trainImages() < MNIST.Train && config.Seeding.Mode == "author" && config.Sampler.Kind == "classes" && !config.Sampler.Clean {
		x.report(e.path, "%s needs all %d training images: what its session draws depends on how many there are of each digit; give the "+
			"experiment seeding = \"paired\"", c.name, MNIST.Train)
		return
	}
	x.ablated(e, c, config)
	x.named(e, c, config)
	x.append(&planned{entry: e, condition: c, config: config})
}

// ablated refuses to remove units from networks with several hidden layers,
// because the output layer's weights do not tell what a unit of the first layer
// contributes.
func (x *expansion) ablated(e *Experiment, c condition, config trainer.Config) {
	if e.Ablate != nil && *e.Ablate && len(config.Network.Hidden) > 1 {
		x.report(e.path, "%s has %d hidden layers; ablate takes units out of networks of one", c.name, len(config.Network.Hidden))
	}
}

// named refuses a number that the file gives for a setting's column if the run
// has another.
func (x *expansion) named(e *Experiment, c condition, config trainer.Config) {
	if e.Along != "" {
		return
	}
	if wrong := c.misnamed(config, x.params.dataset); wrong != "" {
		x.report(e.path+".value", "%s", wrong)
	}
}

func (x *expansion) append(r *planned) {
	x.plan = append(x.plan, r)
	x.byExperiment[r.entry.Name] = append(x.byExperiment[r.entry.Name], r)
}

// reuse plans uses of the runs of another condition, or of all conditions whose
// names match a pattern.
func (x *expansion) reuse(e *Experiment, c condition, optimizer string, seeds []uint32) {
	experiment, pattern, _ := strings.Cut(e.Like, "/")
	found := map[uint32]bool{}
	var names []string // of the experiment's conditions, and
	known := false     // whether the pattern is that of one
	for _, other := range x.byExperiment[experiment] {
		text, ok := match(pattern, other.condition.name)
		if other.entry != e && !slices.Contains(names, other.condition.name) {
			names, known = append(names, other.condition.name), known || ok
		}
		seed := other.config.Seeding.Seed
		if !ok || other.config.Optimizer.Name != optimizer || !slices.Contains(seeds, seed) || other.entry == e {
			continue
		}
		found[seed] = true
		again := c
		again.name, again.tidy = strings.Replace(c.name, "*", text, 1), strings.Replace(c.tidy, "*", text, 1)
		again, ok = e.placed(again, other.config)
		if !ok {
			x.report(e.path+".along", "is %s, which %s of %s has no number for", e.Along, other.condition.name, experiment)
			return
		}
		x.ablated(e, again, other.config)
		x.named(e, again, other.config)
		x.append(&planned{entry: e, condition: again, config: other.config, like: other})
	}
	switch above := x.above(e); {
	case !slices.Contains(above, experiment):
		keep := ""
		if x.params.Profile.Own() {
			keep = "; keep names those of the study that it has"
		}
		x.report(e.path+".like", "is %q, but %s has no experiment %q further up%s%s", e.Like, x.params.Profile.describe(), experiment, keep,
			nearest.Hint(experiment, above))
		return
	case !known && len(names) > 0: // otherwise the experiment has problems of its own, which are reported
		x.report(e.path+".like", "is %q, but %s has no such condition further up%s", e.Like, experiment, nearest.Hint(pattern, names))
		return
	}
	for _, seed := range seeds {
		if !found[seed] {
			x.report(e.path+".like", "is %q, which has no run of %s with seed %d further up in the file", e.Like, optimizer, seed)
			return
		}
	}
}

// above lists the experiments whose entries stand before an entry.
func (x *expansion) above(e *Experiment) []string {
	var list []string
	for i := range x.params.Experiments {
		other := &x.params.Experiments[i]
		if other == e {
			break
		}
		list = append(list, other.Name)
	}
	return list
}

// use adds the use of a planned run whose start is known, and the run itself if
// this is its first use.
func (x *expansion) use(r *planned) {
	source := r
	for source.like != nil {
		source = source.like
	}
	use := x.params.use(*r.entry, r.condition.name)
	use.Optimizer, use.Seed = source.config.Optimizer.Name, source.config.Seeding.Seed
	use.Column, use.Value, use.Varied = r.condition.column, r.condition.value, r.condition.varied
	use.path, use.like = r.entry.path, r.like != nil
	if r.condition.tidy != "" {
		use.Tidy = r.condition.tidy
	}
	key := Identity(source.config)
	use.Run = x.distinct[key]
	if use.Run == nil {
		use.Run = &Run{
			Name:       fmt.Sprintf("%s/%s/%s/seed=%d", source.entry.Name, source.condition.name, use.Optimizer, use.Seed),
			Experiment: source.entry.Name, Config: source.config,
		}
		x.distinct[key] = use.Run
		x.runs = append(x.runs, use.Run)
	}
	x.uses = append(x.uses, use)
}

// use returns what all uses of an entry's condition share.
func (p *Params) use(e Experiment, condition string) Use {
	u := Use{Experiment: e.Name, Condition: condition, Tidy: condition, CCMASEpsilon: p.Metrics.CCMASEpsilon, Data: p.dataset}
	if e.Tidy != "" {
		u.Tidy = e.Tidy
	}
	if e.CCMASEpsilon != nil {
		u.CCMASEpsilon = *e.CCMASEpsilon
	}
	u.Ablate = e.Ablate != nil && *e.Ablate
	return u
}

// seeds lists the seeds of the study that an entry is for.
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

// trainImages returns the number of training images that a run sees.
func (p *Params) trainImages() int {
	if p.Study.TrainImages > 0 {
		return p.Study.TrainImages
	}
	return p.dataset.Train
}

// BaselineRun returns the baseline with one of the optimizers, without its
// seeding.
func (p *Params) BaselineRun(optimizer string) trainer.Config {
	c := trainer.Config{Optimizer: trainer.Optimizer{Name: optimizer}}
	for _, s := range allSettings() {
		if v, ok := p.Baseline[s.Name]; ok {
			_ = s.set(&c, v, p.dataset) // check reports its problems, once
		}
	}
	for name, v := range p.Optimizers[optimizer] {
		_ = apply(&c, name, v, p.dataset)
	}
	return c
}

// config builds the configuration of one run, without its seeding. It refuses
// settings that override one another, because a run must have every value that
// the file gives it.
func (p *Params) config(d *document, e *Experiment, optimizer string, c condition) trainer.Config {
	config := p.BaselineRun(optimizer)
	list := append(slices.Clone(e.sets), c.set...)
	for _, v := range list {
		if _, known := SettingOf(v.name); !known {
			d.report(v.path, "parameter %s %v", v.name, apply(&config, v.name, v.value, p.dataset))
		}
	}
	good := true
	for _, s := range allSettings() {
		for k, v := range list {
			if v.name != s.Name {
				continue
			}
			if err := s.set(&config, v.value, p.dataset); err != nil {
				d.report(v.path, "parameter %s %v", v.name, err)
				good = false
			}
			if slices.ContainsFunc(list[:k], func(other setting) bool { return other.name == v.name }) {
				d.report(v.path, "parameter %s is given twice; the experiment has it already", v.name)
			}
		}
	}
	for _, v := range list {
		if s, known := SettingOf(v.name); known && good && !s.holds(config, v.value, p.dataset) {
			d.report(v.path, "parameter %s is %s, which another setting of %s overrules: the run has %s %s",
				v.name, format(v.value), e.Name, s.Column, format(columnOf(s.Column, config, p.dataset)))
			good = false
		}
	}
	whole := config
	config = p.shorten(whole)
	varies := func(name string) bool {
		return slices.ContainsFunc(c.varied, func(v Varied) bool { return v.Setting == name })
	}
	if config.Epochs < whole.Epochs && varies("epochs") {
		d.report(join("profiles", p.Profile.Name())+".epochs", "is %d, but %s varies the epochs up to %d; leave it out, or make it as many",
			config.Epochs, e.Name, whole.Epochs)
	}
	if config.Epochs < whole.Epochs && len(config.Sampler.Phases) > 0 {
		d.report(join("profiles", p.Profile.Name())+".epochs", "is %d, but the phases of %s take %d epochs; leave it out, or make it as many",
			config.Epochs, e.Name, whole.Epochs)
		config.Epochs = whole.Epochs // or its phases would be refused once more
	}
	if config.Updates < whole.Updates && varies("updates") {
		d.report(join("profiles", p.Profile.Name())+".epochs",
			"is %d, which are at most %d updates, but %s varies the updates up to %d; leave it out, or make it more",
			p.Profile.Epochs, config.Updates, e.Name, whole.Updates)
	}
	return config
}

// holds reports whether a run has the value that the file says, so that setting
// it once more changes nothing.
func (s Setting) holds(c trainer.Config, value any, d Dataset) bool {
	again := c
	return s.set(&again, value, d) == nil && Identity(again) == Identity(c)
}

// Equal compares values of the file or of a run. Numbers are compared by value,
// other values by their text. nil equals only nil.
func Equal(x, y any) bool {
	a, aok := number(x)
	b, bok := number(y)
	if aok && bok {
		return a == b
	}
	return (x == nil) == (y == nil) && format(x) == format(y)
}

// conditions lists the conditions of an entry's grid. The first parameter
// changes slowest.
func (e Experiment) conditions(d *document, path string) []condition {
	list := []condition{{name: e.Condition, tidy: e.Tidy, column: e.Column}}
	if e.Value != nil {
		list[0].value = format(*e.Value)
		list[0].varied = []Varied{{Column: e.Column, Value: *e.Value}}
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
				varied := Varied{v.Parameter, v.Column, value}
				if varied.Column == "" {
					varied.Column = v.Parameter
				}
				row.varied = append(slices.Clone(c.varied), varied)
				if _, ok := number(value); ok { // the tidy table has a column for numbers; a word is in the condition's name
					row.column, row.value = varied.Column, text
				}
				row.set = append(slices.Clone(c.set), setting{v.Parameter, value, where(k)})
				next = append(next, row)
			}
		}
		list = next
	}
	for _, c := range list {
		if e.Along != "" {
			c.name = strings.ReplaceAll(c.name, "{along}", "")
		}
		if strings.ContainsAny(c.name, "{}") {
			d.report(path+".condition", "is %q, names in braces must be those of parameters that vary", e.Condition)
			break
		}
	}
	return list
}

// values returns the listed values, or those of the log grid, and a function
// that gives the path of each for messages.
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
		values[k] = roundTrip(math.Pow(10, exponent)) + 0
	}
	return thin(values, v.points), func(int) string { return path + ".logspace" }
}

// roundTrip keeps 12 significant digits. The last bit of math.Pow may differ
// between architectures, and a grid value is part of a run's identity.
func roundTrip(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return x // out of range, and refused when it is applied
	}
	return y
}

func format(value any) string {
	if v, ok := value.(float64); ok {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}

// Identity returns a text that is equal for equal configurations only.
func Identity(c trainer.Config) string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a configuration holds only finite numbers, strings and slices
	}
	return string(text)
}

// Archived lists the epochs whose activations are kept for a run with the given
// number of epochs.
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
		if len(list) == 0 { // the run is shorter than all of them
			list = []int{epochs}
		}
	}
	return list
}

// DisplayOrder is the order in which figures and tables show optimizers.
var DisplayOrder = trainer.Optimizers()

// OptimizersOf lists the optimizers of an experiment in the order of figures
// and tables.
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
