package stages

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store/remote"
	"sparsel/stages/words"
)

// remoteVariable is the environment variable that names the second level if no
// flag does. It is not a parameter of the study, because results are the same
// with and without a second level.
const remoteVariable = "SPARSEL_REMOTE"

// remote opens the second level, without accessing it yet. It returns nil if
// none was asked for.
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

// notes shows what a command that runs nothing has to say about the second
// level.
type notes struct{}

func (notes) RunStarted(*pipeline.Plan, int)                        {}
func (notes) NodeStarted(*pipeline.Node, string)                    {}
func (notes) NodeProgress(*pipeline.Node, float64, float64, string) {}
func (notes) NodeFinished(pipeline.NodeResult)                      {}
func (notes) RunFinished(*pipeline.Report)                          {}
func (notes) Note(text string)                                      { fmt.Fprintln(os.Stderr, text) }

// printArchives says what could be released, what is not here, and what it
// costs to get each back.
func printArchives(w io.Writer, s *pipeline.Status) {
	if s.Fetch > 0 {
		fmt.Fprintf(w, "%s, %.1f MB, to be fetched from the second level\n", words.Counted(s.Fetch, "file"), float64(s.FetchBytes)/1e6)
	}
	if s.Archives == nil {
		return
	}
	if a := s.Archives.Here; a.Files > 0 {
		fmt.Fprintf(w, "%s that keep_archives does not keep, %.1f MB: `gc` drops them; to train them again takes %s of one core\n",
			words.Counted(a.Files, "archive"), float64(a.Bytes)/1e6, ofOneCore(a))
	}
	if a := s.Archives.Gone; a.Files > 0 {
		fmt.Fprintf(w, "%s, %.1f MB, not kept here: fetched from a second level when they are read, or trained again in %s of one core\n",
			words.Counted(a.Files, "archive"), float64(a.Bytes)/1e6, ofOneCore(a))
	}
}

func ofOneCore(a pipeline.Archives) string {
	return duration(time.Duration(a.Seconds * float64(time.Second)))
}
