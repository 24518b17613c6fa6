package artifacts

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"

	"sparsel/artifacts/mutate"
)

// seeds are valid archives with every kind of column, with no, one and several
// row groups, and with collapsed values.
func seeds(t testing.TB) [][]byte {
	path := filepath.Join(t.TempDir(), "a.parquet")
	var list [][]byte
	for _, groups := range [][][]any{nil, someGroups()[:1], someGroups()[:2], {someGroups()[1], someGroups()[1]}} {
		archive(t, path, every, Meta{"seed": "100"}, groups...)
		list = append(list, bytesOf(t, path))
	}
	zeros := make([]float64, 20_000)
	n := []int32{int32(len(zeros))}
	archive(t, path, every, nil, []any{
		[]int32{1}, []uint8{1}, []int64{1}, zeros[:1], []string{""},
		List[int64]{n, make([]int64, len(zeros))}, List[float32]{n, make([]float32, len(zeros))}, List[float64]{n, zeros},
	})
	return append(list, bytesOf(t, path))
}

// anything reads everything that there is to read.
func anything(file []byte) {
	content(file, every)
	Metadata(bytes.NewReader(file))
}

// FuzzReader feeds arbitrary bytes to the reader. The result must be an error
// or some rows, without a panic, an endless loop or an absurd allocation.
func FuzzReader(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
	}
	f.Add([]byte("PAR1PAR1"))
	mutate.Fuzz(f, func(_ *testing.T, file []byte) { anything(file) })
}

// TestT44MutatedArchives changes valid archives: anywhere, and in the footer
// alone, whose length is then corrected so that the reader gets as far as
// possible.
func TestT44MutatedArchives(t *testing.T) {
	files := seeds(t)
	var footers, bodies [][]byte
	for _, file := range files {
		end := len(file) - footerTail
		at := end - int(binary.LittleEndian.Uint32(file[end:]))
		footers, bodies = append(footers, file[at:end]), append(bodies, file[:at])
	}
	t.Run("files", func(t *testing.T) { mutate.Loop(t, files, anything) })
	t.Run("footers", func(t *testing.T) {
		n := 0
		mutate.Loop(t, footers, func(footer []byte) {
			file := append(bytes.Clone(bodies[n%len(bodies)]), footer...)
			file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
			n++
			anything(append(file, magic...))
		})
	})
}
