package stages

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"sparsel/pipeline"
	"sparsel/stages/study"
)

// workerVariable is the environment variable that tells a process that it is a
// worker.
const workerVariable = "SPARSEL_WORKER"

// servesWorkers says that this program calls Worker first, so that it may be
// started again as a worker.
var servesWorkers bool

// Worker turns this process into a worker if it was started as one, and then
// never returns. Otherwise it returns at once, and runs may start workers. The
// magefile calls it before anything else.
func Worker() {
	if os.Getenv(workerVariable) == "" {
		servesWorkers = true
		return
	}
	os.Unsetenv(workerVariable) // so that programs which a stage starts do not inherit it
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

// workersVariable is the environment variable with the command that starts
// workers if no flag gives one. Like a second level it is not a parameter of
// the study, because results are the same wherever they are made.
const workersVariable = "SPARSEL_WORKERS"

// launch makes a run use workers on other machines, if they were asked for.
// Their scheduler limits their memory.
func (o Options) launch(r *pipeline.Options) error {
	command := strings.TrimSpace(orDefault(o.Workers, os.Getenv(workersVariable)))
	if command == "" {
		return nil
	}
	if r.Workers == nil {
		return errors.New("-workers: this program cannot be started as a worker")
	}
	launch, err := pipeline.Launch(command, workerVariable+"=1")
	if err != nil {
		return fmt.Errorf("-workers: %w", err)
	}
	r.Workers.Launch, r.Memory = launch, 0
	return nil
}

// workers lets a run start this program again.
func workers(s study.Setup, images string) *pipeline.Workers {
	if !servesWorkers {
		return nil // this is a test, and starting it again would run all its tests
	}
	s.Checked, s.Images = true, images
	return &pipeline.Workers{
		Command: func() (*exec.Cmd, error) { return pipeline.Again(workerVariable + "=1") },
		Setup:   s,
	}
}
