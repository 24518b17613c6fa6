package study

import (
	"os"
	"path/filepath"

	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// Setup is what a process needs to have the same graph as another. The parameters are passed by their text, for the file
// may be edited while a run goes on. It travels to workers as JSON.
type Setup struct {
	Params, Text, Profile, Out, Data string

	Checked bool // another process has made everything with made-up numbers already
}

// Study binds the parameters to nodes.
func (s Setup) Study() (*Study, error) {
	p, err := params.Parse(s.Params, []byte(s.Text), s.Profile)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Dir(s.Params))
	if err != nil {
		return nil, err
	}
	return bind(p, fetch.Sources{
		Dirs:    fetch.Directories(root, s.Data, os.Getenv(fetch.Env), p.Data.Directories),
		Mirrors: p.Data.Mirrors,
		Partial: filepath.Join(s.Out, "downloads"),
	}, !s.Checked)
}
