package params

import "fmt"

// Figure is one figure of the study.
type Figure struct {
	ID         string  `toml:"id,required"`
	Kind       string  `toml:"kind,required"` // "epochs": a panel a metric, a line an optimizer, over the epochs
	Experiment string  `toml:"experiment,required"`
	Condition  string  `toml:"condition,required"`
	Error      string  `toml:"error,required"` // the band: "se" (sample) or "se_population" (the author's)
	Title      string  `toml:"title"`
	Panels     []Panel `toml:"panels,required"`
}

// Panel is one metric of a figure.
type Panel struct {
	Metric string    `toml:"metric,required"`
	Label  string    `toml:"label,required"`
	Limits []float64 `toml:"limits"` // lower and upper end of the y axis; from the data where absent
}

func (p *Params) checkFigures(d *document) {
	var ids []string
	for i, f := range p.Figures {
		path := fmt.Sprintf("figures[%d]", i)
		checkID(d, path, f.ID, &ids)
		choice(d, path+".kind", f.Kind, "epochs")
		choice(d, path+".experiment", f.Experiment, p.experimentNames()...)
		choice(d, path+".error", f.Error, "se", "se_population")
		if len(f.Panels) == 0 {
			d.report(path+".panels", "is empty; name at least one")
		}
		for k, panel := range f.Panels {
			at := fmt.Sprintf("%s.panels[%d]", path, k)
			choice(d, at+".metric", panel.Metric, MetricNames...)
			for _, before := range f.Panels[:k] {
				once(d, at+".metric", panel.Metric, []string{before.Metric})
			}
			if n := len(panel.Limits); n > 0 && (n != 2 || panel.Limits[0] >= panel.Limits[1]) {
				d.report(at+".limits", "is %v, must be a lower and a higher number", panel.Limits)
			}
		}
	}
}
