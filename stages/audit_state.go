package stages

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// auditState is what earlier sittings of an audit have proven, in a file of its own, so that a later one goes on from
// there. What is proven is a fact about contents and not about an output folder: that doing an action gave these
// bytes; that a file with this id, size, times and inode held what its id says.
//
// Each line is a checksum and a fact. A line that is torn or changed is a fact less.
type auditState struct {
	mu     sync.Mutex
	file   *os.File // nil: nothing is kept
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

// openState reads what is there and prepares for more. Without a path nothing is known and nothing kept.
func openState(path string) (*auditState, error) {
	s := &auditState{redone: map[pipeline.ActionID]map[string]pipeline.ContentID{}, hashed: map[pipeline.ContentID]string{}}
	if path == "" {
		return s, nil
	}
	if err := s.read(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("audit: read what is proven: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("audit: keep what is proven: %w", err)
	}
	s.file = f
	// A torn last line must not swallow the next one.
	_, err = f.WriteString("\n")
	return s, err
}

const stateSum = 16 // hexadecimal digits

func (s *auditState) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Bytes()
		var v fact
		if len(line) <= stateSum || string(line[:stateSum]) != factSum(line[stateSum:]) || json.Unmarshal(line[stateSum:], &v) != nil {
			continue
		}
		if v.Redone != nil {
			s.redone[*v.Redone] = v.Outputs
		}
		if v.Hashed != nil {
			s.hashed[*v.Hashed] = v.Signature
		}
	}
	return lines.Err()
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

// result returns what doing the action gave in an earlier sitting.
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

// known reports whether an earlier sitting hashed the file and nobody has written to it since.
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
