package params

import (
	"fmt"
	"slices"
	"strings"

	"sparsel/trainer"
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
	Line        string   `toml:"line"`    // the conditions from which others are at a distance; * stands for any text

	place string
}

// Place returns where the file asks for the table, as a path such as tables[2].
func (t Table) Place() string { return t.place }

// tableKinds gives the kinds of tables and the keys that each has besides id,
// kind, title and note. All of them are required except layers.
var tableKinds = map[string][]string{
	"tidy":       {},                                           // every epoch of every run
	"final":      {"experiment", "error", "metrics", "layers"}, // means after the last epoch
	"search":     {"experiment", "error"},                      // accuracy by learning rate, comparing the best with the baseline's
	"printed":    {"experiment", "error"},                      // hidden layers, beside the numbers printed in the thesis
	"conditions": {"experiment"},                               // how an experiment's conditions differ
	"grids":      {"experiments"},                              // the values in sweeps
	"parameters": {"experiment"},                               // network sizes
	"findings":   {},                                           // every claim that the experiments can decide
	"kendall":    {"experiments", "metrics"},                   // how far metrics rank conditions alike, over all experiments
	"effects":    {"experiment", "metrics"},                    // main effects and interactions of factors at two levels
	"pareto":     {"experiments", "metrics"},                   // conditions that none beats in both accuracy and a metric
	"distances":  {"experiment", "metrics", "line"},            // how far conditions are from the line of others
}

// eachExperiment is the id of an entry that stands for one table of each
// experiment.
const eachExperiment = "{experiment}"

// tablePlace returns where the file asks for a table, as a path such as
// tables[2].
func (p *Params) tablePlace(i int) string { return indexed(p.prefix+"tables", i) }

// CompleteTables lists the tables. An entry that stands for a table of each
// experiment is replaced with these tables.
func (p *Params) CompleteTables() []Table {
	var list []Table
	if !slices.ContainsFunc(p.Tables, func(t Table) bool { return t.Kind == "tidy" }) {
		list = append(list, Table{ID: unaskedTidy, Kind: "tidy", place: "tables"})
	}
	for i, t := range p.Tables {
		t.place = p.tablePlace(i)
		if t.ID != eachExperiment {
			list = append(list, t)
			continue
		}
		for _, name := range p.experimentNames() {
			own := func(other Table) bool { return other.ID == name }
			if !slices.ContainsFunc(p.Tables, own) {
				t.ID, t.Experiment, t.place = name, name, p.Place(name)
				list = append(list, t)
			}
		}
	}
	return list
}

// Place returns where the file first names an experiment, as a path such as
// experiments[2].
func (p *Params) Place(experiment string) string {
	i := slices.IndexFunc(p.Experiments, func(e Experiment) bool { return e.Name == experiment })
	return p.Experiments[i].owner + ".name"
}

// TableKinds lists the kinds of tables.
func TableKinds() []string { return sortedKeys(tableKinds) }

// TableKeys lists the keys that a kind of table has besides id, kind, title and
// note.
func TableKeys(kind string) []string { return slices.Clone(tableKinds[kind]) }

// unaskedTidy is the id of the tidy table if the file does not ask for one.
const unaskedTidy = "epochs"

// TidyID returns the id of the tidy table, which every study has.
func (p *Params) TidyID() string {
	for _, t := range p.Tables {
		if t.Kind == "tidy" {
			return t.ID
		}
	}
	return unaskedTidy
}

func (p *Params) checkTables(d *document) {
	var ids []string
	tidy := false
	for i, t := range p.Tables {
		path := p.tablePlace(i)
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
			"metrics": t.Metrics != nil, "layers": t.Layers != nil, "line": t.Line != "",
		} {
			takes := slices.Contains(keys, key) && !(each && key == "experiment")
			switch {
			case given && !takes:
				d.report(path+"."+key, "does not belong to a table of kind %q", t.Kind)
			case !given && takes && key != "layers":
				d.report(path+"."+key, "is missing, and a table of kind %q needs it", t.Kind)
			}
		}
		if each {
			p.checkEach(d, t)
		}
		if t.Kind == "tidy" && tidy {
			d.report(path+".kind", "is \"tidy\" for the second time; there is one such table")
		}
		tidy = tidy || t.Kind == "tidy"
		p.checkTable(d, path, t)
	}
	if i := slices.IndexFunc(p.Tables, func(t Table) bool { return strings.EqualFold(t.ID, unaskedTidy) }); !tidy && i >= 0 {
		d.report(p.tablePlace(i)+".id", "is %q, the id of the table of every epoch of every run; choose another, or give one of kind \"tidy\"",
			p.Tables[i].ID)
	}
}

