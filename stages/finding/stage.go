// Package finding is the pipeline's finding stage. It decides each claim of the
// study from the values of its runs. The claims are data, in the claims files;
// package analysis/claim implements the predicates. To add a claim, add a row.
package finding

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sparsel/analysis/claim"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// JSON is the output of the stage.
const JSON = "finding.json"

// Params names the claim. The node has an input for each experiment of the
// claim, under the experiment's name: the experiment's part of the tidy table.
type Params struct {
	ID         string
	Layer      string // see LayerOf
	Mark       string // how the study is reduced; empty if it is not
	Conditions []Condition
	Blocks     []Block
	Wide       bool // the inputs are wide tables; see Wide
}

// selected are the metrics that a predicate's text selects.
var selected = regexp.MustCompile(`of \[([^\]]*)\]`)

// Wide reports whether a claim needs metrics that the tidy table does not have,
// so that its inputs must be wide tables.
func Wide(f claim.Claim) bool {
	tidy := []string{accuracy, sparsity, selectivity, ""} // the second selection of a comparison takes its metric from the first
	for _, list := range selected.FindAllStringSubmatch(f.Check.String(), -1) {
		for metric := range strings.SplitSeq(list[1], ",") {
			if !slices.Contains(tidy, metric) {
				return true
			}
		}
	}
	return false
}

// Condition says how the tidy table, which follows the author's records, writes
// a condition of an experiment.
type Condition struct {
	Experiment, Name           string
	Tidy, Split, Column, Value string // Column and Value are empty if nothing varies
}

// Block names what a condition's runs by an optimizer share with other runs of
// their seed: the start of the training, or the network itself. Runs without a
// block share nothing.
type Block struct{ Experiment, Condition, Optimizer, Name string }

// Kind is the name of the stage in the pipeline and in the names of nodes.
const Kind = "finding"

// Stage decides one claim.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/finding",
		Outputs: []string{JSON},
		Run:     run,
	}
}

// claims returns all claims, those of the study and those that go further. The
// list is built once.
var claims = sync.OnceValue(func() []claim.Claim { return slices.Concat(Claims(), FurtherClaims()) })

// Find returns the claim with the given id.
func Find(id string) (claim.Claim, error) {
	for _, f := range claims() {
		if f.ID == id {
			return f, nil
		}
	}
	return claim.Claim{}, fmt.Errorf("no finding has the id %q", id)
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	result, err := p.decided(func(experiment string) ([]measures.WideRow, error) {
		path, _ := job.Input(experiment)
		return p.readRows(path)
	})
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(job.Output(JSON), append(text, '\n'), 0o644)
}

// decided returns the verdict on the claim from the parts of the tidy table
// that rows returns for each experiment.
func (p Params) decided(rows func(experiment string) ([]measures.WideRow, error)) (claim.Result, error) {
	f, err := Find(p.ID)
	if err != nil {
		return claim.Result{}, err
	}
	d := newData()
	for _, b := range p.Blocks {
		d.Pair(b.Experiment, b.Condition, b.Optimizer, b.Name)
	}
	for _, experiment := range f.Experiments {
		list, err := rows(experiment)
		if err == nil {
			err = p.load(d, experiment, list)
		}
		if err != nil {
			return claim.Result{}, fmt.Errorf("experiment %s: %w", experiment, err)
		}
	}
	result, err := decide(f, d)
	result.Layer, result.Mark = p.Layer, p.Mark
	return result, err
}

// newData returns data without values.
func newData() *claim.Data {
	d := claim.NewData(shares...)
	d.Differences(differences...)
	return d
}

// implies reports whether one claim is a stronger form of another, directly or
// by way of others.
func implies(stronger, weaker claim.Claim) bool {
	return slices.ContainsFunc(weaker.ImpliedBy, func(id string) bool {
		if id == stronger.ID {
			return true
		}
		between, err := Find(id)
		return err == nil && implies(stronger, between)
	})
}

