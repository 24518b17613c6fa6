package artifacts

import (
	"testing"
)

func TestQuick(t *testing.T) {
	f := Format{Name: "test", Version: 1, Columns: []Column{{Name: "a", Kind: Int32, Bounds: true}, {Name: "u", Kind: Uint8}, {Name: "i", Kind: Int64}, {Name: "d", Kind: Float64}, {Name: "s", Kind: String}, {Name: "li", Kind: Int64s}, {Name: "lf", Kind: Float32s}, {Name: "ld", Kind: Float64s}}}
	w, err := Create(t.TempDir()+"/x", f, Meta{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]int32{1, 2}, []uint8{3, 255}, []int64{-1, 5}, []float64{1, 2}, []string{"", "abc"}, List[int64]{[]int32{2, 1}, []int64{1, 2, 3}}, List[float32]{[]int32{0, 2}, []float32{1, 2}}, List[float64]{[]int32{0, 0}, nil}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
