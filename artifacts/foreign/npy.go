package foreign

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	npyMagic   = "\x93NUMPY"
	maxElement = 1024 // most bytes of a number or characters of a text
)

// npy is an open .npy file of one or two dimensions, in C order.
type npy struct {
	name  string
	file  *os.File
	begin int64
	kind  byte // f, i, u or U
	size  int  // bytes per element
	rows  int64
	width int // 1 if there is only one dimension
	flat  bool
}

// npyHeader matches the dictionary in a header, as NumPy writes it (NEP 1).
var npyHeader = regexp.MustCompile(
	`^\{'descr': '([<>|=])([a-zA-Z])(\d+)', 'fortran_order': (True|False), 'shape': \((\d+),(?: (\d+))?\), \}\s*$`)

func openArray(path, column string) (*npy, error) {
	f, err := Regular(path)
	if err != nil {
		return nil, err
	}
	a := &npy{name: column, file: f}
	if err := a.header(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

func (a *npy) header() error {
	var fixed [12]byte
	if _, err := io.ReadFull(a.file, fixed[:10]); err != nil || string(fixed[:6]) != npyMagic {
		if strings.HasPrefix(string(fixed[:]), "PK") {
			return errors.New("is not an .npy file but an archive, such as .npz; save each array by itself with numpy.save")
		}
		return errors.New("is not an .npy file; make it with numpy.save")
	}
	length := int64(binary.LittleEndian.Uint16(fixed[8:]))
	a.begin = 10
	if fixed[6] > 1 {
		if _, err := io.ReadFull(a.file, fixed[10:]); err != nil {
			return errors.New("the header is truncated")
		}
		length, a.begin = int64(binary.LittleEndian.Uint32(fixed[8:])), 12
	}
	if length > 1<<16 {
		return fmt.Errorf("a header of %d bytes; make the file again", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(a.file, text); err != nil {
		return errors.New("the header is truncated")
	}
	a.begin += length
	m := npyHeader.FindStringSubmatch(string(text))
	if strings.Contains(string(text), "'descr': '|O'") {
		return fmt.Errorf("the array holds Python objects; %s", unobject(a.name))
	}
	if m == nil {
		return fmt.Errorf("the header %.200q is not that of an array of numbers with one or two dimensions; "+
			"save a.astype('<f4').reshape(len(a), -1) for activations, and a.reshape(-1) for other columns", strings.TrimSpace(string(text)))
	}
	a.kind = m[2][0]
	if a.size, _ = strconv.Atoi(m[3]); a.size < 1 || a.size > maxElement {
		return fmt.Errorf("elements of %s%s, which cannot be read", m[2], m[3])
	}
	if a.kind == 'U' {
		a.size *= 4
	}
	if m[1] == ">" {
		return errors.New("big-endian numbers; convert them with a.astype(a.dtype.newbyteorder('<'))")
	}
	if m[4] == "True" && m[6] != "" {
		return errors.New("in Fortran order; save numpy.ascontiguousarray of it")
	}
	rows, err1 := strconv.ParseInt(m[5], 10, 64)
	width, err2 := int64(1), error(nil)
	if a.flat = m[6] == ""; !a.flat {
		width, err2 = strconv.ParseInt(m[6], 10, 64)
	}
	if err1 != nil || err2 != nil || width > maxUnits {
		return fmt.Errorf("an array of %s rows of %s elements", m[5], m[6])
	}
	a.rows, a.width = rows, int(width)
	info, err := a.file.Stat()
	if err != nil {
		return err
	}
	row := int64(a.width) * int64(a.size)
	if have := info.Size() - a.begin; row > 0 && (have/row < rows || have != rows*row) {
		return fmt.Errorf("%d bytes for %d rows of %d: truncated, or something was appended; make it again", have, rows, row)
	}
	return nil
}

// unobject says how to make an array of Python objects, which pandas makes of
// texts, one of a type that can be read.
func unobject(column string) string {
	switch column {
	case Label, Prediction, Epoch:
		return "make it an array of integers with .astype('<i8'), or number texts, as numpy.unique(a, return_inverse=True)[1] does"
	case Layer, Run:
		return "make it an array of texts with .astype(str)"
	}
	return "make it an array of numbers with .astype('<f4'), which lists of different lengths cannot be"
}

// reader starts reading the array.
func (a *npy) reader() (io.Reader, error) {
	_, err := a.file.Seek(a.begin, io.SeekStart)
	return bufio.NewReaderSize(a.file, 1<<20), err
}

// float decodes an element. ok is false if it is not a number of a supported
// type.
func (a *npy) float(b []byte) (v float64, ok bool) {
	switch string(a.kind) + strconv.Itoa(a.size) {
	case "f2":
		return float64(widen(binary.LittleEndian.Uint16(b))), true
	case "f4":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), true
	case "f8":
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
	}
	return 0, false
}

func (a *npy) integer(b []byte) (int64, error) {
	var u uint64
	for i := min(len(b), 8) - 1; i >= 0; i-- {
		u = u<<8 | uint64(b[i])
	}
	switch a.kind {
	case 'u':
		if u > math.MaxInt64 {
			return 0, fmt.Errorf("%d is beyond what int64 holds", u)
		}
		return int64(u), nil
	case 'i':
		shift := 64 - 8*a.size
		return int64(u<<shift) >> shift, nil
	}
	v, _ := a.float(b)
	k, ok := integer(v)
	if !ok {
		return 0, fmt.Errorf("%v is not an integer", v)
	}
	return k, nil
}

// text decodes an element of characters, four bytes each, or formats an integer
// in decimal.
func (a *npy) text(b []byte) (string, error) {
	if a.kind != 'U' {
		v, err := a.integer(b)
		return strconv.FormatInt(v, 10), err
	}
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		if r := binary.LittleEndian.Uint32(b); r != 0 {
			s.WriteRune(rune(r))
		}
	}
	return s.String(), nil
}

// pair is a set of arrays of equal length, one for each column.
type pair struct {
	stem   string
	arrays map[string]*npy
}

func openPair(path string) (source, error) {
	stem := strings.TrimSuffix(strings.TrimSuffix(path, "."+Activation+".npy"), "."+Label+".npy")
	if stem == path {
		return nil, errors.New("arrays are named X.activation.npy and X.label.npy, and X.layer.npy and so on for the other columns")
	}
	p := &pair{stem, map[string]*npy{}}
	for _, name := range columns {
		a, err := openArray(stem+"."+name+".npy", name)
		if errors.Is(err, os.ErrNotExist) && name != Activation && name != Label {
			continue
		}
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("there is no array for the column %q: %w", name, err)
		}
		if err == nil {
			p.arrays[name] = a
			err = p.check(a)
		}
		if err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

func (p *pair) check(a *npy) error {
	_, float := a.float(make([]byte, a.size))
	number := float && a.size > 2 || (a.kind == 'i' || a.kind == 'u') && a.size <= 8
	text := (a.kind == 'i' || a.kind == 'u') && a.size <= 8 || a.kind == 'U'
	activations := p.arrays[Activation]
	switch {
	case a.rows != activations.rows:
		return fmt.Errorf("column %q has %d rows, column %q %d", a.name, a.rows, Activation, activations.rows)
	case a.name == Activation && (!float || a.flat):
		return fmt.Errorf("column %q holds %c%d in %d columns, want float16, float32 or float64 in two dimensions; "+
			"save a.astype('<f4').reshape(len(a), -1)",
			a.name, a.kind, a.size, a.width)
	case a.name == Activation:
		return nil
	case !a.flat:
		return fmt.Errorf("column %q has two dimensions, want one: a number for each row, not a list, such as labels.argmax(1)", a.name)
	case (a.name == Layer || a.name == Run) && !text:
		return fmt.Errorf("column %q holds %c%d, want text or integers; convert it with .astype(str)", a.name, a.kind, a.size)
	case a.name != Layer && a.name != Run && !number && (a.kind == 'U' || a.kind == 'S'):
		return fmt.Errorf("column %q holds %c%d, want integers; number the texts, as numpy.unique(a, return_inverse=True)[1] does",
			a.name, a.kind, a.size)
	case a.name != Layer && a.name != Run && !number:
		return fmt.Errorf("column %q holds %c%d, want integers; convert it with .astype('<i8')", a.name, a.kind, a.size)
	}
	return nil
}

// names returns the names of the arrays that are there, without those of the
// output layer.
func (p *pair) names() []string {
	folder, stem := filepath.Split(p.stem)
	entries, err := os.ReadDir(cmp.Or(folder, "."))
	if err != nil {
		return nil // the arrays that are read have been opened
	}
	var names []string
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), stem+".")
		name, array := strings.CutSuffix(rest, ".npy")
		if ours && array && !strings.Contains(name, ".") && name != Weight && name != Bias {
			names = append(names, name)
		}
	}
	return names
}

