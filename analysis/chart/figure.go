package chart

// Figure describes a figure.
type Figure struct {
	ID      string // such as "5.1"
	Title   string // drawn above the panels if not empty
	Caption string // for the surrounding text; not drawn, kept in the metadata
	Note    string // what the bands mean, drawn in the legend: "mean ± SE, n = 3"
	Mark    string // how the figure differs from the usual one, drawn above it at the right
	Rows    []Row

	// AlignX gives all panels the same x limits, and AlignY gives the panels of
	// a column the same y limits. Panels with limits of their own keep them.
	AlignX, AlignY bool

	// Metadata is embedded in the file: PNG text chunks, SVG metadata, PDF
	// keywords.
	Metadata map[string]string
}

// Row is a row of panels of equal size. Rows may have different numbers of
// panels; the grid has as many columns as the longest row.
type Row struct {
	Panels []Panel

	// ShareY gives all panels of the row the same y limits and labels only the
	// first.
	ShareY bool

	// ShareX leaves the labels of the x axes to a row below.
	ShareX bool
}

// Panel is one system of axes.
type Panel struct {
	Title  string // drawn above the panel, after its letter
	X, Y   Axis
	Series []Series
	Rules  []Rule

	// Equal gives both axes the same limits and the same scale, in a square
	// frame.
	Equal bool
	Heat  *Heat // drawn behind the series; with it a panel needs no series

	Blank string // drawn in a panel without finite values; "no finite values" if empty
}

// Heat is a rectangle of cells, coloured by their values. Cell i of row k spans
// i − 1/2 to i + 1/2 along x, and k − 1/2 to k + 1/2 along y unless the rows
// have a range of their own. A cell whose value is not finite is left white.
// The legend has the scale of the colours, which is the same in all panels
// whose values have the same name.
type Heat struct {
	Label    string // name of the values
	Values   [][]float64
	Min, Max float64 // the values of the first and last colour; values beyond get the same colours

	// The rows are equal parts of the range from Low to High along y if these
	// differ.
	Low, High float64
}

// Scale says how an axis maps numbers to lengths.
type Scale int

const (
	Linear Scale = iota
	Log          // values must be above zero; the lower end of a band may not be
	// Categorical places value i at category i of [Axis.Categories], equally
	// spaced.
	Categorical
)

// Axis describes one axis of a panel.
type Axis struct {
	Label string
	Scale Scale

	// Min and Max are the limits; whatever lies beyond is clipped. If both are
	// zero, the limits are those of the data plus a small margin.
	Min, Max float64

	// Least and Most are what no value is below or above; Most may be infinite.
	// Limits that follow from values that are all equal do not go far beyond.
	// If both are zero, the values have no bounds.
	Least, Most float64

	Ticks      []float64 // labelled ticks; empty: steps of 1, 2 or 5 (decades on a log axis)
	Categories []string  // for a categorical axis
}

// Includes reports whether a value is within the axis's own limits. Without
// limits of its own an axis includes everything.
func (a Axis) Includes(v float64) bool { return a.Min == 0 && a.Max == 0 || v >= a.Min && v <= a.Max }

// draws reports whether a rule is within the limits of the panel.
func (p Panel) draws(r Rule) bool {
	switch r.Kind {
	case Vertical:
		return p.X.Includes(r.At)
	case Horizontal:
		return p.Y.Includes(r.At)
	}
	return true
}

// Marks says how the values of a series are drawn.
type Marks int

const (
	// LineMarks draws a line with markers at some of its values, dense enough
	// to tell series apart and sparse enough not to hide the line.
	LineMarks  Marks = iota
	LinePoints       // a line with a marker at each value
	LineOnly         // a line without markers
	Points           // markers only
)

// Series is a sequence of values with, optionally, an interval around each.
type Series struct {
	Label string // shown in the legend; series with equal labels must look the same; empty: not in the legend
	Role  string // the look: a key of [Style.Roles]
	Marks Marks

	Dash   string  // replaces the role's dash if not empty
	Marker string  // replaces the role's marker if not empty
	Hollow bool    // markers are outlines
	Alpha  float64 // opacity of line and markers in (0, 1]; 0 means 1

	X, Y []float64 // equally long; Y may be non-finite (a gap), but X may not

	// Lo and Hi are the ends of the interval, absolute, as long as Y; or both
	// empty.
	Lo, Hi []float64

	// Runs has the values of the runs whose mean is Y. They are drawn as thin
	// lines if the series is a line without a marker at each value, and as dots
	// otherwise.
	Runs []Run

	// N is the number of runs behind each value and Expected the number there
	// should be. Each is empty or as long as Y. The marker of a value from
	// fewer runs than expected is an outline.
	N, Expected []int

	Names []string // for the CSV: names of values that X does not identify; empty or as long as Y
}

// Run is one of the runs behind a series.
type Run struct {
	Name string    // for the CSV, such as "seed 1"
	Y    []float64 // as long as the series' Y; not finite if the run has no value
}

// RuleKind is the direction of a rule.
type RuleKind int

const (
	Vertical   RuleKind = iota // x = At
	Horizontal                 // y = At
	Diagonal                   // y = x
)

// Rule is a line that marks a value, behind the series.
type Rule struct {
	Kind  RuleKind
	At    float64
	Label string // shown in the legend, if not empty
	Role  string // gives the colour, if not empty
	Dash  string // "dashed" if empty

	Name string // for the CSV: what the line belongs to; the role if empty

	// For the CSV: the interval around At and the number of runs behind it. N =
	// 0 means that At is not a mean over runs.
	Lo, Hi float64
	N      int
}
