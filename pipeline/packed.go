package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
)

// The most that the entries of an archive may hold. Real archives have a
// hundredth of it, and an archive that claims more may have been made to exhaust
// whoever reads it.
const (
	mostPacked        = 16 << 30
	mostPackedRecord  = 32 << 20 // of one record or manifest
	mostPackedRecords = 256 << 20
)

// ErrNoPack says that an archive cannot be read as one that Pack wrote.
var ErrNoPack = errors.New("not a whole pack")

// A PackContent is what an archive that Pack wrote holds.
type PackContent struct {
	// Records are those of its records that can be believed to be about the
	// actions that they name. What came out is what the archive says.
	Records *Provenance
	Files   int   // contents that have the hash that is their name
	Bytes   int64 // their total size
	// LeftOut counts, by stage, contents that the archive need not have, because
	// their records say that they are elsewhere.
	LeftOut map[string]int
	// Unmade counts inputs that no result of the archive gave.
	Unmade int
	Faults []store.Fault // each names an entry
}

// ReadPack reads an archive that Pack wrote, and trusts none of it. The error
// wraps ErrNoPack if its entries cannot be found, or claim more than they may.
func ReadPack(ctx context.Context, data []byte) (*PackContent, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: the list of entries at its end is missing or damaged: %w%s", ErrNoPack, err, lastEntry(data))
	}
	u := &unpacker{ctx: ctx, content: &PackContent{LeftOut: map[string]int{}, Records: &Provenance{
		actions: map[ActionID]*Made{}, refused: map[ActionID]bool{}, makers: map[ContentID][]*Made{},
	}}, entries: map[string]*zip.File{}, sizes: map[ContentID]int64{}, codes: map[codeid.Hash]bool{}}
	if err := u.list(z, uint64(len(data))); err != nil {
		return nil, err
	}
	for _, do := range []func() error{u.format, u.records, u.outputs, u.manifests, u.rest} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(u.content.Faults, func(a, b store.Fault) int { return strings.Compare(a.Path, b.Path) })
	return u.content, nil
}

// lastEntry names the last entry that begins in an archive that was cut short.
func lastEntry(data []byte) string {
	const header = 30 // bytes before the name (APPNOTE.TXT, section 4.3.7)
	for end := len(data); end > 0; {
		at := bytes.LastIndex(data[:end], []byte("PK\x03\x04"))
		if at < 0 {
			break
		}
		if end = at; at+header > len(data) {
			continue
		}
		rest := data[at+header:]
		n := int(binary.LittleEndian.Uint16(data[at+26:]))
		if n > len(rest) {
			continue
		}
		if key := string(rest[:n]); key == formatKey || kindOf(key) != "" {
			return "; the last entry that begins in it is " + key
		}
	}
	return ""
}

// kindOf returns the folder of a key that follows from an id, or "".
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "/")
	id, err := store.ParseContentID(path.Base(key))
	if err != nil || !slices.Contains([]string{"actions", "blobs", "manifests"}, kind) || store.IDPath(kind, id) != key {
		return ""
	}
	return kind
}

// unpacker reads an archive.
type unpacker struct {
	ctx     context.Context
	content *PackContent
	keys    []string             // in the order of the archive
	entries map[string]*zip.File // those that were not read yet
	sizes   map[ContentID]int64  // of the contents that records name
	codes   map[codeid.Hash]bool // that records name
}

func (u *unpacker) fault(kind store.FaultKind, key, format string, args ...any) {
	u.content.Faults = append(u.content.Faults, store.Fault{Kind: kind, Path: key, What: fmt.Sprintf(format, args...)})
}

