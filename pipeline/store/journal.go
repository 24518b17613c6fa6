package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// An Event is one line of the journal. The order of the lines is what counts:
// times are for people and for estimates, since clocks jump.
type Event struct {
	Kind    EventKind            `json:"kind"`
	Time    time.Time            `json:"time"`
	Run     string               `json:"run"`
	Node    string               `json:"node,omitempty"`
	Stage   string               `json:"stage,omitempty"`
	Action  *ActionID            `json:"action,omitempty"`
	Recipe  string               `json:"recipe,omitempty"` // action without its inputs
	Outputs map[string]ContentID `json:"outputs,omitempty"`
	Cost    float64              `json:"cost,omitempty"`
	Seconds float64              `json:"seconds,omitempty"`
	Error   string               `json:"error,omitempty"`
	Log     string               `json:"log,omitempty"`
	Text    string               `json:"text,omitempty"`
	Request string               `json:"request,omitempty"` // what a run was asked for
}

// An EventKind is what happened.
type EventKind string

// The kinds of events. A node that executes has one start and then one of
// finish, fail and cancel, or none if its process was killed. Use says that a
// node's action changed to one that was already done. Note is about damage.
const (
	RunStart   EventKind = "run"
	RunEnd     EventKind = "end"
	NodeStart  EventKind = "start"
	NodeFinish EventKind = "finish"
	NodeFail   EventKind = "fail"
	NodeCancel EventKind = "cancel"
	NodeUse    EventKind = "use"
	NoteEvent  EventKind = "note"
)

// Damage is a stretch of the journal that cannot be believed.
type Damage struct {
	Offset int64 // of its first byte
	Bytes  int
	Reason string
}

func (d Damage) String() string {
	return fmt.Sprintf("journal: %d bytes at offset %d: %s", d.Bytes, d.Offset, d.Reason)
}

// Journal reads all events, oldest first, skipping and reporting damage. A
// journal that does not exist is empty.
func (s *Store) Journal() ([]Event, []Damage, error) {
	text, err := os.ReadFile(s.JournalPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	events, damage := parseJournal(text)
	return events, damage, nil
}

// parseJournal looks for records at every marker, not only after line ends, so
// that a torn line or a flipped newline costs the record it belongs to and not
// the next. A record without its newline is damage: its writer died.
func parseJournal(text []byte) (events []Event, damage []Damage) {
	marker := []byte(sealMarker)
	for at := 0; at < len(text); {
		next := len(text)
		if i := bytes.Index(text[at+1:], marker); i >= 0 {
			next = at + 1 + i
		}
		var e Event
		bad, reason := at, "cut short"
		if line, _, ended := bytes.Cut(text[at:next], []byte("\n")); ended {
			if err := unseal(line, &e); err != nil {
				reason = err.Error()
			} else {
				events = append(events, e)
				bad, reason = at+len(line)+1, "not a sealed line"
			}
		}
		if len(bytes.TrimSpace(text[bad:next])) > 0 {
			damage = append(damage, Damage{int64(bad), next - bad, reason})
		}
		at = next
	}
	return events, damage
}
