package study

import (
	"fmt"
	"os"
	"path/filepath"

	"sparsel/stages/agreement"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// Setup is what a process needs to build the same graph as another one. It is
// sent to workers as JSON. It contains the text of the parameters, because the
// file may be edited during a run.
type Setup struct {
	Params, Text, Profile, Out, Data string

	Set []string // values beside those of the file; see params.Parse

	Checked bool   // another process has already made everything from made-up numbers
	Images  string // Study.Images of that process, whatever is available here; empty if not yet known

	// Recorded restricts the study to these runs, their summaries and the table
	// of their epochs. nil means the whole study.
	Recorded []agreement.Run
}

// Study binds the parameters to nodes.
func (s Setup) Study() (*Study, error) {
	p, err := params.Parse(s.Params, []byte(s.Text), s.Profile, s.Set...)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Dir(s.Params))
	if err != nil {
		return nil, err
	}
	sources := fetch.Sources{
		Dirs:    fetch.Directories(root, s.Data, os.Getenv(fetch.Env), p.Data.Directories),
		Mirrors: p.Data.Mirrors,
		Partial: filepath.Join(s.Out, "downloads"),
	}
	if !s.Checked {
		if err := p.CheckProfiles([]byte(s.Text)); err != nil {
			return nil, err
		}
		if err := s.checkData(p); err != nil {
			return nil, err
		}
	}
	if s.Images == "" {
		s.Images = imagesOf(p, sources)
	}
	if s.Recorded != nil {
		return newRecorded(s.Params, p, sources, s.Images, s.Recorded)
	}
	return bind(s.Params, p, sources, s.Images, !s.Checked)
}

// checkData refuses a folder of images that cannot be meant: one that does not
// exist or, in a profile that would otherwise draw digits of its own, one that
// lacks the images.
func (s Setup) checkData(p *params.Params) error {
	if s.Data == "" {
		return nil
	}
	if info, err := os.Stat(s.Data); err != nil {
		return fmt.Errorf("-data=%s: %w", s.Data, err)
	} else if !info.IsDir() {
		return fmt.Errorf("-data=%s is a file: name the folder that it lies in", s.Data)
	}
	only := fetch.Sources{Dirs: fetch.Directories("", s.Data, "", nil)}
	if p.Profile != nil && p.Profile.Data == "any" && !only.AtHand(fetch.MNIST) {
		return fmt.Errorf("-data=%s lacks files of MNIST; leave the flag out to have digits drawn instead", s.Data)
	}
	return nil
}
