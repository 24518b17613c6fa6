package stages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"sparsel/artifacts/foreign"
	"sparsel/pipeline"
	"sparsel/stages/ablate"
	"sparsel/stages/contrast"
	"sparsel/stages/measure"
	"sparsel/stages/measured"
	"sparsel/stages/present"
	"sparsel/stages/toolkit"
)

// MeasureFlags are the flags of Measure. A nil flag was not given.
type MeasureFlags struct {
	Function     *string // activation function of the units
	Epsilon      *string // of CCMAS
	Permutations *int
	NaN          *string
	Compare      *string // what is compared: file, run, layer or epoch
	Paired       *bool   // runs with the same name started alike
	Reference    *string // the group that the others are compared with
	Weights      *string // a file with the output layer
	Layer        *string // the layer that units are removed from
	Orders       *int    // number of orders in which they are removed
}

// settings checks the flags that concern measuring.
func (f MeasureFlags) settings() (measure.Settings, error) {
	s := measure.Settings{Epsilon: 1e-6, Permutations: orDefault(f.Permutations, 20), Function: orDefault(f.Function, "")}
	if f.Epsilon != nil {
		var err error
		if s.Epsilon, err = strconv.ParseFloat(*f.Epsilon, 64); err != nil || !(s.Epsilon >= 0) || math.IsInf(s.Epsilon, 0) {
			return s, fmt.Errorf("-epsilon=%s: give a number, 0 or more", *f.Epsilon)
		}
	}
	if s.Permutations < 0 || s.Permutations > 1000 {
		return s, fmt.Errorf("-permutations=%d: give 0 to 1000", s.Permutations)
	}
	if f.Function != nil && !slices.Contains([]string{"sigmoid", "relu", "tanh"}, s.Function) {
		return s, fmt.Errorf("-function=%s: give sigmoid, relu or tanh, or leave it out", s.Function)
	}
	switch nan := orDefault(f.NaN, "refuse"); nan {
	case "refuse":
	case "keep":
		s.NotFinite = true
	default:
		return s, fmt.Errorf("-nan=%s: give refuse or keep", nan)
	}
	return s, nil
}

// asked is a parsed command line: what to do, and with which files.
type asked struct {
	toolkit.Request
	paths   []string // of the request's files
	weights string
}

// judge checks the whole command line before it reads any file. A word that
// ends in = names the group of the files after it.
func (f MeasureFlags) judge(words []string) (a asked, err error) {
	if a.Settings, err = f.settings(); err != nil {
		return a, err
	}
	group, files := "", map[string]int{}
	arrays := newArrays(words)
	for _, word := range words {
		if name, named := strings.CutSuffix(word, "="); named {
			if _, twice := files[name]; name == "" || twice || group == "" && len(a.paths) > 0 {
				return a, fmt.Errorf("%q: every file is in a group that is named once, as in a= a1.parquet a2.parquet b= b1.parquet b2.parquet", word)
			}
			group, files[name] = name, 0
			continue
		}
		if again, err := arrays.again(word, group); again {
			continue
		} else if err != nil {
			return a, err
		}
		name := filepath.Base(word)
		if err := nameable(word); err != nil {
			return a, err
		}
		if slices.ContainsFunc(a.Files, func(f toolkit.File) bool { return f.Name == name }) {
			return a, fmt.Errorf("two files are called %s; rename one, for tables tell files apart by their names", name)
		}
		if group != "" {
			files[group]++
		}
		a.paths, a.Files = append(a.paths, word), append(a.Files, toolkit.File{Name: name, Group: group})
	}
	if len(a.paths) == 0 {
		return a, errors.New("name a file; docs/bring-your-own.md says how to write one")
	}
	a.Name = toolkit.Name(a.paths)
	for name, n := range files {
		if n == 0 {
			return a, fmt.Errorf("the group %s= has no files", name)
		}
	}
	if err := f.comparison(&a, group != ""); err != nil {
		return a, err
	}
	return a, f.ablation(&a)
}

// nameable returns an error if a file cannot give its name to results.
func nameable(path string) error {
	name := filepath.Base(path)
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.Contains(name, "\\"):
		return fmt.Errorf("the file name %q has a control character or a backslash, and results are named after it; rename the file", name)
	case toolkit.Name([]string{path}) == known:
		return fmt.Errorf("results of %q would be in a folder %s, which is the name of a file there; rename the file", name, known)
	}
	return nil
}

// arrays knows the arrays on a command line. Those that share a prefix are one
// input, which is opened by either of the two arrays that each input has. A
// pattern such as sgd-*.npy names all of them.
type arrays map[string]*array

