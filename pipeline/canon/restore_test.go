package canon

import (
	"encoding/json"
	"math"
	"testing"
)

// A hash over fields that went through JSON is the same as over the original
// fields.
func TestFieldsSurviveJSON(t *testing.T) {
	type inner struct{}
	fields, err := Flatten(struct {
		B     bool
		I     int8
		U     uint64
		F     float32
		D     float64
		Tiny  float64
		Inf   float64
		S     string
		Bytes [3]byte
		L     []int
		M     map[string]string
		None  *int
		Empty inner
	}{true, -3, math.MaxUint64, 0.1, 1e-7, math.SmallestNonzeroFloat64, math.Inf(-1), "a\"\x00\xff→", [3]byte{1, 2, 255},
		[]int{4, 5}, map[string]string{"k.[": "v"}, nil, inner{}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var back []Field
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	sum := func(f []Field) [32]byte {
		h := NewHash("test", nil)
		h.Fields("f", f)
		return h.Sum()
	}
	if sum(fields) != sum(back) {
		t.Errorf("another hash after JSON:\n%+v\n%+v", fields, back)
	}
	for i := range back {
		if back[i].Kind == KindInt {
			back[i].bytes[7] ^= 1
		}
	}
	if sum(fields) == sum(back) {
		t.Error("the hash does not depend on the restored bytes")
	}
}

func TestFieldsRefuseWhatTheirKindLacks(t *testing.T) {
	for _, text := range []string{
		`{"name":"a","kind":"int","value":"1.5"}`, `{"name":"a","kind":"len","value":"-1"}`, `{"name":"a","kind":"bool","value":"maybe"}`,
		`{"name":"a","kind":"string","value":"bare"}`, `{"name":"a","kind":"bytes","value":"0"}`, `{"name":"a","kind":"shape","value":""}`,
	} {
		if err := json.Unmarshal([]byte(text), new(Field)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
