package figure

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sparsel/analysis/summary"
	"sparsel/stages/words"
)

// runs says over how many runs the numbers are taken.
func (d *description) runs() string {
	if d.low == d.high {
		return fmt.Sprintf("n = %d", d.low)
	}
	return fmt.Sprintf("n = %d to %d", d.low, d.high)
}

// note says on the figure itself what the bands are and over how many runs they
// are taken. Anything longer than a line goes into the caption.
func (d *description) note() string {
	note := "mean ± SE (deviation over n), " + d.runs()
	switch {
	case !d.banded:
		note = "mean, " + d.runs()
	case d.Error == "se":
		note = "mean ± SE, " + d.runs()
	case d.Error == "ci":
		note = "mean, 95 % interval, " + d.runs()
	}
	if d.seeds && d.high > 1 {
		note += "; " + d.seedMarks() + ": each seed"
	}
	if d.modes {
		note += "; " + d.seedMarks() + " without a band: each seed, where some learn and some do not"
	}
	if wider := d.wider(); wider != "" {
		note += "; 95 % intervals are " + wider + " × as wide"
	}
	if d.beyond {
		note += "; arrows: beyond the panel"
	}
	switch {
	case d.open && len(d.Lines) < 2:
		note += "; open markers: fewer runs, see the caption"
	case d.fewer:
		note += "; fewer runs in places, see the caption"
	}
	return note
}

// crowded reports whether the numbers along x are too many for a mark each.
func (d *description) crowded() bool {
	return (d.X.Kind == Epochs || d.X.Kind == Steps) && d.Epoch > fewEpochs
}

// seedMarks says how single runs are drawn.
func (d *description) seedMarks() string {
	if d.crowded() {
		return "thin lines"
	}
	return "dots"
}

// behind notes that a number is the mean of so many runs.
func (d *description) behind(runs int) {
	d.low, d.high = min(d.low, runs), max(d.high, runs)
}

// band notes that a band was drawn at the mean of so many runs.
func (d *description) band(runs int) {
	if !d.banded {
		d.banded, d.fewest = true, runs
	}
	d.fewest, d.most = min(d.fewest, runs), max(d.most, runs)
}

// wider returns how many times wider than the bands the 95 % intervals of the
// findings are, which depends on the numbers of runs. It returns nothing if the
// bands are these intervals, or if there are none.
func (d *description) wider() string {
	if !d.banded || d.Error == "ci" {
		return ""
	}
	times := func(runs int) string {
		values := make([]float64, runs)
		values[0] = 1 // the ratio depends on the number of values alone
		s := summary.Describe(values)
		low, high := interval(s, d.Error)
		return fmt.Sprintf("%.1f", (s.CIHigh-s.CILow)/(high-low))
	}
	least, greatest := times(d.most), times(d.fewest)
	if least == greatest {
		return least
	}
	return least + " to " + greatest
}

// caption says what the figure shows, at which epoch, over how many runs, and
// what might be unexpected in it.
func (d *description) caption() string {
	sentences := []string{d.what(), d.which(), d.updates(), d.longer(), d.over(), d.split()}
	if d.Difference {
		entries := d.Sources[0].Entries
		sentences = append(sentences, fmt.Sprintf("Δ in the lower panels is %s minus %s, seed by seed", entries[1].Label, entries[0].Label))
	}
	if d.unequalX() {
		sentences = append(sentences, "the x axes of the panels differ")
	}
	if list := d.gaps.absent(); list != "" {
		sentences = append(sentences, "missing, because they failed: "+list)
	}
	if list := d.gaps.infinite(d.sometimes()); list != "" {
		sentences = append(sentences, "not finite (NaN or infinite) and left out; a number with no other run is a gap: "+list)
	}
	sentences = append(sentences, d.begins())
	if d.common {
		sentences = append(sentences, "a dot is the mean over the runs that have both of its numbers")
	}
	sentences = append(sentences, d.marks()...)
	if len(d.hidden) > 0 {
		sentences = append(sentences, "beyond the limits of a panel and not drawn: "+listed(d.hidden))
	}
	if d.spilled {
		sentences = append(sentences, "some single seeds are beyond the limits of a panel and not drawn there")
	}
	if d.beyond {
		sentences = append(sentences, "arrows at an edge mark lines that go on beyond the panel")
	}
	text := ""
	for _, s := range append(sentences, d.Remark) {
		text += sentence(s)
	}
	return strings.TrimSpace(text + stopped(d.Mark)) // the mark may begin with the name of a profile, which is written as it is
}

