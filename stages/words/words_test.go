package words

import "testing"

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		Counted(0, "seed"):       "0 seeds",
		Counted(1, "seed"):       "1 seed",
		Counted(12, "seed"):      "12 seeds",
		Times(0):                 "0 times",
		Times(1):                 "once",
		Times(2):                 "2 times",
		Either([]int{}):          "",
		Either([]int{7}):         "7",
		Either([]int64{1, 2}):    "1 or 2",
		Either([]int64{0, 8, 9}): "0, 8 or 9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
