package stages

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"

	"sparsel/pipeline"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// workerVariable tells a process that it is a worker.
const workerVariable = "SPARSEL_WORKER"

// workerSetup is what a worker needs to have the same graph as the process that started it. The parameters are
// passed by their text: the file may be edited while a run goes on.
type workerSetup struct {
	Params, Text, Profile, Out, Data string
}

// hooked says that worker processes of this program do what they are for.
var hooked bool

// Worker makes this process a worker, if that is what it was started for, and never returns then. Otherwise it
// returns at once, and runs may start workers. The magefile calls it before anything else.
func Worker() {
	if os.Getenv(workerVariable) == "" {
		hooked = true
		return
	}
	os.Unsetenv(workerVariable) // it is not for what a stage may start
	os.Exit(pipeline.Serve(func(text json.RawMessage) (*pipeline.Graph, error) {
		var s workerSetup
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, err
		}
		study, err := s.study()
		if err != nil {
			return nil, err
		}
		return study.graph, nil
	}))
}

// workers lets a run start this program again.
func (s workerSetup) workers() *pipeline.Workers {
	if !hooked {
		return nil // a test, say: started again it would do who knows what
	}
	return &pipeline.Workers{
		Command: func() (*exec.Cmd, error) { return pipeline.Again(workerVariable + "=1") },
		Setup:   s,
	}
}

// study binds the parameters to nodes.
func (s workerSetup) study() (*study, error) {
	p, err := params.Parse(s.Params, []byte(s.Text), s.Profile)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Dir(s.Params))
	if err != nil {
		return nil, err
	}
	return newStudy(p, fetch.Sources{
		Dirs:    fetch.Directories(root, s.Data, os.Getenv(fetch.Env), p.Data.Directories),
		Mirrors: p.Data.Mirrors,
		Partial: filepath.Join(s.Out, "downloads"),
	})
}