// along reports whether the figure shows numbers of one epoch after another.
func (d *description) along() bool { return d.X.Kind == Epochs || d.X.Kind == Steps || d.X.against() }

// unequalX reports whether the panels of a row have different x axes.
func (d *description) unequalX() bool {
	if d.X.Kind == AgainstMetric {
		return len(d.X.Limits) > 0
	}
	if d.X.Kind != Values || d.Columns != "optimizer" {
		return false
	}
	var first []float64
	for i, o := range d.Sources[0].Optimizers {
		s := d.Sources[0]
		s.Optimizers = []Optimizer{o}
		if list := d.values(s); i == 0 {
			first = list
		} else if list[0] != first[0] || list[len(list)-1] != first[len(first)-1] {
			return true
		}
	}
	return false
}

// sentence turns a text into one line that is a sentence. It capitalises the
// first letter if that is a Latin one (a symbol such as β would become another
// one), and adds a full stop if there is no stop at the end. An empty text
// stays empty.
func sentence(s string) string {
	s = stopped(s)
	first, size := utf8.DecodeRuneInString(s)
	if unicode.Is(unicode.Latin, first) {
		s = string(unicode.ToTitle(first)) + s[size:]
	}
	return s
}

// stopped is sentence without the capital letter.
func stopped(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return ""
	}
	if last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, `"”’»)`)); !strings.ContainsRune(".!?…", last) {
		s += "."
	}
	return s + " "
}

// group names runs that have something in common.
type group struct{ where, what string }

// groups names the shown runs, also those of a reference and of the condition
// along x, for which what returns a text. Runs with the same text are in one
// group of their entry. all reports whether every run has a text.
func (d *description) groups(what func(Runs) string) (list []group, all bool) {
	all = true
	add := func(label, parameter string, e Entry, optimizers []Optimizer) {
		var texts []string
		for _, o := range optimizers {
			for _, c := range e.Conditions {
				if text := what(c.of(o.Name)); text == "" {
					all = false
				} else if !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
			}
		}
		for _, text := range texts {
			var whole []string // the optimizers all of whose runs have the text
			var parts []group
			for _, o := range optimizers {
				var places []string
				for _, c := range e.Conditions {
					if r := c.of(o.Name); what(r) == text {
						places = append(places, r.Label)
					}
				}
				if len(places) == len(e.Conditions) {
					whole = append(whole, o.Name)
				} else if len(places) > 0 {
					parts = append(parts, group{fmt.Sprintf("%s with %s at %s %s", label, o.Name, parameter, listed(places)), text})
				}
			}
			switch {
			case len(whole) == len(optimizers):
				list = append(list, group{label, text})
			case len(whole) > 0:
				list = append(list, group{label + " with " + listed(whole), text})
			}
			list = append(list, parts...)
		}
	}
	var optimizers []Optimizer
	for _, s := range d.Sources {
		for _, o := range s.Optimizers {
			if !slices.ContainsFunc(optimizers, func(known Optimizer) bool { return known.Name == o.Name }) {
				optimizers = append(optimizers, o)
			}
		}
		for _, e := range s.Entries {
			label := e.Label
			switch {
			case d.X.Kind == Values && len(s.Entries) == 1:
				label = s.Experiment
			case len(d.Sources) > 1:
				label = s.Experiment + ", " + label
			}
			add(label, s.Parameter, e, s.Optimizers)
		}
	}
	if c := d.X.Condition; c != nil {
		add(d.X.Name, "", Entry{Conditions: []Condition{*c}}, optimizers)
	}
	if r := d.Reference; r != nil {
		add(r.Label, "", Entry{Conditions: []Condition{r.Condition}}, optimizers)
	}
	return list, all
}

