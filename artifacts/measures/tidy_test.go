package measures

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/mutate"
)

const header = "experiment,condition,optimizer,seed,layer,epoch,accuracy,sparsity,selectivity_avg," +
	"selectivity_std,split,param_name,param_value\n"

func TestWriteTidyCSV(t *testing.T) {
	rows := []TidyRow{
		{
			Experiment: "train_vs_test", Condition: "baseline", Optimizer: "SGD", Seed: 1, Layer: "all", Epoch: 1,
			Accuracy: Recorded(0.8989), Sparsity: Recorded(0.08131467550992966), SelectivityAvg: Recorded(0.2177361121521365),
			SelectivityStd: Recorded(0.07966917389523405), Split: "test",
		},
		{
			Experiment: "hyper", Condition: `a "b", c`, Optimizer: "Adam", Seed: math.MaxUint32, Layer: "4", Epoch: 30,
			Accuracy: Recorded(1), Sparsity: Recorded(math.NaN()), SelectivityAvg: Recorded(math.Inf(-1)),
			Split: "train", ParamName: "learning_rate", ParamValue: Recorded(3.727593720314938e-05),
		},
		{
			Experiment: "hyper", Condition: "x", Optimizer: "Adam", Seed: 0, Layer: "all", Epoch: 2,
			Sparsity: Recorded(math.Inf(1)), SelectivityAvg: Recorded(math.Copysign(0, -1)), SelectivityStd: Recorded(5e-324),
			Split: "test", ParamName: "batch_size", ParamValue: Recorded(1000),
		},
	}
	const want = header +
		"train_vs_test,baseline,SGD,1,all,1,0.8989,0.08131467550992966,0.2177361121521365,0.07966917389523405,test,,\n" +
		"hyper,\"a \"\"b\"\", c\",Adam,4294967295,4,30,1,NaN,-Inf,,train,learning_rate,3.727593720314938e-05\n" +
		"hyper,x,Adam,0,all,2,,+Inf,-0,5e-324,test,batch_size,1000\n"
	var b bytes.Buffer
	if err := WriteTidyCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", &b, want)
	}
	for _, text := range []string{want, strings.ReplaceAll(want, "\n", "\r\n"), strings.TrimSuffix(want, "\n")} {
		got, err := ReadTidyCSV(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, rows, equal) {
			t.Errorf("read %v, want %v", got, rows)
		}
	}
	b.Reset()
	if err := WriteTidyCSV(&b, nil); err != nil || b.String() != header {
		t.Errorf("no rows: %q, %v", &b, err)
	}
}

// equal compares rows bit for bit, except for the payload of NaN.
func equal(a, b TidyRow) bool {
	measured := func(r TidyRow) []Number { return []Number{r.Accuracy, r.Sparsity, r.SelectivityAvg, r.SelectivityStd} }
	return a.key() == b.key() && slices.EqualFunc(measured(a), measured(b), func(a, b Number) bool {
		return a.Recorded == b.Recorded && (math.Float64bits(a.Value) == math.Float64bits(b.Value) || math.IsNaN(a.Value) && math.IsNaN(b.Value))
	})
}

// TestNumbers writes random bits to the table and reads them: every float64
// comes back.
func TestNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		v := Recorded(math.Float64frombits(rng.Uint64()))
		got, err := parseNumber(v.String())
		if err != nil || !equal(TidyRow{Sparsity: got}, TidyRow{Sparsity: v}) {
			t.Fatalf("%v came back as %v, %v", v, got, err)
		}
	}
}

