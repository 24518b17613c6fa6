package stages

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/mutate"
	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/lock"
)

// unzip returns the entries of an archive.
func unzip(data []byte) (map[string]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	entries := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		entries[f.Name] = string(text)
	}
	return entries, nil
}

func zipped(t testing.TB, entries map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, entries[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed returns a pack of the study.
func (s *smallStudy) packed() []byte {
	s.t.Helper()
	archive := filepath.Join(s.t.TempDir(), "results.zip")
	if text, err := s.pack(archive); err != nil {
		s.t.Fatalf("%v\n%s", err, text)
	}
	data, err := os.ReadFile(archive)
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// auditData audits bytes under a name that says nothing.
func (s *smallStudy) auditData(data []byte) (string, error) {
	s.t.Helper()
	lost := filepath.Join(s.t.TempDir(), "downloaded (3)")
	if err := os.WriteFile(lost, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.auditFile(lost)
}

// recordOf finds the record of a node, and returns its entry.
func recordOf(t *testing.T, entries map[string]string, node string) (key string, r *store.Record) {
	t.Helper()
	for key, text := range entries {
		if !strings.HasPrefix(key, "actions/") {
			continue
		}
		r, err := store.ParseRecord([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if r.Node == node {
			return key, r
		}
	}
	t.Fatalf("%s is not in the pack", node)
	return "", nil
}

func textOf(t *testing.T, r *store.Record) string {
	t.Helper()
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A pack is worth what a lock or a store can confirm of it.
func TestAuditFileOfAPack(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	data := s.packed()
	text, err := s.auditData(data)
	if err != nil || !strings.Contains(text, ": pack of results, ") || !strings.Contains(text, "verdict: whole, and every result is confirmed here; ") ||
		!strings.Contains(text, " of images and trainings are not in it") || !strings.Contains(text, "other bytes for 0, and nothing for the other 0\n") {
		t.Errorf("where it was made: %v\n%s", err, text)
	}
	second := s.secondMachine()
	text, err = second.auditData(data)
	if err == nil || !strings.Contains(err.Error(), "is whole, but nothing of it is known here") || strings.Contains(text, "verdict") {
		t.Errorf("where nothing is known: %v\n%s", err, text)
	}
	written, err := os.ReadFile(s.path("artifacts.lock"))
	if err == nil {
		err = os.WriteFile(second.path("artifacts.lock"), written, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The metrics of 8 runs are in no lock. Of 8 trainings it has the records
	// alone, and of their experiment the summaries.
	text, err = second.auditData(data)
	if err != nil || !strings.Contains(text, "verdict: whole. ") || !strings.Contains(text, "The other 8 are what it says itself") ||
		!strings.Contains(text, "confirmed here (of 9 of them only those files that a lock has), and none") ||
		!strings.Contains(text, "other bytes for 0, and nothing for the other 8\n") {
		t.Errorf("where there is a lock: %v\n%s", err, text)
	}
	// A lock of other parameters contradicts it.
	l, err := lock.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	for o, r := range l.Outputs {
		if o.Node == "finding/B1" {
			r.Content[0] ^= 1
			l.Outputs[o] = r
		}
	}
	if err := os.WriteFile(second.path("artifacts.lock"), l.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	text, err = second.auditData(data)
	if err == nil || !strings.Contains(err.Error(), "other bytes than are known here for 1 result,") ||
		!strings.Contains(text, "other bytes for 1, and nothing for the other 8: finding/B1\n") {
		t.Errorf("against the lock: %v\n%s", err, text)
	}
}

// Whatever is wrong with a pack is named with its entry.
func TestAuditFileOfADamagedPack(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	data := s.packed()
	whole, err := unzip(data)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := s.auditData(zipped(t, whole)); err != nil {
		t.Fatalf("packed again: %v\n%s", err, text)
	}
	key, figure := recordOf(t, whole, "figure/5.1")
	blob := store.IDPath("blobs", figure.Outputs[0].Content)
	changed := func(change func(map[string]string)) []byte {
		entries := maps.Clone(whole)
		change(entries)
		return zipped(t, entries)
	}
	resealed := func(change func(r *store.Record)) []byte {
		return changed(func(e map[string]string) {
			_, r := recordOf(t, whole, "figure/5.1")
			change(r)
			e[key] = textOf(t, r)
		})
	}
	manifest := ""
	for name := range whole {
		if strings.HasPrefix(name, "manifests/") {
			manifest = name
		}
	}
	stranger := "blobs/ab/ab" + strings.Repeat("0", 62)
	raw := bytes.Clone(data)
	raw[bytes.Index(raw, []byte(blob))+len(blob)+50] ^= 1 // within the compressed bytes
	for name, c := range map[string]struct {
		data []byte
		want string // in the text or the error
	}{
		"flipped byte of a blob": {changed(func(e map[string]string) {
			e[blob] = string(e[blob][0]^1) + e[blob][1:]
		}), "damaged " + blob + ": its bytes have the hash "},
		"flipped byte of the file": {raw, "damaged " + blob + ": "},
		"removed blob":             {changed(func(e map[string]string) { delete(e, blob) }), "missing " + blob + ": is not in it: output " + figure.Outputs[0].Name},
		"shorter blob":             {changed(func(e map[string]string) { e[blob] = e[blob][1:] }), "damaged " + blob + ": "},
		"longer blob":              {changed(func(e map[string]string) { e[blob] += "x" }), "damaged " + blob + ": it claims to have "},
		"changed record": {changed(func(e map[string]string) {
			e[key] = strings.Replace(e[key], `"size":`, `"size":1`, 1)
		}), "damaged " + key + ": read record: checksum does not match"},
		"another size, sealed":  {resealed(func(r *store.Record) { r.Outputs[0].Size++ }), "its record says "},
		"another stage, sealed": {resealed(func(r *store.Record) { r.Stage = "table" }), "damaged " + key + ": record "},
		"another detail, sealed": {resealed(func(r *store.Record) {
			r.Detail = json.RawMessage(strings.Replace(string(r.Detail), `"params":[`, `"params":[{"name":"a","kind":"int","value":"1"},`, 1))
		}), "what it says was done is another action"},
		"record cut short":   {changed(func(e map[string]string) { e[key] = e[key][:100] }), "damaged " + key + ": read record: cut short"},
		"record of another":  {changed(func(e map[string]string) { e[key] = e[otherRecord(e, key)] }), "damaged " + key + ": "},
		"no manifest":        {changed(func(e map[string]string) { delete(e, manifest) }), "missing " + manifest + ": is not in it"},
		"changed manifest":   {changed(func(e map[string]string) { e[manifest] = strings.Replace(e[manifest], "go1", "go2", 1) }), "damaged " + manifest},
		"no format":          {changed(func(e map[string]string) { delete(e, "format") }), "missing format: is not in it"},
		"another format":     {changed(func(e map[string]string) { e["format"] = "sparsel store 2\n" }), "damaged format: "},
		"extra blob":         {changed(func(e map[string]string) { e[stranger] = "x" }), "extra " + stranger + ": no record in it names this"},
		"extra file":         {changed(func(e map[string]string) { e["a\x1b[2J"] = "x" }), `extra "a\x1b[2J": a pack has no such entry`},
		"record removed":     {changed(func(e map[string]string) { delete(e, key) }), "extra " + blob + ": "},
		"cut in the middle":  {data[:len(data)/2], "the last entry that begins in it is "},
		"cut at the end":     {data[:len(data)-1], "the last entry that begins in it is "},
		"cut in the first":   {data[:60], "the last entry that begins in it is format"},
		"no pack":            {zipped(t, map[string]string{"format": "x", "notes.txt": "blobs"}), ": ZIP archive that is no pack, "},
		"an archive of none": {zipped(t, nil), ": ZIP archive that is no pack, "},
	} {
		text, err := s.auditData(c.data)
		if err == nil || !strings.Contains(text+err.Error(), c.want) || strings.Contains(text, "verdict") {
			t.Errorf("%s: %v, want %q\n%s", name, err, c.want, text)
		}
	}
}

func otherRecord(entries map[string]string, key string) string {
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if strings.HasPrefix(name, "actions/") && name != key {
			return name
		}
	}
	return ""
}

// A pack whose every id and checksum is right can still say that something else
// came out, under whatever names.
func TestAuditFileOfAForgedPack(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	whole, err := unzip(s.packed())
	if err != nil {
		t.Fatal(err)
	}
	key1, first := recordOf(t, whole, "finding/B1")
	key2, second := recordOf(t, whole, "finding/B2")
	first.Outputs, second.Outputs = second.Outputs, first.Outputs
	lone := s.secondMachine()
	written, err := os.ReadFile(s.path("artifacts.lock"))
	if err == nil {
		err = os.WriteFile(lone.path("artifacts.lock"), written, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range [][2]string{{"finding/B1", "finding/B2"}, {"finding/B2", "finding/B1"}, {"finding/X", "finding/Y"}} {
		first.Node, second.Node = names[0], names[1]
		entries := maps.Clone(whole)
		entries[key1], entries[key2] = textOf(t, first), textOf(t, second)
		for where, at := range map[string]*smallStudy{"the store": s, "the lock": lone} {
			text, err := at.auditData(zipped(t, entries))
			if err == nil || !strings.Contains(err.Error(), "other bytes than are known here for 2 results") {
				t.Errorf("%s, by %s: %v\n%s", names, where, err, text)
			}
		}
	}
	// A name alone confirms nothing. Without the images, the present parameters
	// lead only to the table that is made from nothing else.
	entries := maps.Clone(whole)
	key, images := recordOf(t, whole, "fetch/mnist")
	var detail struct{ Code string }
	if err := json.Unmarshal(images.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	delete(entries, key)
	delete(entries, "manifests/"+detail.Code[:2]+"/"+detail.Code)
	if text, err := lone.auditData(zipped(t, entries)); err != nil || !strings.Contains(text, "1 of its 27 results is confirmed here") ||
		!strings.Contains(text, "of 32 inputs of its results it does not say what made them") {
		t.Errorf("without the images: %v\n%s", err, text)
	}
}

// A pack is read in proportion to its length, and what it claims is not
// believed.
func TestT44HostilePacks(t *testing.T) {
	s := newSmallStudy(t)
	data := s.packed()
	whole, err := unzip(data)
	if err != nil {
		t.Fatal(err)
	}
	key, figure := recordOf(t, whole, "figure/5.1")
	blob := store.IDPath("blobs", figure.Outputs[0].Content)
	faults := func(data []byte) (list []string) {
		c, err := pipeline.ReadPack(t.Context(), data)
		if err != nil {
			return []string{err.Error()}
		}
		for _, f := range c.Faults {
			list = append(list, f.String())
		}
		return list
	}
	if list := faults(data); len(list) > 0 {
		t.Fatal(list)
	}
	// A flipped byte anywhere is found, or the entries are the same.
	r := rand.New(rand.NewPCG(1, 1))
	for range rounds(150, 3000) {
		harmed, at := bytes.Clone(data), r.IntN(len(data))
		if r.IntN(2) == 0 {
			at = len(data) - 1 - r.IntN(20_000) // the list of the entries
		}
		harmed[at] ^= 1 << r.IntN(8)
		if faults(harmed) == nil {
			if now, err := unzip(harmed); err != nil || !maps.Equal(now, whole) {
				t.Errorf("byte %d of %d was changed unseen: %v", at, len(data), err)
			}
		}
	}
	entries := func(change func(z *zip.Writer)) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		change(z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	bomb := func(name string, claim uint64) []byte {
		return entries(func(z *zip.Writer) {
			w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: claim, CompressedSize64: 3,
				CRC32: crc32.ChecksumIEEE(nil)})
			if err == nil {
				_, err = w.Write([]byte{3, 0, 0})
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	zeros := func(name string, n int) []byte {
		return entries(func(z *zip.Writer) {
			w, err := z.Create(name)
			for range n >> 20 {
				if err == nil {
					_, err = w.Write(make([]byte, 1<<20))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	twice := entries(func(z *zip.Writer) {
		for range 2 {
			w, err := z.Create("format")
			if err == nil {
				_, err = io.WriteString(w, store.Format)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a size and a line":       {bomb("a\nverdict: whole", 1<<62), `entry "a\nverdict: whole" claims`},
		"a size beyond all":       {bomb(blob, 1<<62), "claims to have 4611686018427387904 bytes"},
		"a size of a record":      {bomb(key, 200<<20), "it claims to have 209715200 bytes, expected are at most"},
		"a size of all records":   {bomb(key, 300<<20), "more than any pack"},
		"a long record":           {zeros(key, 100<<20), "it claims to have 104857600 bytes"},
		"a long blob":             {zeros(blob, 100<<20), "no record in it names this"},
		"a long format":           {zeros("format", 100<<20), "it claims to have 104857600 bytes"},
		"fewer bytes than claims": {bomb(key, 100), "its bytes cannot be read"},
		"an entry twice":          {twice, "damaged format: is in it twice"},
	} {
		mutate.Watch(t, c.data[:min(len(c.data), mutate.Few)], func([]byte) {
			if text := strings.Join(faults(c.data), "\n"); !strings.Contains(text, c.want) {
				t.Errorf("%s: want %q\n%s", name, c.want, text)
			}
		})
	}
	// A small pack, damaged in any way.
	small := map[string]string{"format": store.Format, key: whole[key], blob: whole[blob]}
	for name, text := range whole {
		if path.Dir(path.Dir(name)) == "manifests" {
			small[name] = text
		}
	}
	mutate.Loop(t, [][]byte{zipped(t, small), twice, zeros(key, 1<<20)}, func(data []byte) { faults(data) })
}
