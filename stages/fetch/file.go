// Package fetch obtains the four files of MNIST, or of a data set like it, from
// wherever they are available, and proves that they are the right ones.
//
// A file is identified by the SHA-256 of its decompressed IDX bytes, and not by
// where they come from. [Fetch] asks the store, then directories, then mirrors
// over HTTPS, and applies the same checks to each source. So a source can be
// slow or wrong, but it can never change a result. If a source fails a check,
// Fetch records the reason and tries the next one.
//
// [NewStage] connects the package to the pipeline. Fetch and its types know
// nothing of the pipeline. This package does not interpret the images; package
// artifacts/idx reads them.
package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sparsel/artifacts/idx"
)

// A File is one IDX file to be fetched.
type File struct {
	Name   string // output name, such as "train-images"
	Dims   []int  // count, then rows and columns for images
	SHA256 string // of the decompressed bytes, 64 lower-case hex digits
	// Published is the name under which the file is published, without .gz. ""
	// means MNIST's, such as train-images-idx3-ubyte.
	Published string
}

// Hashes identify the four files of a data set: the SHA-256 of the decompressed
// bytes in lower-case hex, and the sizes that these bytes announce. They are
// the parameters of the fetch node.
type Hashes struct {
	TrainImages, TrainLabels string
	TestImages, TestLabels   string
	Train, Test              int // images in each split
	Side                     int // pixels of an image in each direction
}

// MNIST identifies the files as LeCun, Cortes and Burges published them.
var MNIST = Hashes{
	TrainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
	TrainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
	TestImages:  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
	TestLabels:  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
	Train:       60_000, Test: 10_000, Side: 28,
}

// Files lists the four files: the training images, their labels, the test
// images and their labels.
func (h Hashes) Files() []File {
	return []File{
		{Name: "train-images", Dims: []int{h.Train, h.Side, h.Side}, SHA256: h.TrainImages},
		{Name: "train-labels", Dims: []int{h.Train}, SHA256: h.TrainLabels},
		{Name: "t10k-images", Dims: []int{h.Test, h.Side, h.Side}, SHA256: h.TestImages},
		{Name: "t10k-labels", Dims: []int{h.Test}, SHA256: h.TestLabels},
	}
}

// Published lists the four files with the names under which they are published,
// which are given by the names of [Hashes.Files]. If names is nil, they are
// MNIST's.
func (h Hashes) Published(names map[string]string) []File {
	files := h.Files()
	for i := range files {
		files[i].Published = names[files[i].Name]
	}
	return files
}

// Validate reports every hash that is not 64 lower-case hex digits, and sizes
// that no IDX file can have.
func (h Hashes) Validate() error {
	var errs []error
	for _, f := range h.Files() {
		if err := f.header().Check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
		}
		if b, err := hex.DecodeString(f.SHA256); err != nil || len(b) != sha256.Size || strings.ToLower(f.SHA256) != f.SHA256 {
			errs = append(errs,
				fmt.Errorf("%s: hash %q is not a SHA-256 in 64 lower-case hex digits; copy it from the output of sha256sum on the decompressed file",
					f.Name, f.SHA256))
		}
	}
	return errors.Join(errs...)
}

func (f File) header() idx.Header { return idx.Header{Dims: f.Dims} }

// size returns the exact length of the decompressed file in bytes.
func (f File) size() int64 { return f.header().FileBytes() }

// maxPacked limits the size of the compressed file. Deflate grows
// incompressible data by 5 bytes per stored block. 1/64 and 64 KiB allow for
// blocks of 320 bytes and a header with names and comments.
func (f File) maxPacked() int64 { return f.size() + f.size()/64 + 64<<10 }

// stems returns the two spellings of the name that are in use: as first
// published, and as some unpackers change it.
func (f File) stems() [2]string {
	kind := "idx3"
	if len(f.Dims) == 1 {
		kind = "idx1"
	}
	if f.Published != "" {
		return [2]string{f.Published, strings.Replace(f.Published, "-idx", ".idx", 1)}
	}
	return [2]string{f.Name + "-" + kind + "-ubyte", f.Name + "." + kind + "-ubyte"}
}

// names lists the file names under which a directory may have f, uncompressed
// ones first.
func (f File) names() []string {
	stems := f.stems()
	return slices.Concat(stems[:], []string{stems[0] + ".gz", stems[1] + ".gz"})
}