// array is an input that consists of arrays, by their prefix.
type array struct{ word, group string }

// newArrays finds the inputs that can be opened.
func newArrays(words []string) arrays {
	all := arrays{}
	for _, word := range words {
		if prefix, column := foreign.Array(word); column == foreign.Activation || column == foreign.Label {
			all[filepath.Clean(prefix)] = &array{}
		}
	}
	return all
}

// again reports whether an input is already opened, or will be opened, by
// another of its arrays.
func (all arrays) again(word, group string) (bool, error) {
	prefix, column := foreign.Array(word)
	one := all[filepath.Clean(prefix)]
	switch {
	case column == "" || one == nil:
		return false, nil
	case one.word == word:
		return false, nil // and that it is named twice is found later
	case one.word != "" && one.group != group:
		return false, fmt.Errorf("%s and %s are arrays of one input, and are in two groups", one.word, word)
	case one.word != "" || column != foreign.Activation && column != foreign.Label:
		return true, nil
	}
	one.word, one.group = word, group
	return false, nil
}

// comparison checks the flags of a comparison.
func (f MeasureFlags) comparison(a *asked, grouped bool) error {
	if f.Compare == nil && !grouped {
		switch {
		case orDefault(f.Paired, false):
			return errors.New("-paired is about a comparison: say what is compared by -compare or by groups of files")
		case f.Reference != nil:
			return errors.New("-against is about a comparison: say what is compared by -compare or by groups of files")
		}
		return nil
	}
	c := &toolkit.Comparison{By: orDefault(f.Compare, contrast.ByFile), Paired: orDefault(f.Paired, false),
		Reference: orDefault(f.Reference, "")}
	var groups []string
	for i, file := range a.Files {
		if file.Group == "" {
			a.Files[i].Group = alone(a.paths, i)
		}
		if !slices.Contains(groups, a.Files[i].Group) {
			groups = append(groups, a.Files[i].Group)
		}
	}
	switch {
	case !slices.Contains(contrast.Ways, c.By):
		return fmt.Errorf("-compare=%s: give %s", c.By, strings.Join(contrast.Ways, ", "))
	case grouped && c.By != contrast.ByFile:
		return fmt.Errorf("-compare=%s compares within one file; groups of files are compared by -compare=file", c.By)
	case c.By != contrast.ByFile && len(a.Files) > 1:
		return fmt.Errorf("-compare=%s compares within one file, and there are %d", c.By, len(a.Files))
	case c.By == contrast.ByFile && len(groups) < 2:
		return fmt.Errorf("-compare=file compares at least two files or groups, and there is %q", groups[0])
	case c.By == contrast.ByFile && c.Reference != "" && !slices.Contains(groups, c.Reference):
		return fmt.Errorf("-against=%s is none of the groups, which are %q", c.Reference, groups)
	case c.Paired && (c.By == contrast.ByLayer || c.By == contrast.ByEpoch):
		return fmt.Errorf("-paired: readings of one network, as by -compare=%s, are always compared within it; leave it out", c.By)
	}
	a.Compare = c
	return nil
}

// alone returns the name of the group of a file that was given without one: the
// file's name without its extension, unless another file has the same.
func alone(paths []string, file int) string {
	name := toolkit.Name(paths[file : file+1])
	for i, path := range paths {
		if i != file && toolkit.Name([]string{path}) == name {
			return filepath.Base(paths[file])
		}
	}
	return name
}

// ablation checks the flags of an ablation.
func (f MeasureFlags) ablation(a *asked) error {
	if f.Weights == nil {
		switch {
		case f.Layer != nil:
			return errors.New("-layer is that from which units are removed: give the weights of the output layer by -weights")
		case f.Orders != nil:
			return errors.New("-orders are those in which units are removed: give the weights of the output layer by -weights")
		}
		return nil
	}
	a.weights = *f.Weights
	a.Ablate = &toolkit.Ablation{Name: filepath.Base(a.weights), Layer: orDefault(f.Layer, ""), Last: f.Layer == nil,
		Orders: orDefault(f.Orders, 39)}
	switch {
	case a.weights == "":
		return errors.New("-weights= is empty; name a file")
	case len(a.Files) > 1:
		return fmt.Errorf("-weights are one network's, and there are %d files", len(a.Files))
	case a.Settings.NotFinite:
		return errors.New("-nan=keep and -weights do not go together: a network whose activations are NaN has no accuracy")
	case a.Ablate.Orders < 0 || a.Ablate.Orders > 1000:
		return fmt.Errorf("-orders=%d: give 0 to 1000", a.Ablate.Orders)
	}
	return nil
}