// list finds the entries, and refuses to read any if they claim too much.
func (u *unpacker) list(z *zip.Reader, size uint64) error {
	var whole, stored, records uint64
	for _, f := range z.File {
		if f.UncompressedSize64 > mostPacked || f.CompressedSize64 > size {
			return fmt.Errorf("%w: entry %s claims to have %d bytes", ErrNoPack, quote.Text(f.Name), f.UncompressedSize64)
		}
		whole, stored = whole+f.UncompressedSize64, stored+f.CompressedSize64
		if kind := kindOf(f.Name); kind == "actions" || kind == "manifests" {
			records += f.UncompressedSize64
		}
		if whole > mostPacked || records > mostPackedRecords {
			return fmt.Errorf("%w: up to %s, its entries claim to have %d bytes, more than any pack", ErrNoPack, quote.Text(f.Name), whole)
		}
		if stored > size {
			return fmt.Errorf("%w: up to %s, its entries take more bytes than it has, so they overlap", ErrNoPack, quote.Text(f.Name))
		}
		if u.entries[f.Name] != nil {
			u.fault(store.Damaged, f.Name, "is in it twice")
			continue
		}
		u.keys, u.entries[f.Name] = append(u.keys, f.Name), f
	}
	return nil
}

// read copies the bytes of an entry to w and takes it off the list. Unless ok,
// what is wrong was noted as a fault. The error is that of the context.
func (u *unpacker) read(key string, most int64, w io.Writer) (ok bool, err error) {
	f := u.entries[key]
	delete(u.entries, key)
	if int64(f.UncompressedSize64) > most {
		u.fault(store.Damaged, key, "it claims to have %d bytes, expected are at most %d", f.UncompressedSize64, most)
		return false, u.ctx.Err()
	}
	r, err := f.Open()
	if err == nil {
		defer r.Close()
		_, err = io.Copy(w, &whileWanted{u.ctx, r}) // which ends in an error at the size that the entry claims
	}
	if u.ctx.Err() != nil {
		return false, u.ctx.Err()
	}
	if err != nil {
		u.fault(store.Damaged, key, "its bytes cannot be read: %v", err)
	}
	return err == nil, nil
}

// whileWanted is a reader that ends when a context does.
type whileWanted struct {
	ctx context.Context
	r   io.Reader
}

func (w *whileWanted) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

func (u *unpacker) format() error {
	if u.entries[formatKey] == nil {
		u.fault(store.Missing, formatKey, "is not in it")
		return nil
	}
	var text bytes.Buffer
	ok, err := u.read(formatKey, mostFormat, &text)
	if ok && text.String() != store.Format {
		u.fault(store.Damaged, formatKey, "is %q, this program knows %q", text.String(), store.Format)
	}
	return err
}

// records reads the records as if a second level had sent them.
func (u *unpacker) records() error {
	p := u.content.Records
	for _, key := range u.keys {
		if kindOf(key) != "actions" {
			continue
		}
		var text bytes.Buffer
		if ok, err := u.read(key, mostPackedRecord, &text); err != nil {
			return err
		} else if !ok {
			continue
		}
		m, err := packedRecord(path.Base(key), text.Bytes())
		if err != nil {
			u.fault(store.Damaged, key, "%v", err)
			continue
		}
		p.actions[m.Action] = m
		for _, o := range m.Outputs {
			p.makers[o.Content] = append(p.makers[o.Content], m)
		}
		for _, code := range m.codes() {
			u.codes[code] = true
		}
	}
	for _, m := range p.actions {
		for _, in := range m.Inputs {
			if in.Content != nil && p.makers[*in.Content] == nil {
				u.content.Unmade++
			}
		}
	}
	return nil
}

func packedRecord(name string, text []byte) (*Made, error) {
	id, err := store.ParseActionID(name)
	if err != nil {
		return nil, err
	}
	r, err := checkRecord(id, text)
	if err != nil {
		return nil, err
	}
	a, err := actionOf(r)
	if err != nil {
		return nil, err
	}
	for i, in := range a.Inputs {
		if in.Name == "" || i > 0 && a.Inputs[i-1].Name >= in.Name {
			return nil, fmt.Errorf("record %s: input %q: %w", id.Short(), in.Name, store.ErrDamaged)
		}
	}
	m := madeOf(r, a)
	// Nobody asks for what can be long and decides nothing.
	if m.Environment = nil; m.Adopted != nil {
		m.Adopted = &Adoption{From: m.Adopted.From, Code: m.Adopted.Code, Go: m.Adopted.Go}
	}
	return m, nil
}

