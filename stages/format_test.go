package stages

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sparsel/stages/internal/testenv"
	"strconv"
	"strings"
	"testing"
)

// With docs/format.md alone, a reader can take the store apart. The document
// has every key in records, manifests and the journal, every seal is as
// described, and action ids can be computed from it.
func TestStoreIsAsTheDocumentSays(t *testing.T) {
	document := testenv.ProjectFile(t, "docs", "format.md")
	s := newSmallStudy(t)
	missing := map[string]bool{}
	known := func(m map[string]json.RawMessage) {
		for key := range m {
			if !strings.Contains(document, "`"+key+"`") && !missing[key] {
				missing[key] = true
				t.Errorf("the document does not have %q", key)
			}
		}
	}
	if text, err := os.ReadFile(s.path("out/store/format")); err != nil || !strings.Contains(document, string(bytes.TrimSpace(text))) {
		t.Errorf("format is %q: %v", text, err)
	}
	journal, err := os.ReadFile(s.path("out/store/journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(journal) {
		event := unsealLine(t, line)
		known(event)
		var kind string
		if err := json.Unmarshal(event["kind"], &kind); err != nil || !strings.Contains(document, "`"+kind+"`") {
			t.Errorf("the document does not have the event %q", kind)
		}
	}
	records := 0
	for path := range states(t, s.path("out/store")) {
		relative := strings.TrimPrefix(s.relative(path), "store/")
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch kind, _, _ := strings.Cut(relative, "/"); kind {
		case "blobs":
			if filepath.Base(path) != hexSum(text) {
				t.Errorf("%s has the SHA-256 %s", relative, hexSum(text))
			}
		case "manifests":
			known(unsealLine(t, text))
		case "actions":
			records++
			lines := slices.Collect(bytes.Lines(text))
			if len(lines) != 2 {
				t.Fatalf("%s has %d lines", relative, len(lines))
			}
			head, detail := unsealLine(t, lines[0]), unsealLine(t, lines[1])
			known(head)
			known(detail)
			if id := actionByTheDocument(t, head, detail); id != filepath.Base(path) {
				t.Errorf("%s: by the document its id is %s", relative, id)
			}
		}
	}
	if records < 20 {
		t.Errorf("only %d records were looked at", records)
	}
}

func unsealLine(t *testing.T, line []byte) map[string]json.RawMessage {
	t.Helper()
	var sealed struct {
		Sum  string
		Data json.RawMessage
	}
	if err := json.Unmarshal(line, &sealed); err != nil {
		t.Fatal(err)
	}
	if sum := hexSum(sealed.Data)[:16]; sum != sealed.Sum {
		t.Fatalf("a line's sum is %s, its data have %s", sealed.Sum, sum)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(sealed.Data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// fieldHash hashes fields as the document describes it.
type fieldHash struct{ bytes.Buffer }

func (h *fieldHash) add(label, kind string, value []byte) {
	for _, part := range [][]byte{[]byte(label), []byte(kind), value} {
		binary.Write(h, binary.BigEndian, uint64(len(part)))
		h.Write(part)
	}
}

func (h *fieldHash) len(label string, n int) {
	h.add(label, "len", binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// actionByTheDocument computes an action's id without any code of the program.
func actionByTheDocument(t *testing.T, head, detail map[string]json.RawMessage) string {
	t.Helper()
	get := func(m map[string]json.RawMessage, key string, v any) {
		if m[key] != nil {
			if err := json.Unmarshal(m[key], v); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
		}
	}
	var stage, code, contract, job string
	var outputs []string
	var params []struct{ Name, Kind, Value string }
	var inputs []struct {
		Name    string
		Content *string
	}
	get(head, "stage", &stage)
	get(detail, "code", &code)
	get(detail, "contract", &contract)
	get(detail, "job_contract", &job)
	get(detail, "outputs", &outputs)
	get(detail, "params", &params)
	get(detail, "inputs", &inputs)
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}

	var recipe, action fieldHash
	recipe.add("schema", "string", []byte("sparsel recipe 1"))
	recipe.add("stage", "string", []byte(stage))
	recipe.add("contract", "string", []byte(contract))
	recipe.add("job", "string", []byte(job))
	recipe.add("code", "bytes", unhex(code))
	recipe.len("outputs", len(outputs))
	for _, o := range outputs {
		recipe.add("output", "string", []byte(o))
	}
	recipe.len("params", len(params))
	for _, p := range params {
		value, err := paramBytes(p.Kind, p.Value)
		if err != nil {
			t.Fatal(err)
		}
		recipe.add("params."+p.Name, p.Kind, value)
	}
	sum := sha256.Sum256(recipe.Bytes())
	var recorded string
	get(detail, "recipe", &recorded)
	if recorded != hex.EncodeToString(sum[:]) {
		t.Errorf("recipe %s, by the document %x", recorded, sum)
	}
	action.add("schema", "string", []byte("sparsel action 1"))
	action.add("recipe", "bytes", sum[:])
	action.len("inputs", len(inputs))
	for _, in := range inputs {
		action.add("input", "string", []byte(in.Name))
		if in.Content == nil {
			action.add("content", "nil", nil)
		} else {
			action.add("content", "bytes", unhex(*in.Content))
		}
	}
	return hexSum(action.Bytes())
}

func paramBytes(kind, value string) ([]byte, error) {
	switch kind {
	case "bool":
		return []byte(value), nil
	case "int":
		v, err := strconv.ParseInt(value, 10, 64)
		return binary.BigEndian.AppendUint64(nil, uint64(v)), err
	case "uint", "len":
		v, err := strconv.ParseUint(value, 10, 64)
		return binary.BigEndian.AppendUint64(nil, v), err
	case "float32":
		v, err := strconv.ParseFloat(value, 32)
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(v))), err
	case "float64":
		v, err := strconv.ParseFloat(value, 64)
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), err
	case "string":
		v, err := strconv.Unquote(value)
		return []byte(v), err
	case "bytes":
		return hex.DecodeString(value)
	case "empty", "nil":
		return nil, nil
	}
	return nil, fmt.Errorf("kind %q", kind)
}
