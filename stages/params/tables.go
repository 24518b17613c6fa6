package params

import (
	"fmt"
	"slices"
)

// Table is one table of the study.
type Table struct {
	ID          string   `toml:"id,required"`   // "{experiment}", for kind "final": one for each experiment without one of its own
	Kind        string   `toml:"kind,required"` // see tableKinds
	Title       string   `toml:"title"`
	Note        string   `toml:"note"`
	Experiment  string   `toml:"experiment"`
	Experiments []string `toml:"experiments"`
	Error       string   `toml:"error"`   // "se" (sample) or "se_population" (the author's)
	Metrics     []string `toml:"metrics"` // the columns
	Layers      []string `toml:"layers"`  // a row each; "all" where absent
}

// tableKinds are the kinds of tables and the keys that each takes besides id, kind, title and note. All are required but
// layers.
var tableKinds = map[string][]string{
	"tidy":       {},                                           // every epoch of every run
	"final":      {"experiment", "error", "metrics", "layers"}, // means after the last epoch
	"search":     {"experiment", "error"},                      // accuracy by learning rate, the best beside the baseline's
	"printed":    {"experiment", "error"},                      // hidden layers beside the numbers that the thesis prints
	"conditions": {"experiment"},                               // what sets an experiment's conditions apart
	"grids":      {"experiments"},                              // the values that sweeps try
	"parameters": {"experiment"},                               // network sizes
	"findings":   {},                                           // all claims that the experiments can decide
}

// eachExperiment is the id of an entry that stands for a table of each experiment.
const eachExperiment = "{experiment}"

// CompleteTables lists the tables with an entry for each.
func (p *Params) CompleteTables() []Table {
	var list []Table
	for _, t := range p.Tables {
		if t.ID != eachExperiment {
			list = append(list, t)
			continue
		}
		for _, name := range p.experimentNames() {
			own := func(other Table) bool { return other.ID == name }
			if !slices.ContainsFunc(p.Tables, own) {
				t.ID, t.Experiment = name, name
				list = append(list, t)
			}
		}
	}
	return list
}

// TidyWanted reports whether the file asks for the tidy table.
func (p *Params) TidyWanted() bool { return p.TidyID() != hiddenTidy }

// hiddenTidy is no id that a file may give.
const hiddenTidy = ".tidy"

// TidyID is the id of the tidy table, which compare needs even where the file doesn't ask for it.
func (p *Params) TidyID() string {
	for _, t := range p.Tables {
		if t.Kind == "tidy" {
			return t.ID
		}
	}
	return hiddenTidy
}

func (p *Params) checkTables(d *document) {
	var ids []string
	tidy := false
	for i, t := range p.Tables {
		path := fmt.Sprintf("tables[%d]", i)
		each := t.ID == eachExperiment
		if each && t.Kind == "final" {
			once(d, path+".id", t.ID, ids)
			ids = append(ids, t.ID)
		} else {
			checkID(d, path, t.ID, &ids)
		}
		choice(d, path+".kind", t.Kind, sortedKeys(tableKinds)...)
		keys, known := tableKinds[t.Kind]
		if !known {
			continue
		}
		for key, given := range map[string]bool{
			"experiment": t.Experiment != "", "experiments": t.Experiments != nil, "error": t.Error != "",
			"metrics": t.Metrics != nil, "layers": t.Layers != nil,
		} {
			takes := slices.Contains(keys, key) && !(each && key == "experiment")
			switch {
			case given && !takes:
				d.report(path+"."+key, "does not belong to a table of kind %q", t.Kind)
			case !given && takes && key != "layers":
				d.report(path+"."+key, "is missing, and a table of kind %q needs it", t.Kind)
			}
		}
		if t.Kind == "tidy" && tidy {
			d.report(path+".kind", "is \"tidy\" for the second time; there is one such table")
		}
		tidy = tidy || t.Kind == "tidy"
		p.checkTable(d, path, t)
	}
}

// checkTable checks the values that a table gives.
func (p *Params) checkTable(d *document, path string, t Table) {
	if t.Experiment != "" {
		choice(d, path+".experiment", t.Experiment, p.experimentNames()...)
	}
	for k, name := range t.Experiments {
		at := fmt.Sprintf("%s.experiments[%d]", path, k)
		choice(d, at, name, p.experimentNames()...)
		once(d, at, name, t.Experiments[:k])
	}
	if t.Error != "" {
		choice(d, path+".error", t.Error, "se", "se_population")
	}
	if t.Metrics != nil && len(t.Metrics) == 0 {
		d.report(path+".metrics", "is empty; name at least one")
	}
	for k, m := range t.Metrics {
		at := fmt.Sprintf("%s.metrics[%d]", path, k)
		choice(d, at, m, MetricNames...)
		once(d, at, m, t.Metrics[:k])
	}
	for k, layer := range t.Layers {
		once(d, fmt.Sprintf("%s.layers[%d]", path, k), layer, t.Layers[:k])
	}
}
