package divergence

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"sparsel/artifacts/runs"
)

// record returns three epochs of two layers, of which the last diverged.
func record() []runs.Epoch {
	var list []runs.Epoch
	for n := 1; n <= 3; n++ {
		e := runs.Epoch{Epoch: n, TrainLoss: 1 / float64(n), TestLoss: 2 / float64(n), Correct: 80 + n, Samples: 100, Digest: [32]byte{byte(n)}}
		for range 2 {
			e.Layers = append(e.Layers, runs.Layer{
				Units: 2, ClassSums: []float64{1, 0, 3, 4}, ClassCounts: []int64{50, 50}, RatioSum: 120, RatioSquares: 140, Samples: 100,
			})
		}
		list = append(list, e)
	}
	list[2].TrainLoss, list[2].Layers[0].RatioSum = math.NaN(), math.NaN()
	return list
}

func TestFirst(t *testing.T) {
	if d, found := First(record(), record()); found {
		t.Errorf("equal records: %v", d)
	}
	for _, tt := range []struct {
		change func(r []runs.Epoch) []runs.Epoch
		epoch  int
		what   string
	}{
		{func(r []runs.Epoch) []runs.Epoch { r[1].Digest[31]++; r[2].Digest[0]++; return r }, 2, "weights after it are others, the losses"},
		{func(r []runs.Epoch) []runs.Epoch { r[1].Digest[31]++; r[1].TrainLoss++; return r }, 2, "training loss (0.5 and 1.5)"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].TrainLoss = 1; return r }, 3, "the training loss is not"},
		{func(r []runs.Epoch) []runs.Epoch { r[0].TestLoss += 1e-15; return r }, 1, "the test pass is not"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].Correct--; return r }, 3, "the test pass is not (83 of 100"},
		{func(r []runs.Epoch) []runs.Epoch {
			r[1].Layers[1].ClassSums[1] = math.Copysign(0, -1)
			return r
		}, 2, "the class sums of layer 2"},
		{func(r []runs.Epoch) []runs.Epoch { r[0].Layers[0].ClassCounts[1]++; return r }, 1, "the measured samples of layer 1"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].Layers[0].RatioSum = 0; return r }, 3, "the norm ratios of layer 1"},
		{func(r []runs.Epoch) []runs.Epoch { r[1].Layers = r[1].Layers[:1]; return r }, 2, "2 and 1 hidden layers"},
		{func(r []runs.Epoch) []runs.Epoch { return r[:2] }, 3, "ends before it"},
		{func(r []runs.Epoch) []runs.Epoch { return r[1:] }, 1, "epoch 2 in its place"},
	} {
		changed := tt.change(record())
		d, found := First(record(), changed)
		if !found || d.Epoch != tt.epoch || !strings.Contains(d.What, tt.what) {
			t.Errorf("got %v (%v), want epoch %d: %s", d, found, tt.epoch, tt.what)
		}
		if _, found := First(changed, record()); !found {
			t.Errorf("%s: only seen from one side", tt.what)
		}
	}
}

// full returns an epoch of two layers with a value in every field.
func full(epoch, step int) runs.Epoch {
	e := runs.Epoch{
		Epoch: epoch, Step: step, TrainLoss: 1, TestLoss: 2, Correct: 3, Samples: 4, TrainLossAfter: 5, TrainCorrect: 6, TrainSamples: 7,
		ValidationLoss: 8, ValidationCorrect: 9, ValidationSamples: 10, ClassCorrect: []int64{1, 2}, ClassSamples: []int64{2, 2},
		Digest: [32]byte{1},
	}
	for range 2 {
		e.Layers = append(e.Layers, runs.Layer{
			Units: 2, Activation: "relu", ClassSums: []float64{1, 0, 3, 4}, ClassCounts: []int64{2, 2}, Squares: []float64{1, 2},
			Least: []float32{0, 1},
			Most:  []float32{2, 3}, Thresholds: []float32{0.1}, Below: []int64{1, 2}, RatioSum: 1, RatioSquares: 2, RatioFourths: 3, RankSum: 4,
			RankSquares: 5, Samples: 4,
		})
	}
	return e
}

// planted makes the smallest possible change to the end of each field in turn,
// calls found and undoes the change.
func planted(v reflect.Value, path string, found func(path string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			planted(v.Field(i), path+"."+v.Type().Field(i).Name, found)
		}
	case reflect.Slice, reflect.Array:
		planted(v.Index(v.Len()-1), path, found)
	default:
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		switch v.Kind() {
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Uint8:
			v.SetUint(v.Uint() ^ 1)
		case reflect.Float32:
			v.SetFloat(float64(math.Nextafter32(float32(v.Float()), 9)))
		case reflect.Float64:
			v.SetFloat(math.Nextafter(v.Float(), 9))
		case reflect.String:
			v.SetString(v.String() + "x")
		default:
			panic(fmt.Sprintf("%s is a %s", path, v.Kind()))
		}
		found(path)
		v.Set(was)
	}
}

// The smallest difference in any column is found, at an early point as well as
// after an epoch, in the last layer and row.
func TestEveryColumn(t *testing.T) {
	record := func() []runs.Epoch { return []runs.Epoch{full(0, 0), full(0, 10), full(1, 60), full(2, 120)} }
	for at, where := range []string{"differs is 1, before any step: ", "differs is 1, after step 10: ", "differs is 1: ", "differs is 2: "} {
		a, b := record(), record()
		planted := func(found func(path string)) { planted(reflect.ValueOf(&b[at]).Elem(), "", found) }
		columns := 0
		planted(func(path string) {
			columns++
			for _, pair := range [][2][]runs.Epoch{{a, b}, {b, a}} {
				d, found := First(pair[0], pair[1])
				if !found || path != ".Epoch" && path != ".Step" && !strings.Contains(d.String(), where) {
					t.Errorf("%s at point %d: %v (%v)", path, at, d, found)
				}
			}
		})
		if want := reflect.TypeFor[runs.Epoch]().NumField() - 1 + reflect.TypeFor[runs.Layer]().NumField(); columns != want {
			t.Errorf("%d columns were tried, want %d", columns, want)
		}
		if d, found := First(a, b); found {
			t.Errorf("what was planted stays: %v", d)
		}
	}
}

// A column that one of two records lacks counts as a difference too.
func TestMissingColumn(t *testing.T) {
	for i := range reflect.TypeFor[runs.Epoch]().NumField() {
		a, b := []runs.Epoch{full(1, 60)}, []runs.Epoch{full(1, 60)}
		reflect.ValueOf(&b[0]).Elem().Field(i).SetZero()
		if _, found := First(a, b); !found {
			t.Errorf("without %s", reflect.TypeFor[runs.Epoch]().Field(i).Name)
		}
	}
	for i := range reflect.TypeFor[runs.Layer]().NumField() {
		a, b := []runs.Epoch{full(1, 60)}, []runs.Epoch{full(1, 60)}
		reflect.ValueOf(&b[0].Layers[1]).Elem().Field(i).SetZero()
		if _, found := First(a, b); !found {
			t.Errorf("without %s", reflect.TypeFor[runs.Layer]().Field(i).Name)
		}
	}
}