// longer says which runs go on after the last epoch that all of them have.
func (d *description) longer() string {
	groups, _ := d.groups(func(r Runs) string {
		switch {
		case r.Epochs <= d.Epoch:
			return ""
		case r.Updates > 0:
			return r.measurements()
		}
		return fmt.Sprintf("%d epochs", r.Epochs)
	})
	if len(groups) == 0 {
		return ""
	}
	var list []string
	for _, g := range groups {
		list = append(list, fmt.Sprintf("%s (%s)", g.where, g.what))
	}
	return "longer runs, of which the rest is not shown: " + listed(list)
}

// measurement is what the numbers of epochs count. A run with a fixed number of
// updates is measured after equal parts of them, which are no epochs.
func (d *description) measurement() string {
	switch groups, all := d.groups(Runs.measurements); {
	case len(groups) == 0:
		return "epoch"
	case all:
		return "measurement"
	}
	return "epoch or measurement"
}

// measurements says when the run is measured if that is not after each epoch.
func (r Runs) measurements() string {
	if r.Updates == 0 {
		return ""
	}
	return fmt.Sprintf("%s, measured %s", words.Counted(r.Updates, "update"), words.Times(r.Epochs))
}

// updates says after how many updates runs are measured that have a fixed
// number of them.
func (d *description) updates() string {
	groups, _ := d.groups(func(r Runs) string {
		if r.Updates == 0 {
			return ""
		}
		return fmt.Sprintf("%s, measurement %d after %s", r.measurements(), d.Epoch, words.Counted(r.Updates*d.Epoch/r.Epochs, "update"))
	})
	if len(groups) == 0 {
		return ""
	}
	var list []string
	for _, g := range groups {
		list = append(list, fmt.Sprintf("%s (%s)", g.where, g.what))
	}
	return "measured after equal parts of a fixed number of updates, not after epochs: " + listed(list)
}

// split says which sparsities and selectivities are not of test images.
func (d *description) split() string {
	groups, all := d.groups(func(r Runs) string {
		if r.Split != "train" {
			return ""
		}
		return r.Split
	})
	ofLayers := slices.ContainsFunc(d.Panels, func(p Panel) bool { return !p.ofNetwork() }) ||
		d.X.Kind == AgainstMetric && !(Panel{Metric: d.X.Metric}).ofNetwork()
	switch {
	case len(groups) == 0 || !ofLayers:
		return ""
	case all:
		return "sparsity and selectivity are of training images"
	}
	var trained []string
	for _, g := range groups {
		trained = append(trained, g.where)
	}
	return "sparsity and selectivity of " + listed(trained) + " are of training images"
}

// what is the first sentence: the metrics, along what, and what the lines are.
func (d *description) what() string {
	var metrics []string
	for _, panel := range d.Panels {
		if !panel.Zoom {
			metrics = append(metrics, panel.words())
		}
	}
	text := listed(metrics)
	switch d.X.Kind {
	case Epochs:
		text += " over the epochs"
	case Steps:
		text += " over the steps of training"
	case Values:
		text += " against the " + d.parameters()
	case Layers:
		text += " of each hidden layer"
	case AgainstMetric:
		text += " against " + Panel{Metric: d.X.Metric}.words()
	case AgainstCondition:
		text += " against that of " + d.X.Name
	case Conditions:
		text += " for each condition"
	}
	if d.X.against() {
		text += ", a dot " + map[bool]string{true: "a ", false: "an "}[d.measurement() == "measurement"] + d.measurement()
	}
	var by []string
	by = append(by, d.Lines...)
	if d.Columns == "optimizer" {
		by = append([]string{"optimizer"}, by...)
	}
	if d.Rows == "condition" {
		by = append([]string{"condition"}, by...)
	}
	if len(by) > 0 {
		text += ", by " + listed(by)
	}
	return text
}

// parameters are those along x.
func (d *description) parameters() string {
	var list []string
	for _, s := range d.Sources {
		list = append(list, s.Parameter)
	}
	return listed(list)
}

