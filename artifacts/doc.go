// Package artifacts contains what the archive formats of a study have in
// common.
//
// An archive is one Parquet file with a named format and version. The formats
// themselves are in the packages below: artifacts/runs has the files that a
// training run leaves behind (its record, activations and weights), and
// artifacts/measures has what is computed from them (the metrics of a run, the
// statistics of an experiment, and the tidy CSV in which they are published).
// This package writes and reads such files. It knows neither networks nor
// metrics.
//
// # What a file looks like
//
// Every column is required: there are no nulls. A list column is the standard
// three-level LIST with required elements, so `activation` is List<float32 not
// null>. Values are PLAIN encoded: NaN payloads, infinities, subnormals and the
// sign of zero survive bit for bit. Each row group has one version-1 data page
// per column, compressed with zstd, whose frames end in a checksum of the
// uncompressed page. FixedSizeList, dictionaries and version-2 pages are not
// used. The library that this package is built on silently loses data with the
// first, the second only costs size and time on floats, and the library reads
// the third without checking for short reads.
//
// The key-value metadata contains sparsel.format, sparsel.version and the notes
// of the format itself, which all begin with "sparsel.". All other keys are the
// caller's provenance. Keys are written in ascending order.
//
// # Same values, same bytes
//
// Nothing that depends on the clock, the host, the path or the number of cores
// gets into a file. Equal calls give equal bytes on every architecture. A
// golden digest in the tests verifies this.
//
// # Versions
//
// The version of a format is raised when its columns, their types or the
// meaning of a value change. A reader accepts exactly one version. Archives are
// cheap to make again from their inputs, and a reader that guesses is how old
// numbers get into new figures.
//
// # Damage
//
// Callers are expected to have compared the file's SHA-256 with the one under
// which it was stored. That comparison, not this package, protects against bit
// rot. The checks here make sure that a damaged file that was not caught gives
// an error, and neither a panic nor wrong shapes. The length, both magic
// numbers, the extent of the footer, the schema and the exact placement of all
// column chunks are checked before any page is decoded. Counts and sizes that
// the footer, a page or a compressed frame claims are compared with the bytes
// that are there before the library sees them, because it allocates what it is
// told. Decoding happens on the caller's goroutine, where a panic of the
// library is turned into an error. The library's reader of Arrow tables decodes
// on goroutines of its own, where nothing can stop a panic, and is not used.
// The tests flip every bit of a small file: each flip gives an error or exactly
// the values that were written. Only the text in the footer, the provenance,
// can change without notice.
package artifacts
