// Package report renders a study as one HTML file: findings, figures, tables, and where they come from. The file
// needs nothing besides itself, with or without a network, and forbids the browser to ask for more.
//
// It is a view, not a result: it names the machine and the time that the work took, so it is no node of the
// pipeline. What it shows of the study is the same on every machine all the same, and has an id of its own; see
// Render. The package knows the files that the stages write (ReadFigure, ReadTable, ReadFinding) and nothing of the
// pipeline that made them.
package report

import (
	"time"

	"sparsel/analysis/claim"
	"sparsel/analysis/tabulate"
)

// A Report is what a page shows.
type Report struct {
	Title  string // of the study; where it is empty, the parameter file's name stands in its place
	Source string // what the study repeats; empty where it is the reader's own

	OfThesis bool // it is the study that the claims are about, in whatever edition

	Mark string // what sets this run apart from the full study, shown as a banner; empty where nothing does
	Plan Plan

	Layer  string  // the question that the numbers answer: "reproduces", "holds" or "trial"; empty where there is none
	Layers []Layer // the verdicts on the thesis's own seeds and on fresh ones; empty unless the page is about either
	Fixed  Fixed

	Figures  []Figure
	Tables   []Table
	Findings []Finding

	Trainings  int    // distinct training runs of the study
	ParamsName string // of the parameter file
	Params     string // its text
	Code       []Code // of the stages

	// Local is what may differ between machines that show the same study. It is left out of the report's id.
	Local Local
}

// An Item is what figures, tables and findings share.
type Item struct {
	ID      string
	Current bool   // false: there is no result that holds, and nothing of it is shown
	Files   []File // in order of their names; of an item that is not current, without contents
}

// A File is one published file.
type File struct {
	Path    string // below the output folder
	Content string // SHA-256, hexadecimal; empty where there is none yet
	Bytes   int64
}

// A Figure is a picture with its texts.
type Figure struct {
	Item
	Title, Caption, Note string
	SVG                  []byte
}

// A Table is a header and rows of text. One without a header is too long to show, and only named with its files.
type Table struct {
	Item
	Text tabulate.Table
}

// A Finding is a claim of the study with what the numbers say about it. Of one that is not current, the result has
// source, claim and figure only.
type Finding struct {
	Item
	Result claim.Result
}

// Verdicts are the possible answers to a claim, in the order in which they are counted.
var Verdicts = claim.Verdicts

// Code identifies what computed one stage's results.
type Code struct {
	Stage, Package, ID string
	Packages, Modules  int
	Go                 string // toolchain and language version
	Contract           string // of what the identity leaves out, if anything
}

// Local is what belongs to one machine and one history of runs.
type Local struct {
	Written time.Time
	Out     string // the folder that published paths are relative to
	Machine []Fact
	Stages  []StageTime
	Runs    []Run
	Absent  map[string]Absence // by "figure/5.1" and the like
	Notes   []string           // damage
}

// An Absence says why an item is not shown.
type Absence struct {
	Reason string // in the pipeline's words
	Failed bool   // tried as it is now, in vain
}

// A Fact is a name and a value.
type Fact struct{ Name, Value string }

// StageTime is the work behind the current results of one stage.
type StageTime struct {
	Stage          string
	Nodes, Current int
	Measured       int           // of the current ones, those whose time the journal still has
	Total, Longest time.Duration // of one core, over the measured ones
}

// Run is one sitting, from the journal.
type Run struct {
	ID       string
	Request  string
	Started  time.Time
	Ended    bool          // false where it was killed, or goes on
	Elapsed  time.Duration // of the clock; not positive where that was set back
	Executed int
	Failed   int
}
