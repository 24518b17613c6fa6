// Package claim decides claims about a study from the values of its runs. A
// claim is supported, contradicted, equivalent or undecided, and the result has
// the effect, its 95 % interval, p values and the number of runs.
//
// A [Claim] has a [Predicate], which is built from parts. A part is a contrast
// of readings of some curves (a value at an epoch, a mean over epochs), an
// interval for the contrast, and the range in which the claim puts it. The text
// of a predicate defines it completely, so a claim can be fixed before the data
// are seen. Runs whose value is missing or not finite are left out and named. A
// single run decides nothing.
//
// # Intervals and tests
//
// A contrast is the sum of coefficient × mean. If runs share a start or a
// network ([Data.Pair]), the contrast is computed for each run and is a mean of
// differences. Its interval is Student's t, and d_z is the mean over the
// standard deviation of the differences. The p value of the t test is published
// with the exact one from all 2^n sign flips (Fisher, The Design of
// Experiments, 1935). Only differences have one: if two conditions are alike,
// exchanging them turns the sign of their difference, while a single reading or
// a correlation need not be symmetric about a bound. Otherwise the runs are
// independent, and the interval is Welch's, with Satterthwaite's degrees of
// freedom (Welch, Biometrika 34, 1947; Satterthwaite, Biometrics Bulletin 2,
// 1946). The interval of a mean of shares, which are values in [0, 1], is
// computed on the logit scale and transformed back, so it never leaves [0, 1].
// Correlations are averaged on Fisher's z scale (Metron 1, 1921). Outcomes with
// two modes are counted, with the interval of Clopper and Pearson (Biometrika
// 26, 1934). If paired runs agree but for rounding, there is no spread for a t
// test: they are judged by the sign test, as n runs on one side of a bound.
// Independent runs without spread decide nothing.
//
// # Verdicts
//
// A part with one bound is tested two-sided at 0.05. A part with two bounds is
// tested by two one-sided tests at 0.05 each. A part is contradicted if the
// interval lies outside the range. A part about the sign of a difference is
// equivalent if two one-sided tests put the difference within the claim's
// margin for the metric (Schuirmann, Journal of Pharmacokinetics and
// Biopharmaceutics 15, 1987). If its sign is known as well, the sign decides
// the verdict, and the text says that the difference is smaller than the
// margin.
//
// [AtLeast] requires that k of m parts hold. Its p value is the k-th smallest
// times m − k + 1 (Benjamini and Heller, Biometrics 64, 2008). [All] is the
// case k = m, an intersection-union test, in which no part needs a correction
// and the p value is the largest (Berger, Technometrics 24, 1982); each of its
// parts contradicts it at 0.05/m. A part that is supported itself never makes
// the whole equivalent. The smallest margin is that with which the whole claim
// would be equivalent, when the margins of all parts are scaled alike.
//
// # Selection
//
// Nothing is tested at a place that the same runs chose. The place where a line
// is highest is found in each run separately, and the claim is about the share
// of runs ([PeaksBeyond] and others). That a line is higher there than elsewhere
// is tested at the place that the other runs have chosen. An epoch for a
// comparison is either fixed beforehand or found for each run from another
// metric ([Reaching]). A prediction is tested on experiments that were left out
// when it was fitted ([Prediction]).
//
// # Many claims
//
// [Holm] and [BenjaminiHochberg] correct p values where all claims are
// available. [Result.Inherit] keeps verdicts consistent: if a claim is
// supported, so is any weaker form of it.
//
// The tests simulate every kind of predicate with 3 and with 12 runs in which
// there is nothing to find, and check that at most 5 % of the verdicts are
// wrong. The file testdata/power.txt shows how often predicates find an effect
// that exists.
//
// Sums are taken in a fixed order without fused operations and published
// numbers are rounded, so that a result has the same bytes on every machine.
package claim
