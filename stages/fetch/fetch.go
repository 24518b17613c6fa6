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
	// Blob returns the path of a file whose content has this SHA-256, if the
	// store has one. It is nil if there is no store.
	Blob func(sha256 string) (path string, ok bool)
	// Dirs are directories that may hold the files; see [Directories].
	Dirs []Dir
	// Mirrors are URLs of directories that serve NAME.gz; see [CheckMirror].
	Mirrors []string
	// Published gives the names under which the files are published, by the
	// names of their outputs, if these differ from MNIST's; see [File].
	Published map[string]string
	// Classes is the number of classes. Fetched labels are checked against it.
	// If it is 0, they are not.
	Classes int
	// Partial is the directory for unfinished downloads, which a later call
	// continues. It is created when needed, and required if there are Mirrors.
	Partial string
	// Network says how mirrors are used. The zero value gives sensible
	// defaults.
	Network Network
	// Otherwise says, in the message of [Unavailable], what to do if no source
	// has the files. It is "" if there is nothing to do.
	Otherwise string
}

// Progress is the state of one download.
type Progress struct {
	File, Source string
	Done         int64 // bytes received, including earlier attempts
	Total        int64 // size in bytes, or 0 while unknown
}

// An Observer is told what happens during Fetch. Calls never overlap. Nil
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
// returns for its name. A path receives the whole file at once, or stays as it
// was. The directories of the outputs must exist. Nothing is written outside
// them and sources.Partial.
//
// If no source has one of the files, the other files are still written, and the
// error is an [*Unavailable] that gives the reason for each source. Any other
// error is a failure on this side: ctx ended, or a path cannot be written.
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
	// There is no limit, because there are four files, and most of the time for
	// the small ones is spent waiting for a server.
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

// session holds what the files of one Fetch share.
type session struct {
	Sources
	clients []*http.Client // one for each mirror

	mu      sync.Mutex // serialises observe and guards parts
	observe Observer
	parts   []string // partial files whose content was used

	lockOnce sync.Once
	lockErr  error
	unlockFn func() error
}

// A candidate is one place that may have a file. copyTo writes the decompressed
// bytes, and returns nil only if they are verified.
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

// obtain writes f to path from the first candidate that passes the checks. It
// returns the refusals if none does, and an error if trying further candidates
// makes no sense.
func (s *session) obtain(ctx context.Context, f File, path string) ([]Refusal, error) {
	// The temporary file is beside its target, because a rename cannot leave a
	// file system and the caller named no other directory to write to.
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
