package stages

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"strings"
	"sync"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// auditState keeps what earlier sessions of an audit have proven in a file, so
// that a later session can continue from there. The facts are about contents
// and not about an output folder: that an action gave these bytes, and that a
// file with this id, size, times and inode had the contents that its id claims.
//
// The first line of the file says what it is, so that no other file is
// overwritten by mistake. Every other line is a checksum and a fact. A torn or
// changed line is ignored.
type auditState struct {
	mu     sync.Mutex
	file   *os.File // nil if nothing is kept
	err    error    // of the first write that failed
	redone map[pipeline.ActionID]map[string]pipeline.ContentID
	hashed map[pipeline.ContentID]string
}

// fact is one line.
type fact struct {
	Redone  *pipeline.ActionID            `json:"redone,omitempty"`
	Outputs map[string]pipeline.ContentID `json:"outputs,omitempty"`

	Hashed    *pipeline.ContentID `json:"hashed,omitempty"`
	Signature string              `json:"signature,omitempty"`
}

// stateHead is the first line of a state file. Files of earlier programs begin
// with facts.
const stateHead = "sparsel audit state 1\n"

// errNoState is returned for a file that is not an audit state.
var errNoState = errors.New("it is not the state of an audit, and nothing is written to it; " +
	"name another file, or one that is not there yet")

// openState reads the facts in the file and prepares to add more. Without a
// path nothing is known and nothing is kept.
func openState(path string) (*auditState, error) {
	s := &auditState{redone: map[pipeline.ActionID]map[string]pipeline.ContentID{}, hashed: map[pipeline.ContentID]string{}}
	if path == "" {
		return s, nil
	}
	next := ""
	switch torn, err := s.read(path); {
	case errors.Is(err, fs.ErrNotExist):
		next = stateHead
	case err != nil:
		return nil, fmt.Errorf("audit: -state=%s: %w", path, err)
	case torn: // so that it does not swallow the next line
		next = "\n"
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("audit: keep what is proven: %w", err)
	}
	s.file = f
	_, err = f.WriteString(next)
	return s, err
}

const stateSum = 16 // hexadecimal digits

// maxFact is longer than a fact about any result. A longer line is not a fact.
const maxFact = 1 << 20

// read reads the facts in a file. torn reports whether the last line is
// incomplete.
func (s *auditState) read(path string) (torn bool, err error) {
	f, err := disk.OpenLinked(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxFact)
	facts, other := 0, 0
	for first := true; ; first = false {
		line, err := lines.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) { // too long for a fact
			_, err = lines.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		switch ended := err == nil; {
		case long:
			other++
		case first && (string(line) == stateHead || !ended && strings.HasPrefix(stateHead, string(line))): // the head, perhaps cut short or empty
			facts++
		case ended && s.take(bytes.TrimSuffix(line, []byte("\n"))):
			facts++
		case !ended && len(line) == 0, string(line) == "\n":
		default:
			other++
		}
		if err != nil {
			if facts == 0 && other > 0 {
				return false, errNoState
			}
			return long || len(line) > 0, nil
		}
	}
}

// take adds the fact in a line and reports whether there was one.
func (s *auditState) take(line []byte) bool {
	var v fact
	if len(line) <= stateSum || string(line[:stateSum]) != factSum(line[stateSum:]) || json.Unmarshal(line[stateSum:], &v) != nil {
		return false
	}
	if v.Redone != nil {
		s.redone[*v.Redone] = v.Outputs
	}
	if v.Hashed != nil {
		s.hashed[*v.Hashed] = v.Signature
	}
	return v.Redone != nil || v.Hashed != nil
}

func factSum(text []byte) string {
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:stateSum/2])
}

func (s *auditState) keep(v fact) {
	text, err := json.Marshal(v)
	if s.file == nil || s.err != nil {
		return
	}
	if err == nil {
		_, err = fmt.Fprintf(s.file, "%s%s\n", factSum(text), text)
	}
	s.err = err
}

// result returns the outputs that the action gave in an earlier session.
func (s *auditState) result(id pipeline.ActionID) (map[string]pipeline.ContentID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outputs, ok := s.redone[id]
	return maps.Clone(outputs), ok
}

func (s *auditState) addResult(id pipeline.ActionID, outputs map[string]pipeline.ContentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redone[id] = outputs
	s.keep(fact{Redone: &id, Outputs: outputs})
}

// known reports whether an earlier session hashed the file and nobody has
// written to it since.
func (s *auditState) known(id pipeline.ContentID, path string) bool {
	s.mu.Lock()
	was, ok := s.hashed[id]
	s.mu.Unlock()
	if !ok {
		return false
	}
	now, err := store.Signature(path)
	return err == nil && now == was
}

func (s *auditState) addHashed(id pipeline.ContentID, path string) {
	signature, err := store.Signature(path)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashed[id] = signature
	s.keep(fact{Hashed: &id, Signature: signature})
}

func (s *auditState) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.err, s.file.Close())
}
