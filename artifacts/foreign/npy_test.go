package foreign

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/artifacts/mutate"
)

// npyOf returns a file as NumPy writes it.
func npyOf(descr, order, shape string, data []byte) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(npyMagic+"\x01\x00"), uint16(len(header)))
	return append(append(b, header...), data...)
}

// arrays returns the files of twelve rows of three units and three classes.
func arrays() (activations, labels []byte) {
	var values, classes []byte
	for i := range 12 {
		for j := range 3 {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(i*3+j)))
		}
		classes = binary.LittleEndian.AppendUint64(classes, uint64(i%3))
	}
	return npyOf("<f4", "False", "(12, 3)", values), npyOf("<i8", "False", "(12,)", classes)
}

// put writes arrays by column and returns the path of the first.
func put(t testing.TB, columns map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for column, data := range columns {
		if err := os.WriteFile(filepath.Join(dir, "x."+column+".npy"), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "x."+Activation+".npy")
}

func TestArrays(t *testing.T) {
	activations, labels := arrays()
	path := put(t, map[string][]byte{Activation: activations, Label: labels})
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	if err := f.Scan(Options{Values: true}, func(b *Batch) error {
		for i := range b.Rows() {
			if got, want := fmt.Sprint(b.Labels[i], b.Row(i)), fmt.Sprint(rows%3, []int{rows * 3, rows*3 + 1, rows*3 + 2}); got != want {
				t.Errorf("row %d: %s, want %s", rows, got, want)
			}
			rows++
		}
		return nil
	}); err != nil || rows != 12 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// Anything that is not a pair of arrays of numbers is rejected, and the error
// says what it is and what to do.
func TestArrayErrors(t *testing.T) {
	activations, labels := arrays()
	values := activations[len(activations)-144:]
	nan := append([]byte(nil), activations...)
	binary.LittleEndian.PutUint32(nan[len(nan)-8:], math.Float32bits(float32(math.NaN())))
	fraction := npyOf("<f8", "False", "(12,)", binary.LittleEndian.AppendUint64(make([]byte, 88), math.Float64bits(1.5)))
	for name, c := range map[string]struct {
		activations, labels []byte
		want                string
	}{
		"truncated": {activations[:len(activations)-1], labels, "143 bytes for 12 rows of 12: truncated"},
		"appended":  {append(activations[:len(activations):len(activations)], 0), labels, "145 bytes for 12 rows of 12"},
		"header":    {activations[:40], labels, "the header is truncated"},
		"magic":     {activations, []byte("PK\x03\x04 an .npz file"), "is not an .npy file"},
		"integers": {npyOf("<i4", "False", "(12, 3)", values), labels,
			`column "activation" holds i4 in 3 columns, want float16, float32 or float64`},
		"flat": {npyOf("<f4", "False", "(36,)", values), labels,
			`column "activation" holds f4 in 1 columns, want float16, float32 or float64 in two dimensions`},
		"three dimensions": {npyOf("<f4", "False", "(12, 3, 1)", values), labels, "one or two dimensions"},
		"complex":          {npyOf("<c8", "False", "(9, 2)", values), labels, `column "activation" holds c8`},
		"long double": {npyOf("<f16", "False", "(3, 3)", values), npyOf("<i8", "False", "(3,)", make([]byte, 24)),
			`column "activation" holds f16`},
		"no dimension":      {npyOf("<f4", "False", "()", values[:4]), labels, "save a.astype('<f4').reshape(len(a), -1) for activations"},
		"labels in bytes":   {activations, npyOf("|S1", "False", "(12,)", values[:12]), "numpy.unique(a, return_inverse=True)[1]"},
		"truth, a remedy":   {activations, npyOf("|b1", "False", "(12,)", values[:12]), "convert it with .astype('<i8')"},
		"an archive":        {activations, []byte("PK\x03\x04 an .npz file"), "save each array by itself"},
		"objects":           {npyOf("|O", "False", "(12, 3)", values), labels, "Python objects; make it an array of numbers with .astype('<f4')"},
		"objects as labels": {activations, npyOf("|O", "False", "(12,)", values), "Python objects; make it an array of integers with .astype('<i8')"},
		"big-endian labels": {activations, npyOf(">i8", "False", "(12,)", make([]byte, 96)),
			"big-endian numbers; convert them with a.astype(a.dtype.newbyteorder('<'))"},
		"big-endian":       {npyOf(">f4", "False", "(12, 3)", values), labels, "big-endian numbers; convert them with a.astype("},
		"Fortran order":    {npyOf("<f4", "True", "(12, 3)", values), labels, "in Fortran order; save numpy.ascontiguousarray of it"},
		"negative":         {npyOf("<f4", "False", "(-12, 3)", values), labels, "one or two dimensions"},
		"rows overflow":    {npyOf("<f4", "False", "(99999999999999999999, 3)", values), labels, "an array of 99999999999999999999 rows"},
		"product":          {npyOf("<f4", "False", "(4611686018427387908, 4)", values), labels, "truncated"},
		"wide":             {npyOf("<f4", "False", "(1, 4611686018427387904)", values), labels, "an array of 1 rows of 4611686018427387904"},
		"element overflow": {activations, npyOf("<U4611686018427387905", "False", "(12,)", values[:48]), "elements of U4611686018427387905"},
		"no units":         {npyOf("<f4", "False", "(12, 0)", nil), labels, `row 0, column "activation": the list is empty`},
		"rows differ":      {activations, npyOf("<i8", "False", "(11,)", make([]byte, 88)), `column "label" has 11 rows, column "activation" 12`},
		"labels of text":   {activations, npyOf("<U1", "False", "(12,)", values[:48]), `column "label" holds U4, want integers`},
		"truth":            {activations, npyOf("|b1", "False", "(12,)", values[:12]), `column "label" holds b1, want integers`},
		"label matrix":     {activations, npyOf("<i8", "False", "(12, 2)", make([]byte, 192)), `column "label" has two dimensions`},
		"fraction":         {activations, fraction, `row 11, column "label": 1.5 is not an integer`},
		"NaN":              {nan, labels, `row 11, column "activation": element 1 is NaN`},
		"unsigned": {activations, npyOf("<u8", "False", "(12,)",
			append(make([]byte, 88), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), `row 11, column "label": 18446744073709551615 is beyond`},
	} {
		_, err := read(put(t, map[string][]byte{Activation: c.activations, Label: c.labels}), Options{Values: true}, false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := read(put(t, map[string][]byte{Activation: activations}), Options{}, false); err == nil ||
		!strings.Contains(err.Error(), `there is no array for the column "label"`) || !strings.Contains(err.Error(), "x.label.npy") {
		t.Errorf("without labels: %v", err)
	}
	other := filepath.Join(t.TempDir(), "acts.npy")
	if err := os.WriteFile(other, activations, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := read(other, Options{}, false); err == nil ||
		!strings.Contains(err.Error(), "arrays are named X.activation.npy and X.label.npy") {
		t.Errorf("another name: %v", err)
	}
}

// Names that no table could show are refused where they are.
func TestNamesOfOneLine(t *testing.T) {
	activations, labels := arrays()
	for bad, want := range map[rune]string{'\t': `"a\t"`, '\n': `"a\n"`, 0x1b: `"a\x1b"`} {
		var names []byte
		for i := range 12 {
			second := rune(0)
			if i == 7 {
				second = bad
			}
			names = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(names, 'a'), uint32(second))
		}
		texts := npyOf("<U2", "False", "(12,)", names)
		for _, column := range []string{Layer, Run} {
			_, err := read(put(t, map[string][]byte{Activation: activations, Label: labels, column: texts}), Options{}, false)
			if want := fmt.Sprintf("row 7, column %q: %s is not one line of text; leave out tabs", column, want); err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

// A row is refused if the sum of its squares overflows float32, in which
// metrics are computed, and no other is. The squares of 4e18 and of 1.8e19 are
// 1.6e37 and 3.24e38, and float32 ends at 3.4e38, less a part in 128.
func TestSquaresOverflow(t *testing.T) {
	for _, c := range []struct {
		row  [3]float32
		want string
	}{
		{[3]float32{4e18, -4e18, 1}, ""},
		{[3]float32{1, -1.8e19, 3e18}, ""},
		{[3]float32{1, -1.8e19, 5e18}, `row 5, column "activation": element 1 is -1.8e+19, and the sum of the row's squares is beyond`},
		{[3]float32{1, 2e19, 1}, `row 5, column "activation": element 1 is 2e+19, and`},
		{[3]float32{1.2e19, 1.2e19, 1.3e19}, `row 5, column "activation": element 2 is 1.3e+19, and`},
		{[3]float32{2e19, float32(math.NaN()), 1}, `row 5, column "activation": element 0 is 2e+19, and`},
	} {
		activations, labels := arrays()
		for j, v := range c.row {
			binary.LittleEndian.PutUint32(activations[len(activations)-144+5*12+4*j:], math.Float32bits(v))
		}
		path := put(t, map[string][]byte{Activation: activations, Label: labels})
		for _, keep := range []bool{false, true} {
			_, err := read(path, Options{Values: true, NotFinite: keep}, false)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v: %v, want %s", c.row, err, c.want)
			}
		}
	}
}

func TestDamagedArrays(t *testing.T) {
	activations, labels := arrays()
	mutate.Loop(t, [][]byte{activations, labels, npyOf("<f2", "False", "(12, 3)", make([]byte, 72)),
		npyOf("<U3", "False", "(12,)", make([]byte, 144))}, func(data []byte) {
		dir := t.TempDir()
		for _, column := range []string{Activation, Label, Layer} {
			given := map[string][]byte{Activation: activations, Label: labels, Layer: labels}
			given[column] = data
			for name, data := range given {
				if err := os.WriteFile(filepath.Join(dir, "x."+name+".npy"), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			read(filepath.Join(dir, "x."+Label+".npy"), Options{Values: true}, false)
		}
	})
}
