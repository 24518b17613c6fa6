// Package claim decides claims about a study from the values of its runs: supported, not supported or
// undecided, with the effect, its 95 % interval and the number of runs.
//
// A claim is a [Predicate]. Its leaves are parts: a contrast of readings (a value at an epoch, a mean over
// epochs) of some curves, an interval for it, and the range in which the claim puts it. A part is supported when
// the whole interval lies within that range, not supported when all of it lies outside, and undecided otherwise.
// One run has no interval and decides nothing. Runs whose value is missing or not finite are left out and named.
//
// # Intervals
//
// A contrast is the sum of coefficient × mean. Where all its curves belong to the same runs (two epochs, two
// layers, two metrics of one condition and optimizer) it is taken run by run, and the interval is Student's t of
// the runs' values. Otherwise the runs are independent replicates; equal seeds of two conditions share nothing.
// The variance is then the sum of c²s²/n, and the degrees of freedom are Satterthwaite's, so that the
// difference of two conditions has Welch's interval (Welch, Biometrika 34, 1947; Satterthwaite, Biometrics
// Bulletin 2, 1946). Correlations are averaged on Fisher's z scale (Fisher, Metron 1, 1921), and the interval of
// a standard deviation is the chi-squared one of normal values. If the runs agree in every digit, the interval
// has no width.
//
// # Several parts
//
// [AtLeast] asks that k of m parts hold, and takes its verdict from the k-th strongest, which is also the part
// that the finding reports. [All] is k = m, an intersection-union test, in which no part needs a correction
// (Berger, Technometrics 24, 1982). Smaller k choose among parts, and their intervals are widened to the
// level 1 − 0.05/(m − k + 1), which holds the level of the whole (Benjamini and Heller, Biometrics 64, 2008).
// A part that is contradicted at its own level contradicts All; if its effect truly had the claimed sign, that
// would happen in fewer than one case in 40.
//
// Sums are taken in a fixed order without fused operations and published numbers are rounded, so that a result
// has the same bytes on every machine.
package claim
