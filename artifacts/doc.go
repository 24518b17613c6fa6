// Package artifacts is what the archive formats of a study have in common.
//
// An archive is one Parquet file of a named format and version. The formats
// themselves live below: artifacts/runs holds what a training run leaves
// behind (its record and its activations), artifacts/measures what is computed
// from that (metrics of a run, statistics of an experiment, and the tidy CSV
// they are published as). This package knows how such a file is written and
// read; it knows neither networks nor metrics.
//
// # What a file looks like
//
// Every column is required: there are no nulls. A list column is the standard
// three-level LIST with required elements, so `activation` is List<float32 not
// null>. Values are PLAIN encoded: NaN payloads, infinities, subnormals and
// the sign of zero survive bit for bit. Each row group holds one version-1
// data page a column, compressed with zstd, whose frames end in a checksum of
// the uncompressed page. FixedSizeList, dictionaries and version-2 pages are
// not used; the first loses data silently in the library this is built on, the
// second only costs size and time on floats, and the third is read by that
// library without looking at short reads.
//
// The key-value metadata holds sparsel.format, sparsel.version and what the
// format itself notes down under "sparsel."; all other keys are the caller's
// provenance. Keys are written in ascending order.
//
// # Same values, same bytes
//
// Nothing from the clock, the host, the path or the number of cores reaches a
// file. Equal calls give equal bytes, on every architecture; a golden digest
// in the tests holds that.
//
// # Versions
//
// A format's version rises when its columns, their types or the meaning of a
// value change. A reader accepts exactly one version: archives are cheap to
// make again from what they were made of, and a reader that guesses is how old
// numbers get into new figures.
//
// # Damage
//
// Callers are expected to have compared the file's SHA-256 with the one it was
// stored under: that, not this package, is the defence against bit rot. What
// is here makes sure that a file that slipped through gives an error and
// neither a panic nor wrong shapes: the length, both magic numbers, the
// footer's extent, the schema and the exact placement of all column chunks are
// checked before any page is decoded; counts and sizes that the footer, a page or
// a compressed frame claims are held against the bytes that are there before the
// library sees them, for it allocates what it is told; decoding happens on the
// caller's goroutine, where a panic of the library is turned into an error. The
// library's reader of Arrow tables decodes on goroutines of its own, where
// nothing can stop a panic, and is not used. The tests flip every bit of a small
// file: each flip gives an error or exactly the values that were written. Only
// the footer's text, the provenance, can change unseen.
package artifacts
