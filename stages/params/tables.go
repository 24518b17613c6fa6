package params

import "fmt"

// Table is one table of the study.
type Table struct {
	ID         string   `toml:"id,required"`
	Kind       string   `toml:"kind,required"` // "final": means at the last epoch; "tidy": every epoch of every run
	Experiment string   `toml:"experiment"`    // for "final"
	Error      string   `toml:"error"`         // for "final"
	Metrics    []string `toml:"metrics"`       // for "final"
	Layers     []string `toml:"layers"`        // for "final": a row each; "all" where absent
	Title      string   `toml:"title"`
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
		checkID(d, path, t.ID, &ids)
		choice(d, path+".kind", t.Kind, "final", "tidy")
		if t.Kind == "tidy" {
			if t.Experiment != "" || t.Error != "" || t.Metrics != nil {
				d.report(path, "a tidy table holds every metric of every experiment; take experiment, error and metrics away")
			}
			if tidy {
				d.report(path+".kind", "is \"tidy\" for the second time; there is one such table")
			}
			tidy = true
			continue
		}
		choice(d, path+".experiment", t.Experiment, p.experimentNames()...)
		choice(d, path+".error", t.Error, "se", "se_population")
		if len(t.Metrics) == 0 {
			d.report(path+".metrics", "is empty; name at least one")
		}
		for k, m := range t.Metrics {
			at := fmt.Sprintf("%s.metrics[%d]", path, k)
			choice(d, at, m, MetricNames...)
			once(d, at, m, t.Metrics[:k])
		}
	}
}