func (p *pair) predicts() bool { return p.arrays[Prediction] != nil }
func (p *pair) half() bool     { return p.arrays[Activation].size == 2 }

func (p *pair) Close() error {
	var errs []error
	for _, a := range p.arrays {
		errs = append(errs, a.file.Close())
	}
	return errors.Join(errs...)
}

func (p *pair) scan(values bool, give func(*Batch) error) error {
	readers := map[string]io.Reader{}
	for name, a := range p.arrays {
		var err error
		if readers[name], err = a.reader(); err != nil {
			return err
		}
	}
	var b Batch
	var buffer []byte
	activations := p.arrays[Activation]
	step := int64(max(1, min(batchRows, batchValues/max(1, activations.width))))
	// each reads the elements of a column for the batch.
	each := func(name string, n int, use func(i int, a *npy, element []byte) error) error {
		a := p.arrays[name]
		if a == nil {
			return nil
		}
		buffer = sized(buffer, n*a.width*a.size)
		if _, err := io.ReadFull(readers[name], buffer); err != nil {
			return err
		}
		for i := range n * a.width {
			if err := use(i, a, buffer[i*a.size:(i+1)*a.size]); err != nil {
				return fmt.Errorf("row %d, column %q: %w", b.First+int64(i/a.width), name, err)
			}
		}
		return nil
	}
	for first := int64(0); first < activations.rows; first += int64(b.Rows()) {
		n := int(min(step, activations.rows-first))
		b.reset(first)
		b.Keys = sized(b.Keys, n)
		clear(b.Keys)
		integers := func(set func(i int, v int64)) func(int, *npy, []byte) error {
			return func(i int, a *npy, element []byte) error {
				v, err := a.integer(element)
				set(i, v)
				return err
			}
		}
		texts := func(set func(i int, s string)) func(int, *npy, []byte) error {
			return func(i int, a *npy, element []byte) error {
				s, err := a.text(element)
				set(i, s)
				return err
			}
		}
		if err := errors.Join(
			each(Label, n, integers(func(_ int, v int64) { b.Labels = append(b.Labels, v) })),
			each(Prediction, n, integers(func(_ int, v int64) { b.Predictions = append(b.Predictions, v) })),
			each(Epoch, n, integers(func(i int, v int64) { b.Keys[i].Epoch = v })),
			each(Layer, n, texts(func(i int, s string) { b.Keys[i].Layer = s })),
			each(Run, n, texts(func(i int, s string) { b.Keys[i].Run = s })),
		); err != nil {
			return err
		}
		if values {
			if err := p.activations(readers[Activation], &b, n, &buffer); err != nil {
				return err
			}
		}
		if err := give(&b); err != nil {
			return err
		}
	}
	return nil
}

