// Package foreign reads activations that other programs wrote: Parquet files,
// Arrow IPC files and streams, and pairs of NumPy arrays, with the columns
// label and activation and, optionally, layer, epoch, prediction and run. It
// streams: at any time it holds one page of each Parquet column or one Arrow
// record batch, neither of which may exceed [maxPage] bytes.
//
// Such files come from anywhere, so nothing in them is trusted before it is
// compared with the bytes that are there. Package artifacts walks the footer of
// a Parquet file before a library sees it, and pages are decoded here: the
// library's own page reader allocates what a page header claims, and does not
// support BYTE_STREAM_SPLIT, which DuckDB writes. The descriptions of Arrow
// messages, and the sizes that their compressed buffers claim, are checked here
// before the library allocates memory for them.
//
// Every error names the file and, where it applies, the row, counted from 0,
// and the column.
package foreign