// Measure measures the activations in files that any program wrote, and writes
// tables, figures and a page about them to out/measure/NAME. words are files
// and names of groups of files, separated by commas.
func Measure(ctx context.Context, words string, flags MeasureFlags, o Options) error {
	if err := o.checkOut(); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	a, err := flags.judge(several(words))
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	if err := checkBuilt(); err != nil {
		return err
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	sources := o.sources()
	if err := a.identify(ctx, sources); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	if err := a.unread(os.Stderr); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	graph, err := a.Graph(sources.Find)
	if err != nil {
		return err
	}
	st, err := pipeline.OpenStore(filepath.Join(o.out(), "store"))
	if err != nil {
		return err
	}
	engine := pipeline.New(pipeline.Config{Store: st, Out: o.out(), Code: codeOf(st), Events: events(),
		Paranoid: orDefault(o.Paranoid, false)})
	plan, err := engine.Plan(ctx, graph, []string{a.Target()})
	if err != nil {
		return err
	}
	report, err := engine.Run(ctx, plan, pipeline.Options{Jobs: 1, Request: a.Target()}) // measuring a file uses all cores
	if err != nil {
		return err
	}
	var names []string
	for _, f := range a.Files {
		names = append(names, f.Name)
	}
	layers, err := present.Load(names, func(file int) (string, string) {
		return st.BlobPath(report.Result(filepath.ToSlash(filepath.Join(a.Target(), "layers", names[file]))).Outputs[measured.Layers]), ""
	})
	if err != nil {
		return err
	}
	return o.printMeasured(a, layers)
}

// known is the name of the file, beside the folders of results, that has the
// hashes of the files that were measured.
const known = "files.json"

func (o Options) sources() *toolkit.Sources {
	return toolkit.OpenSources(filepath.Join(o.out(), toolkit.Folder, known))
}

// identify hashes the files, unless their hashes are known.
func (a *asked) identify(ctx context.Context, sources *toolkit.Sources) error {
	for i, path := range a.paths {
		parts, err := foreign.Parts(path)
		if err != nil {
			return err
		}
		if a.Files[i].Content, err = sources.Identify(ctx, path, parts, hashed(path)); err != nil {
			return err
		}
		for k, before := range a.Files[:i] {
			if a.Compare != nil && before.Content == a.Files[i].Content {
				return fmt.Errorf("%s and %s have the same content, and what is compared over runs has to be of different runs; leave one out",
					a.paths[k], path)
			}
		}
	}
	if a.Ablate == nil {
		return nil
	}
	parts, err := ablate.Parts(a.weights)
	if err != nil {
		return err
	}
	a.Ablate.Content, err = sources.Identify(ctx, a.weights, parts, nil)
	return err
}

// unread says which columns of the files are not read, for without a column
// called layers, say, which should have been layer, all layers are one.
func (a *asked) unread(out io.Writer) error {
	for _, path := range a.paths {
		names, err := foreign.Unread(path)
		if err != nil {
			return err
		}
		if names == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "measure: %q has columns that are not read: %s\n", filepath.Base(path), names); err != nil {
			return err
		}
	}
	return nil
}

// printMeasured prints the results and where they are.
func (o Options) printMeasured(a asked, layers []present.Layer) error {
	out := o.stdout()
	if orDefault(o.JSON, false) {
		data, err := json.MarshalIndent(present.Summary(layers), "", "  ")
		if err != nil {
			return fmt.Errorf("measure: %w", err)
		}
		_, err = fmt.Fprintf(out, "%s\n", data)
		return err
	}
	if err := present.Print(out, layers, orDefault(o.Verbose, false)); err != nil {
		return err
	}
	dir := filepath.Join(o.out(), filepath.FromSlash(a.Target()))
	for _, s := range []struct {
		made bool
		file string
	}{{a.Compare != nil, "comparison/comparison.md"}, {a.Ablate != nil, "ablation/ablation.md"}} {
		if !s.made {
			continue
		}
		if _, err := fmt.Fprintln(out, filepath.Join(dir, s.file)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, filepath.Join(dir, present.Page))
	return err
}

// hashed shows the progress of hashing a file on a terminal.
func hashed(path string) func(done, all int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	shown := int64(-1)
	return func(done, all int64) {
		percent := 100 * done / max(1, all)
		if percent == shown {
			return
		}
		if shown = percent; done == all {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
			return
		}
		fmt.Fprintf(os.Stderr, "\r\x1b[Khash %s: %d %% of %d MB", strconv.Quote(filepath.Base(path)), percent, all/1e6)
	}
}
