package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"time"
)

// An Event is one line of the journal. The order of the lines is what counts.
// Times are only for people and for estimates, since clocks jump.
type Event struct {
	Kind    EventKind            `json:"kind"`
	Time    time.Time            `json:"time"`
	Run     string               `json:"run"`
	Node    string               `json:"node,omitempty"`
	Stage   string               `json:"stage,omitempty"`
	Action  *ActionID            `json:"action,omitempty"`
	Recipe  string               `json:"recipe,omitempty"` // the action without its inputs
	Outputs map[string]ContentID `json:"outputs,omitempty"`
	Cost    float64              `json:"cost,omitempty"`
	Work    string               `json:"work,omitempty"` // kind of work whose cost and time this event measures
	CPU     float64              `json:"cpu,omitempty"`  // processor time in seconds; 0 if unknown
	Seconds float64              `json:"seconds,omitempty"`
	Memory  int64                `json:"memory,omitempty"` // most bytes that the process that did it ever had
	Host    string               `json:"host,omitempty"`   // where the stage ran, if not on the driver's machine
	Error   string               `json:"error,omitempty"`
	Log     string               `json:"log,omitempty"`
	Tail    []string             `json:"tail,omitempty"` // the last lines of the log, for a failure
	Text    string               `json:"text,omitempty"`
	Request string               `json:"request,omitempty"` // what the user asked a run for

	// Conflict says that this failure gave different bytes than before. From here
	// on the journal vouches for neither.
	Conflict bool `json:"conflict,omitempty"`

	// Path is the file that the event is about. It is relative to the store for a
	// LostEvent, and to the output directory for WroteEvent and RemovedEvent.
	Path string `json:"path,omitempty"`
	// Runs are those that, according to a LostEvent about the journal, the journal
	// no longer mentions.
	Runs []string `json:"runs,omitempty"`
}

// An EventKind says what happened.
type EventKind string

// The kinds of events. A node that executes has one start and then one of
// finish, fail and cancel, or none of these if its process was killed. Retry
// says that its worker on another machine was lost; another start follows. Use
// says that a node's action changed to one that was already done. Adopt says
// that its action was not done and got the outputs of other code. Note is about
// damage. Wrote says what a file for people contains, under Outputs, and
// Removed that it was removed on purpose. Lost says that a damaged or missing
// file will not come back and should not be missed.
const (
	RunStart   EventKind = "run"
	RunEnd     EventKind = "end"
	NodeStart  EventKind = "start"
	NodeFinish EventKind = "finish"
	NodeFail   EventKind = "fail"
	NodeCancel EventKind = "cancel"
	NodeRetry  EventKind = "retry"
	NodeUse    EventKind = "use"
	NodeAdopt  EventKind = "adopt"
	NoteEvent  EventKind = "note"

	WroteEvent   EventKind = "wrote"
	RemovedEvent EventKind = "removed"
	LostEvent    EventKind = "lost"
)

// Damage is a part of the journal that cannot be believed.
type Damage struct {
	Offset int64 // offset of its first byte
	Bytes  int
	Reason string
}

func (d Damage) String() string {
	return fmt.Sprintf("journal: %d bytes at offset %d: %s", d.Bytes, d.Offset, d.Reason)
}

// Journal reads all events, oldest first. It skips and reports damage. A
// journal that does not exist is empty.
func (s *Store) Journal() ([]Event, []Damage, error) {
	text, err := readFile(s.JournalPath(), maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if errors.Is(err, ErrDamaged) {
		return nil, []Damage{{Reason: err.Error()}}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	events, damage := parseJournal(text)
	return events, damage, nil
}

// parseJournal looks for events at every marker, not only at the beginning of
// lines, so that a torn line or a flipped newline costs only the event that it
// belongs to, not the next one. An event without its newline is damage, because
// its writer died.
//
// Decoding is most of the work, and a journal of years has many lines, so all
// cores share it.
func parseJournal(text []byte) ([]Event, []Damage) {
	var stretches []stretch
	marker := []byte(sealMarker)
	for at := 0; at < len(text); {
		next := len(text)
		if i := bytes.Index(text[at+1:], marker); i >= 0 {
			next = at + 1 + i
		}
		stretches = append(stretches, stretch{at: at, text: text[at:next]})
		at = next
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		share := stretches[len(stretches)*w/workers : len(stretches)*(w+1)/workers]
		wg.Go(func() {
			for i := range share {
				share[i].parse()
			}
		})
	}
	wg.Wait()
	var damage []Damage
	events := make([]Event, 0, len(stretches))
	for i := range stretches {
		if stretches[i].whole {
			events = append(events, stretches[i].event)
		}
		if d := stretches[i].damage; d.Bytes > 0 {
			damage = append(damage, d)
		}
	}
	return events, damage
}

// A stretch is the text from one marker to the next: an event, damage, or both.
type stretch struct {
	at     int
	text   []byte
	event  Event
	whole  bool
	damage Damage
}

func (s *stretch) parse() {
	bad, reason := 0, "cut short"
	if line, _, ended := bytes.Cut(s.text, []byte("\n")); ended {
		if err := unseal(line, &s.event); err != nil {
			reason = err.Error()
		} else {
			s.whole = true
			bad, reason = len(line)+1, "not a sealed line"
		}
	}
	if len(bytes.TrimSpace(s.text[bad:])) > 0 {
		s.damage = Damage{int64(s.at + bad), len(s.text) - bad, reason}
	}
}
