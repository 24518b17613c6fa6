// Package foreign reads activations that other programs wrote: Parquet files, Arrow IPC files and streams, and pairs of NumPy
// arrays, with the columns label and activation and, optionally, layer, epoch, prediction and run. It streams: what it holds at
// a time is one page of each Parquet column or one Arrow record batch, neither of which may exceed [maxPage] bytes.
//
// Nothing in a file is believed before it is held against the bytes that are there: such files come from anywhere. The footer of
// a Parquet file is walked by package artifacts before a library sees it, and pages are decoded here: the library's own page
// reader allocates what a page's header claims, and does not know BYTE_STREAM_SPLIT, which DuckDB writes. The descriptions of
// Arrow messages, and what their compressed buffers claim to hold, are judged here before the library makes room for it.
//
// Every error names the file and, where there is one, the row, counted from 0, and the column.
package foreign
