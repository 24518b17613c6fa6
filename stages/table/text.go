package table

import "sparsel/analysis/tabulate"

// TextParams holds the contents of a table that the parameter file alone
// determines.
type TextParams struct {
	ID, Title, Caption, Mark string
	Header                   []string
	Rows                     [][]string
	Notes                    []string
}

func (p TextParams) table() tabulate.Table {
	return tabulate.Table{
		ID: p.ID, Title: p.Title, Caption: p.Caption, Header: p.Header, Rows: p.Rows, Notes: append(p.Notes, marks(p.Mark)...),
	}
}
