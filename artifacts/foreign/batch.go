package foreign

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// The columns of a file. The first two are required.
const (
	Label      = "label"
	Activation = "activation"
	Layer      = "layer"
	Epoch      = "epoch"
	Prediction = "prediction"
	Run        = "run"
)

const (
	maxPage  = 256 << 20 // most bytes of a page or of an Arrow record batch
	maxUnits = 1 << 20   // most units of a layer

	batchRows   = 4096
	batchValues = 1 << 18
)

// columns lists the columns that are read.
var columns = []string{Activation, Label, Layer, Epoch, Prediction, Run}

// missing returns the error that a column is not there, with the columns that
// are, for the name may have been written in another way.
func missing(name string, have []string) error {
	what := map[string]string{Label: "the class of each row", Activation: "a list of floats for each row"}[name]
	return fmt.Errorf("there is no column %q, %s; the columns are %s", name, what, listed(have))
}

// listed lists names, the first of them if they are many, which they are if
// each unit has a column.
func listed(names []string) string {
	const most = 8
	var text []string
	for _, name := range names[:min(most, len(names))] {
		text = append(text, fmt.Sprintf("%.100q", name))
	}
	if n := len(names) - most; n > 0 {
		text = append(text, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(text, ", ")
}

// Key says which run, layer and epoch a row belongs to. If the file has no
// column for it, a run or layer is "" and an epoch is 0.
type Key struct {
	Run   string
	Epoch int64
	Layer string
}

func (k Key) String() string {
	var parts []string
	if k.Run != "" {
		parts = append(parts, "run "+k.Run)
	}
	if k.Epoch != 0 {
		parts = append(parts, fmt.Sprint("epoch ", k.Epoch))
	}
	if k.Layer != "" {
		parts = append(parts, "layer "+k.Layer)
	}
	if len(parts) == 0 {
		return "the layer"
	}
	return strings.Join(parts, ", ")
}

// Batch is a number of consecutive rows of a file. Its memory is reused for the
// next batch.
type Batch struct {
	First       int64 // number of its first row in the file, counted from 0
	Keys        []Key
	Labels      []int64
	Predictions []int64   // empty if the file lacks the column
	Ends        []int     // row i is Values[Ends[i-1]:Ends[i]]; empty if activations were not requested
	Values      []float32 // float16 is converted exactly; float64 is rounded
}

// Rows returns the number of rows.
func (b *Batch) Rows() int { return len(b.Labels) }

// Row returns the activations of row i.
func (b *Batch) Row(i int) []float32 {
	if i == 0 {
		return b.Values[:b.Ends[0]]
	}
	return b.Values[b.Ends[i-1]:b.Ends[i]]
}

func (b *Batch) reset(first int64) {
	*b = Batch{First: first, Keys: b.Keys[:0], Labels: b.Labels[:0], Predictions: b.Predictions[:0], Ends: b.Ends[:0], Values: b.Values[:0]}
}

// Options say what to read and what to accept.
type Options struct {
	Values    bool // read the activations, too
	NotFinite bool // accept NaN and infinities
}

// File is an open file of activations.
type File struct {
	name string
	source
}

// source is an open file of one format.
type source interface {
	// scan passes all rows to give in order, without checking the values.
	scan(values bool, give func(*Batch) error) error
	predicts() bool
	names() []string // of all columns, those that are not read included
	half() bool      // whether activations are float16
	Close() error
}

// Open opens the file at path. It recognises the format from the first bytes.
// For a pair of NumPy arrays, X.activation.npy and X.label.npy, path may name
// either.
func Open(path string) (*File, error) {
	f, err := Regular(path)
	if err != nil {
		return nil, fmt.Errorf("read activations: %w", err)
	}
	var s source
	info, err := f.Stat()
	if err == nil {
		s, err = open(f, path, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, truncated(err))
	}
	return &File{path, s}, nil
}

// Regular opens a file that a user named, if it is a regular one or a link to
// one. It opens nothing else, because opening a pipe waits for a process at the
// other end.
func Regular(path string) (*os.File, error) {
	regular := func(info fs.FileInfo, err error) error {
		if err == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "open", Path: path, Err: errors.New("is not a regular file; write the data to a file first")}
		}
		return err
	}
	if err := regular(os.Stat(path)); err != nil {
		return nil, err
	}
	// The file may have been replaced since, so opening it must still not block.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := regular(f.Stat()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// truncated says what it means that a file ends too early.
func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the file is truncated (%w); make it again", err)
	}
	return err
}

