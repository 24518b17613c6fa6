// Package params reads params.toml, the one description of the study: its typed contents, its rules, and the
// expansion of its experiments into distinct training runs. It leaves to package stages how runs become nodes.
//
// Reading is strict. Unknown keys, wrong types, values out of range and references to nothing are collected
// and reported together, each with its line and column, so that a file is corrected in one sitting.
package params

import (
	"fmt"
	"io"
	"os"
	"reflect"

	"sparsel/analysis/chart"
)

// Params is a parameter file.
type Params struct {
	Study       Study                `toml:"study,required"`
	Data        Data                 `toml:"data,required"`
	Optimizers  map[string]Optimizer `toml:"optimizers,required"`
	Baseline    Baseline             `toml:"baseline,required"`
	Metrics     Metrics              `toml:"metrics,required"`
	Experiments []Experiment         `toml:"experiments,required"`
	Figures     []Figure             `toml:"figures,required"`
	Tables      []Table              `toml:"tables"`
	Profiles    map[string]Profile   `toml:"profiles"`
	Style       chart.Style          `toml:"style"` // what it leaves out is as in chart.DefaultStyle

	Profile  *Profile // the chosen one; nil for the whole study
	expanded *expansion
}

// Study holds what every experiment shares.
type Study struct {
	Seeds      []uint32 `toml:"seeds,required"`
	Optimizers []string `toml:"optimizers,required"` // of experiments that name none
	Seeding    string   `toml:"seeding,required"`    // "author" or "paired"
	Archive    any      `toml:"archive,required"`    // "last", "all" or a list of epochs
	// KeepArchives are the seeds whose activations stay when the metrics that read them are current: "all", also where
	// it is left out, "none" or a list of seeds. It changes no result.
	KeepArchives any    `toml:"keep_archives"`
	OnFailedRun  string `toml:"on_failed_run,required"` // "refuse" or "show"
	TrainImages  int    `toml:"train_images"`           // 0: the whole training set
	TestImages   int    `toml:"test_images"`            // 0: the whole test set
}

// Data says where MNIST may be found. It is no part of any identity: the files are known by their contents.
type Data struct {
	Directories []string `toml:"directories"` // relative ones are taken from the parameter file's folder
	Mirrors     []string `toml:"mirrors"`     // https URLs of folders that hold the four .gz files
}

// Optimizer holds one optimizer's hyper-parameters by name, as [trainer.Hyper] lists them.
type Optimizer map[string]float64

// Baseline is what a run is where its experiment does not say otherwise.
type Baseline struct {
	Hidden     []int  `toml:"hidden,required"`     // widths of the hidden layers, input side first
	Activation string `toml:"activation,required"` // "sigmoid", "relu" or "tanh"
	Sampler    string `toml:"sampler,required"`    // "shuffled" or "sorted"
	Batch      int    `toml:"batch,required"`      // images a step
	Epochs     int    `toml:"epochs,required"`
}

// Metrics holds what the metrics leave open.
type Metrics struct {
	CCMASEpsilon float64 `toml:"ccmas_epsilon,required"` // of experiments that give none: added to the denominator of the selectivity index
}

// Experiment is a set of conditions, each trained with each optimizer and seed. Entries that share a name are
// one experiment; its conditions must differ.
type Experiment struct {
	Name       string         `toml:"name,required"`
	Condition  string         `toml:"condition,required"` // may hold {parameter} of what varies
	Optimizers []string       `toml:"optimizers"`         // instead of study.optimizers
	Session    string         `toml:"session"`            // "condition" (default), "experiment", "run", or a name shared by several entries
	Seeds      []uint32       `toml:"seeds"`              // those of study.seeds that the entry is for; all where none is named
	Seeding    string         `toml:"seeding"`            // instead of study.seeding
	Set        map[string]any `toml:"set"`                // parameters that differ from the baseline
	Vary       []Vary         `toml:"vary"`               // parameters that vary; several form a grid, the first outermost

	// Like names a condition further up, as EXPERIMENT/CONDITION, whose runs this one shows again.
	Like string `toml:"like"`

	CCMASEpsilon *float64 `toml:"ccmas_epsilon"` // instead of metrics.ccmas_epsilon

	// How the tidy table, whose form the records have, spells the condition where the name here says more, and
	// what it gives as the varied parameter where the condition is a word.
	Tidy   string   `toml:"tidy"`
	Column string   `toml:"column"`
	Value  *float64 `toml:"value"`
}

// Vary is a parameter and the values it takes.
type Vary struct {
	Parameter string    `toml:"parameter,required"`
	Column    string    `toml:"column"` // what the tidy table calls it; the parameter's name where absent
	Values    []any     `toml:"values"`
	Logspace  *Logspace `toml:"logspace"`

	points int // the most values that a log grid keeps; 0: all
}

// Logspace is Count values from 10^From to 10^To, evenly spaced in the exponent.
type Logspace struct {
	From  float64 `toml:"from,required"`
	To    float64 `toml:"to,required"`
	Count int     `toml:"count,required"`
}

// Read reads and checks a parameter file, and chooses one of its profiles; "" is [Paper]. What is wrong with the
// file comes back as *Problems.
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

// Parse is Read for contents already in memory; name stands for the file in messages.
func Parse(name string, data []byte, profile string) (*Params, error) {
	d, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %s: %w", name, err)
	}
	p := Params{Style: chart.DefaultStyle()}
	if len(d.problems) == 0 { // else the syntax is broken, and nothing after it can be trusted
		d.decode("", d.values, reflect.ValueOf(&p).Elem())
		p.inherit()
		p.check(d)
		if err := p.choose(profile); err != nil {
			return nil, err
		}
		if p.Profile != nil && len(d.problems) == 0 {
			p.expand(d)
		}
	}
	if len(d.problems) > 0 {
		d.sortProblems()
		return nil, &Problems{File: name, List: d.problems}
	}
	return &p, nil
}

// inherit gives the experiments what they take from the study.
func (p *Params) inherit() {
	for i := range p.Experiments {
		e := &p.Experiments[i]
		if e.Optimizers == nil {
			e.Optimizers = p.Study.Optimizers
		}
	}
}
