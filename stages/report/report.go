// Package report renders a study as one HTML file: findings, figures, tables,
// and where they come from. The file is complete in itself, with or without a
// network, and forbids the browser to load anything else.
//
// The page names the machine and the time that the work took, so it is a view
// and not a result, and no node of the pipeline. The part that shows the study
// is nevertheless the same on every machine and has an id of its own; see
// Render. The package knows the files that the stages write (ReadFigure,
// ReadTable, ReadFinding) but nothing about the pipeline that made them.
package report

import (
	"time"

	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
)

// A Report is the content of a page.
type Report struct {
	Title  string // title of the study; if it is empty, the parameter file's name is shown instead
	Source string // what the study repeats; empty for a study of the reader's own

	OfThesis bool // whether it is the study that the claims are about, in any edition

	Mark  string // how this run differs from the full study, shown as a banner; empty if it does not
	Whole bool   // the study is the reader's own and asks for no more than Mark says, so this is all of it
	Plan  Plan

	Layer  string  // the question that the numbers answer: "reproduces", "holds" or "trial"; empty if there is none
	Layers []Layer // the verdicts on the thesis's own seeds and on fresh ones; empty unless the page is about one of them

	// Further says that the findings are claims of a profile that goes further
	// than the thesis, which makes none of them.
	Further bool

	Fixed Fixed

	Figures  []Figure
	Tables   []Table
	Findings []Finding

	Trainings  int    // distinct training runs of the study
	ParamsName string // name of the parameter file
	Params     string // its text
	Code       []Code // code of the stages

	// Local is what may differ between machines that show the same study. The
	// report's id does not cover it.
	Local Local
}

// An Item is what figures, tables and findings share.
type Item struct {
	ID      string
	Current bool   // false if there is no valid result; nothing of it is shown then
	Files   []File // in order of their names; without contents if the item is not current
}

// A File is one published file.
type File struct {
	Path    string // path below the output folder
	Content string // SHA-256, hexadecimal; empty if there is none yet
	Bytes   int64
}

// A Figure is a picture with its texts. One that is not current has its title
// alone.
type Figure struct {
	Item
	Title, Caption, Note string
	SVG                  []byte
	Experiments          []string // that it shows
}

// A Table is a header and rows of text. A table without a header is too long to
// show, so only its files are named.
type Table struct {
	Item
	Text tabulate.Table
}

// A Finding is a claim of the study with what the numbers say about it. If it
// is not current, the result has only source, claim and figure.
type Finding struct {
	Item
	Result claim.Result

	Experiments []string // that the claim is about

	// Artefacts names the findings that tell whether the claim may be true by
	// arithmetic alone.
	Artefacts []string
}

// P returns the p value of the claim alone. As in the table of findings, it is that
// of exact sign flips where fresh seeds are compared one by one.
func (f Finding) P() *float64 {
	if f.Result.Layer == "holds" && f.Result.Exact != nil {
		return f.Result.Exact
	}
	return f.Result.P
}

// Verdicts are the possible verdicts, in the order in which they are counted.
var Verdicts = claim.Verdicts

// Code identifies what computed one stage's results.
type Code struct {
	Stage, Package, ID string
	Packages, Modules  int
	Go                 string // toolchain and language version
	Contract           string // what the identity leaves out, if anything
}

// Local describes one machine and one history of runs.
type Local struct {
	Written time.Time
	Out     string // the folder that published paths are relative to
	Command string // the command that makes everything
	Machine []Fact
	Stages  []StageTime
	Runs    []Run
	Absent  map[string]Absence // keys are "figure/5.1" and the like
	Links   map[string]string  // where files are that were published beside the page, by File.Path; relative to the page
	Notes   []string           // about damage
}

// An Absence says why an item is not shown.
type Absence struct {
	Reason  string // as the pipeline states it
	Failed  bool   // this very action was tried and failed
	Command string // the command that makes the item
}

// A Fact is a name and a value.
type Fact struct{ Name, Value string }

// StageTime is the work behind the current results of one stage.
type StageTime struct {
	Stage          string
	Nodes, Current int
	Measured       int           // current results whose time is still in the journal
	Total, Longest time.Duration // core time of the measured results
}

// Run is one invocation of the program, from the journal.
type Run struct {
	ID       string
	Request  string
	Started  time.Time
	Ended    bool          // false if it was killed or is still running
	Elapsed  time.Duration // wall-clock time; not positive if the clock was set back
	Executed int
	Failed   int
}
