package study_test

import (
	"testing"

	"sparsel/stages/internal/studytest"
	"sparsel/stages/units"
)

// A panel of units whose condition is called by a number alone says of what.
func TestPanelsOfUnitsNameWhatVaries(t *testing.T) {
	p := studytest.Whole(t, "further").Figures["units-epochs"].Params.(units.Params)
	for i, want := range []string{"Adadelta, batch 50", "Adadelta, batch 1"} {
		found := false
		for _, n := range p.Rows[i] {
			found = found || n.Title == want
		}
		if !found {
			t.Errorf("row %d has no panel %q: %+v", i+1, want, p.Rows[i])
		}
	}
}
