package stages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sparsel/stages/lock"
)

// withProfile returns the same options with another profile.
func (o Options) withProfile(name string) Options {
	o.Profile = &name
	return o
}

// locksOf returns the locks of all profiles at a revision of the project, or
// the single lock in a file.
func (w *workspace) locksOf(ctx context.Context, revision string) ([]*lock.Lock, error) {
	if info, err := os.Stat(revision); err == nil && info.Mode().IsRegular() {
		l, err := parseLock(revision)
		if err != nil {
			return nil, err
		}
		return []*lock.Lock{l}, nil
	}
	var locks []*lock.Lock
	for _, profile := range w.Profiles() {
		l, err := w.o.withProfile(profile).lockOf(ctx, revision)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		locks = append(locks, l)
	}
	if locks == nil {
		return nil, fmt.Errorf("%s has no artifacts.lock: name a revision that has one, or a file", revision)
	}
	return locks, nil
}

// lockOf returns the lock at a revision. The error wraps os.ErrNotExist if the
// revision has none.
func (o Options) lockOf(ctx context.Context, revision string) (*lock.Lock, error) {
	name := filepath.Base(o.lockPath())
	text, err := o.show(ctx, revision, name)
	if err != nil {
		return nil, err
	}
	l, err := lock.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, revision, err)
	}
	return l, nil
}

// show returns a file of the parameters' folder as it was at a revision. The
// error wraps os.ErrNotExist if the revision lacks the file.
func (o Options) show(ctx context.Context, revision, name string) ([]byte, error) {
	dir := filepath.Dir(o.params())
	git := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			text, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
			err = fmt.Errorf("git %s: %w: %s", args[0], err, text)
		}
		return out, err
	}
	// This prevents git from taking a revision for an option.
	commit, err := git("rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("%q is neither a file nor a revision of the project: %w", revision, err)
	}
	text, err := git("show", strings.TrimSpace(string(commit))+":./"+name)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w: %w", name, revision, os.ErrNotExist, err)
	}
	return text, nil
}
