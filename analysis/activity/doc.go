// Package activity measures layers whose activations come row by row and do not fit into memory: the metrics of package metric,
// bit for bit those of the same rows in the same order, each unit's own numbers, the distribution of sparsity over samples, and
// how selective the units would seem by chance.
//
// # Chance
//
// A unit that knows nothing of the classes has a CCMAS above 0, for the largest of several means is above the others. How much
// depends on its activity. So each layer is measured again under labels that were permuted at random, without replacement: the
// permutations are drawn row by row, each label with the probability of its share among those not drawn yet, which needs the
// classes' counts beforehand and no memory of the rows. All layers see the same permutations.
package activity
