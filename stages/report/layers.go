package report

import (
	"path"
	"slices"
	"strings"

	"sparsel/analysis/claim"
)

// A Layer is one of the two questions that are asked of the claims, with the verdicts that its runs give. No count mixes two.
type Layer struct {
	Name     string // "reproduces": the thesis's own seeds; "holds": fresh ones
	Here     bool   // the page is made of these runs
	Command  string // what makes them
	Findings []Finding
}

// A Plan is what a study trains.
type Plan struct {
	Optimizers              []string // in the order of the parameter file
	Seeds                   []uint32
	ShortestRun, LongestRun int    // epochs
	TrainFirst, TestFirst   int    // the first so many images; 0: all
	Images                  string // what they are of
	Data                    string // the data set in words; empty where it is MNIST
}

// Fixed says when the claims were fixed, and how they were changed since.
type Fixed struct {
	Commit  string
	Changes []Change
}

// A Change is a claim that is not as it was fixed, with its verdicts by layer as they were and as they are now.
type Change struct {
	ID, Why       string
	Before, After map[string]string
}

// conclusions is the section of the thesis that sums it up.
const conclusions = "6.1"

// answers are what a layer's runs say of the claims.
type answers struct {
	Layer
	Counts      []verdictCount
	Judged, All int
}

// comparison sets a claim's verdicts beside each other; one that there is not is empty.
type comparison struct {
	claim.Result // its texts
	Reproduces   string
	Holds        string
}

// layered counts each layer's verdicts and sets them beside each other, claim by claim.
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
			if l.Name == "holds" {
				c.Holds = f.Result.Verdict
			} else {
				c.Reproduces = f.Result.Verdict
			}
		}
		v.Layers = append(v.Layers, a)
	}
	slices.SortStableFunc(v.Compared, func(a, b *comparison) int {
		return natural(section(a.Source)+" "+a.ID, section(b.Source)+" "+b.ID)
	})
}

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

// Differing lists the claims on which the layers differ.
func (v *view) Differing() []*comparison {
	return slices.DeleteFunc(slices.Clone(v.Compared), func(c *comparison) bool {
		return c.Reproduces == "" || c.Holds == "" || c.Reproduces == c.Holds
	})
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

// HasFinding reports whether the page has a place for the finding of that id.
func (v *view) HasFinding(id string) bool {
	return slices.ContainsFunc(v.Report.Findings, func(f Finding) bool { return f.ID == id })
}

// Headline is the page's title: the study's, or its file's name.
func (v *view) Headline() string {
	if v.Title == "" {
		return strings.TrimSuffix(v.ParamsName, path.Ext(v.ParamsName))
	}
	return v.Title
}

// layerTexts say of a figure or table what its numbers rest on.
var layerTexts = map[string]string{
	"reproduces": "Layer “reproduces”: the thesis's own seeds.",
	"holds":      "Layer “holds”: fresh seeds.",
	"trial":      "Layer “trial”: neither the thesis's runs nor fresh seeds.",
}

// LayerText says what the page's figures and tables rest on. For a study of one's own the question does not arise.
func (v *view) LayerText() string {
	if !v.OfThesis {
		return ""
	}
	return layerTexts[v.Layer]
}

// Elsewhere is the verdict that the runs of the other layer give of a claim, as a clause.
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
		return seeds + ": not run yet"
	}
	return ""
}

// pair hands a template the page and rows of it to compare, below the heading with the id label.
func pair(page *view, rows []*comparison, label string) any {
	return struct {
		Page  *view
		Rows  []*comparison
		Label string
	}{page, rows, label}
}
