// Package measures has the formats for what is computed from runs: the metrics
// of one run (WriteRun, ReadRun) and the statistics of one experiment over its
// runs (WriteSummaries, ReadSummaries), both as Parquet archives, and the tidy
// table of all metrics of all runs as CSV (WriteTidyCSV, ReadTidyCSV), which
// other people's programs read.
//
// The analysis defines what a metric is and how runs are summarised. This
// package checks keys and shapes. Any value, including NaN and infinities, is
// read back from an archive bit for bit.
package measures
