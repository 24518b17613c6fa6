// Package params reads params.toml, which describes the whole study. It defines
// the types of the file's contents and their rules, and expands experiments
// into distinct training runs. Package study turns the runs into nodes.
//
// Reading is strict. Unknown keys, wrong types, values out of range and
// dangling references are all reported together, each with its line and column,
// so that a file can be corrected in one go.
package params

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"

	"sparsel/analysis/chart"
)

// Params is a parameter file.
type Params struct {
	Study       Study                `toml:"study,required"`
	Data        Data                 `toml:"data,required"`
	Optimizers  map[string]Optimizer `toml:"optimizers,required"`
	Baseline    Baseline             `toml:"baseline,required"`
	Metrics     Metrics              `toml:"metrics,required"`
	Experiments []Experiment         `toml:"experiments,required"` // one for each entry of `conditions`; see [Experiment]
	Sessions    []Session            `toml:"sessions"`
	Figures     []Figure             `toml:"figures"`
	Tables      []Table              `toml:"tables"`
	Profiles    map[string]Profile   `toml:"profiles"`
	Style       chart.Style          `toml:"style"` // what it leaves out is as in chart.DefaultStyle

	Profile  *Profile // the chosen profile; nil for the whole study
	dataset  Dataset  // as described by Data
	prefix   string   // of the paths of figures and tables, if a profile has its own
	expanded *expansion
	document *document
	file     string
	assigned assignments
}

// Study holds what all experiments share.
type Study struct {
	Title      string   `toml:"title"`  // of the report; the file's name where absent
	Source     string   `toml:"source"` // what the study repeats, such as a paper
	Seeds      []uint32 `toml:"seeds,required"`
	Optimizers []string `toml:"optimizers,required"` // of experiments that name none
	Seeding    string   `toml:"seeding,required"`    // "author" or "paired"
	Archive    any      `toml:"archive,required"`    // "last", "all" or a list of epochs
	// KeepArchives gives the seeds whose activations are kept after the metrics
	// that read them are current: "all", which is the default, "none" or a list
	// of seeds. It affects no result.
	KeepArchives any    `toml:"keep_archives"`
	OnFailedRun  string `toml:"on_failed_run,required"` // "refuse" or "show"
	TrainImages  int    `toml:"train_images"`           // the first so many; 0: the whole training set
	TestImages   int    `toml:"test_images"`            // the first so many; 0: the whole test set
}

// Optimizer holds the hyper-parameters of one optimizer by name, as listed by
// [trainer.Hyper].
type Optimizer map[string]float64

// Baseline holds the settings, by name, that a run has unless its experiment
// says otherwise. It does not include the optimizers' constants.
type Baseline map[string]any

// Metrics holds the parameters of the metrics.
type Metrics struct {
	CCMASEpsilon float64 `toml:"ccmas_epsilon,required"` // of experiments that give none: added to the denominator of the selectivity index
}

// Experiment is a set of conditions, each trained with each optimizer and seed.
// In the file it either has one condition, or a list of `conditions` that share
// what the experiment says. Here each of these is an entry of its own. Entries
// with the same name belong to one experiment, and their conditions must
// differ.
type Experiment struct {
	Name  string   `toml:"name,required"`
	Seeds []uint32 `toml:"seeds"` // those of study.seeds that the experiment is for; all where absent

	Grid
	Conditions []Grid `toml:"conditions"`

	path  string    // of the entry in the file
	owner string    // path of the experiment that contains it and has what its conditions share
	sets  []setting // what the experiment and the entry set, each with its path
}

// Grid is a condition, or the conditions that the varied parameters span.
type Grid struct {
	Condition  string         `toml:"condition"`  // may hold {parameter} of what varies
	Optimizers []string       `toml:"optimizers"` // instead of study.optimizers
	Seeding    string         `toml:"seeding"`    // instead of study.seeding
	Set        map[string]any `toml:"set"`        // settings that differ from the baseline
	Vary       []Vary         `toml:"vary"`       // settings that vary; several form a grid, the first outermost

	// Like names an earlier condition, as EXPERIMENT/CONDITION, whose runs this
	// condition shows again. A * in it stands for any text. The condition then
	// stands for several, and the * in their names is the same text.
	Like string `toml:"like"`

	// Along names a formula. Its value for a run's settings replaces the value
	// of what varies, and {along} in the condition's name stands for that
	// number. See Alongs.
	Along string `toml:"along"`

	CCMASEpsilon *float64 `toml:"ccmas_epsilon"` // instead of metrics.ccmas_epsilon
	Ablate       *bool    `toml:"ablate"`        // units are taken out of the trained networks; see package ablation

	// How the tidy table, which has the form of the records, names the
	// condition if the name here says more, and what it gives as the varied
	// parameter if the condition is a word.
	Tidy   string   `toml:"tidy"`
	Column string   `toml:"column"`
	Value  *float64 `toml:"value"`
}

