package study_test

import (
	"strings"
	"testing"
)

// What only some conditions have is called none in the others, and an
// optimizer's constants are not missing from the others.
func TestNoneHasAName(t *testing.T) {
	read := makeCase(t, `
[[experiments]]
name = "drop"
optimizers = ["SGD"]
conditions = [
  { condition = "no b={batch}", vary = [{ parameter = "batch", values = [10, 20] }] },
  { condition = "do b={batch}", set = { dropout = [0.5] }, vary = [{ parameter = "batch", values = [10, 20] }] },
]
[[experiments]]
name = "slow"
conditions = [
  { condition = "a b={batch}", optimizers = ["SGD"], vary = [{ parameter = "batch", values = [10, 20] }] },
  { condition = "a b={batch}", optimizers = ["Adam"], set = { beta1 = 0.5 }, vary = [{ parameter = "batch", values = [10, 20] }] },
]
[[tables]]
id = "e"
kind = "effects"
experiment = "drop"
metrics = ["accuracy"]
[[tables]]
id = "g"
kind = "grids"
experiments = ["drop", "slow"]
`)
	contains(t, read("tables/table-e.md"), "dropout: from none to [0.5].")
	table := read("tables/table-g.md")
	contains(t, table, "In drop the dropout is none or [0.5].", "In slow the beta1 is Adam: 0.5.")
	if strings.Contains(table, "none, ") || strings.Contains(table, "beta1 is none") {
		t.Errorf("the table says of SGD that it has no beta1:\n%s", table)
	}
}
