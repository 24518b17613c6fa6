package measures

import "sparsel/artifacts"

// columns is a row group of rows of type R, stored by column.
type columns[R any] interface {
	set(rows []R) []any // returns the columns of rows, as artifacts.Writer takes them
	pointers() []any    // returns where artifacts.Reader puts the columns
	rows() []R          // returns the rows in those columns
}

// write writes rows as one archive.
func write[R any](path string, f artifacts.Format, meta Meta, rows []R, c columns[R]) error {
	w, err := artifacts.Create(path, f, meta)
	if err != nil {
		return err
	}
	for from := 0; from < len(rows); from += groupRows {
		w.Write(c.set(rows[from:min(from+groupRows, len(rows))])...) // Close reports its error
	}
	return w.Close()
}

// read reads all rows of an archive.
func read[R any](path string, f artifacts.Format, c columns[R]) (Meta, []R, error) {
	r, err := artifacts.Open(path, f)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var rows []R
	for g := range r.Groups() {
		if err := r.Read(g, c.pointers()...); err != nil {
			return nil, nil, err
		}
		rows = append(rows, c.rows()...)
	}
	return r.Meta(), rows, nil
}

func floats(list []any, values [][]float64) []any {
	for _, v := range values {
		list = append(list, v)
	}
	return list
}

func pointers(list []any, values [][]float64) []any {
	for i := range values {
		list = append(list, &values[i])
	}
	return list
}