// which names experiments, conditions and epoch.
func (d *description) which() string {
	var experiments []string
	for _, s := range d.Sources {
		text := s.Experiment
		var labels []string
		for _, e := range s.Entries {
			labels = append(labels, e.Label)
		}
		switch {
		case d.X.Kind == Values && len(labels) == 1:
			text += fmt.Sprintf(" (%s)", words.Counted(len(s.Entries[0].Conditions), "value"))
		case len(labels) == 1:
			text += ", condition " + labels[0]
		default:
			text += ", conditions " + strings.Join(labels, "; ")
		}
		experiments = append(experiments, text)
	}
	noun := "experiment "
	if len(experiments) > 1 {
		noun = "experiments "
	}
	when := fmt.Sprintf("after %s %d", d.measurement(), d.Epoch)
	if d.along() && d.Epoch > 1 {
		when = fmt.Sprintf("after each of %d %ss", d.Epoch, strings.ReplaceAll(d.measurement(), " or", "s or"))
	}
	if d.within {
		when = "at some steps within the first epoch and " + when
	}
	return noun + strings.Join(experiments, ", ") + "; " + when
}

// over says what means and bands are over.
func (d *description) over() string {
	switch {
	case d.low == 1 && d.high == 1:
		return "one run each, so there are no bands"
	case d.mostRuns() == 1:
		return "at most one run each, so there are no bands"
	}
	text := fmt.Sprintf("means over the seeds (%s)", d.runs())
	if d.X.against() {
		return text
	}
	band := map[string]string{
		"se":            "one standard error",
		"se_population": "one standard error as the study has it (deviation with divisor n)",
		"ci":            "95 % intervals of the mean",
	}[d.Error]
	if d.banded {
		text += ", bands " + band
	}
	if wider := d.wider(); wider != "" {
		text += ", of which the 95 % interval of a mean is " + wider + " times as wide"
	}
	if d.seeds {
		text += "; " + d.seedMarks() + " are the single seeds"
	}
	if d.modes {
		text += fmt.Sprintf("; lines some of whose runs learn (accuracy above %v) while others stay near chance (below %v) have no band, "+
			"because no run is near their mean: %s are their single seeds", learntAbove, chanceBelow, d.seedMarks())
	}
	if slices.ContainsFunc(d.Panels, func(p Panel) bool { return len(p.factors()) > 1 }) {
		text += "; products are taken run by run"
	}
	return text
}

// marks explains the marker lines.
func (d *description) marks() []string {
	var list []string
	if metric, ok := strings.CutPrefix(d.Vertical, "best "); ok && d.marked {
		list = append(list, fmt.Sprintf("vertical lines mark the value of the highest mean %s", Panel{Metric: metric}.words())+d.owners())
	} else if d.Vertical == "baseline" && d.marked {
		list = append(list, "vertical lines mark the baseline's value"+d.owners())
	}
	if len(d.offAxis) > 0 {
		list = append(list, "the baseline's value has no place along x: "+listed(d.offAxis))
	}
	if d.X.Kind == Steps {
		text := fmt.Sprintf("dotted horizontal lines, %q, are the same networks before their first step", beforeTraining)
		if len(d.starts) > 0 {
			text += ": " + strings.Join(d.starts, "; ")
		}
		list = append(list, text)
	}
	if r := d.Reference; r != nil {
		text := fmt.Sprintf("horizontal lines are %s (experiment %s, condition %s)", r.Label, r.Experiment, r.Condition.Name)
		if d.along() { // otherwise the caption says it of all numbers
			text += fmt.Sprintf(", after %s %d", d.measurement(), d.Epoch)
		}
		list = append(list, text)
	}
	if len(d.undrawn) > 0 {
		list = append(list, "beyond the limits of a panel and not drawn there: "+listed(d.undrawn))
	}
	return list
}

// owners says what several vertical lines of one panel belong to. It is empty
// if no panel has several.
func (d *description) owners() string {
	var list []string
	same := true
	for _, w := range d.whose {
		list = append(list, fmt.Sprintf("%s in panel %c", w.text, w.letter))
		same = same && w.text == d.whose[0].text
	}
	switch {
	case len(list) == 0:
		return ""
	case same:
		return ": " + d.whose[0].text
	}
	return ": " + strings.Join(list, "; ")
}

// listed joins words as in a sentence.
func listed(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
