// Package params reads params.toml, the one description of the study: its typed
// contents, its rules, and the expansion of its experiments into distinct
// training runs. It leaves to package stages how runs become nodes.
//
// Reading is strict. Unknown keys, wrong types, values out of range and
// references to nothing are collected and reported together, each with its line
// and column, so that a file is corrected in one sitting.
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

	Profile  *Profile // the chosen one; nil for the whole study
	dataset  Dataset  // as Data describes it
	prefix   string   // of the places of figures and tables in the file: of a profile that has its own
	expanded *expansion
	document *document
	file     string
	assigned assignments
}

// Study holds what every experiment shares.
type Study struct {
	Title      string   `toml:"title"`  // of the report; the file's name where absent
	Source     string   `toml:"source"` // what the study repeats, such as a paper
	Seeds      []uint32 `toml:"seeds,required"`
	Optimizers []string `toml:"optimizers,required"` // of experiments that name none
	Seeding    string   `toml:"seeding,required"`    // "author" or "paired"
	Archive    any      `toml:"archive,required"`    // "last", "all" or a list of epochs
	// KeepArchives are the seeds whose activations stay when the metrics that
	// read them are current: "all", also where it is left out, "none" or a list
	// of seeds. It changes no result.
	KeepArchives any    `toml:"keep_archives"`
	OnFailedRun  string `toml:"on_failed_run,required"` // "refuse" or "show"
	TrainImages  int    `toml:"train_images"`           // the first so many; 0: the whole training set
	TestImages   int    `toml:"test_images"`            // the first so many; 0: the whole test set
}

// Optimizer holds one optimizer's hyper-parameters by name, as [trainer.Hyper]
// lists them.
type Optimizer map[string]float64

// Baseline is what a run has where its experiment does not say otherwise:
// settings by name, without the optimizers' constants.
type Baseline map[string]any

// Metrics holds what the metrics leave open.
type Metrics struct {
	CCMASEpsilon float64 `toml:"ccmas_epsilon,required"` // of experiments that give none: added to the denominator of the selectivity index
}

// Experiment is a set of conditions, each trained with each optimizer and seed.
// In the file it has either one condition, or a list of `conditions` that share
// what the experiment says; here each of these is an entry of its own. Entries
// that share a name are one experiment, and its conditions must differ.
type Experiment struct {
	Name  string   `toml:"name,required"`
	Seeds []uint32 `toml:"seeds"` // those of study.seeds that the experiment is for; all where absent

	Grid
	Conditions []Grid `toml:"conditions"`

	path  string    // of the entry in the file
	owner string    // of the experiment that it stands in: of what all of its conditions share
	sets  []setting // what the experiment and the entry set, each with its place
}

// Grid is a condition, or those that the varied parameters span.
type Grid struct {
	Condition  string         `toml:"condition"`  // may hold {parameter} of what varies
	Optimizers []string       `toml:"optimizers"` // instead of study.optimizers
	Seeding    string         `toml:"seeding"`    // instead of study.seeding
	Set        map[string]any `toml:"set"`        // settings that differ from the baseline
	Vary       []Vary         `toml:"vary"`       // settings that vary; several form a grid, the first outermost

	// Like names a condition further up, as EXPERIMENT/CONDITION, whose runs
	// this one shows again. Where it holds a *, which is any text, this stands
	// for several, and the * in their names is the same text.
	Like string `toml:"like"`

	// Along is a formula: what it makes of a run's settings takes the place of
	// what varies. In the condition's name {along} is that number. See Alongs.
	Along string `toml:"along"`

	CCMASEpsilon *float64 `toml:"ccmas_epsilon"` // instead of metrics.ccmas_epsilon
	Ablate       *bool    `toml:"ablate"`        // units are taken out of the trained networks; see package ablation

	// How the tidy table, whose form the records have, spells the condition
	// where the name here says more, and what it gives as the varied parameter
	// where the condition is a word.
	Tidy   string   `toml:"tidy"`
	Column string   `toml:"column"`
	Value  *float64 `toml:"value"`
}

// Vary is a setting and the values it takes.
type Vary struct {
	Parameter string    `toml:"parameter,required"`
	Column    string    `toml:"column"` // what the tidy table calls it; the parameter's name where absent
	Values    []any     `toml:"values"`
	Logspace  *Logspace `toml:"logspace"`

	points int // the most values that a log grid keeps; 0: all
}

// Logspace is Count values from 10^From to 10^To, evenly spaced in the
// exponent.
type Logspace struct {
	From  float64 `toml:"from,required"`
	To    float64 `toml:"to,required"`
	Count int     `toml:"count,required"`
}

// Read reads and checks a parameter file, and chooses one of its profiles; ""
// is [Paper]. What is wrong with the file comes back as *Problems.
func Read(file, profile string) (*Params, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %w; name the file with -params=FILE or run in the project's folder", err)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxBytes+1)) // one more is refused by Parse
	if err != nil {
		return nil, fmt.Errorf("read parameters: %w; name the file with -params=FILE or run in the project's folder", err)
	}
	return Parse(file, data, profile)
}

// Parse is Read for contents already in memory; name stands for the file in
// messages. What is set, each as in optimizers.SGD.lr=0.3, stands in the place
// of the file's own values.
func Parse(name string, data []byte, profile string, set ...string) (*Params, error) {
	d, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %s: %w", name, err)
	}
	p := Params{Style: chart.DefaultStyle(), document: d, file: name, assigned: set, dataset: MNIST}
	if len(d.problems) == 0 {
		d.set(set)
	}
	if len(d.problems) == 0 { // else the syntax is broken, and nothing after it can be trusted
		d.decode("", d.values, reflect.ValueOf(&p).Elem())
		p.flatten(d)
		p.check(d)
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

// refused is everything wrong with the file, nil if there is nothing.
func (p *Params) refused() error {
	if len(p.document.problems) == 0 {
		return nil
	}
	p.document.sortProblems()
	return &Problems{File: p.file, List: p.document.problems}
}

// Refuse reports what was found wrong by those who use the parameters, at the
// places of the file that it concerns: paths such as tables[2]. Of one place
// only the first problem is kept.
func (p *Params) Refuse(problems []Problem) error {
	for _, q := range problems {
		p.document.report(q.Path, "%s", q.Message)
	}
	return p.refused()
}

// flatten gives each condition of an experiment an entry of its own, with what
// it takes from the experiment and the study.
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

// within completes a condition by what its experiment says of all.
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