func TestTidyRejects(t *testing.T) {
	const good = "e,c,o,1,all,1,0.5,1,2,3,test,p,4\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "empty; want a line of column names"},
		"no header":      {good, "columns [\"e\""},
		"other header":   {strings.Replace(header, "seed", "run", 1) + good, `"run"`},
		"wide header":    {strings.TrimSpace(header) + ",x\n", `"x"`},
		"few fields":     {header + good + "e,c\n", "line 3: wrong number of fields"},
		"quote":          {header + "e\"x" + good[1:], `line 2, column 2: bare "`},
		"seed":           {header + strings.Replace(good, "1", "-1", 1), `line 2: seed "-1"`},
		"seed range":     {header + strings.Replace(good, "1", "4294967296", 1), `line 2: seed "4294967296"`},
		"seed spelling":  {header + strings.Replace(good, "1", "01", 1), `line 2: seed "01"`},
		"epoch":          {header + strings.Replace(good, "all,1", "all,1.0", 1), `line 2: epoch "1.0" is not a whole number`},
		"epoch 0":        {header + strings.Replace(good, "all,1", "all,0", 1), "line 2: epoch 0 is not in"},
		"layer":          {header + strings.Replace(good, "all", "first", 1), `line 2: layer "first"`},
		"accuracy":       {header + strings.Replace(good, "0.5", "1.5", 1), "line 2: accuracy 1.5 is not in 0..1"},
		"accuracy NaN":   {header + strings.Replace(good, "0.5", "NaN", 1), "line 2: accuracy NaN is not in 0..1"},
		"word":           {header + strings.Replace(good, "0.5", "half", 1), `line 2: accuracy "half" is not a number`},
		"hexadecimal":    {header + strings.Replace(good, "0.5", "0x1p-1", 1), `line 2: accuracy "0x1p-1" is not a number`},
		"underscore":     {header + strings.Replace(good, ",2,", ",1_0,", 1), `line 2: selectivity_avg "1_0" is not a number`},
		"nan":            {header + strings.Replace(good, ",2,", ",nan,", 1), `line 2: selectivity_avg "nan" is not a number`},
		"infinity":       {header + strings.Replace(good, ",3,", ",infinity,", 1), `line 2: selectivity_std "infinity" is not a number`},
		"overflow":       {header + strings.Replace(good, ",1,2", ",1e999,2", 1), `line 2: sparsity "1e999" is not a number in range`},
		"split":          {header + strings.Replace(good, "test", "valid", 1), `line 2: split "valid"`},
		"no name":        {header + strings.Replace(good, ",p,", ",,", 1), "line 2: param_name and param_value"},
		"no value":       {header + strings.Replace(good, "p,4", "p,", 1), "line 2: param_name and param_value"},
		"value NaN":      {header + strings.Replace(good, "p,4", "p,NaN", 1), "line 2: param_value is NaN"},
		"experiment":     {header + good[1:], "line 2: experiment, condition and optimizer"},
		"two lines":      {header + "\"e\nf\"" + good[1:], `line 2: "e\nf" is not one line of UTF-8 text`},
		"encoding":       {header + "\xff" + good[1:], "line 2: \"\\xff\" is not one line of UTF-8 text"},
		"twice":          {header + good + strings.Replace(good, "0.5", "0.6", 1), "line 3: same key as line 2"},
		"after the good": {header + good + "\n\n" + strings.Replace(good, "all,1", "all,x", 1), "line 5: epoch"},
	} {
		t.Run(name, func(t *testing.T) {
			if rows, err := ReadTidyCSV(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, error %v, want %q", rows, err, c.want)
			}
		})
	}
	row := TidyRow{Experiment: "e", Condition: "c", Optimizer: "o", Layer: "all", Epoch: 1, Split: "test"}
	bad := row
	bad.Split = ""
	for want, rows := range map[string][]TidyRow{"row 1: split": {row, bad}, "row 1: same key as row 0": {row, row}} {
		if err := WriteTidyCSV(new(bytes.Buffer), rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := WriteTidyCSV(full{}, []TidyRow{row}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a full disk gives %v", err)
	}
}

// full fails every write.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestReference reads the author's records, which must work without changing a
// line, and writes them again.
func TestReference(t *testing.T) {
	file, err := os.Open(reference(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := ReadTidyCSV(file)
	if err != nil {
		t.Fatal(err)
	}
	nan, blank := 0, 0
	for _, r := range rows {
		if r.Sparsity.Recorded && math.IsNaN(r.Sparsity.Value) {
			nan++
		}
		if !r.SelectivityAvg.Recorded {
			blank++
		}
	}
	// 148 sweep runs of 30 epochs have selectivity only at the last one.
	if len(rows) != 11_520 || nan != 30 || blank != 148*29 {
		t.Errorf("%d rows, %d NaN, %d without selectivity; want 11520, 30, %d", len(rows), nan, blank, 148*29)
	}
	var b bytes.Buffer
	if err := WriteTidyCSV(&b, rows); err != nil {
		t.Fatal(err)
	}
	again, err := ReadTidyCSV(&b)
	if err != nil || !slices.EqualFunc(again, rows, equal) {
		t.Errorf("written and read again the rows differ: %v", err)
	}
}

// reference finds the author's records beside the repository.
func reference(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(filepath.Dir(dir), "shared", "reference", "author_seed1.csv")
	if _, err := os.Stat(path); err != nil {
		if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "reference") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// FuzzReadTidyCSV checks that whatever can be read can be written, and that the
// result reads as the same rows.
func FuzzReadTidyCSV(f *testing.F) {
	f.Add([]byte(header))
	f.Add([]byte(header + "e,c,o,1,all,1,0.5,NaN,-Inf,,test,p,4\r\n\"e,\",c,o,7,2,30,,,,,train,,\n"))
	mutate.Fuzz(f, func(t *testing.T, text []byte) {
		rows, err := ReadTidyCSV(bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteTidyCSV(&b, rows); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := ReadTidyCSV(&b)
		if err != nil || !slices.EqualFunc(again, rows, equal) {
			t.Fatalf("read %v, then %v, %v", rows, again, err)
		}
	})
}