// outputs hashes the contents that records name.
func (u *unpacker) outputs() error {
	read, counted := map[ContentID]bool{}, map[ContentID]bool{}
	for _, m := range u.content.Records.All() {
		for _, o := range m.Outputs {
			key := store.IDPath("blobs", o.Content)
			if size, ok := u.sizes[o.Content]; ok && size != o.Size {
				u.fault(store.Damaged, store.IDPath("actions", m.Action), "output %s of %s has %d bytes, another record says %d",
					o.Name, m.Node, o.Size, size)
				continue
			}
			u.sizes[o.Content] = o.Size
			if f := u.entries[key]; f != nil {
				read[o.Content] = true
				if err := u.blob(key, o); err != nil {
					return err
				}
			}
			switch {
			case read[o.Content]:
			case !o.Away:
				u.fault(store.Missing, key, "is not in it: output %s of %s", o.Name, m.Node)
			case !counted[o.Content]:
				counted[o.Content] = true
				u.content.LeftOut[m.Stage]++
			}
		}
	}
	return nil
}

func (u *unpacker) blob(key string, o store.Output) error {
	f, h := u.entries[key], sha256.New()
	ok, err := u.read(key, o.Size, h)
	switch {
	case !ok:
	case ContentID(h.Sum(nil)) != o.Content:
		u.fault(store.Damaged, key, "its bytes have the hash %x, not the one that is its name", h.Sum(nil))
	case f.UncompressedSize64 != uint64(o.Size):
		u.fault(store.Damaged, key, "it has %d bytes, its record says %d", f.UncompressedSize64, o.Size)
	default:
		u.content.Files++
		u.content.Bytes += o.Size
	}
	return err
}

// manifests reads the descriptions of codes. Every record has that of its own
// code with it.
func (u *unpacker) manifests() error {
	read := map[codeid.Hash]bool{}
	for _, key := range u.keys {
		id, err := store.ParseContentID(path.Base(key))
		if kindOf(key) != "manifests" || err != nil || !u.codes[codeid.Hash(id)] {
			continue
		}
		read[codeid.Hash(id)] = true
		var text bytes.Buffer
		if ok, err := u.read(key, mostPackedRecord, &text); err != nil {
			return err
		} else if !ok {
			continue
		}
		var c codeid.Identity
		if err := store.ParseManifest(id, text.Bytes(), &c); err != nil {
			u.fault(store.Damaged, key, "%v", err)
		}
	}
	for _, m := range u.content.Records.All() {
		if !read[m.Code] {
			read[m.Code] = true
			u.fault(store.Missing, store.IDPath("manifests", m.Code), "is not in it: the code that made %s", m.Node)
		}
	}
	return nil
}

// rest notes the entries that nothing led to.
func (u *unpacker) rest() error {
	for _, key := range u.keys {
		switch f := u.entries[key]; {
		case f == nil:
		case kindOf(key) != "":
			u.fault(store.Extra, key, "no record in it names this")
		default:
			u.fault(store.Extra, key, "a pack has no such entry")
		}
	}
	return nil
}

// Alike returns a function that compares results with those of p. same: p has
// an action of equal stage, parameters and inputs with the same outputs; other:
// it has the very action, with other outputs.
func (p *Provenance) Alike() func(m *Made) (same, other bool) {
	equal := func(a, b *Made) bool {
		return len(a.Outputs) == len(b.Outputs) && len(differing(a.Outputs, b.Outputs)) == 0
	}
	byWork := map[ActionID][]*Made{}
	for _, m := range p.actions {
		k := work(m.Stage, m.Params, m.Inputs)
		byWork[k] = append(byWork[k], m)
	}
	return func(m *Made) (same, other bool) {
		if is := p.actions[m.Action]; is != nil {
			return equal(is, m), !equal(is, m)
		}
		return slices.ContainsFunc(byWork[work(m.Stage, m.Params, m.Inputs)], func(is *Made) bool { return equal(is, m) }), false
	}
}
