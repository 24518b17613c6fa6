// Package claim decides claims about a study from the values of its runs: supported, contradicted, equivalent or
// undecided, with the effect, its 95 % interval, p values and the number of runs.
//
// A [Claim] has a [Predicate], whose leaves are parts: a contrast of readings (a value at an epoch, a mean over epochs) of
// some curves, an interval for it, and the range in which the claim puts it. A predicate has a text that is all it is
// made of, so that a claim can be fixed before the data are seen. Runs whose value is missing or not finite are left out
// and named. One run decides nothing.
//
// # Intervals and tests
//
// A contrast is the sum of coefficient × mean. Where runs share a start or a network ([Data.Pair]), it is taken run by run,
// and is a mean of differences: the interval is Student's t, d_z is the mean over their standard deviation, and beside
// the t test's p stands the exact one of all 2^n sign flips (Fisher, The Design of Experiments, 1935). Otherwise the runs
// are independent: the interval is Welch's, with Satterthwaite's degrees of freedom (Welch, Biometrika 34, 1947;
// Satterthwaite, Biometrics Bulletin 2, 1946). The interval of a mean of shares, values in [0, 1], is taken on the logit
// and carried back, so that none leaves [0, 1]. Correlations are averaged on Fisher's z scale (Metron 1, 1921).
// Outcomes with two modes are counted, with the interval of Clopper and Pearson (Biometrika 26, 1934). If the runs agree
// in every digit, the interval has no width.
//
// # Verdicts
//
// A part that names one bound is tested two-sided at 0.05, one that names two by two one-sided tests at 0.05 each. It is
// contradicted where the interval lies outside of the range. A part about the sign of a difference is equivalent if two
// one-sided tests put the difference within the claim's margin for the metric (Schuirmann, Journal of Pharmacokinetics and
// Biopharmaceutics 15, 1987), unless its sign is known: then the verdict is the sign's, and the text says that the
// difference is smaller than the margin.
//
// [AtLeast] asks that k of m parts hold. Its p value is the k-th smallest times m − k + 1 (Benjamini and Heller,
// Biometrics 64, 2008). [All] is k = m, an intersection-union test, in which no part needs a correction and the p value
// is the largest (Berger, Technometrics 24, 1982); each of its parts contradicts it at 0.05/m.
//
// # Selection
//
// Nothing is tested at a place that the same runs chose. Where a line is highest is found in each run by itself, and the
// claim is about the share of runs ([PeaksBeyond] and others); an epoch to compare with is fixed beforehand, or each run
// has its own, given by another metric ([Reaching]). A prediction is of experiments that were left out ([Prediction]).
//
// # Many claims
//
// [Holm] and [BenjaminiHochberg] correct p values, where all claims are at hand. [Result.Inherit] keeps what logic demands:
// a weaker form of a claim is supported with it.
//
// The tests simulate every kind of predicate where there is nothing to find, with 3 and with 12 runs, and hold that at most
// 5 % of verdicts are wrong; testdata/power.txt shows how often they find what is there.
//
// Sums are taken in a fixed order without fused operations and published numbers are rounded, so that a result
// has the same bytes on every machine.
package claim
