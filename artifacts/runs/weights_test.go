package runs

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sparsel/artifacts"
)

// someTensors returns the tensors of a network, one of which is so large that
// it spans row groups.
func someTensors() []Tensor {
	fill := func(n int) []float32 {
		values := make([]float32, n)
		for i := range values {
			values[i] = 1 / float32(i+1)
		}
		values[0] = float32(math.Inf(-1))
		return values
	}
	return []Tensor{
		{"conv1.weight", []int{4, 1, 3, 3}, fill(36)}, {"conv1.bias", []int{4}, fill(4)},
		{"hidden1.weight", []int{700, 900}, fill(630_000)}, {"hidden1.bias", []int{700}, fill(700)},
		{"output.weight", []int{10, 700}, fill(7000)}, {"output.bias", []int{10}, fill(10)},
	}
}

func TestWeightsRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights.parquet")
	meta := Meta{"params": "{}"}
	for _, tensors := range [][]Tensor{nil, someTensors()} {
		if err := WriteWeights(path, meta, tensors); err != nil {
			t.Fatal(err)
		}
		gotMeta, got, err := ReadWeights(path)
		if err != nil || !reflect.DeepEqual(gotMeta, meta) || !reflect.DeepEqual(got, tensors) {
			t.Errorf("the weights read differ from those written (%v)", err)
		}
	}
	// These bits are not compared by the equality of floats.
	odd := []Tensor{{"output.bias", []int{3},
		[]float32{math.Float32frombits(0x7fc00000), float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32}}}
	if err := WriteWeights(path, meta, odd); err != nil {
		t.Fatal(err)
	}
	_, got, err := ReadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range odd[0].Values {
		if math.Float32bits(got[0].Values[i]) != math.Float32bits(v) {
			t.Errorf("value %d is %x, want %x", i, math.Float32bits(got[0].Values[i]), math.Float32bits(v))
		}
	}
}

func TestWeightsReject(t *testing.T) {
	for name, c := range map[string]struct {
		tensors []Tensor
		want    string
	}{
		"no name":  {[]Tensor{{"", []int{1}, []float32{1}}}, "want a name and a dimension"},
		"no shape": {[]Tensor{{"a", nil, []float32{1}}}, "want a name and a dimension"},
		"zero":     {[]Tensor{{"a", []int{0, 3}, nil}}, `"a" has the shape [0 3]`},
		"overflow": {[]Tensor{{"a", []int{1 << 20, 1 << 20}, nil}}, "has the shape"},
		"values":   {[]Tensor{{"a", []int{2, 3}, make([]float32, 5)}}, "has 5 values, want 6"},
		"twice":    {[]Tensor{{"a", []int{1}, []float32{1}}, {"a", []int{1}, []float32{1}}}, "for the second time"},
	} {
		path := filepath.Join(t.TempDir(), "weights.parquet")
		if err := WriteWeights(path, nil, c.tensors); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left", name)
		}
	}
}

// Rows that are not tensors, under the name of their format.
func TestReadWeightsRejects(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*weightRows)
		want  string
	}{
		"row missing": {func(r *weightRows) { r.row[1] = 2 }, `row 2 of "a" does not belong`},
		"row twice":   {func(r *weightRows) { r.row[1] = 0 }, "has 3 values, want 6"},
		"first row":   {func(r *weightRows) { r.row[0] = 1 }, `row 1 of "a" does not belong`},
		"other name":  {func(r *weightRows) { r.name[1] = "b" }, `row 1 of "b" does not belong`},
		"other shape": {func(r *weightRows) { r.shape.Values[2] = 7 }, `row 1 of "a" has another shape`},
		"short": {func(r *weightRows) {
			r.name, r.row, r.shape, r.value = r.name[:1], r.row[:1], first(r.shape), first(r.value)
		}, "has 3 values, want 6"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "weights.parquet")
			tensor := Tensor{"a", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}}
			var rows weightRows
			rows.append(&tensor, 0, tensor.Values[:3])
			rows.append(&tensor, 1, tensor.Values[3:])
			c.spoil(&rows)
			forge(t, path, weightFormat, nil, rows.columns())
			if _, _, err := ReadWeights(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func first[T int64 | float32 | float64](l artifacts.List[T]) artifacts.List[T] {
	return artifacts.List[T]{Lengths: l.Lengths[:1], Values: l.Values[:l.Lengths[0]]}
}
