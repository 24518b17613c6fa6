package table

import "slices"

// printed are the numbers of Table 5.3 of the thesis (arXiv 2201.11653): test
// accuracy, sparsity and selectivity after the last epoch, by optimizer and
// number of hidden layers, with the digits that it prints. The table omits SGD
// and Adagrad with five layers. The numbers were copied one by one. In the row
// of Adagrad with three layers the selectivity is 0.512, whereas the records of
// the same runs give 0.5216.
var printed = map[string]map[int][3]string{
	"SGD": {
		1: {"0.9765", "0.238", "0.3279"}, 2: {"0.9776", "0.153", "0.2652"}, 3: {"0.9742", "0.137", "0.2495"}, 4: {"0.943", "0.219", "0.3439"},
	},
	"Adagrad": {
		1: {"0.981", "0.6077", "0.6542"}, 2: {"0.981", "0.4544", "0.584"}, 3: {"0.978", "0.430", "0.512"}, 4: {"0.6812", "0.415", "0.426"},
	},
	"Adadelta": {
		1: {"0.982", "0.331", "0.410"}, 2: {"0.983", "0.269", "0.395"}, 3: {"0.981", "0.329", "0.460"}, 4: {"0.979", "0.387", "0.524"},
		5: {"0.972", "0.406", "0.544"},
	},
	"Adam": {
		1: {"0.981", "0.315", "0.392"}, 2: {"0.981", "0.336", "0.448"}, 3: {"0.981", "0.390", "0.522"}, 4: {"0.980", "0.430", "0.580"},
		5: {"0.980", "0.451", "0.611"},
	},
}

// printedMetrics are the columns of printed.
var printedMetrics = []string{"accuracy", "sparsity", "selectivity"}

// PrintedMetrics lists the metrics that the table of printed numbers shows.
func PrintedMetrics() []string { return slices.Clone(printedMetrics) }