// checkEach refuses a table that has the id of an experiment but is not that
// experiment's table, because it would replace that one.
func (p *Params) checkEach(d *document, each Table) {
	for _, name := range p.experimentNames() {
		for i, t := range p.Tables {
			if strings.EqualFold(t.ID, name) && (t.Kind != each.Kind || t.Experiment != name || t.ID != name) {
				d.report(p.tablePlace(i)+".id", "is %q, the id that the table of final values of experiment %s has; choose another", t.ID, name)
			}
		}
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
	for key, empty := range map[string]bool{
		"experiments": t.Experiments != nil && len(t.Experiments) == 0,
		"metrics":     t.Metrics != nil && len(t.Metrics) == 0,
		"layers":      t.Layers != nil && len(t.Layers) == 0,
	} {
		if empty {
			d.report(path+"."+key, "is empty; name at least one")
		}
	}
	if t.Kind == "kendall" && len(t.Metrics) == 1 {
		d.report(path+".metrics", "has a single metric, and a table of kind \"kendall\" compares each with the others; name two or more")
	}
	for k, m := range t.Metrics {
		at := fmt.Sprintf("%s.metrics[%d]", path, k)
		p.checkMetric(d, at, m)
		once(d, at, m, t.Metrics[:k])
	}
	for k, layer := range t.Layers {
		once(d, fmt.Sprintf("%s.layers[%d]", path, k), layer, t.Layers[:k])
	}
}

// checkTabled refuses tables that show something their experiments do not have.
func (p *Params) checkTabled(d *document, uses []Use) {
	for i, t := range p.Tables {
		path := p.tablePlace(i)
		var of []Use
		for _, u := range uses {
			if u.Experiment == t.Experiment {
				of = append(of, u)
			}
		}
		switch t.Kind {
		case "final":
			if t.ID != eachExperiment {
				checkLayers(d, path, t, of)
			}
		case "search":
			checkSearch(d, path, t, of)
		case "printed":
			checkDepths(d, path, of)
		case "effects":
			if _, err := FactorsOf(of); err != nil {
				d.report(path+".experiment", "is %q, %v", t.Experiment, err)
			}
		case "distances":
			if _, _, err := Line(of, t.Line); err != nil {
				d.report(path+".line", "is %q, %v", t.Line, err)
			}
		case "grids":
			for k, name := range t.Experiments {
				varies := func(u Use) bool { return u.Experiment == name && len(u.Varied) > 0 }
				if !slices.ContainsFunc(uses, varies) {
					d.report(indexed(path+".experiments", k),
						"is %q, in which nothing varies: its conditions have neither vary nor column and value", name)
				}
			}
		}
	}
}

// checkLayers refuses layers that no run of the experiment has.
func checkLayers(d *document, path string, t Table, uses []Use) {
	most := 0
	for _, u := range uses {
		most = max(most, len(u.Run.Config.Network.Hidden))
	}
	for k, layer := range t.Layers {
		known := layer == "all"
		for n := 1; n <= most && most > 1; n++ {
			known = known || layer == fmt.Sprint(n)
		}
		if known {
			continue
		}
		has := "a single one, which is \"all\""
		if most > 1 {
			has = fmt.Sprintf("\"all\" and \"1\" to \"%d\"", most)
		}
		d.report(indexed(path+".layers", k), "is %q, which is no hidden layer of %s; its runs have %s", layer, t.Experiment, has)
	}
}

// checkSearch refuses a search for a learning rate if the conditions differ in
// anything else, because the table has one cell for each rate.
func checkSearch(d *document, path string, t Table, uses []Use) {
	for _, optimizer := range optimizersOf(uses) {
		if _, ok := hyper(optimizer, "lr"); !ok {
			d.report(path+".experiment", "is %q, whose runs with %s have no learning rate", t.Experiment, optimizer)
		}
		var first *Use
		rates := map[float64]string{}
		for i, u := range uses {
			if u.Optimizer != optimizer {
				continue
			}
			if first == nil {
				first = &uses[i]
			}
			for _, c := range Columns() {
				if x, y := c.Of(*first), c.Of(u); c.Name != RateColumn && !Equal(x, y) {
					d.report(path+".experiment", "is %q, whose conditions %s and %s differ in %s with %s; a search is over the learning rate alone",
						t.Experiment, first.Condition, u.Condition, c.Name, optimizer)
				}
			}
			rate := u.Run.Config.Optimizer.LR
			if other, known := rates[rate]; known && other != u.Condition {
				d.report(path+".experiment", "is %q, whose conditions %s and %s have the same learning rate with %s",
					t.Experiment, other, u.Condition, optimizer)
			}
			rates[rate] = u.Condition
		}
	}
}

// RateColumn is the column of the learning rate.
var RateColumn = constant("lr").Column

// checkDepths refuses a table by hidden layers if two conditions of an
// optimizer have the same number of them.
func checkDepths(d *document, path string, uses []Use) {
	type key struct {
		optimizer string
		layers    int
	}
	seen := map[key]string{}
	for _, u := range uses {
		k := key{u.Optimizer, len(u.Run.Config.Network.Hidden)}
		if other, known := seen[k]; known && other != u.Condition {
			d.report(path+".experiment", "is %q, whose conditions %s and %s both have %d hidden layers with %s; the table has one row for "+
				"each number",
				u.Experiment, other, u.Condition, k.layers, u.Optimizer)
		}
		seen[k] = u.Condition
	}
}

// optimizersOf lists the optimizers of uses in the order of figures and tables.
func optimizersOf(uses []Use) []string {
	return slices.DeleteFunc(trainer.Optimizers(), func(name string) bool {
		return !slices.ContainsFunc(uses, func(u Use) bool { return u.Optimizer == name })
	})
}
