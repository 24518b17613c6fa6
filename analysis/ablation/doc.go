// Package ablation asks what the units of a network's last hidden layer do for its accuracy, by taking them away: a unit that is removed
// gives the same to the output layer for every sample. That is 0 (Morcos et al., ICLR 2018), or a value of its own such as its mean,
// which does not move the others' threshold where units are never silent, as sigmoids are not.
//
// Units go one after the other, the most selective first or the least selective first, and beside both, at random. As selective
// units may be more or less active than others, there is a second control: orders that are random within strata of units of like
// activity, so that at every step as many units of each stratum are gone as in the order that they are compared with. If
// selectivity within strata does not matter, each of these orders is as likely as that one, and the share of them that hurt
// as much is a p value.
//
// The logits of what is left are summed anew at every step, from the last unit to be removed to the first, in float64: nothing
// is ever subtracted. Accuracies are counts, so they do not depend on how rows are divided among goroutines.
package ablation
