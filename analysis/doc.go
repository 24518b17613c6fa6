// Package analysis is the parent of the packages that turn numbers into other
// numbers, verdicts, figures and tables. It computes nothing itself. The
// packages that compute import none of those that draw, so that changing the
// look of a figure can never change a number:
//
//   - metric: what one run measures (Hoyer sparsity, CCMAS selectivity),
//   - activity: the same for layers that do not fit into memory, and per unit,
//   - ablation: how accuracy falls as units are removed,
//   - summary: statistics over several runs (mean, errors, intervals, gaps),
//   - claim: whether the runs support a claim (intervals, verdicts),
//   - chart: figures as PNG, SVG and PDF, and the numbers behind them as CSV,
//   - portrait: figures of the single units of a layer,
//   - tabulate: tables as CSV, Markdown, LaTeX and JSON.
//
// None of them knows the archive's file formats, the pipeline or the trainer.
package analysis
