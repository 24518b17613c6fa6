// Package summary says what several runs of one condition have in common: mean,
// spread, standard error and 95 % interval of each metric at each epoch, over the
// runs (seeds) of a cell of the study.
//
// A [Design] states which values there should be. Nothing is dropped in silence: a
// run without a value is named in [Group.Missing]; a run whose value is NaN or
// infinite is named in [Group.NonFinite] and takes no part in the statistics, so that
// N is smaller than Expected whenever a mean rests on fewer runs than the study has.
// A value that the design does not know, or knows once and gets twice, is an error.
//
// The result does not depend on the order of the values, and its bits do not depend
// on the machine: sums are taken over the runs in the order of their names.
package summary
