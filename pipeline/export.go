package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sparsel/pipeline/canon"
)

// The namespaces of an exported document. Contents, actions and code are named
// by their hashes, so that documents about different figures, stores and
// machines can be joined: equal names mean the same thing.
var provPrefixes = map[string]string{
	"sparsel": "urn:sparsel:term:",
	"content": "urn:sparsel:content:sha256:",
	"action":  "urn:sparsel:action:",
	"params":  "urn:sparsel:params:",
	"code":    "urn:sparsel:code:",
}

// statement is the content of one statement of a PROV-JSON document, by
// attribute.
type statement map[string]any

// provDocument is a PROV-JSON document (W3C member submission of 24 April
// 2013): statements by kind and by their own id.
type provDocument struct {
	Prefix            map[string]string    `json:"prefix"`
	Entity            map[string]statement `json:"entity"`
	Activity          map[string]statement `json:"activity"`
	Agent             map[string]statement `json:"agent"`
	WasGeneratedBy    map[string]statement `json:"wasGeneratedBy"`
	Used              map[string]statement `json:"used"`
	WasAssociatedWith map[string]statement `json:"wasAssociatedWith"`
	WasDerivedFrom    map[string]statement `json:"wasDerivedFrom"`
}

// PROV describes where a result came from as a W3C provenance document in
// PROV-JSON. Outputs and inputs are entities, named by their content. Actions
// are activities. An action's parameters are an entity that it used, with their
// values in prov:value, and its code is the software agent that it is
// associated with. Times, hosts and durations are left out: the document is a
// function of what was done, and is the same for the same result on every
// machine. published says where the outputs of m are published, by their names.
//
// A chain with a gap is an error, because half an answer looks like a whole
// one.
func (p *Provenance) PROV(m *Made, published map[string]string) ([]byte, error) {
	chain, missing := p.Upstream(m)
	if len(missing) > 0 {
		return nil, fmt.Errorf("export %s: the store has no record of what made %s of %s", m.Node, missing[0].Output, missing[0].Node)
	}
	d := &provDocument{
		Prefix: provPrefixes, Entity: map[string]statement{}, Activity: map[string]statement{}, Agent: map[string]statement{},
		WasGeneratedBy: map[string]statement{}, Used: map[string]statement{}, WasAssociatedWith: map[string]statement{},
		WasDerivedFrom: map[string]statement{},
	}
	for _, a := range chain {
		if err := d.add(p, a); err != nil {
			return nil, fmt.Errorf("export %s: %w", m.Node, err)
		}
	}
	for output, path := range published {
		if o := m.Output(output); o != nil {
			d.Entity["content:"+o.Content.String()]["sparsel:published"] = path
		}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("export %s: %w", m.Node, err)
	}
	return text.Bytes(), nil
}

func (d *provDocument) add(p *Provenance, m *Made) error {
	activity := "action:" + m.Action.String()
	d.Activity[activity] = statement{"prov:label": m.Node, "sparsel:stage": m.Stage}
	if m.Adopted != nil {
		d.Activity[activity]["sparsel:adopted"] = "action:" + m.Adopted.From.String()
	}
	if m.Contract != "" {
		d.Activity[activity]["sparsel:contract"] = m.Contract
	}
	if err := d.addCode(p, m, activity); err != nil {
		return err
	}
	if err := d.addParams(m, activity); err != nil {
		return err
	}
	var inputs []string
	for _, in := range m.Inputs {
		if in.Content == nil {
			continue
		}
		id := "content:" + in.Content.String()
		assert(d.Used, "u", statement{"prov:activity": activity, "prov:entity": id, "prov:role": in.Name})
		if !slices.Contains(inputs, id) {
			inputs = append(inputs, id)
		}
	}
	for _, o := range m.Outputs {
		id := "content:" + o.Content.String()
		if d.Entity[id] == nil {
			d.Entity[id] = statement{"prov:label": o.Name + " of " + m.Node, "prov:type": typed("prov:QUALIFIED_NAME", "sparsel:Output"),
				"sparsel:bytes": o.Size}
		}
		assert(d.WasGeneratedBy, "g", statement{"prov:entity": id, "prov:activity": activity, "prov:role": o.Name})
		for _, in := range inputs {
			if in != id { // a stage may pass an input on, but nothing is derived from itself
				assert(d.WasDerivedFrom, "d", statement{"prov:generatedEntity": id, "prov:usedEntity": in, "prov:activity": activity})
			}
		}
	}
	return nil
}

// addCode adds the software that carried an action out, with the packages and
// modules that it consisted of.
func (d *provDocument) addCode(p *Provenance, m *Made, activity string) error {
	id := "code:" + m.Code.String()
	assert(d.WasAssociatedWith, "a", statement{"prov:activity": activity, "prov:agent": id})
	if d.Agent[id] != nil {
		return nil
	}
	code, err := p.Code(m.Code)
	if err != nil {
		return fmt.Errorf("code of %s: %w", m.Node, err)
	}
	var packages, modules []string
	for _, path := range slices.Sorted(maps.Keys(code.Packages)) {
		packages = append(packages, path+" "+code.Packages[path].String())
	}
	for _, path := range slices.Sorted(maps.Keys(code.Modules)) {
		modules = append(modules, path+" "+code.Modules[path])
	}
	a := statement{"prov:type": typed("prov:QUALIFIED_NAME", "prov:SoftwareAgent"), "prov:label": code.Root, "sparsel:go": code.Go}
	if packages != nil {
		a["sparsel:package"] = packages
	}
	if modules != nil {
		a["sparsel:module"] = modules
	}
	d.Agent[id] = a
	return nil
}

func (d *provDocument) addParams(m *Made, activity string) error {
	h := canon.NewHash("sparsel export params 1", nil)
	h.Fields("params", m.Params)
	sum := h.Sum()
	id := fmt.Sprintf("params:%x", sum)
	values := map[string]string{}
	for _, f := range m.Params {
		if f.Kind != canon.KindLen {
			values[f.Name] = f.Value
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	d.Entity[id] = statement{"prov:type": typed("prov:QUALIFIED_NAME", "sparsel:Parameters"), "prov:value": string(text)}
	assert(d.Used, "u", statement{"prov:activity": activity, "prov:entity": id, "prov:role": "parameters"})
	return nil
}

// assert adds a statement that needs no name of its own.
func assert(kind map[string]statement, letter string, a statement) {
	kind[fmt.Sprintf("_:%s%06d", letter, len(kind)+1)] = a
}

// typed returns a literal that is not a plain string.
func typed(kind, value string) map[string]string { return map[string]string{"$": value, "type": kind} }
