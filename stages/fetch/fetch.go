package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"
)

// Sources are the places to look, in the order in which they are asked.
type Sources struct {
	// Blob gives the path of a file whose content has this SHA-256, if the
	// store has one. nil: no store.
	Blob func(sha256 string) (path string, ok bool)
	// Dirs are directories that may hold the files; see [Directories].
	Dirs []Dir
	// Mirrors are URLs of directories that serve NAME.gz; see [CheckMirror].
	Mirrors []string
	// Published are the names under which the files are published, by the names
	// of their outputs, where they are others than MNIST's; see [File].
	Published map[string]string
	// Classes is how many there are, which the labels are held to once they are
	// there. 0: they are not looked at.
	Classes int
	// Partial is the directory for unfinished downloads, which a later call
	// continues. It is created when it is needed. Required with Mirrors.
	Partial string
	// Network says how mirrors are used. The zero value is sensible.
	Network Network
	// Otherwise is what to do instead where nothing yields the files, for the
	// message of [Unavailable]; "" where there is nothing else.
	Otherwise string
}

// Progress is the state of one download.
type Progress struct {
	File, Source string
	Done         int64 // bytes received, with those of earlier attempts
	Total        int64 // bytes in all, 0 while unknown
}

// An Observer receives what happens on the way. Calls never overlap; nil
// functions are skipped.
type Observer struct {
	Progress func(Progress)
	// Refused is called for each source that did not yield the file.
	Refused func(file string, r Refusal)
	// Obtained is called when a file is complete and verified.
	Obtained func(file, source string)
}

// A Refusal is a source that did not yield a file, and why.
type Refusal struct {
	Source string
	Err    error
}

// Fetch writes each file, decompressed and verified, to the path that output
// gives for its name. A path receives its file at once and whole, or stays as
// it was. Directories of the outputs must exist; nothing is written outside
// them and sources.Partial.
//
// When a file cannot be had from any source, the error is an [*Unavailable]
// that says why for each, after all the other files were written. Any other
// error is a failure on this side: ctx, or a path that cannot be written.
func Fetch(ctx context.Context, files []File, output func(name string) string, sources Sources, observe Observer) (err error) {
	s := &session{Sources: sources, observe: observe}
	if len(sources.Mirrors) > 0 {
		for _, m := range sources.Mirrors {
			if err := CheckMirror(m); err != nil {
				return fmt.Errorf("fetch: %w", err)
			}
		}
		if sources.Partial == "" {
			return errors.New("fetch: mirrors need a directory for partial downloads; set Sources.Partial")
		}
		for _, m := range sources.Mirrors {
			client, err := sources.Network.client(m)
			if err != nil {
				return fmt.Errorf("fetch: %w", err)
			}
			defer client.CloseIdleConnections()
			s.clients = append(s.clients, client)
		}
		defer func() { s.finish(err == nil) }()
	}
	missing := make([]Missing, len(files))
	// Not limited: there are four files, and waiting for a server is most of
	// the time that the small ones take.
	group, ctx := errgroup.WithContext(ctx)
	for i, f := range files {
		group.Go(func() error {
			refused, err := s.obtain(ctx, f, output(f.Name))
			missing[i] = Missing{File: f, Refused: refused}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	return unavailable(missing, sources)
}

// session is what the files of one Fetch share.
type session struct {
	Sources
	clients []*http.Client // of the mirrors

	mu      sync.Mutex // serialises observe and guards parts
	observe Observer
	parts   []string // partial files whose content was used

	lockOnce sync.Once
	lockErr  error
	unlockFn func() error
}

// A candidate is one place that may yield one file. copyTo writes the
// decompressed bytes and returns nil only if they are verified.
type candidate struct {
	source string
	copyTo func(ctx context.Context, dst *os.File) error
}

func (s *session) candidates(f File) []candidate {
	var all []candidate
	if s.Blob != nil {
		all = append(all, candidate{"store", func(_ context.Context, dst *os.File) error {
			path, ok := s.Blob(f.SHA256)
			if !ok {
				return errors.New("does not have it")
			}
			return f.copyFile(dst, path)
		}})
	}
	for _, d := range s.Dirs {
		all = append(all, d.candidates(f)...)
	}
	for i, m := range s.Mirrors {
		url := mirrorURL(m, f)
		all = append(all, candidate{url, func(ctx context.Context, dst *os.File) error {
			return s.download(ctx, f, s.clients[i], url, dst)
		}})
	}
	return all
}

// obtain writes f to path from the first candidate that passes. It returns
// the refusals if none does, and an error where trying on makes no sense.
func (s *session) obtain(ctx context.Context, f File, path string) ([]Refusal, error) {
	// The temporary file is beside its target: a rename does not leave a file
	// system, and the caller named no other directory to write to.
	out, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return nil, err
	}
	defer out.Cleanup()
	var refused []Refusal
	for _, c := range s.candidates(f) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := rewind(out.File); err != nil {
			return nil, err
		}
		err := c.copyTo(ctx, out.File)
		if err == nil {
			if err := out.CloseAtomicallyReplace(); err != nil {
				return nil, err
			}
			s.obtained(f.Name, c.source)
			return nil, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.As(err, new(writeError)) {
			return nil, err
		}
		r := Refusal{Source: c.source, Err: err}
		refused = append(refused, r)
		s.refused(f.Name, r)
	}
	if len(refused) == 0 {
		refused = []Refusal{{"no source", errors.New("no store, directory or mirror was given")}}
	}
	return refused, nil
}

func (s *session) progress(p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.observe.Progress != nil {
		s.observe.Progress(p)
	}
}

func (s *session) refused(file string, r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.observe.Refused != nil {
		s.observe.Refused(file, r)
	}
}

func (s *session) obtained(file, source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.observe.Obtained != nil {
		s.observe.Obtained(file, source)
	}
}
