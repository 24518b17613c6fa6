package foreign

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"sparsel/artifacts"
)

// column is one of the requested columns.
type column struct {
	name     string
	index    int
	physical parquet.Type
	unsigned bool
	repeated int // the highest repetition level: 1 for lists
	defined  int // the definition level of a value
	element  int // the least definition level of an element of a list
}

type parquetFile struct {
	file    *os.File
	size    int64
	reader  *file.Reader
	columns map[string]*column
}

func openParquet(f *os.File) (source, error) {
	p := &parquetFile{file: f, columns: map[string]*column{}}
	err := guard(func() error {
		// This walks the whole footer, so that the library cannot allocate more than
		// the file justifies.
		if _, err := artifacts.Metadata(f); err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		p.size = info.Size()
		if p.reader, err = file.NewParquetReader(f); err != nil {
			return err
		}
		s := p.reader.MetaData().Schema
		for i := range s.NumColumns() {
			if err := p.add(i, s.Column(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{Label, Activation} {
		if p.columns[name] == nil {
			return nil, missing(name, p.names())
		}
	}
	return p, nil
}

// names returns the names of all columns.
func (p *parquetFile) names() []string {
	var names []string
	root := p.reader.MetaData().Schema.Root()
	for i := range root.NumFields() {
		names = append(names, root.Field(i).Name())
	}
	return names
}

// add takes a column of the schema if it is one of those that this package
// reads.
func (p *parquetFile) add(i int, s *schema.Column) error {
	c := &column{
		name: s.ColumnPath()[0], index: i, physical: s.PhysicalType(),
		repeated: int(s.MaxRepetitionLevel()), defined: int(s.MaxDefinitionLevel()),
	}
	logical := s.LogicalType()
	_, half := logical.(schema.Float16LogicalType)
	whole, integral := logical.(*schema.IntLogicalType)
	_, bare := logical.(schema.NoLogicalType)
	_, unknown := logical.(schema.UnknownLogicalType)
	_, text := logical.(schema.StringLogicalType)
	bare = bare || unknown || logical == nil
	c.unsigned = integral && !whole.IsSigned()
	var number, list bool
	switch c.physical {
	case parquet.Types.Float, parquet.Types.Double:
		number, list = bare, bare
	case parquet.Types.Int32, parquet.Types.Int64:
		number = bare || integral
	case parquet.Types.FixedLenByteArray:
		list = half && s.TypeLength() == 2
	}
	text = c.physical == parquet.Types.ByteArray && (text || bare)
	fits, wants := number, "integers"
	switch c.name {
	case Label, Prediction, Epoch:
		fits = fits && c.repeated == 0
	case Layer, Run:
		fits, wants = (text || number && c.physical != parquet.Types.Float && c.physical != parquet.Types.Double) && c.repeated == 0,
			"text or integers"
	case Activation:
		fits, wants = list && c.repeated == 1, "lists of float16, float32 or float64"
	default:
		return nil
	}
	switch {
	case p.columns[c.name] != nil:
		return fmt.Errorf("column %q occurs twice, or holds structures", c.name)
	case !fits:
		return fmt.Errorf("column %q holds %s, want %s; %s", c.name, holds(c, logical), wants, remedy(c.name))
	}
	if c.repeated == 1 {
		for n := s.SchemaNode(); n != nil && n.RepetitionType() != parquet.Repetitions.Repeated; n = n.Parent() {
			if n.RepetitionType() == parquet.Repetitions.Optional {
				c.element++
			}
		}
		c.element = c.defined - c.element
	}
	p.columns[c.name] = c
	return nil
}

// holds says what a column holds.
func holds(c *column, logical schema.LogicalType) string {
	text := c.physical.String()
	if logical != nil && !logical.IsNone() {
		text += fmt.Sprintf(" (%v)", logical)
	}
	switch {
	case c.repeated == 1:
		return "lists of " + text
	case c.repeated > 1:
		return fmt.Sprintf("lists, %d deep, of %s", c.repeated, text)
	}
	return text
}

// remedy says how to write a column that holds something else.
func remedy(name string) string {
	switch name {
	case Activation:
		return "write one flat list of floats for each row"
	case Layer, Run:
		return "write its values as text"
	}
	return "number its values, and write the numbers"
}

func (p *parquetFile) predicts() bool { return p.columns[Prediction] != nil }
func (p *parquetFile) half() bool {
	return p.columns[Activation].physical == parquet.Types.FixedLenByteArray
}
func (p *parquetFile) Close() error { return p.file.Close() }

// cursor reads one column of a row group, row by row.
type cursor struct {
	chunk
	row int64 // number of the next row in the file
}

func (p *parquetFile) cursor(group int, name string, first int64) (*cursor, error) {
	c := p.columns[name]
	if c == nil {
		return nil, nil
	}
	m, err := p.reader.MetaData().RowGroup(group).ColumnChunk(c.index)
	if err != nil {
		return nil, err
	}
	start := m.DataPageOffset()
	if m.HasDictionaryPage() && m.DictionaryPageOffset() > 0 && m.DictionaryPageOffset() < start {
		start = m.DictionaryPageOffset()
	}
	length := m.TotalCompressedSize()
	switch {
	case m.CryptoMetadata() != nil:
		return nil, fmt.Errorf("column %q is encrypted", name)
	case start < 4 || length < 0 || start > p.size || length > p.size-start:
		return nil, fmt.Errorf("column %q of row group %d lies at bytes %d+%d of %d; make the file again", name, group, start, length, p.size)
	}
	return &cursor{chunk{source: p.file, column: c, at: start, end: start + length, codec: m.Compression(), left: m.NumValues()}, first}, nil
}

func (p *parquetFile) scan(values bool, give func(*Batch) error) error {
	var b Batch
	first := int64(0)
	for g := range p.reader.NumRowGroups() {
		rows := p.reader.MetaData().RowGroup(g).NumRows()
		if rows < 0 {
			return fmt.Errorf("row group %d has %d rows; make the file again", g, rows)
		}
		cursors := map[string]*cursor{}
		for _, name := range columns {
			c, err := p.cursor(g, name, first)
			if err != nil {
				return err
			}
			if c != nil && (values || name != Activation) {
				cursors[name] = c
			}
		}
		for end := first + rows; first < end; first += int64(b.Rows()) {
			b.reset(first)
			if err := fill(&b, cursors, int(min(batchRows, end-first))); err != nil {
				return err
			}
			if err := give(&b); err != nil {
				return err
			}
		}
		for _, c := range cursors {
			if c.here < c.upper || c.leveled > 0 || c.left > 0 {
				return fmt.Errorf("row group %d, column %q: more values than rows; make the file again", g, c.column.name)
			}
		}
	}
	if n := p.reader.NumRows(); n != first {
		return fmt.Errorf("row groups of %d rows in all, but %d rows; make the file again", first, n)
	}
	return nil
}

// fill reads the next rows, at most n. It reads fewer if the lists are long.
func fill(b *Batch, cursors map[string]*cursor, n int) (err error) {
	if c := cursors[Activation]; c != nil {
		for len(b.Ends) < n && len(b.Values) < batchValues {
			if err := c.list(b); err != nil {
				return err
			}
		}
		n = len(b.Ends)
	}
	if b.Labels, err = cursors[Label].integers(b.Labels, n); err != nil {
		return err
	}
	if c := cursors[Prediction]; c != nil {
		if b.Predictions, err = c.integers(b.Predictions, n); err != nil {
			return err
		}
	}
	b.Keys = sized(b.Keys, n)
	clear(b.Keys)
	if c := cursors[Epoch]; c != nil {
		epochs, err := c.integers(nil, n)
		if err != nil {
			return err
		}
		for i, e := range epochs {
			b.Keys[i].Epoch = e
		}
	}
	for _, name := range []string{Layer, Run} {
		c := cursors[name]
		if c == nil {
			continue
		}
		names, err := c.texts(n)
		if err != nil {
			return err
		}
		for i, s := range names {
			if name == Layer {
				b.Keys[i].Layer = s
			} else {
				b.Keys[i].Run = s
			}
		}
	}
	return nil
}

// ready makes sure that at least one level is available.
func (c *cursor) ready() error {
	if c.here < c.upper {
		return nil
	}
	err := c.next()
	if errors.Is(err, io.EOF) {
		err = errors.New("the column ends; make the file again")
	}
	if err != nil {
		return fmt.Errorf("row %d, column %q: %w", c.row, c.column.name, err)
	}
	return nil
}

// rows takes n values of a column that is not a list, as many at a time as the
// block has.
func (c *cursor) rows(n int, take func(from, to int) error) error {
	for n > 0 {
		if err := c.ready(); err != nil {
			return err
		}
		k := min(n, c.upper-c.here)
		if c.def != nil {
			for i, d := range c.def[c.here : c.here+k] {
				if int(d) != c.column.defined {
					return at(c.row+int64(i), c.column.name, "is null")
				}
			}
		}
		if err := take(c.here, c.here+k); err != nil {
			return err
		}
		c.here, c.row, n = c.here+k, c.row+int64(k), n-k
	}
	return nil
}

// integers appends n integers.
func (c *cursor) integers(dst []int64, n int) ([]int64, error) {
	err := c.rows(n, func(from, to int) error {
		float := func(i int, v float64) error {
			k, ok := integer(v)
			if !ok {
				return at(c.row+int64(i), c.column.name, fmt.Sprintf("%v is not an integer", v))
			}
			dst = append(dst, k)
			return nil
		}
		switch d := c.values.(type) {
		case *decoded[int64]:
			for i, v := range d.block[from:to] {
				if v < 0 && c.column.unsigned {
					return at(c.row+int64(i), c.column.name, fmt.Sprintf("%d is beyond what int64 holds", uint64(v)))
				}
				dst = append(dst, v)
			}
		case *decoded[float32]:
			for i, v := range d.block[from:to] {
				if err := float(i, float64(v)); err != nil {
					return err
				}
			}
		case *decoded[float64]:
			for i, v := range d.block[from:to] {
				if err := float(i, v); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return dst, err
}

// texts returns n texts. It formats integers in decimal.
func (c *cursor) texts(n int) ([]string, error) {
	dst := make([]string, 0, n)
	err := c.rows(n, func(from, to int) error {
		switch d := c.values.(type) {
		case *decoded[string]:
			dst = append(dst, d.block[from:to]...)
		case *decoded[int64]:
			for i, v := range d.block[from:to] {
				if v < 0 && c.column.unsigned {
					return at(c.row+int64(i), c.column.name, fmt.Sprintf("%d is beyond what int64 holds", uint64(v)))
				}
				dst = append(dst, strconv.FormatInt(v, 10))
			}
		}
		return nil
	})
	return dst, err
}

// list appends the list of the next row.
func (c *cursor) list(b *Batch) error {
	name := c.column.name
	for start := true; ; start = false {
		if err := c.ready(); err != nil {
			return err
		}
		// Find the elements of the row that are in this block.
		to := c.here
		if start {
			switch {
			case c.rep[to] != 0:
				return at(c.row, name, "the list has no beginning; make the file again")
			case c.def != nil && int(c.def[to]) < c.column.element:
				if int(c.def[to]) < c.column.element-1 {
					return at(c.row, name, "is null")
				}
				return at(c.row, name, "the list is empty")
			}
			to++
		}
		for to < c.upper && c.rep[to] != 0 {
			to++
		}
		if c.def != nil {
			for i, d := range c.def[c.here:to] {
				if int(d) != c.column.defined {
					return at(c.row, name, fmt.Sprintf("element %d is null", len(b.Values)-last(b.Ends)+i))
				}
			}
		}
		if err := c.append(b, c.here, to); err != nil {
			return err
		}
		c.here = to
		if len(b.Values)-last(b.Ends) > maxUnits {
			return at(c.row, name, fmt.Sprintf("more than %d activations", maxUnits))
		}
		if to < c.upper || c.leveled == 0 && c.left == 0 {
			break
		}
		// The row may continue in the next block.
		if err := c.ready(); err != nil {
			return err
		}
		if c.rep[0] == 0 {
			break
		}
	}
	c.row++
	b.Ends = append(b.Ends, len(b.Values))
	return nil
}

func last(ends []int) int {
	if len(ends) == 0 {
		return 0
	}
	return ends[len(ends)-1]
}

// append takes elements of the block, none of which is null.
func (c *cursor) append(b *Batch, from, to int) error {
	switch d := c.values.(type) {
	case *decoded[float32]:
		b.Values = append(b.Values, d.block[from:to]...)
	case *decoded[float64]:
		for _, v := range d.block[from:to] {
			f, err := narrow(v)
			if err != nil {
				return at(c.row, c.column.name, fmt.Sprintf("element %d %v", len(b.Values)-last(b.Ends), err))
			}
			b.Values = append(b.Values, f)
		}
	}
	return nil
}
