package params

import (
	"fmt"
	"slices"
	"strings"
)

// Figure is one figure of the study. It says which numbers the figure shows,
// and which of their properties (metric, optimizer, condition, layer, epoch,
// experiment) are shown by rows and columns of panels, along x, and by lines. A
// property that is shown nowhere must have a single value. For the epoch this
// is the last one that all shown runs have, and for the layer it is the mean
// over the layers.
type Figure struct {
	ID          string   `toml:"id,required"`
	Title       string   `toml:"title,required"`
	Experiments []string `toml:"experiments,required"`

	// Conditions selects and orders conditions; * stands for any text. If x is
	// the value, each entry is one line over all conditions that it matches.
	// Otherwise each condition stands for itself. If it is absent, all are
	// selected.
	Conditions []string          `toml:"conditions"`
	Names      map[string]string `toml:"names"`   // what conditions are called; * stands for the same text on both sides
	Metrics    []string          `toml:"metrics"` // "a * b" is a product; absent: accuracy, sparsity, selectivity

	Rows    string   `toml:"rows"`    // "metric" or "condition", or absent
	Columns string   `toml:"columns"` // "metric" (also where absent), "optimizer" or "experiment"
	Lines   []string `toml:"lines"`   // "optimizer", "condition", "layer", "metric": the first by colour, the second by dash
	X       X        `toml:"x,required"`
	XLabel  string   `toml:"x_label"` // absent: the parameter's name, or what x is
	Scale   string   `toml:"scale"`   // where x is the value: "linear" (also where absent), "log", or "equal" distances
	Reverse bool     `toml:"reverse"` // conditions and values in descending order

	Limits  map[string][]float64 `toml:"limits"`   // of y, by metric
	Zoom    map[string][]float64 `toml:"zoom"`     // limits of a second panel of the metric
	XLimits map[string][]float64 `toml:"x_limits"` // by optimizer

	// Difference adds a row of panels with the second condition minus the
	// first, seed by seed.
	Difference bool `toml:"difference"`

	Vertical  string     `toml:"vertical"`  // marks on x "baseline", the baseline's value, or "best METRIC"
	Reference *Reference `toml:"reference"` // horizontal lines
	Error     string     `toml:"error"`     // the bands: "se_population" (the author's, also where absent), "se", or "ci" (95 %)
	Epoch     int        `toml:"epoch"`     // at which values are read, and the last along x
	Remark    string     `toml:"remark"`    // ends the caption: what differs from the original figure
}

// Reference is a condition whose values are drawn as horizontal lines.
type Reference struct {
	Experiment string `toml:"experiment"` // absent: the figure's
	Condition  string `toml:"condition,required"`
	Label      string `toml:"label,required"`
}

// Defaults of a figure.
var defaultMetrics = []string{"accuracy", "sparsity", "selectivity"}

// complete fills in what a figure leaves out.
func (f Figure) complete() Figure {
	if len(f.Conditions) == 0 {
		f.Conditions = []string{"*"}
	}
	if _, ok := f.X.Units(); ok {
		f.Rows, f.Columns, f.Metrics = "condition", "optimizer", []string{"selectivity"}
	}
	if len(f.Metrics) == 0 {
		f.Metrics = defaultMetrics
	}
	if f.Columns == "" {
		f.Columns = "metric"
	}
	if f.Scale == "" {
		f.Scale = "linear"
	}
	if f.Error == "" {
		f.Error = "se_population"
	}
	if f.Reference != nil && f.Reference.Experiment == "" && len(f.Experiments) > 0 {
		r := *f.Reference
		r.Experiment = f.Experiments[0]
		f.Reference = &r
	}
	return f
}

// Factors lists the metrics of which a figure's metric is the product.
func Factors(metric string) []string { return strings.Split(metric, " * ") }

// checkFigures reports mistakes that the figures alone show. Shown reports the
// others.
func (p *Params) checkFigures(d *document) {
	var ids []string
	for i, f := range p.Figures {
		path := p.FigurePlace(i)
		checkID(d, path, f.ID, &ids)
		f.checkUnits(d, path)
		f = f.complete()
		if len(f.Experiments) == 0 {
			d.report(path+".experiments", "is empty; name at least one")
		}
		for k, e := range f.Experiments {
			at := fmt.Sprintf("%s.experiments[%d]", path, k)
			choice(d, at, e, p.experimentNames()...)
			once(d, at, e, f.Experiments[:k])
		}
		if f.Reference != nil {
			choice(d, path+".reference.experiment", f.Reference.Experiment, p.experimentNames()...)
		}
		for k, m := range f.Metrics {
			at := fmt.Sprintf("%s.metrics[%d]", path, k)
			for _, factor := range Factors(m) {
				p.checkMetric(d, at, factor)
			}
			once(d, at, m, f.Metrics[:k])
		}
		f.checkPlaces(d, path)
		if f.X.Kind == AgainstMetric {
			p.checkMetric(d, path+".x", f.X.Name)
		}
		f.checkAxes(d, path)
		f.checkDifference(d, path)
		choice(d, path+".error", f.Error, "se", "se_population", "ci")
	}
}

