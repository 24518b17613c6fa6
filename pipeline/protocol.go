package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
)

// The driver and a worker process talk in lines of JSON, the worker's standard
// input one way and its standard output the other. Both ends are the same
// program, so the form has no versions and is nobody else's business.

// A request is what the driver tells a worker: one of its fields is set.
type request struct {
	Setup  json.RawMessage `json:"setup,omitempty"` // first, once
	Job    *jobRequest     `json:"job,omitempty"`   // one at a time
	Cancel bool            `json:"cancel,omitempty"`
	Blob   *blobAnswer     `json:"blob,omitempty"` // to the reply of that number
}

// A jobRequest names a node of the graph that both ends have.
type jobRequest struct {
	Node        string                  `json:"node"`
	Fingerprint codeid.Hash             `json:"fingerprint"` // of the node as the driver has it
	Action      ActionID                `json:"action"`
	Dir         string                  `json:"dir"`
	Inputs      map[string]inputRequest `json:"inputs"`
}

type inputRequest struct {
	ID   ContentID `json:"id"`
	Path string    `json:"path"` // empty: absent
}

type blobAnswer struct {
	Number int    `json:"number"`
	Path   string `json:"path"` // empty: the store does not hold it
}

// A reply is what a worker tells the driver: one of its fields is set.
type reply struct {
	Ready    bool           `json:"ready,omitempty"` // the graph is built
	Unfit    string         `json:"unfit,omitempty"` // it cannot be built: why
	Begun    bool           `json:"begun,omitempty"` // the stage begins
	Log      *string        `json:"log,omitempty"`
	Progress *progressReply `json:"progress,omitempty"`
	Blob     *blobQuestion  `json:"blob,omitempty"`
	Done     *doneReply     `json:"done,omitempty"`

	// Silent comes by standard error: all that was written there is heard.
	Silent bool `json:"-"`
}

// silentMark is the line by which a worker ends the standard error of a job.
const silentMark = "\x1esparsel: end of job"

type progressReply struct {
	Done  float64 `json:"done"`
	Total float64 `json:"total"`
	Text  string  `json:"text"`
}

type blobQuestion struct {
	Number int       `json:"number"`
	ID     ContentID `json:"id"`
}

type doneReply struct {
	Error  string `json:"error,omitempty"`
	Unsafe bool   `json:"unsafe,omitempty"` // the stage panicked: this process is not to be used again
	usage
}

// usage is what a stage took of its machine; what is not known is 0.
type usage struct {
	Memory int64   `json:"memory,omitempty"` // most bytes that the process ever held
	CPU    float64 `json:"cpu,omitempty"`    // seconds of processor time for this job
}

// fingerprint is everything of a node that a stage sees, so that both ends can
// be sure to mean the same.
func fingerprint(n *Node) codeid.Hash {
	h := canon.NewHash("sparsel node 1", nil)
	h.String("stage", n.Stage.Name)
	h.String("package", n.Stage.Package)
	h.String("contract", n.Stage.Contract)
	h.Len("outputs", len(n.Stage.Outputs))
	for _, o := range n.Stage.Outputs {
		h.String("output", o)
	}
	h.Fields("params", n.fields)
	h.Len("inputs", len(n.Inputs))
	for _, in := range n.Inputs {
		h.String("input", in.Name)
	}
	return h.Sum()
}

// lines passes what is written to it on, line by line without the line ends.
type lines struct {
	rest []byte
	each func(line []byte)
}

// Write is for package os/exec. It never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.each(line)
		l.rest = append(l.rest[:0], rest...)
	}
}

// end passes on a last line that has no end.
func (l *lines) end() {
	if len(l.rest) > 0 {
		l.each(l.rest)
		l.rest = nil
	}
}

func encodeLine(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return append(text, '\n'), nil
}
