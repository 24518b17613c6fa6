package canon

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	toml "github.com/pelletier/go-toml/v2"
)

type optimizer struct {
	Name        string
	LR          float64
	WeightDecay float64
}

type config struct {
	Hidden    []int
	Optimizer optimizer
	Tags      map[string]string
	Limit     *int
	Comment   string `param:"-"`
	Renamed   bool   `param:"flag"`
}

func sum(t *testing.T, v any) [32]byte {
	t.Helper()
	fields, err := Flatten(v)
	if err != nil {
		t.Fatal(err)
	}
	h := NewHash("test 1", nil)
	h.Fields("params", fields)
	return h.Sum()
}

func TestFlattenNames(t *testing.T) {
	fields, err := Flatten(&config{Hidden: []int{3, 5}, Optimizer: optimizer{"adam", 0.001, 0}, Tags: map[string]string{"a.b": "x\n"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fields {
		got = append(got, f.Name+" "+string(f.Kind)+" "+f.Value)
	}
	want := []string{
		"flag bool false", "hidden len 2", "hidden[0] int 3", "hidden[1] int 5", "limit nil nil",
		"optimizer.lr float64 0.001", `optimizer.name string "adam"`, "optimizer.weight_decay float64 0",
		"tags len 1", `tags["a.b"] string "x\n"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The spelling of a value in a file and the order of keys do not matter. The
// places of values do.
func TestT10Spelling(t *testing.T) {
	parse := func(text string) [32]byte {
		var c config
		if err := toml.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		return sum(t, c)
	}
	base := parse("optimizer = {lr = 0.1, weightdecay = 1.0}\ntags = {a = 'x', b = 'y'}")
	same := []string{
		"optimizer = {lr = 1e-1, weightdecay = 1.0}\ntags = {a = 'x', b = 'y'}",
		"optimizer = {weightdecay = 1, lr = 0.10}\ntags = {b = 'y', a = 'x'}",
		"comment = 'not part of it'\noptimizer = {weightdecay = 1, lr = 0.10}\ntags = {b = 'y', a = 'x'}",
	}
	for _, text := range same {
		if parse(text) != base {
			t.Errorf("another hash for %q", text)
		}
	}
	other := []string{
		"optimizer = {lr = 1.0, weightdecay = 0.1}\ntags = {a = 'x', b = 'y'}",
		"optimizer = {lr = 0.1, weightdecay = 1.0}\ntags = {a = 'y', b = 'x'}",
		"optimizer = {lr = 0.1000000000000001, weightdecay = 1.0}\ntags = {a = 'x', b = 'y'}",
	}
	for _, text := range other {
		if parse(text) == base {
			t.Errorf("the same hash for %q", text)
		}
	}
}

// No two of these values may have the same pre-image.
func TestDistinct(t *testing.T) {
	one, two := 1, 2
	values := []any{
		struct{ A string }{"b"}, struct{ A string }{""}, struct{ B string }{"b"}, struct{ A, B string }{"b", ""}, struct{ A, B string }{"", "b"},
		struct{ A int }{1}, struct{ A float64 }{1}, struct{ A float32 }{1}, struct{ A uint }{1}, struct{ A bool }{true},
		struct{ A string }{"1"}, struct{ A string }{"true"},
		struct{ A []int }{nil}, struct{ A []int }{[]int{1}}, struct{ A []int }{[]int{1, 1}}, struct{ A []int }{[]int{1, 2}},
		struct{ A []int }{[]int{2, 1}},
		struct{ A [][]int }{[][]int{{1, 2}, {}}}, struct{ A [][]int }{[][]int{{1}, {2}}}, struct{ A [][]int }{[][]int{{}, {1, 2}}},
		struct{ A map[string]int }{map[string]int{"x": 1}}, struct{ A map[string]int }{map[string]int{"x": 2}},
		struct{ A map[string]int }{map[string]int{"0": 1}},
		struct{ A map[int]int }{map[int]int{7: 1}}, struct{ A map[string]int }{map[string]int{"7": 1}},
		struct{ A map[string]struct{} }{map[string]struct{}{"a": {}}}, struct{ A map[string]struct{} }{map[string]struct{}{"b": {}}},
		struct{ A *int }{nil}, struct{ A *int }{&one}, struct{ A *int }{&two},
		struct{ A []byte }{nil}, struct{ A []byte }{[]byte{0}}, struct{ A []byte }{[]byte{0, 0}}, struct{ A string }{"\x00"},
		struct{ A struct{ B string } }{}, struct{ A map[string]string }{map[string]string{"B": ""}}, struct{}{},
		struct{ A []string }{[]string{"a", "b"}}, struct{ A []string }{[]string{"ab", ""}}, struct{ A []string }{[]string{"", "ab"}},
		struct{ A float64 }{math.Inf(1)}, struct{ A float64 }{math.Inf(-1)}, struct{ A float64 }{math.SmallestNonzeroFloat64},
		struct{ A float64 }{0},
	}
	seen := map[[32]byte]int{}
	for i, v := range values {
		s := sum(t, v)
		// {1} as *int and int are one value: a pointer only adds "absent".
		if j, dup := seen[s]; dup {
			if _, ok := v.(struct{ A *int }); !ok {
				t.Errorf("%T%v and %T%v share a hash", v, v, values[j], values[j])
			}
		}
		seen[s] = i
	}
}

func TestRefused(t *testing.T) {
	for want, v := range map[string]any{
		"field rate: NaN":        struct{ Rate float64 }{math.NaN()},
		"field rate: -0":         struct{ Rate float64 }{math.Copysign(0, -1)},
		"field x[1]: NaN":        struct{ X []float32 }{[]float32{1, float32(math.NaN())}},
		"a is not exported":      struct{ a int }{1},
		"field any: type interf": struct{ Any any }{1},
		"field f: type func":     struct{ F func() }{},
		"want a struct":          3,
		`name "lr" is taken by`: struct {
			LR float64
			Lr float64
		}{},
		"map keys must be": struct{ M map[bool]int }{map[bool]int{true: 1}},
	} {
		if _, err := Flatten(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Flatten(%T): %v, want %q", v, err, want)
		}
	}
}

// Labels and lengths keep neighbouring fields apart.
func TestHashFieldsDoNotRun(t *testing.T) {
	hash := func(parts ...string) [32]byte {
		h := NewHash("test 1", nil)
		for i := 0; i < len(parts); i += 2 {
			h.String(parts[i], parts[i+1])
		}
		return h.Sum()
	}
	all := [][32]byte{hash("a", "bc"), hash("ab", "c"), hash("a", "b", "c", ""), hash("a", "", "bc", ""), hash("abc", "")}
	for i := range all {
		for j := range i {
			if all[i] == all[j] {
				t.Errorf("sequences %d and %d share a hash", i, j)
			}
		}
	}
	h := NewHash("test 1", nil)
	h.Nil("a")
	if h.Sum() == hash("a", "") {
		t.Error("absent and empty share a hash")
	}
	if NewHash("test 2", nil).Sum() == NewHash("test 1", nil).Sum() {
		t.Error("two schemas share a hash")
	}
}

func TestTrace(t *testing.T) {
	var b bytes.Buffer
	h := NewHash("test 1", &b)
	fields, _ := Flatten(optimizer{"adam", 0.001, 0})
	h.Fields("params", fields)
	if want := "params.lr float64 0.001\n"; !strings.Contains(b.String(), want) {
		t.Errorf("trace %q lacks %q", b.String(), want)
	}
}

// The form on disk is permanent: a change of these hashes repeats every
// training.
func TestGolden(t *testing.T) {
	limit := 4
	got := sum(t, config{Hidden: []int{784, 256}, Optimizer: optimizer{"adam", 0.001, 1e-5}, Tags: map[string]string{"k": "v"}, Limit: &limit})
	const want = "3b79b0e1debd00f4d5c155e4090fb4f24801f61a6d46e8aa0481b9b13b25e3e3"
	if s := fmt.Sprintf("%x", got); s != want {
		t.Errorf("hash of the golden parameters is %s, want %s", s, want)
	}
}

func FuzzStringsNeverCollide(f *testing.F) {
	f.Add("a", "b", "ab", "")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		x := sum(t, struct{ M map[string]string }{map[string]string{a: b}})
		y := sum(t, struct{ M map[string]string }{map[string]string{c: d}})
		if (x == y) != (a == c && b == d) {
			t.Errorf("%q:%q and %q:%q: equal hashes %v", a, b, c, d, x == y)
		}
	})
}
