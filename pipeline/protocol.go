package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
)

// The driver and a worker process exchange lines of JSON through the worker's
// standard input and output. Both ends are the same program, so the format has
// no version and nobody else needs to know it.

// A request is what the driver tells a worker. One of its fields is set.
type request struct {
	Setup  json.RawMessage `json:"setup,omitempty"`  // sent once, first
	Launch *launchRequest  `json:"launch,omitempty"` // with Setup, to a worker that Workers.Launch started
	Job    *jobRequest     `json:"job,omitempty"`    // one job at a time
	Cancel bool            `json:"cancel,omitempty"`
	Blob   *blobAnswer     `json:"blob,omitempty"`  // answers the Blob reply of that number
	Chunk  *chunk          `json:"chunk,omitempty"` // a chunk of the bytes that Want asked for
	Ping   bool            `json:"ping,omitempty"`
}

// A launchRequest tells a worker on another machine how to work with the
// driver.
type launchRequest struct {
	Program codeid.Hash `json:"program"` // SHA-256 of the driver's program file; the worker's must be equal
	Probe   string      `json:"probe"`   // a file of the driver: if the worker sees it, they share the store's directory
	Nonce   string      `json:"nonce"`   // content of the probe, and of the worker's answer beside it, PROBE.seen
}

// A jobRequest names a node of the graph that both ends have built.
type jobRequest struct {
	Node        string                  `json:"node"`
	Fingerprint codeid.Hash             `json:"fingerprint"` // fingerprint of the driver's node
	Action      ActionID                `json:"action"`
	Dir         string                  `json:"dir"` // if empty, the worker uses a directory of its own and sends the outputs
	Inputs      map[string]inputRequest `json:"inputs"`
}

type inputRequest struct {
	ID     ContentID `json:"id"`
	Path   string    `json:"path,omitempty"` // empty if the worker must ask for the bytes
	Absent bool      `json:"absent,omitempty"`
}

type blobAnswer struct {
	Number int    `json:"number"`
	Path   string `json:"path"` // empty if the store does not hold it
}

// A reply is what a worker tells the driver. One of its fields is set.
type reply struct {
	Hello    *helloReply    `json:"hello,omitempty"` // sent first, before any request
	Ready    bool           `json:"ready,omitempty"` // the graph is built
	Seen     bool           `json:"seen,omitempty"`  // with Ready: the worker saw the probe and answered it
	Unfit    string         `json:"unfit,omitempty"` // why the graph cannot be built
	Begun    bool           `json:"begun,omitempty"` // the stage is starting
	Log      *string        `json:"log,omitempty"`
	Progress *progressReply `json:"progress,omitempty"`
	Blob     *blobQuestion  `json:"blob,omitempty"`
	Done     *doneReply     `json:"done,omitempty"`
	Want     *ContentID     `json:"want,omitempty"`  // an input whose path does not lead the worker to those bytes
	Chunk    *chunk         `json:"chunk,omitempty"` // a chunk of an output, before Done
	Pong     bool           `json:"pong,omitempty"`

	// Silent comes from standard error: everything written there has been read.
	Silent bool `json:"-"`
}

// silentMark is the line by which a worker marks the end of a job on its
// standard error.
const silentMark = "\x1esparsel: end of job"

// A helloReply describes the worker's machine; see thisMachine.
type helloReply struct {
	Machine map[string]string `json:"machine"`
}

// A chunk is the next piece of a file. The chunks of one file arrive in order.
type chunk struct {
	Output string     `json:"output,omitempty"` // to the driver: the name of the output
	Input  *ContentID `json:"input,omitempty"`  // to the worker: the id of the input
	Data   []byte     `json:"data,omitempty"`
	Last   bool       `json:"last,omitempty"`
	Error  string     `json:"error,omitempty"` // with Last: why the file cannot be sent
}

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
	Unsafe bool   `json:"unsafe,omitempty"` // the stage panicked: this process must not be used again
	Lost   bool   `json:"lost,omitempty"`   // the worker's machine is to blame, not the stage
	Made   []made `json:"made,omitempty"`   // from a worker on another machine: what it wrote, as it sees it
	usage
}

// made is an output as the worker's machine sees it.
type made struct {
	Output string    `json:"output"`
	ID     ContentID `json:"id"`
	Size   int64     `json:"size"`
}

// usage is what a stage used of its machine. Unknown values are 0.
type usage struct {
	Memory int64   `json:"memory,omitempty"` // most bytes that the process ever had
	CPU    float64 `json:"cpu,omitempty"`    // processor time of this job in seconds
}

// fingerprint is a hash of everything about a node that a stage sees, so that
// both ends can be sure to mean the same node.
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

// lines passes on what is written to it, line by line, without the line ends.
type lines struct {
	rest []byte
	each func(line []byte)
}

// Write implements io.Writer for package os/exec. It never fails.
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

// end passes on an incomplete last line.
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
