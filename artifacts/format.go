package artifacts

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// Kind is the type of a column's values.
type Kind uint8

// The kinds, each with the Go type for the values of a row group.
const (
	Int32    Kind = iota + 1 // []int32
	Uint8                    // []uint8
	Int64                    // []int64
	Float64                  // []float64
	String                   // []string, UTF-8
	Int64s                   // List[int64]
	Float32s                 // List[float32]
	Float64s                 // List[float64]
)

// Column is one column of a format.
type Column struct {
	Name string
	Kind Kind
	// Bounds records the column's smallest and largest value in each row group, so
	// that a query for one epoch or layer skips the others. It is only for keys:
	// on floating-point values bounds are useless to a query, and treacherous if
	// there are NaNs.
	Bounds bool
}

// Format is a kind of archive: the name and version in its files, and their
// columns, in order.
type Format struct {
	Name    string
	Version int
	Columns []Column
}

// Meta is the provenance of an archive: any UTF-8 text under keys that do not
// begin with "sparsel.".
type Meta map[string]string

// List is one row group of a list column. Row i has Lengths[i] values, and the
// values of all rows follow one another in Values.
type List[T int64 | float32 | float64] struct {
	Lengths []int32
	Values  []T
}

// reserved is the prefix of the keys that belong to the formats.
const reserved = "sparsel."

// noField is the field id of a column without one.
const noField = -1

// node returns the column's Parquet schema.
func (c Column) node() (schema.Node, error) {
	leaf := func(name string, physical parquet.Type, logical schema.LogicalType) (schema.Node, error) {
		return schema.NewPrimitiveNodeLogical(name, parquet.Repetitions.Required, logical, physical, 0, noField)
	}
	list := func(physical parquet.Type) (schema.Node, error) {
		element, err := leaf("element", physical, nil)
		if err != nil {
			return nil, err
		}
		return schema.ListOfWithName(c.Name, element, parquet.Repetitions.Required, noField)
	}
	switch c.Kind {
	case Int32:
		return leaf(c.Name, parquet.Types.Int32, nil)
	case Uint8:
		return leaf(c.Name, parquet.Types.Int32, schema.NewIntLogicalType(8, false))
	case Int64:
		return leaf(c.Name, parquet.Types.Int64, nil)
	case Float64:
		return leaf(c.Name, parquet.Types.Double, nil)
	case String:
		return leaf(c.Name, parquet.Types.ByteArray, schema.StringLogicalType{})
	case Int64s:
		return list(parquet.Types.Int64)
	case Float32s:
		return list(parquet.Types.Float)
	case Float64s:
		return list(parquet.Types.Double)
	}
	return nil, fmt.Errorf("column %q has no kind %d", c.Name, c.Kind)
}

// root returns the format's Parquet schema.
func (f Format) root() (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(f.Columns))
	for i, c := range f.Columns {
		n, err := c.node()
		if err != nil {
			return nil, fmt.Errorf("format %s: %w", f.Name, err)
		}
		fields[i] = n
	}
	return schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, noField)
}

// check compares the schema of a file with the format's.
func (f Format) check(file *schema.GroupNode) error {
	want, err := f.root()
	if err != nil {
		return err
	}
	for i := range f.Columns {
		name := f.Columns[i].Name
		at := file.FieldIndexByName(name)
		if at < 0 {
			return fmt.Errorf("column %q is missing", name)
		}
		if has, wants := describe(file.Field(at)), describe(want.Field(i)); has != wants {
			return fmt.Errorf("column %q is %s, want %s", name, has, wants)
		}
		if at != i {
			return fmt.Errorf("column %q is number %d, want number %d", name, at+1, i+1)
		}
	}
	if n := file.NumFields(); n > len(f.Columns) {
		return fmt.Errorf("column %q is not part of the format", file.Field(len(f.Columns)).Name())
	}
	return nil
}

// describe spells out everything in a column's type that determines how its
// values are read.
func describe(n schema.Node) string {
	var b strings.Builder
	b.WriteString(n.RepetitionType().String())
	switch n := n.(type) {
	case *schema.PrimitiveNode:
		fmt.Fprintf(&b, " %s", n.PhysicalType())
	case *schema.GroupNode:
		b.WriteString(" group")
	}
	if l := n.LogicalType(); l != nil && !l.IsNone() {
		fmt.Fprintf(&b, " %s", l)
	}
	if g, ok := n.(*schema.GroupNode); ok {
		b.WriteString(" {")
		for i := range g.NumFields() {
			fmt.Fprintf(&b, " %s: %s;", g.Field(i).Name(), describe(g.Field(i)))
		}
		b.WriteString(" }")
	}
	return b.String()
}
