// Package analysis holds the functions from numbers to numbers and from numbers
// to pictures. It computes nothing itself; its packages are independent, so that
// an edit of a figure's look can never change a number:
//
//   - metric: what one run measures (Hoyer sparsity, CCMAS selectivity),
//   - summary: what several runs say together (mean, errors, intervals, gaps),
//   - finding: whether the runs bear a claim out (intervals, verdicts),
//   - chart: figures as PNG, SVG and PDF, and the numbers behind them as CSV,
//   - tabulate: tables as CSV, Markdown, LaTeX and JSON.
//
// None of them knows a file format of the archive, the pipeline or the trainer.
package analysis
