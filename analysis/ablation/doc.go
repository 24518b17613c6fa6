// Package ablation measures what the units of a network's last hidden layer
// contribute to its accuracy, by removing them. A removed unit passes the same
// value to the output layer for every sample. That value is 0 (Morcos et al.,
// ICLR 2018) or one given for the unit, such as its mean. With units that are
// never silent, such as sigmoids, setting them to 0 would shift the threshold
// of the others, and the mean does not.
//
// Units are removed one after the other: the most selective first, the least
// selective first, and, as a control, in random order. Selective units may also
// be more or less active than others, so there is a second control: orders that
// are random only within strata of units of similar activity. At every step
// such an order has removed as many units of each stratum as the order that it
// is compared with. If selectivity within strata does not matter, each of these
// orders is as likely as that one, and the share of them that hurt accuracy as
// much is a p value.
//
// The logits are summed in float64 from the units that are left, starting with
// the last unit to be removed and going back to the first, so nothing is ever
// subtracted. Accuracies are counts, so they do not depend on how rows are
// divided among goroutines.
package ablation