// Vary is a setting and the values that it takes.
type Vary struct {
	Parameter string    `toml:"parameter,required"`
	Column    string    `toml:"column"` // what the tidy table calls it; the parameter's name where absent
	Values    []any     `toml:"values"`
	Logspace  *Logspace `toml:"logspace"`

	points int // the most values that a log grid keeps; 0 keeps all
}

// Logspace stands for Count values from 10^From to 10^To, evenly spaced in the
// exponent.
type Logspace struct {
	From  float64 `toml:"from,required"`
	To    float64 `toml:"to,required"`
	Count int     `toml:"count,required"`
}

// Read reads and checks a parameter file, and chooses one of its profiles; ""
// is [Paper]. Mistakes in the file are returned as *Problems.
func Read(file, profile string) (*Params, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %w; name the file with -params=FILE or run in the project's folder", err)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxBytes+1)) // Parse refuses a file with one more byte
	if err != nil {
		return nil, fmt.Errorf("read parameters: %w; name the file with -params=FILE or run in the project's folder", err)
	}
	return Parse(file, data, profile)
}

// Parse is Read for contents in memory. Messages call the file name. Each
// element of set, such as optimizers.SGD.lr=0.3, replaces a value of the file.
func Parse(name string, data []byte, profile string, set ...string) (*Params, error) {
	return read(name, data, profile, true, set)
}

// read is Parse. Unless study is set, the runs of the study are known to be
// right, and only those of the profile are checked.
func read(name string, data []byte, profile string, study bool, set []string) (*Params, error) {
	d, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %s: %w", name, err)
	}
	p := Params{Style: chart.DefaultStyle(), document: d, file: name, assigned: set, dataset: MNIST}
	if len(d.problems) == 0 {
		d.set(set)
	}
	if len(d.problems) == 0 { // otherwise the syntax is broken, and nothing after the error can be trusted
		d.decode("", d.values, reflect.ValueOf(&p).Elem())
		p.flatten(d)
		p.check(d)
		if study && len(d.problems) == 0 {
			p.checkExpanded(d)
		}
		if err := p.choose(profile); err != nil {
			return nil, err
		}
		if p.Profile != nil && len(d.problems) == 0 {
			p.checkExpanded(d)
		}
	}
	if err := p.refused(); err != nil {
		return nil, err
	}
	return &p, nil
}

// refused returns all problems of the file, or nil if there are none.
func (p *Params) refused() error {
	if len(p.document.problems) == 0 {
		return nil
	}
	p.document.sortProblems()
	return &Problems{File: p.file, List: p.document.problems}
}

// Refuse returns an error with the problems that users of the parameters found,
// at their places in the file. Their paths have the form tables[2]. Only the
// first problem at each place is kept.
func (p *Params) Refuse(problems []Problem) error {
	for _, q := range problems {
		p.document.report(q.Path, "%s", q.Message)
	}
	return p.refused()
}

// flatten gives each condition of an experiment an entry of its own, which
// includes what it inherits from the experiment and the study.
func (p *Params) flatten(d *document) {
	p.Experiments = p.flattened(d, "experiments", p.Experiments)
	for name, q := range p.Profiles {
		q.Experiments = p.flattened(d, join("profiles", name)+".experiments", q.Experiments)
		p.Profiles[name] = q
	}
}

func (p *Params) flattened(d *document, path string, experiments []Experiment) []Experiment {
	var list []Experiment
	for i, e := range experiments {
		e.path = indexed(path, i)
		e.owner = e.path
		e.sets = settingsOf(e.path, e.Set)
		if e.Optimizers == nil {
			e.Optimizers = p.Study.Optimizers
		}
		if e.Conditions == nil {
			list = append(list, e)
			continue
		}
		if len(e.Conditions) == 0 {
			d.report(e.path+".conditions", "is empty; name at least one")
		}
		for key, given := range map[string]bool{
			"condition": e.Condition != "", "vary": e.Vary != nil, "like": e.Like != "", "column": e.Column != "", "value": e.Value != nil,
			"along": e.Along != "",
		} {
			if given {
				d.report(e.path+"."+key, "is of one condition; move it into conditions")
			}
		}
		for k, c := range e.Conditions {
			entry := e
			entry.path = fmt.Sprintf("%s.conditions[%d]", e.path, k)
			entry.Conditions, entry.Grid = nil, c.within(e.Grid)
			entry.sets = append(slices.Clone(e.sets), settingsOf(entry.path, c.Set)...)
			list = append(list, entry)
		}
	}
	return list
}

// within completes a condition with what its experiment says about all
// conditions.
func (g Grid) within(all Grid) Grid {
	if g.Optimizers == nil {
		g.Optimizers = all.Optimizers
	}
	if g.Like == "" {
		if g.Seeding == "" {
			g.Seeding = all.Seeding
		}
	}
	if g.CCMASEpsilon == nil {
		g.CCMASEpsilon = all.CCMASEpsilon
	}
	if g.Ablate == nil {
		g.Ablate = all.Ablate
	}
	if g.Tidy == "" {
		g.Tidy = all.Tidy
	}
	return g
}
