package stages

import (
	"context"
	"fmt"
	"os"

	"sparsel/pipeline"
	"sparsel/pipeline/store/remote"
)

// remoteVariable names the second level where no flag does. It is no parameter of the study: results are the same with
// and without it.
const remoteVariable = "SPARSEL_REMOTE"

// remote opens the second level that is asked for; nil where there is none. It asks nothing of it yet.
func (o Options) remote() (client *remote.Client, readOnly bool, err error) {
	url := orDefault(o.Remote, os.Getenv(remoteVariable))
	if url == "" {
		return nil, false, nil
	}
	p, err := remote.Parse(url)
	if err != nil {
		return nil, false, err
	}
	r, err := p.Open(context.Background())
	if err != nil {
		return nil, false, err
	}
	return &remote.Client{Remote: r, Patience: remote.Patient}, p.ReadOnly || orDefault(o.RemoteReadOnly, false), nil
}

// notes shows what a command that runs nothing has to say about the second level.
type notes struct{}

func (notes) RunStarted(*pipeline.Plan, int)                        {}
func (notes) NodeStarted(*pipeline.Node)                            {}
func (notes) NodeProgress(*pipeline.Node, float64, float64, string) {}
func (notes) NodeFinished(pipeline.NodeResult)                      {}
func (notes) RunFinished(*pipeline.Report)                          {}
func (notes) Note(text string)                                      { fmt.Fprintln(os.Stderr, text) }
