package foreign

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// arrowFile is an Arrow IPC stream. An Arrow file contains one, too, after its
// magic.
type arrowFile struct {
	file       *os.File
	begin, end int64  // extent of the messages
	footer     []byte // of a file
	schema     *arrow.Schema
}

const (
	arrowMagic = "ARROW1"
	maxFooter  = 64 << 20
)

func openArrow(f *os.File, begin, size int64) (source, error) {
	a := &arrowFile{file: f, begin: begin, end: size}
	if begin > 0 { // in a file, the footer, its length and the magic follow the messages
		var tail [4 + len(arrowMagic)]byte
		if _, err := f.ReadAt(tail[:], size-int64(len(tail))); err != nil || string(tail[4:]) != arrowMagic {
			return nil, errors.New("does not end as an Arrow file: truncated, or something was appended; make it again")
		}
		a.end = size - int64(len(tail)) - int64(binary.LittleEndian.Uint32(tail[:4]))
		if a.end < begin {
			return nil, errors.New("the footer is longer than the file; make it again")
		}
		if size-a.end > maxFooter {
			return nil, fmt.Errorf("a footer of %d bytes, more than %d; write fewer columns and larger record batches", size-a.end, maxFooter)
		}
		a.footer = make([]byte, size-int64(len(tail))-a.end)
		if _, err := f.ReadAt(a.footer, a.end); err != nil {
			return nil, err
		}
	}
	err := guard(func() error {
		r, _, err := a.reader()
		if err != nil {
			return err
		}
		defer r.Release()
		a.schema = r.Schema()
		return a.check()
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// messages reads the messages of a stream. The library's own reader allocates
// what a message claims.
type messages struct {
	source io.ReaderAt
	at     int64
	end    int64
	framed bool // in a file, so that no message needs to say that it is the last
	ended  bool // the last message was returned
	footer []byte
	views  views
	count  atomic.Int64
}

func (m *messages) Retain()  { m.count.Add(1) }
func (m *messages) Release() { m.count.Add(-1) }

func (m *messages) Message() (*ipc.Message, error) {
	if m.framed && m.at == m.end {
		m.ended = true
		return nil, io.EOF
	}
	var head [8]byte
	if _, err := m.source.ReadAt(head[:], m.at); err != nil || m.at > m.end-8 {
		return nil, fmt.Errorf("the stream is truncated at byte %d; make the file again", m.at)
	}
	if binary.LittleEndian.Uint32(head[:]) != 0xffffffff {
		return nil, fmt.Errorf("no message begins at byte %d: truncated, or older than Arrow 0.15; make the file again", m.at)
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	if size == 0 {
		m.ended = true
		return nil, io.EOF
	}
	m.at += 8
	if size > m.end-m.at || size < 16 || size > maxPage {
		return nil, fmt.Errorf("a message of %d bytes at byte %d, where %d are left; make the file again", size, m.at, m.end-m.at)
	}
	meta := make([]byte, size)
	if _, err := m.source.ReadAt(meta, m.at); err != nil {
		return nil, err
	}
	m.at += size
	if err := checkMessage(meta); err != nil {
		return nil, err
	}
	if m.footer != nil {
		footer := m.footer
		m.footer = nil
		if kindOf(meta) != schemaMessage { // apache-arrow in JavaScript leaves the schema out of the messages
			m.at -= 8 + size
			schema, err := schemaOf(footer)
			if err != nil {
				return nil, err
			}
			return ipc.NewMessage(memory.NewBufferBytes(schema), memory.NewBufferBytes(nil)), nil
		}
	}
	// Message.bodyLength is field 3 (Arrow's Message.fbs).
	table := flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
	var body int64
	if o := table.Offset(4 + 2*3); o != 0 {
		body = table.GetInt64(flatbuffers.UOffsetT(o) + table.Pos)
	}
	switch {
	case body < 0 || body > m.end-m.at:
		return nil, fmt.Errorf("a message of %d bytes at byte %d, where %d are left: truncated; make the file again", body, m.at, m.end-m.at)
	case body > maxPage:
		return nil, fmt.Errorf("a record batch of %d bytes, more than %d; write it in smaller ones, as with max_chunksize=10000", body, maxPage)
	}
	data := make([]byte, body)
	if _, err := m.source.ReadAt(data, m.at); err != nil {
		return nil, err
	}
	m.at += body
	if err := checkBuffers(meta, data, m.views); err != nil {
		return nil, err
	}
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(data)), nil
}

// limited allocates no block that is larger than maxPage, or larger than any
// codec could fill from the file, whatever a message says that it will need.
type limited struct {
	memory.Allocator
	most int
}

func limit(file int64) limited {
	return limited{memory.NewGoAllocator(), int(min(maxPage, maxRatio*file))}
}

func (l limited) check(n int) {
	if n > l.most {
		panic(fmt.Sprintf("a buffer of %d bytes, more than %d", n, l.most))
	}
}

func (l limited) Allocate(n int) []byte {
	l.check(n)
	return l.Allocator.Allocate(n)
}

func (l limited) Reallocate(n int, b []byte) []byte {
	l.check(n)
	return l.Allocator.Reallocate(n, b)
}

func (a *arrowFile) reader() (*ipc.Reader, *messages, error) {
	m := &messages{source: a.file, at: a.begin, end: a.end, framed: a.begin > 0, footer: a.footer}
	r, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(limit(a.end)))
	if err == nil {
		m.views = viewsOf(r.Schema())
	}
	return r, m, err
}

// views is how many columns of a message have their text elsewhere, as string
// views do.
type views struct{ record, dictionary int }

func viewsOf(schema *arrow.Schema) views {
	var v views
	var count func(kind arrow.DataType) int
	count = func(kind arrow.DataType) int {
		switch kind := kind.(type) {
		case arrow.BinaryViewDataType:
			return 1
		case *arrow.DictionaryType:
			v.dictionary = max(v.dictionary, count(kind.ValueType))
			return 0
		case arrow.ExtensionType:
			return count(kind.StorageType())
		case arrow.NestedType:
			n := 0
			for _, f := range kind.Fields() {
				n += count(f.Type)
			}
			return n
		}
		return 0
	}
	for _, f := range schema.Fields() {
		v.record += count(f.Type)
	}
	return v
}

func (a *arrowFile) field(name string) int {
	if at := a.schema.FieldIndices(name); len(at) == 1 {
		return at[0]
	}
	return -1
}

// names returns the names of all columns.
func (a *arrowFile) names() []string {
	var names []string
	for _, f := range a.schema.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func (a *arrowFile) check() error {
	for _, name := range columns {
		switch n := len(a.schema.FieldIndices(name)); {
		case n > 1:
			return fmt.Errorf("column %q occurs twice", name)
		case n == 0 && (name == Label || name == Activation):
			return missing(name, a.names())
		case n == 0:
			continue
		}
		kind, wants, fits := a.schema.Field(a.field(name)).Type, "integers", false
		value := kind
		if categories, ok := kind.(*arrow.DictionaryType); ok {
			value = categories.ValueType
		}
		switch {
		case name == Activation:
			wants = "lists of float16, float32 or float64"
			if list, ok := kind.(arrow.ListLikeType); ok && kind.ID() != arrow.MAP {
				fits = arrow.IsFloating(list.Elem().ID())
			}
		case name == Layer || name == Run:
			wants = "text or integers"
			switch value.ID() {
			case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
				fits = true
			default:
				fits = arrow.IsInteger(value.ID())
			}
		default:
			fits = arrow.IsInteger(value.ID()) || value.ID() == arrow.FLOAT32 || value.ID() == arrow.FLOAT64
		}
		if !fits {
			return fmt.Errorf("column %q holds %v, want %s; %s", name, kind, wants, remedy(name))
		}
	}
	return nil
}

func (a *arrowFile) predicts() bool { return a.field(Prediction) >= 0 }
func (a *arrowFile) half() bool {
	return a.schema.Field(a.field(Activation)).Type.(arrow.ListLikeType).Elem().ID() == arrow.FLOAT16
}
func (a *arrowFile) Close() error { return a.file.Close() }

func (a *arrowFile) scan(values bool, give func(*Batch) error) error {
	r, m, err := a.reader()
	if err != nil {
		return err
	}
	defer r.Release()
	var b Batch
	first := int64(0)
	for r.Next() {
		record := r.Record()
		for from, n := 0, int(record.NumRows()); from < n; {
			b.reset(first)
			if err := a.fill(&b, record, from, min(n, from+batchRows), values); err != nil {
				return err
			}
			if err := give(&b); err != nil {
				return err
			}
			from, first = from+b.Rows(), first+int64(b.Rows())
		}
	}
	if m.ended {
		return nil
	}
	// A codec that wants more bytes than there are also reports EOF.
	return fmt.Errorf("a record batch cannot be read: %w; make the file again", cmp.Or(r.Err(), io.ErrUnexpectedEOF))
}

// fill adds rows of a record to the batch.
func (a *arrowFile) fill(b *Batch, record arrow.Record, from, to int, values bool) error {
	b.Keys = sized(b.Keys, to-from)
	clear(b.Keys)
	for _, name := range []string{Label, Prediction, Epoch, Layer, Run} {
		k := a.field(name)
		if k < 0 {
			continue
		}
		column := record.Column(k)
		for i := from; i < to; i++ {
			if column.IsNull(i) {
				return b.at(i-from, name, "is null")
			}
			var text string
			var number int64
			var err error
			if text = ""; name == Layer || name == Run {
				text, err = textOf(column, i)
			} else {
				number, err = integerOf(column, i)
			}
			if err != nil {
				return b.at(i-from, name, err.Error())
			}
			switch name {
			case Label:
				b.Labels = append(b.Labels, number)
			case Prediction:
				b.Predictions = append(b.Predictions, number)
			case Epoch:
				b.Keys[i-from].Epoch = number
			case Layer:
				b.Keys[i-from].Layer = text
			case Run:
				b.Keys[i-from].Run = text
			}
		}
	}
	if !values {
		return nil
	}
	lists := record.Column(a.field(Activation)).(array.ListLike)
	for i := from; i < to; i++ {
		if lists.IsNull(i) {
			return b.at(i-from, Activation, "is null")
		}
		begin, end := lists.ValueOffsets(i)
		if end-begin > maxUnits {
			return b.at(i-from, Activation, fmt.Sprintf("more than %d activations", maxUnits))
		}
		for j := begin; j < end; j++ {
			v, err := floatOf(lists.ListValues(), int(j))
			if err != nil {
				return b.at(i-from, Activation, fmt.Sprintf("element %d %v", j-begin, err))
			}
			b.Values = append(b.Values, v)
		}
		b.Ends = append(b.Ends, len(b.Values))
	}
	return nil
}

func floatOf(a arrow.Array, i int) (float32, error) {
	if a.IsNull(i) {
		return 0, errors.New("is null")
	}
	switch a := a.(type) {
	case *array.Float32:
		return a.Value(i), nil
	case *array.Float16:
		return widen(a.Value(i).Uint16()), nil
	case *array.Float64:
		return narrow(a.Value(i))
	}
	return 0, fmt.Errorf("is a %v", a.DataType())
}

func integerOf(a arrow.Array, i int) (int64, error) {
	switch a := a.(type) {
	case *array.Int8:
		return int64(a.Value(i)), nil
	case *array.Int16:
		return int64(a.Value(i)), nil
	case *array.Int32:
		return int64(a.Value(i)), nil
	case *array.Int64:
		return a.Value(i), nil
	case *array.Uint8:
		return int64(a.Value(i)), nil
	case *array.Uint16:
		return int64(a.Value(i)), nil
	case *array.Uint32:
		return int64(a.Value(i)), nil
	case *array.Uint64:
		if v := a.Value(i); v > 1<<63-1 {
			return 0, fmt.Errorf("%d is beyond what int64 holds", v)
		}
		return int64(a.Value(i)), nil
	case *array.Float32:
		if v, ok := integer(float64(a.Value(i))); ok {
			return v, nil
		}
	case *array.Float64:
		if v, ok := integer(a.Value(i)); ok {
			return v, nil
		}
	case *array.Dictionary:
		k, err := category(a, i)
		if err != nil {
			return 0, err
		}
		return integerOf(a.Dictionary(), k)
	}
	return 0, fmt.Errorf("%s is not an integer", a.ValueStr(i))
}

func textOf(a arrow.Array, i int) (string, error) {
	switch a := a.(type) {
	case *array.String:
		return a.Value(i), nil
	case *array.LargeString:
		return a.Value(i), nil
	case *array.StringView:
		return a.Value(i), nil
	case *array.Dictionary:
		k, err := category(a, i)
		if err != nil {
			return "", err
		}
		return textOf(a.Dictionary(), k)
	}
	v, err := integerOf(a, i)
	return strconv.FormatInt(v, 10), err
}

// category returns the position of a row's value in its dictionary.
func category(a *array.Dictionary, i int) (int, error) {
	k := a.GetValueIndex(i)
	switch {
	case k < 0 || k >= a.Dictionary().Len():
		return 0, fmt.Errorf("is category %d of %d; make the file again", k, a.Dictionary().Len())
	case a.Dictionary().IsNull(k):
		return 0, errors.New("is null")
	}
	return k, nil
}
