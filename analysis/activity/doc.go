// Package activity measures layers whose activations arrive row by row and do
// not fit into memory. It computes the metrics of package metric, with the same
// bits for the same rows in the same order, and also numbers for each unit, the
// distribution of sparsity over samples, and how selective the units would
// appear by chance.
//
// # Chance
//
// A unit that carries no information about the classes still has a CCMAS above
// 0, because the largest of several means exceeds the others. By how much
// depends on the unit's activity. So each layer is measured again under
// randomly permuted labels. The permutations are drawn without replacement, row
// by row: each label is drawn with the probability of its share among those not
// drawn yet. This needs the count of each class beforehand but no memory of the
// rows. All layers see the same permutations.
package activity
