package stages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sparsel/stages/internal/testenv"
)

func (s *smallStudy) export(name string) []byte {
	s.t.Helper()
	if err := Export(context.Background(), name, s.options()); err != nil {
		s.t.Fatal(err)
	}
	return bytes.Clone(s.stdout.Bytes())
}

// prov is the part of PROV-JSON that the rules below use.
type prov struct {
	Prefix                            map[string]string
	Entity, Activity, Agent           map[string]map[string]any
	WasGeneratedBy, Used              map[string]map[string]any
	WasAssociatedWith, WasDerivedFrom map[string]map[string]any
}

// qualified is a qualified name as every serialization of PROV accepts it.
var qualified = regexp.MustCompile(`^[a-z]+:[0-9A-Za-z-]+$`)

// The export of a figure contains the whole chain, and nothing refers to a
// missing element. Its structure is that of the submission: names have declared
// prefixes, relations have their required attributes, and each generation has
// one activity.
func TestExportIsACompleteProvenance(t *testing.T) {
	s := newSmallStudy(t)
	text := s.export("5.1")
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p prov
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	// The figure, its aggregate, 8 metrics, 8 trainings and the data.
	if len(p.Activity) != 19 || len(p.Agent) != 5 {
		t.Errorf("%d activities, %d agents", len(p.Activity), len(p.Agent))
	}
	kinds := map[string]map[string]map[string]any{"entity": p.Entity, "activity": p.Activity, "agent": p.Agent}
	for kind, elements := range kinds {
		for name, a := range elements {
			prefix, _, _ := strings.Cut(name, ":")
			if !qualified.MatchString(name) || p.Prefix[prefix] == "" {
				t.Errorf("%s %q is no qualified name of a declared prefix", kind, name)
			}
			for key := range a {
				if prefix, _, _ := strings.Cut(key, ":"); !qualified.MatchString(key) || prefix != "prov" && p.Prefix[prefix] == "" {
					t.Errorf("%s %s: attribute %q", kind, name, key)
				}
			}
		}
	}
	generated := map[any]bool{}
	for _, r := range []struct {
		name     string
		list     map[string]map[string]any
		required map[string]string // maps an attribute to the kind of element
	}{
		{"wasGeneratedBy", p.WasGeneratedBy, map[string]string{"prov:entity": "entity", "prov:activity": "activity"}},
		{"used", p.Used, map[string]string{"prov:entity": "entity", "prov:activity": "activity"}},
		{"wasAssociatedWith", p.WasAssociatedWith, map[string]string{"prov:activity": "activity", "prov:agent": "agent"}},
		{"wasDerivedFrom", p.WasDerivedFrom, map[string]string{"prov:generatedEntity": "entity", "prov:usedEntity": "entity",
			"prov:activity": "activity"}},
	} {
		if len(r.list) == 0 {
			t.Errorf("no %s", r.name)
		}
		for id, a := range r.list {
			for attribute, kind := range r.required {
				if name, ok := a[attribute].(string); !ok || kinds[kind][name] == nil {
					t.Errorf("%s %s: %s is %v, which is no %s of the document", r.name, id, attribute, a[attribute], kind)
				}
			}
			if r.name == "wasGeneratedBy" {
				generated[a["prov:entity"]] = true
			}
		}
	}
	for name, e := range p.Entity {
		if parameters := strings.HasPrefix(name, "params:"); parameters == generated[name] || parameters && e["prov:value"] == nil {
			t.Errorf("%s: generated %v, value %v", name, generated[name], e["prov:value"])
		}
	}
	if png := contentOfFile(t, s.path("out/figures/fig-5.1.png")); p.Entity["content:"+png]["sparsel:published"] != "figures/fig-5.1.png" {
		t.Errorf("the figure's picture is not named: %v", p.Entity["content:"+png])
	}
	if again := s.export("figure/5.1"); !bytes.Equal(again, text) {
		t.Error("two exports differ")
	}
	if strings.Contains(string(text), s.dir) || regexp.MustCompile(`20\d\d(-\d\d|\d{4}T)`).Match(text) {
		t.Error("the export knows a path or a time")
	}
}

// Two machines that made a figure export the same document.
func TestExportIsTheSameEverywhere(t *testing.T) {
	first, second := newSmallStudy(t), newSmallStudy(t)
	if err := writable(second.path("out")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(second.path("out")); err != nil {
		t.Fatal(err)
	}
	second.all()
	if !bytes.Equal(first.export("5.1"), second.export("5.1")) {
		t.Error("the same results, made twice, have different provenance")
	}
}

func contentOfFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return hexSum(data)
}

func TestExportRefusesHalfAChain(t *testing.T) {
	s := newSmallStudy(t)
	s.edit("lr = 0.001", "lr = 0.002")
	if err := Export(context.Background(), "5.1", s.options()); err == nil || !strings.Contains(err.Error(), "not made yet") {
		t.Errorf("a figure that is not there: %v", err)
	}
	s.edit("lr = 0.002", "lr = 0.001")
	for _, name := range []string{"9.9", "figure/9.9"} {
		if err := Export(context.Background(), name, s.options()); err == nil {
			t.Errorf("%s was exported", name)
		}
	}
}

// An independent reader of PROV, Python's prov, accepts the document and finds
// the same in it.
func TestExportIsReadByAnotherProgram(t *testing.T) {
	python := pythonWithProv(t)
	s := newSmallStudy(t)
	file := filepath.Join(t.TempDir(), "figure.json")
	text := s.export("5.1")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, json, prov.model as m
d = m.ProvDocument.deserialize(sys.argv[1], format="json")
kinds = [m.ProvEntity, m.ProvActivity, m.ProvAgent, m.ProvGeneration, m.ProvUsage, m.ProvAssociation, m.ProvDerivation]
print(json.dumps([len(list(d.get_records(k))) for k in kinds]))
assert m.ProvDocument.deserialize(content=d.serialize(format="json"), format="json") == d
d.get_provn()
assert d.flattened() == d and d.unified() == d
`
	out, err := exec.Command(python, "-c", script, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var p prov
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal([]int{len(p.Entity), len(p.Activity), len(p.Agent), len(p.WasGeneratedBy), len(p.Used),
		len(p.WasAssociatedWith), len(p.WasDerivedFrom)})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(strings.TrimSpace(string(out)), " ", ""); got != string(want) {
		t.Errorf("it reads %s statements, written were %s", got, want)
	}
}

// pythonWithProv finds a Python that has the package, or skips the test.
func pythonWithProv(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import prov").Run() == nil {
			return python
		}
	}
	testenv.Absent(t, "prov", errors.New("no Python has prov; Debian has it as python3-prov"))
	return ""
}