// checkUnits refuses keys that a figure of units does not use.
func (f Figure) checkUnits(d *document, path string) {
	if _, ok := f.X.Units(); !ok {
		return
	}
	if len(f.Experiments) > 1 {
		d.report(path+".experiments", "names %d; a figure of units shows one", len(f.Experiments))
	}
	for key, given := range map[string]bool{
		"rows": f.Rows != "", "columns": f.Columns != "", "lines": f.Lines != nil, "metrics": f.Metrics != nil, "limits": f.Limits != nil,
		"zoom": f.Zoom != nil, "x_limits": f.XLimits != nil, "difference": f.Difference, "reference": f.Reference != nil, "error": f.Error != "",
		"x_label": f.XLabel != "", "reverse": f.Reverse,
	} {
		if given {
			d.report(path+"."+key, "has no place in a figure of units, whose rows are conditions and whose columns are optimizers")
		}
	}
}

// checkPlaces checks that every property is shown in one place only.
func (f Figure) checkPlaces(d *document, path string) {
	if f.Rows != "" {
		choice(d, path+".rows", f.Rows, "metric", "condition")
	}
	choice(d, path+".columns", f.Columns, "metric", "optimizer", "experiment")
	places := []string{f.Rows, f.Columns, f.X.dimension()}
	once(d, path+".columns", f.Columns, places[:1])
	if f.Rows == "condition" && f.Columns == "experiment" {
		d.report(path+".rows", "is \"condition\", which differ from one experiment to the next: take another of rows and columns")
	}
	if f.Rows != "" && f.Rows == f.X.dimension() {
		d.report(path+".rows", "is %q, which x tells apart", f.Rows)
	}
	if len(f.Lines) > 2 {
		d.report(path+".lines", "names %d things; lines differ by colour and by dash, in no third way", len(f.Lines))
	}
	for k, line := range f.Lines {
		at := fmt.Sprintf("%s.lines[%d]", path, k)
		choice(d, at, line, "optimizer", "condition", "layer", "metric")
		if slices.Contains(append(places, f.Lines[:k]...), line) {
			d.report(at, "is %q, which the figure tells apart elsewhere", line)
		}
	}
	placed := append(places, f.Lines...)
	if len(f.Metrics) > 1 && !slices.Contains(placed, "metric") {
		d.report(path+".metrics", "names %d, which neither rows, columns nor lines tell apart", len(f.Metrics))
	}
	if len(f.Experiments) > 1 && f.Columns != "experiment" {
		d.report(path+".experiments", "names %d, which only columns = \"experiment\" tells apart", len(f.Experiments))
	}
}

func (f Figure) checkAxes(d *document, path string) {
	choice(d, path+".scale", f.Scale, "linear", "log", "equal")
	if f.X.Kind != XValue && f.Scale != "linear" {
		d.report(path+".scale", "is %q, which only values along x have", f.Scale)
	}
	if f.X.Kind != XValue && f.Vertical != "" {
		d.report(path+".vertical", "needs x = \"value\"")
	} else if metric, best := strings.CutPrefix(f.Vertical, "best "); best {
		choice(d, path+".vertical", metric, f.Metrics...)
	} else if f.Vertical != "" {
		choice(d, path+".vertical", f.Vertical, "baseline", "best METRIC")
	}
	if f.Epoch < 0 {
		d.report(path+".epoch", "is %d, must be an epoch, 1 or more", f.Epoch)
	}
	inOnePanel := slices.Contains(f.Lines, "metric")
	for _, key := range []string{"limits", "zoom", "x_limits"} {
		limits := map[string]map[string][]float64{"limits": f.Limits, "zoom": f.Zoom, "x_limits": f.XLimits}[key]
		for _, name := range sortedKeys(limits) {
			at := join(path+"."+key, name)
			if key == "x_limits" {
				choice(d, at, name, DisplayOrder...)
			} else {
				choice(d, at, name, f.Metrics...)
			}
			if key != "x_limits" && inOnePanel {
				d.report(at, "is of one metric, but the metrics share a panel")
			}
			if key == "x_limits" && f.Columns != "optimizer" {
				d.report(at, "is of one optimizer, but columns = %q", f.Columns)
			}
			if v := limits[name]; len(v) != 2 || v[0] >= v[1] {
				d.report(at, "is %v, must be a lower and a higher number", v)
			}
		}
	}
}

// checkDifference checks that a difference has two conditions, which must be
// distinguished by lines alone.
func (f Figure) checkDifference(d *document, path string) {
	at := path + ".difference"
	switch {
	case !f.Difference:
	case f.X.Kind != XEpoch && f.X.Kind != XLayer:
		d.report(at, "needs x = \"epoch\" or x = \"layer\"")
	case !slices.Contains(f.Lines, "condition"):
		d.report(at, "is that of two conditions, which lines must tell apart")
	case f.Columns != "metric" || f.Rows != "" || len(f.Zoom) > 0:
		d.report(at, "adds a row, and so needs columns = \"metric\", no rows and no zoom")
	}
}

// FigurePlace returns where the file asks for a figure, as a path such as
// figures[2].
func (p *Params) FigurePlace(i int) string { return indexed(p.prefix+"figures", i) }

// checkShownFigures refuses figures that show something the experiments do not
// have.
func (p *Params) checkShownFigures(d *document, uses []Use) {
	for i, f := range p.Figures {
		p.shown(d, p.FigurePlace(i), f.complete(), uses)
	}
}
