package params

import (
	"fmt"
	"strings"
)

// X is what runs along the x axis of a figure. A file writes it as one text,
// such as "epoch" or "metric accuracy"; UnmarshalText is the only place that
// takes the text apart.
type X struct {
	Kind XKind
	Name string // the metric or the condition that numbers are drawn against; empty for the other kinds
}

// XKind says what kind of thing runs along the x axis.
type XKind string

const (
	XEpoch           XKind = "epoch"
	XLayer           XKind = "layer"
	XCondition       XKind = "condition" // each condition is a category
	XValue           XKind = "value"     // of the parameter that varies
	AgainstMetric    XKind = "against metric"
	AgainstCondition XKind = "against condition"

	// Each unit of one network a panel: of the first seed, conditions as rows
	// and optimizers as columns.
	UnitEpochs   XKind = "unit epochs"   // how many are how selective, over the epochs
	UnitClasses  XKind = "unit classes"  // units and classes
	UnitActivity XKind = "unit activity" // selectivity against mean activity
)

// Units tells which figure of units it is, and whether it is one.
func (x X) Units() (kind string, ok bool) { return strings.CutPrefix(string(x.Kind), "unit ") }

// xTexts are the forms that x may have in a file.
var xTexts = []string{"epoch", "condition", "value", "layer", "metric NAME", "condition NAME", "unit epochs", "unit classes", "unit activity"}

// UnmarshalText reads one of the forms of x. A condition's name may hold
// anything, spaces and commas included.
func (x *X) UnmarshalText(text []byte) error {
	kind, name, named := strings.Cut(string(text), " ")
	switch plain := XKind(text); plain {
	case XEpoch, XLayer, XCondition, XValue, UnitEpochs, UnitClasses, UnitActivity:
		*x = X{Kind: plain}
		return nil
	}
	switch {
	case named && kind == "metric":
		*x = X{AgainstMetric, name}
	case named && kind == "condition":
		*x = X{AgainstCondition, name}
	default:
		return fmt.Errorf("is %q, must be one of %s", text, strings.Join(xTexts, ", "))
	}
	return nil
}

// dimension is what x tells apart, in the words of rows, columns and lines;
// empty where lines may still tell conditions and metrics apart.
func (x X) dimension() string {
	switch x.Kind {
	case XEpoch, XLayer, XCondition:
		return string(x.Kind)
	}
	return ""
}