// activations reads the activations of a batch.
func (p *pair) activations(r io.Reader, b *Batch, n int, buffer *[]byte) error {
	a := p.arrays[Activation]
	*buffer = sized(*buffer, n*a.width*a.size)
	if _, err := io.ReadFull(r, *buffer); err != nil {
		return err
	}
	b.Values = sized(b.Values, n*a.width)
	for i := range b.Values {
		e := (*buffer)[i*a.size:]
		switch a.size {
		case 2:
			b.Values[i] = widen(binary.LittleEndian.Uint16(e))
		case 4:
			b.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(e))
		default:
			f, err := narrow(math.Float64frombits(binary.LittleEndian.Uint64(e)))
			if err != nil {
				return b.at(i/a.width, Activation, fmt.Sprintf("element %d %v", i%a.width, err))
			}
			b.Values[i] = f
		}
	}
	for i := range n {
		b.Ends = append(b.Ends, (i+1)*a.width)
	}
	return nil
}

func readOutput(path string) (*Output, error) {
	stem := strings.TrimSuffix(strings.TrimSuffix(path, "."+Weight+".npy"), "."+Bias+".npy")
	if stem == path {
		return nil, errors.New("weights are weights.parquet of this project, or NumPy arrays that are named X.weight.npy and X.bias.npy")
	}
	weights, err := openArray(stem+"."+Weight+".npy", Weight)
	if err != nil {
		return nil, err
	}
	defer weights.file.Close()
	o := &Output{Classes: int(weights.rows), Units: weights.width, Parts: []Part{{Weight, weights.file.Name()}}}
	switch _, float := weights.float(make([]byte, weights.size)); {
	case !float || weights.flat:
		return nil, fmt.Errorf("%c%d in %d columns, want float16, float32 or float64 in two dimensions, [classes][units]",
			weights.kind, weights.size, weights.width)
	case weights.rows > maxOutput || weights.rows*int64(max(1, weights.width)) > maxOutput:
		return nil, fmt.Errorf("%d times %d weights, more than %d", weights.rows, weights.width, maxOutput)
	}
	if o.Weights, err = weights.all(); err != nil {
		return nil, err
	}
	bias, err := openArray(stem+"."+Bias+".npy", Bias)
	if errors.Is(err, os.ErrNotExist) && !strings.HasSuffix(path, "."+Bias+".npy") {
		o.Bias = make([]float64, o.Classes)
		return o, nil
	}
	if err != nil {
		return nil, err
	}
	defer bias.file.Close()
	switch _, float := bias.float(make([]byte, bias.size)); {
	case !float || !bias.flat:
		return nil, fmt.Errorf("biases are %c%d, want float16, float32 or float64 in one dimension", bias.kind, bias.size)
	case bias.rows != weights.rows:
		return nil, fmt.Errorf("%d biases for the %d classes of the weights", bias.rows, weights.rows)
	}
	o.Parts = append([]Part{{Bias, bias.file.Name()}}, o.Parts...)
	o.Bias, err = bias.all()
	return o, err
}

// all reads an array of floats.
func (a *npy) all() ([]float64, error) {
	r, err := a.reader()
	if err != nil {
		return nil, err
	}
	data := make([]byte, a.rows*int64(a.width)*int64(a.size))
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	values := make([]float64, len(data)/a.size)
	for i := range values {
		values[i], _ = a.float(data[i*a.size : (i+1)*a.size])
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return nil, fmt.Errorf("row %d, element %d is %v", i/a.width, i%a.width, values[i])
		}
	}
	return values, nil
}
