package params

import (
	"fmt"
	"strings"
)

// X says what the x axis of a figure stands for. A file writes it as one text,
// such as "epoch" or "metric accuracy". Only UnmarshalText parses that text.
type X struct {
	Kind XKind
	Name string // the metric or the condition that numbers are drawn against; empty for other kinds
}

// XKind is a kind of x axis.
type XKind string

const (
	XEpoch           XKind = "epoch"
	XStep            XKind = "step" // of training, also within the first epoch
	XLayer           XKind = "layer"
	XCondition       XKind = "condition" // each condition is a category
	XValue           XKind = "value"     // values of the varied parameter
	AgainstMetric    XKind = "against metric"
	AgainstCondition XKind = "against condition"

	// Each panel shows the units of one network, trained with the first seed.
	// Conditions are rows and optimizers are columns.
	UnitEpochs   XKind = "unit epochs"   // number of units by selectivity, over the epochs
	UnitClasses  XKind = "unit classes"  // units and classes
	UnitActivity XKind = "unit activity" // selectivity against mean activity
)

// Units returns the kind of a figure of units, and whether it is one.
func (x X) Units() (kind string, ok bool) { return strings.CutPrefix(string(x.Kind), "unit ") }

// xTexts lists the forms that x may have in a file.
var xTexts = []string{"epoch", "step", "condition", "value", "layer", "metric NAME", "condition NAME", "unit epochs", "unit classes",
	"unit activity"}

// UnmarshalText parses one of the forms of x. A condition's name may contain
// anything, even spaces and commas.
func (x *X) UnmarshalText(text []byte) error {
	kind, name, named := strings.Cut(string(text), " ")
	switch plain := XKind(text); plain {
	case XEpoch, XStep, XLayer, XCondition, XValue, UnitEpochs, UnitClasses, UnitActivity:
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

// dimension returns what x stands for, in the words of rows, columns and lines.
// It is empty if lines may still stand for conditions and metrics.
func (x X) dimension() string {
	switch x.Kind {
	case XEpoch, XStep, XLayer, XCondition:
		return string(x.Kind)
	}
	return ""
}