// decide decides a claim and lets it inherit: support from a claim of which it
// is a weaker form, and contradiction from a claim that is its weaker form. A
// stronger form that reads more experiments lends nothing, because what it has
// in common with the claim would be supported by itself.
func decide(f claim.Claim, d *claim.Data) (claim.Result, error) {
	result, err := claim.Decide(f, d)
	if err != nil {
		return result, err
	}
	for _, other := range claims() {
		stronger, weaker := implies(other, f), implies(f, other)
		if !stronger && !weaker {
			continue
		}
		r, err := claim.Decide(other, d)
		switch {
		case err != nil:
			return result, err
		case stronger:
			result.Inherit(r, claim.Supported)
		default:
			result.Inherit(r, claim.Contradicted)
		}
	}
	return result, nil
}

// readRows reads an experiment's part of the tidy table.
func (p Params) readRows(path string) ([]measures.WideRow, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := p.read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// load adds an experiment's part of the tidy table to the data.
func (p Params) load(d *claim.Data, experiment string, rows []measures.WideRow) error {
	for _, r := range rows {
		name, err := p.condition(experiment, r.TidyRow)
		if err != nil {
			return err
		}
		r.Experiment, r.Condition = experiment, name
		if err := add(d, r); err != nil {
			return err
		}
	}
	return nil
}

// read reads a wide table, or a tidy one, which does not have the further
// metrics.
func (p Params) read(r io.Reader) ([]measures.WideRow, error) {
	if p.Wide {
		return measures.ReadWideCSV(r)
	}
	tidy, err := measures.ReadTidyCSV(r)
	return wide(tidy), err
}

// wide returns the rows of a tidy table without the further metrics.
func wide(tidy []measures.TidyRow) []measures.WideRow {
	rows := make([]measures.WideRow, len(tidy))
	for i, t := range tidy {
		rows[i].TidyRow = t
	}
	return rows
}

// condition finds the condition that a row belongs to.
func (p Params) condition(experiment string, r measures.TidyRow) (string, error) {
	for _, c := range p.Conditions {
		if c.Experiment != experiment || c.Tidy != r.Condition || c.Split != r.Split || c.Column != r.ParamName {
			continue
		}
		if v, err := strconv.ParseFloat(c.Value, 64); c.Column == "" || err == nil && v == r.ParamValue.Value {
			return c.Name, nil
		}
	}
	return "", fmt.Errorf("the tidy table's condition %s, %s split, %s %s is not among those of the study", r.Condition, r.Split,
		r.ParamName, r.ParamValue)
}

// add adds the values of a row that the claims are about.
func add(d *claim.Data, r measures.WideRow) error {
	c := claim.Curve{Experiment: r.Experiment, Condition: r.Condition, Optimizer: r.Optimizer, Layer: r.Layer}
	run := fmt.Sprintf("seed %d", r.Seed)
	for _, m := range numbers(r) {
		c.Metric = m.metric
		if err := d.Add(c, run, r.Epoch, m.number.Value, m.number.Recorded); err != nil {
			return err
		}
	}
	return nil
}

// named is a metric's value in a row.
type named struct {
	metric string
	number measures.Number
}

// numbers lists a row's metrics, the products of sparsity and selectivity with
// accuracy, and by how much selectivity exceeds its chance level if that is
// known.
func numbers(r measures.WideRow) []named {
	product := func(n measures.Number) measures.Number {
		return measures.Number{Value: r.Accuracy.Value * n.Value, Recorded: r.Accuracy.Recorded && n.Recorded}
	}
	list := []named{
		{accuracy, r.Accuracy}, {sparsity, r.Sparsity}, {selectivity, r.SelectivityAvg},
		{accurateSparsity, product(r.Sparsity)}, {accurateSelectivity, product(r.SelectivityAvg)},
	}
	for i, n := range r.Further {
		list = append(list, named{measures.Further[i], n})
		if measures.Further[i] == chance {
			above := measures.Number{Value: r.SelectivityAvg.Value - n.Value, Recorded: r.SelectivityAvg.Recorded && n.Recorded}
			list = append(list, named{aboveChance, above})
		}
	}
	return list
}
