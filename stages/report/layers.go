package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"sparsel/analysis/claim"
)

// A Layer is one of the two questions about the claims, with the verdicts that
// its runs give. No count mixes the two.
type Layer struct {
	Name     string // "reproduces": the thesis's own seeds; "holds": fresh ones
	Here     bool   // the page is made from these runs
	Command  string // the command that makes them, on this machine: the report's id does not cover it
	Findings []Finding
}

// A Plan is what a study trains.
type Plan struct {
	Optimizers              []string // in the order of the parameter file
	Seeds                   []uint32
	ShortestRun, LongestRun int    // lengths in epochs of the trainings that have them, and not a number of updates
	TrainFirst, TestFirst   int    // the number of images used, from the first; 0 means all
	Images                  string // what the images show
	Data                    string // the data set in words; empty for MNIST
}

// Fixed says when the claims were fixed, and how they were changed since then.
type Fixed struct {
	Commit  string
	Changes []Change
}

// A Change is a claim that was changed or added, with its verdicts by layer before
// and after.
type Change struct {
	ID, Why       string
	Added         bool // it was not among the claims that were fixed
	Before, After map[string]string
}

// conclusions is the section of the thesis that sums it up.
const conclusions = "6.1"

// answers are the verdicts of a layer's runs on the claims.
type answers struct {
	Layer
	Counts      []verdictCount
	Judged, All int
	Doubtful    []doubt // in the order of the findings
}

// A doubt is a claim that is supported but may be true by arithmetic alone,
// because the findings that By names, its artefacts, are contradicted.
type doubt struct {
	ID string
	By []string
}

// comparison has a claim's verdicts side by side. A missing verdict is empty.
type comparison struct {
	claim.Result // the claim's texts
	Reproduces   string
	Holds        string

	// The artefacts that are contradicted although the claim is supported.
	ReproducesBut, HoldsBut []string
}

// layered counts each layer's verdicts and compares them claim by claim.
func (v *view) layered() {
	byID := map[string]*comparison{}
	for _, l := range v.Report.Layers {
		a := answers{Layer: l, Counts: counts(l.Findings), All: len(l.Findings)}
		for _, f := range l.Findings {
			c := byID[f.ID]
			if c == nil {
				c = &comparison{Result: f.Result}
				byID[f.ID] = c
				v.Compared = append(v.Compared, c)
			}
			if !f.Current {
				continue
			}
			a.Judged++
			by := doubts(f, l.Findings)
			if len(by) > 0 {
				a.Doubtful = append(a.Doubtful, doubt{f.ID, by})
			}
			if l.Name == "holds" {
				c.Holds, c.HoldsBut = f.Result.Verdict, by
			} else {
				c.Reproduces, c.ReproducesBut = f.Result.Verdict, by
			}
		}
		v.Layers = append(v.Layers, a)
	}
	slices.SortStableFunc(v.Compared, func(a, b *comparison) int {
		return natural(section(a.Source)+" "+a.ID, section(b.Source)+" "+b.ID)
	})
}

// doubts lists the artefacts of a supported finding that are contradicted among the
// findings of the same runs.
func doubts(f Finding, among []Finding) []string {
	var list []string
	if !f.Current || f.Result.Verdict != claim.Supported.String() {
		return nil
	}
	for _, other := range among {
		if slices.Contains(f.Artefacts, other.ID) && other.Current && other.Result.Verdict == claim.Contradicted.String() {
			list = append(list, other.ID)
		}
	}
	return list
}

// Doubts lists the artefacts of a finding of this page that are contradicted
// although it is supported.
func (v *view) Doubts(f Finding) []string { return doubts(f, v.Report.Findings) }

func counts(findings []Finding) []verdictCount {
	var list []verdictCount
	for _, verdict := range Verdicts {
		n := 0
		for _, f := range findings {
			if f.Current && f.Result.Verdict == verdict {
				n++
			}
		}
		list = append(list, verdictCount{verdict, n})
	}
	return list
}

// Conclusions lists the claims that the thesis's summary repeats.
func (v *view) Conclusions() []*comparison {
	return slices.DeleteFunc(slices.Clone(v.Compared), func(c *comparison) bool {
		return !claim.Claim{Source: c.Source}.Confirmatory(conclusions)
	})
}

// said returns the verdict of a layer, which is empty if the claim is not judged.
func (c *comparison) said(layer string) string {
	if layer == "holds" {
		return c.Holds
	}
	return c.Reproduces
}

// concluded counts the verdicts of a layer on some claims, those that are not
// judged last.
func concluded(claims []*comparison, layer string) []verdictCount {
	var list []verdictCount
	for _, verdict := range append(slices.Clone(Verdicts), "") {
		n := 0
		for _, c := range claims {
			if c.said(layer) == verdict {
				n++
			}
		}
		if verdict != "" || n > 0 {
			list = append(list, verdictCount{cmp.Or(verdict, "not judged"), n})
		}
	}
	return list
}

// Differing lists the claims on which the layers differ.
func (v *view) Differing() []*comparison {
	return slices.DeleteFunc(slices.Clone(v.Compared), func(c *comparison) bool {
		return c.Reproduces == "" || c.Holds == "" || c.Reproduces == c.Holds
	})
}

// A transition is a pair of different verdicts, with the claims that have it.
type transition struct {
	Reproduces, Holds string
	Claims            []*comparison
}

// Reversed reports whether one verdict is the opposite of the other.
func (t transition) Reversed() bool {
	opposite := []string{claim.Supported.String(), claim.Contradicted.String()}
	return slices.Contains(opposite, t.Reproduces) && slices.Contains(opposite, t.Holds)
}

