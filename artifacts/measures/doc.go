// Package measures holds what is computed from runs: the metrics of one run
// (WriteRun, ReadRun), the statistics of one experiment over its runs
// (WriteSummaries, ReadSummaries), both as Parquet archives, and the tidy table
// of all metrics of all runs as CSV (WriteTidyCSV, ReadTidyCSV), which
// is what other people's programs read.
//
// What a metric is and how runs are summarised is for the analysis to say; this
// package checks keys and shapes. Any value, NaN and infinities included, comes
// back from an archive bit for bit.
package measures
