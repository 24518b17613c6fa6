package params

import (
	"fmt"
	"math"
	"slices"
)

// Some metrics are those of special trainings, or of archived activations, and
// no run of another kind ever has them. The file tells which runs these are, so
// figures and tables of numbers that cannot exist are refused, and are not made
// with empty panels and rows over no run.

// Metrics by what a run needs to have them.
var (
	ofTraining = []string{"train_accuracy", "train_loss_after"}
	ofHeldOut  = []string{"validation_loss", "validation_accuracy"}
	ofPhases   = []string{"phase_accuracy", "forgetting", "overlap"}
	ofArchives = []string{
		"ccmas_chance", "selectivity_above_chance", "roc", "precision", "information", "informedness",
		"sparsity_varying", "selectivity_varying",
	}
	ofAblation = []string{"ablation_selective", "ablation_unselective", "ablation_random", "ablation_matched", "impact"}
	ofSeveral  = []string{"sparsity", "sparsity_std", "treves_rolls", "sparsity_varying", "sparsity_weighted", "sparsity_gain"}
)

// lacks says why a use has no value of a metric in some of the epochs from one
// to another, where epoch 0 stands for the steps within the first epoch. It is
// empty if it has one in each. The text continues "which CONDITION with
// OPTIMIZER does not have: ".
func (p *Params) lacks(u Use, metric string, from, to int) string {
	c := u.Run.Config
	archived := func() string {
		list := p.Archived(c.Epochs)
		for epoch := from; epoch <= to; epoch++ {
			if !slices.Contains(list, epoch) {
				return fmt.Sprintf("it is computed from archived activations, and study.archive leaves out epoch %d", epoch)
			}
		}
		return ""
	}
	switch {
	case from == 0 && slices.Contains(slices.Concat(ofTraining, ofHeldOut, ofPhases, ofArchives, ofAblation), metric):
		return "it is not measured within the first epoch"
	case slices.Contains(ofTraining, metric):
		if c.Measure != "train" && !c.TrainLossAfter {
			return "it needs train_loss_after = true, or measure = \"train\""
		}
	case slices.Contains(ofHeldOut, metric):
		if c.Validation == 0 {
			return "it needs images held out of training, which the setting validation numbers"
		}
	case slices.Contains(ofPhases, metric):
		if len(c.Sampler.Phases) < 2 {
			return "it needs a training in two phases or more"
		}
	case slices.Contains(ofArchives, metric):
		return archived()
	case slices.Contains(ofAblation, metric):
		if !u.Ablate {
			return "it needs ablate = true"
		}
		return archived()
	}
	return ""
}

// undefined says why a metric is not defined for a run at an epoch, although
// runs of the same kind have it: a training in phases has forgotten nothing yet,
// or a layer has a single unit, among which there is no sparsity. In a figure or
// table with others, such a run is a gap.
func undefined(u Use, metric string, epoch int) string {
	if first := u.Run.Config.Sampler.Phases; metric == "forgetting" && epoch < first[0].Epochs {
		return fmt.Sprintf("it begins at epoch %d, where the first phase ends", first[0].Epochs)
	}
	several := func(width int) bool { return width > 1 }
	if slices.Contains(ofSeveral, metric) && !slices.ContainsFunc(u.Run.Config.Network.Hidden, several) {
		return "it is not defined for a layer of a single unit"
	}
	return ""
}

// checkRecorded refuses figures and tables with metrics that one of their runs
// cannot have.
func (p *Params) checkRecorded(d *document, uses []Use) {
	for i, f := range p.Figures {
		if _, units := f.X.Units(); !units {
			p.checkFigureRecorded(d, p.FigurePlace(i), f.complete(), uses)
		}
	}
	for i, t := range p.Tables {
		p.checkTableRecorded(d, p.tablePlace(i), t, uses)
	}
}