// Transitions lists how the layers differ: opposite verdicts come first, then
// those of claims that both have decided, those that only the thesis's seeds
// decide, and those that only fresh seeds do.
func (v *view) Transitions() []transition {
	var list []transition
	for _, c := range v.Differing() {
		i := slices.IndexFunc(list, func(t transition) bool { return t.Reproduces == c.Reproduces && t.Holds == c.Holds })
		if i < 0 {
			i, list = len(list), append(list, transition{Reproduces: c.Reproduces, Holds: c.Holds})
		}
		list[i].Claims = append(list[i].Claims, c)
	}
	rank := func(t transition) int {
		switch undecided := claim.Undecided.String(); {
		case t.Reversed():
			return 0
		case t.Reproduces == undecided:
			return 3
		case t.Holds == undecided:
			return 2
		}
		return 1
	}
	slices.SortFunc(list, func(a, b transition) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(slices.Index(Verdicts, a.Reproduces), slices.Index(Verdicts, b.Reproduces)),
			cmp.Compare(slices.Index(Verdicts, a.Holds), slices.Index(Verdicts, b.Holds)))
	})
	return list
}

// Reversed counts the claims that are supported on one kind of seeds and
// contradicted on the other.
func (v *view) Reversed() int {
	n := 0
	for _, t := range v.Transitions() {
		if t.Reversed() {
			n += len(t.Claims)
		}
	}
	return n
}

// Judged counts the findings on this page that have a verdict.
func (v *view) Judged() int {
	n := 0
	for _, c := range v.Verdicts {
		n += c.Count
	}
	return n
}

// Both counts the claims that both layers have judged.
func (v *view) Both() int {
	n := 0
	for _, c := range v.Compared {
		if c.Reproduces != "" && c.Holds != "" {
			n++
		}
	}
	return n
}

// HasFinding reports whether the page has a place for the finding with that id.
func (v *view) HasFinding(id string) bool {
	return slices.ContainsFunc(v.Report.Findings, func(f Finding) bool { return f.ID == id })
}

// Headline returns the page's title: that of the study, or the name of its
// file.
func (v *view) Headline() string {
	if v.Title == "" {
		return strings.TrimSuffix(v.ParamsName, path.Ext(v.ParamsName))
	}
	return v.Title
}

// layerTexts say what the numbers of a figure or table are based on.
var layerTexts = map[string]string{
	"reproduces": "Layer “reproduces”: the thesis's own seeds.",
	"holds":      "Layer “holds”: fresh seeds.",
	"trial":      "Layer “trial”: neither the thesis's runs nor fresh seeds.",
}

// LayerText says what the page's figures and tables are based on. It is empty
// for a study of one's own, for which the question does not arise.
func (v *view) LayerText() string {
	if !v.OfThesis {
		return ""
	}
	return layerTexts[v.Layer]
}

// Elsewhere returns the verdict of the other layer's runs on a claim, as a
// clause.
func (v *view) Elsewhere(id string) string {
	for _, l := range v.Report.Layers {
		if l.Here {
			continue
		}
		seeds := map[bool]string{true: "on fresh seeds", false: "on the thesis's seeds"}[l.Name == "holds"]
		for _, f := range l.Findings {
			if f.ID == id && f.Current {
				return seeds + ": " + f.Result.Verdict
			}
		}
		return seeds + ": not judged"
	}
	return ""
}

// judging is the id of a change to how claims are decided, which is no claim.
const judging = "judge"

// Claims lists the claims that were changed after they were fixed.
func (f Fixed) Claims() []Change {
	return slices.DeleteFunc(slices.Clone(f.Changes), func(c Change) bool { return c.ID == judging })
}

// Since says in words how many claims were changed and added. It is empty if there
// are none.
func (f Fixed) Since() string {
	changed, added := 0, 0
	for _, c := range f.Claims() {
		if c.Added {
			added++
		} else {
			changed++
		}
	}
	number := func(n int) string {
		if n == 1 {
			return "one was"
		}
		return fmt.Sprintf("%d were", n)
	}
	switch {
	case changed+added == 0:
		return ""
	case added == 0:
		return number(changed) + " changed"
	case changed == 0:
		return number(added) + " added"
	}
	return fmt.Sprintf("%s changed and %s added", number(changed), number(added))
}

// Judging lists the changes to how claims are decided.
func (f Fixed) Judging() []Change {
	return slices.DeleteFunc(slices.Clone(f.Changes), func(c Change) bool { return c.ID != judging })
}

// Reason returns why the change was made, as sentences.
func (c Change) Reason() string { return stopped(c.Why) }

// Effect says what the change did to the verdicts, in sentences. It is empty if
// there was none.
func (c Change) Effect() string {
	const none = "not judged"
	var list []string
	for _, l := range []struct{ name, seeds string }{{"reproduces", "On the thesis's seeds"}, {"holds", "On fresh seeds"}} {
		before, after := cmp.Or(c.Before[l.name], none), cmp.Or(c.After[l.name], none)
		switch {
		case before == none && after == none:
		case before == none:
			list = append(list, l.seeds+" it had no verdict before and is now "+after+".")
		case after == none:
			list = append(list, l.seeds+" it was "+before+" and has no verdict now.")
		case before == after:
			list = append(list, l.seeds+" it was "+before+" before and after.")
		default:
			list = append(list, l.seeds+" it was "+before+" and is now "+after+".")
		}
	}
	return strings.Join(list, " ")
}

// pair passes a template the page and the rows to compare, below the heading
// whose id is label.
func pair(page *view, rows []*comparison, label string) any {
	return struct {
		Page  *view
		Rows  []*comparison
		Label string
	}{page, rows, label}
}
