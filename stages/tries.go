package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/pipeline"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/params"
	"sparsel/stages/report"
	"sparsel/stages/table"
)

// setFile is the file in a try's folder that lists what was set for it, one
// value per line.
const setFile = "set.txt"

// noteTry writes down what was set for a try.
func (w *workspace) noteTry() error {
	if len(w.o.set()) == 0 {
		return nil
	}
	return w.engine.WriteFile(filepath.Join(w.o.prefix(), setFile), []byte(strings.Join(w.o.set(), "\n")+"\n"))
}

// tried reports whether a file has the contents that noteTry writes for o.
func (o Options) tried(path string) bool {
	text, err := disk.ReadFile(path, maxPage)
	return err == nil && string(text) == strings.Join(o.set(), "\n")+"\n"
}

// Tries prints one table of the study and of every try side by side, row by
// row, as far as their results are current. It trains nothing.
func Tries(ctx context.Context, id string, format *string, o Options) error {
	as := orDefault(format, "md")
	if !slices.Contains([]string{"md", "csv", "tex"}, as) {
		return fmt.Errorf("tries: -as=%s: must be md, csv or tex", as)
	}
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	if _, err := w.Of("table", id); err != nil {
		return fmt.Errorf("tries: %w", err)
	}
	if !hasRows(w.Tables[id]) {
		var others []string
		for _, other := range slices.Sorted(maps.Keys(w.Tables)) {
			if hasRows(w.Tables[other]) {
				others = append(others, other)
			}
		}
		return fmt.Errorf("tries: table %s holds every epoch of every run, which is too much to stand side by side; name one of %s",
			id, strings.Join(others, ", "))
	}
	sets, err := o.tries()
	if err != nil {
		return fmt.Errorf("tries: %w", err)
	}
	all := tabulate.Table{ID: "tries", Title: "Table " + id + " of the study and of its tries"}
	for _, set := range append([]string{""}, sets...) {
		name := strings.ReplaceAll(set, "\n", ", ")
		t, why, err := w.tableOf(ctx, set, id)
		switch {
		case err != nil:
			return fmt.Errorf("tries: %s: %w", orStudy(name), err)
		case why != "":
			all.Notes = append(all.Notes, fmt.Sprintf("%s: %s.", orStudy(name), why))
			continue
		}
		header := append([]string{"try"}, t.Header...)
		if all.Header == nil {
			all.Header = header
		}
		if !slices.Equal(header, all.Header) {
			all.Notes = append(all.Notes, fmt.Sprintf("%s has other columns, and is not shown.", orStudy(name)))
			continue
		}
		for _, row := range t.Rows {
			all.Rows = append(all.Rows, append([]string{orStudy(name)}, row...))
		}
	}
	if all.Header == nil {
		return fmt.Errorf("tries: table %s was made neither of the study nor of a try; `%s` makes it", id, o.command("table "+id))
	}
	text, err := tabulate.Render(all, as)
	if err != nil {
		return err
	}
	_, err = o.stdout().Write(text)
	return err
}

// hasRows reports whether a table is written in the form that is read here.
func hasRows(n *pipeline.Node) bool { return slices.Contains(n.Stage.Outputs, table.JSON) }

// orStudy names a try, or the study if nothing was set.
func orStudy(set string) string {
	if set == "" {
		return "the study"
	}
	return set
}

// tries lists what was set for each try below the output folder. The error
// names the folders that do not say it.
func (o Options) tries() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(o.out(), o.prefix(), "tries", "*", setFile))
	if err != nil {
		return nil, err
	}
	var list []string
	var refused []error
	for _, file := range files {
		text, err := disk.ReadFile(file, maxPage)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		folder, set := filepath.Dir(file), strings.TrimSuffix(string(text), "\n")
		if err == nil && path.Base(params.Try(strings.Split(set, "\n"))) != filepath.Base(folder) {
			err = fmt.Errorf("%s holds what was set for another try", setFile)
		}
		if err != nil {
			refused = append(refused, fmt.Errorf("what was set for the try in %s is not known; make the try again, "+
				"or remove the folder if nobody needs it: %w", folder, err))
			continue
		}
		list = append(list, set)
	}
	return list, errors.Join(refused...)
}

// openTries opens the tries that have a folder. The error names those that the
// parameter file no longer allows; what they need of the store is unknown.
func (o Options) openTries() (list []*workspace, err error) {
	sets, err := o.tries()
	refused := []error{err}
	for _, set := range sets {
		try := o
		try.Set = &set
		w, err := try.open(nil)
		if err != nil {
			folder := filepath.Join(o.out(), try.prefix())
			refused = append(refused, fmt.Errorf("the try in %s cannot be opened; remove the folder if nobody needs it: %w", folder, err))
			continue
		}
		list = append(list, w)
	}
	return list, errors.Join(refused...)
}

// tableOf reads a table of the study with the given values set, or says why it
// is missing.
func (w *workspace) tableOf(ctx context.Context, set, id string) (t tabulate.Table, why string, err error) {
	setup := w.setup
	setup.Checked = true
	if set != "" {
		setup.Set = strings.Split(set, "\n")
	}
	s, err := setup.Study()
	if err != nil {
		return t, "it is refused now: " + strings.Join(strings.Fields(err.Error()), " "), nil
	}
	n := s.Tables[id]
	if n == nil {
		return t, "it has no such table", nil
	}
	status, err := w.engine.Status(ctx, s.Graph, []string{n.Name})
	if err != nil {
		return t, "", err
	}
	for _, state := range status.Nodes {
		if state.Name != n.Name {
			continue
		}
		if state.State != pipeline.Current {
			return t, "not made, or no longer true", nil
		}
		text, err := os.ReadFile(w.store.BlobPath(state.Outputs[table.JSON]))
		if err != nil {
			return t, "", err
		}
		read, err := report.ReadTable(report.Item{ID: id}, text)
		return read.Text, "", err
	}
	return t, "not made", nil
}
