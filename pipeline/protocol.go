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
	Setup  json.RawMessage `json:"setup,omitempty"`  // first, once
	Launch *launchRequest  `json:"launch,omitempty"` // with Setup, to a worker that Workers.Launch started
	Job    *jobRequest     `json:"job,omitempty"`    // one at a time
	Cancel bool            `json:"cancel,omitempty"`
	Blob   *blobAnswer     `json:"blob,omitempty"`  // to the reply of that number
	Chunk  *chunk          `json:"chunk,omitempty"` // of the bytes that Want asked for
	Ping   bool            `json:"ping,omitempty"`
}

// A launchRequest tells a worker on another machine how to work with the driver.
type launchRequest struct {
	Program codeid.Hash `json:"program"` // SHA-256 of the driver's program file, which must be the worker's
	Probe   string      `json:"probe"`   // a file of the driver: where the worker sees it, the two share the store's folder
	Nonce   string      `json:"nonce"`   // what the probe holds; the worker's answer is a file beside it, PROBE.seen, that holds it too
}

// A jobRequest names a node of the graph that both ends have.
type jobRequest struct {
	Node        string                  `json:"node"`
	Fingerprint codeid.Hash             `json:"fingerprint"` // of the node as the driver has it
	Action      ActionID                `json:"action"`
	Dir         string                  `json:"dir"` // empty: the worker uses a folder of its own and sends the outputs
	Inputs      map[string]inputRequest `json:"inputs"`
}

type inputRequest struct {
	ID     ContentID `json:"id"`
	Path   string    `json:"path,omitempty"` // empty where the worker must ask for the bytes
	Absent bool      `json:"absent,omitempty"`
}

type blobAnswer struct {
	Number int    `json:"number"`
	Path   string `json:"path"` // empty: the store does not hold it
}

// A reply is what a worker tells the driver: one of its fields is set.
type reply struct {
	Hello    *helloReply    `json:"hello,omitempty"` // first, before anything is asked
	Ready    bool           `json:"ready,omitempty"` // the graph is built
	Seen     bool           `json:"seen,omitempty"`  // with Ready: the probe is visible and was answered
	Unfit    string         `json:"unfit,omitempty"` // it cannot be built: why
	Begun    bool           `json:"begun,omitempty"` // the stage begins
	Log      *string        `json:"log,omitempty"`
	Progress *progressReply `json:"progress,omitempty"`
	Blob     *blobQuestion  `json:"blob,omitempty"`
	Done     *doneReply     `json:"done,omitempty"`
	Want     *ContentID     `json:"want,omitempty"`  // an input whose path shows the worker no such bytes
	Chunk    *chunk         `json:"chunk,omitempty"` // of an output, before Done
	Pong     bool           `json:"pong,omitempty"`

	// Silent comes by standard error: all that was written there is heard.
	Silent bool `json:"-"`
}

// silentMark is the line by which a worker ends the standard error of a job.
const silentMark = "\x1esparsel: end of job"

// A helloReply says where the worker is; see thisMachine.
type helloReply struct {
	Machine map[string]string `json:"machine"`
}

// A chunk is the next piece of a file. Chunks of one file come in order.
type chunk struct {
	Output string     `json:"output,omitempty"` // to the driver: which output
	Input  *ContentID `json:"input,omitempty"`  // to the worker: which input
	Data   []byte     `json:"data,omitempty"`
	Last   bool       `json:"last,omitempty"`
	Error  string     `json:"error,omitempty"` // with Last: it cannot be sent, why
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
	Unsafe bool   `json:"unsafe,omitempty"` // the stage panicked: this process is not to be used again
	Lost   bool   `json:"lost,omitempty"`   // the worker's machine is to blame, not the stage
	Made   []made `json:"made,omitempty"`   // of a worker on another machine: what it wrote, as it sees it
	usage
}

// made is an output as the worker's machine sees it.
type made struct {
	Output string    `json:"output"`
	ID     ContentID `json:"id"`
	Size   int64     `json:"size"`
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