func open(f *os.File, path string, size int64) (source, error) {
	var head [8]byte
	n, _ := f.ReadAt(head[:], 0)
	switch start := string(head[:n]); {
	case strings.HasPrefix(start, "PAR1"):
		return openParquet(f)
	case strings.HasPrefix(start, npyMagic):
		f.Close()
		return openPair(path)
	case start == "ARROW1\x00\x00":
		return openArrow(f, 8, size)
	case strings.HasPrefix(start, "\xff\xff\xff\xff"):
		return openArrow(f, 0, size)
	case strings.HasPrefix(start, "PK\x03\x04"):
		return nil, errors.New("is an archive, such as .npz; save each array by itself with numpy.save, as docs/bring-your-own.md describes")
	}
	return nil, fmt.Errorf("begins with %q: neither Parquet nor Arrow nor NumPy; docs/bring-your-own.md says how to write one", head[:n])
}

// Predicts reports whether there is a column of predictions.
func (f *File) Predicts() bool { return f.predicts() }

// Scan passes the rows to give in order, some at a time. It may be called
// again. It checks activations: the lists of one key must have the same length
// and must not be empty, and values must be finite unless the options accept
// others.
func (f *File) Scan(o Options, give func(*Batch) error) error {
	widths := map[Key]int{}
	var names keyCheck
	var failed error // error of give, which is not about the file
	err := guard(func() error {
		return f.scan(o.Values, func(b *Batch) error {
			if err := names.check(b); err != nil {
				return err
			}
			if o.Values {
				if err := f.check(b, widths, o.NotFinite); err != nil {
					return err
				}
			}
			failed = give(b)
			return failed
		})
	})
	if err != nil && failed == nil {
		return fmt.Errorf("read %s: %w", f.name, truncated(err))
	}
	return err
}

// keyCheck checks the texts of keys.
type keyCheck struct{ last Key }

// check refuses names that no table could show.
func (c *keyCheck) check(b *Batch) error {
	for i, key := range b.Keys {
		if key == c.last {
			continue
		}
		for _, text := range [][2]string{{Layer, key.Layer}, {Run, key.Run}} {
			column, name := text[0], text[1]
			if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
				return b.at(i, column, fmt.Sprintf("%.100q is not one line of text; leave out tabs, line breaks and other control characters", name))
			}
		}
		c.last = key
	}
	return nil
}

// check checks the activations of a batch.
func (f *File) check(b *Batch, widths map[Key]int, notFinite bool) error {
	for i := range b.Rows() {
		row := b.Row(i)
		width, known := widths[b.Keys[i]]
		switch {
		case len(row) == 0:
			return b.at(i, Activation, "the list is empty")
		case !known:
			widths[b.Keys[i]] = len(row)
		case width != len(row):
			return b.at(i, Activation,
				fmt.Sprintf("%d activations, where the rows of %s before it have %d; all rows of a layer must be of one length",
					len(row), b.Keys[i], width))
		}
		if ordinary(row) {
			continue
		}
		if j, v, beyond := largest(row); beyond {
			return b.at(i, Activation, fmt.Sprintf("element %d is %v, and the sum of the row's squares is beyond what float32 holds, in which "+
				"metrics are computed; divide all activations by one number, which changes neither sparsity nor selectivity", j, v))
		}
		if notFinite {
			continue
		}
		for j, v := range row {
			switch {
			case v != v:
				return b.at(i, Activation, fmt.Sprintf("element %d is NaN; -nan=keep measures such rows as they are", j))
			case math.IsInf(float64(v), 0) && f.half():
				return b.at(i, Activation, fmt.Sprintf("element %d is infinite: float16 ends at 65504; write float32, or measure it with -nan=keep", j))
			case math.IsInf(float64(v), 0):
				return b.at(i, Activation, fmt.Sprintf("element %d is infinite; -nan=keep measures such rows as they are", j))
			}
		}
	}
	return nil
}

// ordinary reports whether all activations are finite and far too small for
// the sum of their squares to overflow.
func ordinary(row []float32) bool {
	const sign, large = 1 << 31, 0x53800000 // 2^40, for at most 2^20 units
	for _, v := range row {
		if math.Float32bits(v)&^sign >= large {
			return false
		}
	}
	return true
}

// largest returns the finite activation of largest magnitude in a row, and
// whether the sum of the squares of the finite ones may be beyond float32. The
// sum is taken in float64. In float32, in which metrics take it, rounding may
// make it larger, by at most a part in 2^7: there are at most 2^16 additions,
// each with a relative error of 2^-24.
func largest(row []float32) (at int, value float32, beyond bool) {
	sum := 0.0
	for j, v := range row {
		size := math.Abs(float64(v))
		if math.IsNaN(size) || math.IsInf(size, 0) {
			continue
		}
		if sum += size * size; size > math.Abs(float64(value)) {
			at, value = j, v
		}
	}
	return at, value, sum > math.MaxFloat32*(1-1.0/128)
}

// at returns an error about row i of the batch.
func (b *Batch) at(i int, column, what string) error { return at(b.First+int64(i), column, what) }

func at(row int64, column, what string) error {
	return fmt.Errorf("row %d, column %q: %s", row, column, what)
}

// guard turns a panic of a library into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: %v; make it again", p)
		}
	}()
	return f()
}