func (p *Params) checkFigureRecorded(d *document, path string, f Figure, uses []Use) {
	shown := p.Shown(f, uses)
	from := shown.Epoch
	if f.X.Kind == XEpoch || f.X.Kind == AgainstMetric || f.X.Kind == AgainstCondition {
		from = 1
	}
	if f.X.Kind == XStep {
		from = 0
	}
	check := func(at, metric, experiment string, entries []Entry) {
		gaps := 0
		of := usesOf(uses, experiment, entries)
		for _, u := range of {
			why := p.lacks(u, metric, from, shown.Epoch)
			if why == "" {
				why = undefined(u, metric, shown.Epoch)
				if why == "" {
					continue
				}
				gaps++
				if gaps < len(of) { // the others have it, and the figure names this one as a gap
					continue
				}
			}
			d.report(at, "has %s, which %s of %s with %s does not have at every epoch shown: %s",
				metric, u.Condition, u.Experiment, u.Optimizer, why)
			return
		}
	}
	places := map[string]string{} // of metrics
	var metrics []string
	add := func(metric, at string) {
		if places[metric] == "" {
			places[metric], metrics = at, append(metrics, metric)
		}
	}
	for k, m := range f.Metrics {
		at := indexed(path+".metrics", k)
		for _, factor := range Factors(m) {
			add(factor, at)
		}
	}
	if f.X.Kind == AgainstMetric {
		add(f.X.Name, path+".x")
	}
	for _, metric := range metrics {
		for _, s := range shown.Sources {
			check(places[metric], metric, s.Experiment, s.Entries)
		}
		if shown.Against != nil {
			check(path+".x", metric, f.Experiments[0], []Entry{*shown.Against})
		}
		if shown.Reference != nil {
			check(path+".reference.condition", metric, f.Reference.Experiment, []Entry{*shown.Reference})
		}
	}
}

// usesOf lists the uses of the conditions in a figure's entries, with the first
// seed.
func usesOf(uses []Use, experiment string, entries []Entry) []Use {
	var list []Use
	for _, e := range entries {
		for _, c := range e.Conditions {
			for _, r := range c.Runs {
				i := slices.IndexFunc(uses, func(u Use) bool {
					return u.Experiment == experiment && u.Condition == c.Name && u.Optimizer == r.Optimizer
				})
				list = append(list, uses[i])
			}
		}
	}
	return list
}

// checkTableRecorded refuses columns of a table that some run cannot fill. A
// table of each experiment is refused if no run of any experiment can.
func (p *Params) checkTableRecorded(d *document, path string, t Table, uses []Use) {
	experiments := t.Experiments
	switch {
	case t.ID == eachExperiment:
		experiments = p.experimentNames()
	case t.Experiment != "":
		experiments = []string{t.Experiment}
	}
	last := map[string]int{} // epoch that all runs of an experiment have
	for _, u := range uses {
		if last[u.Experiment] == 0 {
			last[u.Experiment] = math.MaxInt
		}
		last[u.Experiment] = min(last[u.Experiment], u.Run.Config.Epochs)
	}
	for k, metric := range t.Metrics {
		var reasons []string
		asked, gaps := 0, 0
		for _, u := range uses {
			if !slices.Contains(experiments, u.Experiment) {
				continue
			}
			epoch := last[u.Experiment]
			if t.Kind != "final" { // made from each run's own last epoch
				epoch = u.Run.Config.Epochs
			}
			asked++
			why := p.lacks(u, metric, epoch, epoch)
			if why == "" {
				why = undefined(u, metric, epoch)
				if why != "" && slices.Contains(ofSeveral, metric) {
					gaps++
				}
			}
			if why != "" {
				reasons = append(reasons, fmt.Sprintf("%s of %s with %s does not have: %s", u.Condition, u.Experiment, u.Optimizer, why))
			}
		}
		if len(reasons) > 0 && (t.ID != eachExperiment && len(reasons) > gaps || len(reasons) == asked) {
			d.report(indexed(path+".metrics", k), "is %q, which %s", metric, reasons[0])
		}
	}
}
