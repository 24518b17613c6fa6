// Package summary describes what several runs of one condition have in common:
// the mean, spread, standard error and 95 % interval of each metric at each
// epoch, over the runs (seeds) of a cell of the study.
//
// A [Design] states which values there should be, and nothing is dropped
// silently. A run without a value is named in [Group.Missing]. A run whose
// value is NaN or infinite is named in [Group.NonFinite] and does not enter the
// statistics, so N is smaller than Expected whenever a mean is based on fewer
// runs than the study has. A value that the design does not list, or that is
// given twice, is an error.
//
// The result does not depend on the order of the values, and its bits do not
// depend on the machine: sums are taken over the runs in the order of their
// names.
package summary
