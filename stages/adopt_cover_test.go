package stages

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sparsel/stages/train"
	"sparsel/trainer"
)

// leaves lists the fields of a structure down to those that are not structures.
// A list of structures contributes their fields.
func leaves(t reflect.Type, at string) []string {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return []string{at}
	}
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		list = append(list, leaves(f.Type, strings.TrimPrefix(at+"."+f.Name, "."))...)
	}
	return list
}

// The rule must know every field that the trainer receives. An unknown field
// would be a code path that no repetition covers.
func TestEveryFieldHasATrait(t *testing.T) {
	stands := map[string]string{}
	for _, trait := range traits {
		for _, f := range trait.fields {
			if was, twice := stands[f]; twice {
				t.Errorf("%s stands in the traits %s and %s", f, was, trait.name)
			}
			stands[f] = trait.name
		}
	}
	all := leaves(reflect.TypeFor[train.Params](), "")
	for _, f := range all {
		if stands[f] == "" {
			t.Errorf("%s stands in no trait of adopt_cover.go: say which values make the trainer go another way", f)
		}
	}
	for f := range stands {
		if !slices.Contains(all, f) {
			t.Errorf("train.Params has no %s", f)
		}
	}
	for _, pair := range crossed {
		for _, name := range pair {
			if !slices.ContainsFunc(traits, func(t trait) bool { return t.name == name && t.labels != nil }) {
				t.Errorf("%v is crossed, and there is no trait %s with labels", pair, name)
			}
		}
	}
}

// set changes the value of the field at the path.
func set(v reflect.Value, path string) {
	name, rest, deeper := strings.Cut(path, ".")
	v = v.FieldByName(name)
	if v.Kind() == reflect.Slice && deeper {
		v = v.Index(0)
	}
	if deeper {
		set(v, rest)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + " other")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Slice:
		element := reflect.New(v.Type().Elem()).Elem()
		if element.Kind() == reflect.Float64 {
			element.SetFloat(.5)
		}
		v.Set(reflect.Append(v, element))
	default:
		panic("a field of a kind that this test does not know: " + v.Kind().String())
	}
}

// Every field in a trait with labels changes the labels, provided that the
// trainer reads the field.
func TestEveryFieldChangesLabels(t *testing.T) {
	configs := func() []train.Params {
		var list []train.Params
		for _, optimizer := range trainer.Optimizers() {
			for _, kind := range []string{"shuffled", "consecutive", "classes", "phases"} {
				list = append(list, train.Params{Run: trainer.Config{
					Network:   trainer.Network{Hidden: []int{16}, Activation: "relu"},
					Optimizer: trainer.Optimizer{Name: optimizer},
					Sampler:   trainer.Sampler{Kind: kind, Phases: []trainer.Phase{{}}},
					Batch:     1,
				}})
			}
		}
		return list
	}
	for _, trait := range traits {
		for _, f := range trait.fields {
			changes := false
			for i, p := range configs() {
				q := configs()[i]
				set(reflect.ValueOf(&q).Elem(), f)
				changes = changes || !slices.Equal(labelsOf(p), labelsOf(q))
			}
			if changes != (trait.labels != nil) {
				t.Errorf("%s changes labels: %v", f, changes)
			}
		}
	}
}

// The constant repeats an unexported one of the trainer.
func TestKindsOfBatches(t *testing.T) {
	for batch, want := range map[int]string{1: "batch 1", 2: "small batch", 16: "small batch", 17: "batch", 50: "batch", 1000: "large batch"} {
		if got := batchKind(train.Params{Run: trainer.Config{Batch: batch}}); got != want {
			t.Errorf("batch %d: %s, want %s", batch, got, want)
		}
	}
	source, err := os.ReadFile("../trainer/sleep.go")
	if line := fmt.Sprintf("\nconst sleepingBatch = %d\n", sleepingBatch); err != nil || !strings.Contains(string(source), line) {
		t.Errorf("the trainer has no %q: %v", line, err)
	}
}
