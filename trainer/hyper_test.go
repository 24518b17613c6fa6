package trainer

import (
	"slices"
	"testing"
)

// The table of hyper-parameters and the fields of Optimizer correspond: every
// constant has a field of its own, and every default is in range.
func TestHyper(t *testing.T) {
	for _, o := range []Optimizer{
		sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline, rmspropDefault, adagradKSmall, adadeltaKSmall, vsgdSmall,
	} {
		has := Hyper(o.Name)
		if o.Name != "vSGD" && (len(has) < 2 || has[0].Name != "lr" || has[len(has)-1].Name != "weight_decay") {
			t.Fatalf("%s has %v: want the learning rate first and the weight decay last", o.Name, has)
		}
		for _, h := range has {
			if err := h.Check(*o.Constant(h.Name)); err != nil {
				t.Errorf("%s %s %v", o.Name, h.Name, err)
			}
			if h.Optional && h.Check(0) != nil {
				t.Errorf("%s %s may be left out but not be 0", o.Name, h.Name)
			}
			if h.Check(-1) == nil || h.Check(1e39) == nil {
				t.Errorf("%s %s may be anything", o.Name, h.Name)
			}
			before := o
			*o.Constant(h.Name) = 0.25
			if c := (Config{Optimizer: o}); c.Optimizer == before {
				t.Errorf("%s %s has no field of its own", o.Name, h.Name)
			}
		}
	}
	var o Optimizer
	var fields []*float64
	for _, name := range hyperNames() {
		field := o.Constant(name)
		if field == nil || slices.Contains(fields, field) {
			t.Errorf("%s has no field of its own", name)
		}
		fields = append(fields, field)
	}
	if o.Constant("gamma") != nil || Hyper("sgd") != nil || len(Optimizers()) != 8 {
		t.Error("unknown names are known")
	}
}
