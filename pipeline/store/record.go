package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// An Output is one file that an action made.
type Output struct {
	Name    string    `json:"name"`
	Content ContentID `json:"content"`
	Size    int64     `json:"size"`

	// Away says that the store need not hold the bytes: they are elsewhere and
	// were never fetched, or they were released. Their absence is not damage.
	Away bool `json:"away,omitempty"`
}

// A Record says what an action produced. It consists of two sealed lines: this
// head, which is all that an up-to-date node needs, and Detail, which explains
// it.
type Record struct {
	Action  ActionID `json:"action"`
	Node    string   `json:"node"` // the node that first made it
	Stage   string   `json:"stage"`
	Outputs []Output `json:"outputs"` // sorted by name

	// Adopted says that the action was not done: other code produced these
	// outputs, and Detail says why they count.
	Adopted bool `json:"adopted,omitempty"`

	// Conflict is what came out when the action was done again and gave other
	// bytes; see ErrConflict.
	Conflict []Output `json:"conflict,omitempty"`

	// Between says which machines disagree, if another machine produced Conflict.
	Between string `json:"between,omitempty"`

	// Detail describes the action, for reasons and provenance. Its format belongs
	// to the caller.
	Detail json.RawMessage `json:"-"`
}

// ErrDamaged says that an entry exists but cannot be believed.
var ErrDamaged = errors.New("damaged")

// Record reads the record of an action. The error wraps fs.ErrNotExist if there
// is none, and ErrDamaged if it cannot be believed.
func (s *Store) Record(id ActionID) (*Record, error) {
	text, err := readFile(s.RecordPath(id), maxRecord)
	if err != nil {
		return nil, err
	}
	r, err := parseRecord(text)
	if err == nil && r.Action != id {
		err = fmt.Errorf("read record %s: it is about action %s: %w", id.Short(), r.Action.Short(), ErrDamaged)
	}
	return r, err
}

func encodeRecord(r *Record) ([]byte, error) {
	head, err := seal(r)
	if err != nil {
		return nil, err
	}
	detail, err := seal(r.Detail)
	return append(head, detail...), err
}

func parseRecord(text []byte) (*Record, error) {
	head, detail, ok := bytes.Cut(text, []byte("\n"))
	detail, end := bytes.CutSuffix(detail, []byte("\n"))
	if !ok || !end {
		return nil, fmt.Errorf("read record: cut short: %w", ErrDamaged)
	}
	r := &Record{}
	if err := unseal(head, r); err != nil {
		return nil, fmt.Errorf("read record: %w: %w", err, ErrDamaged)
	}
	data, err := unsealed(detail)
	if err != nil {
		return nil, fmt.Errorf("read record details: %w: %w", err, ErrDamaged)
	}
	r.Detail = data
	return r, nil
}

// sameOutputs returns the first output whose bytes differ, or "".
func sameOutputs(a, b []Output) string {
	content := map[string]ContentID{}
	for _, o := range a {
		content[o.Name] = o.Content
	}
	for _, o := range b {
		if c, ok := content[o.Name]; !ok || c != o.Content {
			return o.Name
		}
	}
	return ""
}

// Manifest reads a shared description by the id that was passed to PutManifest.
// The error wraps fs.ErrNotExist if there is none, and ErrDamaged if it cannot
// be believed.
func (s *Store) Manifest(id [32]byte, v any) error {
	text, err := readFile(s.ManifestPath(id), maxRecord)
	if err != nil {
		return err
	}
	return ParseManifest(id, text, v)
}

// ParseManifest decodes the text of the description with that id. The error
// wraps ErrDamaged.
func ParseManifest(id [32]byte, text []byte, v any) error {
	line, ended := bytes.CutSuffix(text, []byte("\n"))
	if !ended {
		return fmt.Errorf("read manifest %x: cut short: %w", id[:6], ErrDamaged)
	}
	var named struct {
		ID string `json:"id"`
	}
	err := unseal(line, v)
	if err == nil {
		err = unseal(line, &named)
	}
	if want := hex.EncodeToString(id[:]); err == nil && named.ID != want {
		err = fmt.Errorf("it is about %.12s", named.ID)
	}
	if err != nil {
		return fmt.Errorf("read manifest %x: %w: %w", id[:6], err, ErrDamaged)
	}
	return nil
}

// ManifestPath returns where the description with that id is, if there is one.
func (s *Store) ManifestPath(id [32]byte) string {
	return s.spread("manifests", id)
}
