package stages

import (
	"encoding/json"
	"os"
	"os/exec"

	"sparsel/pipeline"
	"sparsel/stages/study"
)

// workerVariable tells a process that it is a worker.
const workerVariable = "SPARSEL_WORKER"

// servesWorkers says that this program calls Worker first, so that it may be started again as a worker.
var servesWorkers bool

// Worker makes this process a worker, if that is what it was started for, and never returns then. Otherwise it
// returns at once, and runs may start workers. The magefile calls it before anything else.
func Worker() {
	if os.Getenv(workerVariable) == "" {
		servesWorkers = true
		return
	}
	os.Unsetenv(workerVariable) // it is not for what a stage may start
	os.Exit(pipeline.Serve(func(text json.RawMessage) (*pipeline.Graph, error) {
		var s study.Setup
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, err
		}
		made, err := s.Study()
		if err != nil {
			return nil, err
		}
		return made.Graph, nil
	}))
}

// workers lets a run start this program again.
func workers(s study.Setup) *pipeline.Workers {
	if !servesWorkers {
		return nil // a test: started again it would run all its tests
	}
	s.Checked = true
	return &pipeline.Workers{
		Command: func() (*exec.Cmd, error) { return pipeline.Again(workerVariable + "=1") },
		Setup:   s,
	}
}
