package stages

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
	"sparsel/stages/embedded"
)

// foundFile is a file that somebody asks about.
type foundFile struct {
	path    string
	data    []byte
	content pipeline.ContentID
	says    embedded.Description
}

// AuditFile says what a file is, where it came from and whether it can be
// trusted. It goes by the file's contents or, if those are unknown, by what the
// file says about itself. It writes nothing. Its error is nil only if the
// file's bytes are a result and the whole chain behind it is sound, or if it is
// a pack, a lock or a report that what is known here confirms; see auditOwn.
func AuditFile(ctx context.Context, file string, o Options) error {
	// Opening a pipe would block, and a device may never end.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("audit file: %s is no regular file", quote.Text(file))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("audit file: %w", err)
	}
	f := foundFile{path: file, data: data, content: sha256.Sum256(data), says: embedded.Read(data)}
	w, scratch, err := o.openReadOnly()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	p, resolved, faults, err := w.resolve(ctx)
	if err != nil {
		return err
	}
	graphs, wrong := o.measured()
	for _, g := range graphs {
		more, err := w.engine.Resolve(ctx, g, p)
		if err != nil {
			return err
		}
		resolved = append(resolved, more...)
	}
	out := o.stdout()
	quote.Fprintf(out, "%s: %s, %d bytes, SHA-256 %s\n", file, orNone(f.says.Format, "no format known here"), len(data), f.content)
	if wrong != nil {
		quote.Fprintf(out, "%v\n", wrong)
	}
	for _, fault := range faults {
		quote.Fprintf(out, "the store: %s\n", fault)
	}
	locks := w.allLocks(out)
	if known, err := w.auditOwn(ctx, out, f, p, locks); known {
		return err
	}
	made, genuine := f.identify(out, p, locks, w)
	switch {
	case made == nil && genuine:
		_, err := fmt.Fprintln(out, "verdict: genuine by the lock. The store that could show what it was made from is not here; "+
			"`audit -level=3` repeats trainings and compares with the lock")
		return err
	case made == nil:
		return fmt.Errorf("audit file: %s cannot be vouched for", quote.Text(file))
	}
	sayCurrent(out, made, resolved)
	chain, missing := p.Upstream(made)
	printChain(out, p, chain)
	sound, err := w.checkChain(ctx, out, chain, missing)
	switch {
	case err != nil:
		return err
	case !genuine:
		return fmt.Errorf("audit file: %s does not have the bytes of the result that it shows or says it is: trust the genuine one, which "+
			"is named above", quote.Text(file))
	case !sound:
		return fmt.Errorf("audit file: %s is genuine, but not all that it was made from is there to prove it", quote.Text(file))
	}
	_, err = fmt.Fprintf(out, "verdict: genuine. `audit -level=2` derives it again from the archived activations, -level=3 trains again\n")
	return err
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// sayCurrent says how a result relates to what the parameters and the code give
// now.
func sayCurrent(out io.Writer, made *pipeline.Made, resolved []*pipeline.Resolved) {
	for _, r := range resolved {
		if r.Node.Name != made.Node {
			continue
		}
		switch {
		case r.Made == nil:
			quote.Fprintf(out, "it is an earlier version: with the present parameters and data %s was not made yet\n", made.Node)
		case r.Made.Action != made.Action && !slices.Equal(r.Made.Outputs, made.Outputs):
			quote.Fprintf(out, "it is another version than the present parameters give: that is action %s\n", r.Made.Action.Short())
		case !r.Exact():
			fmt.Fprintln(out, "it is what the present parameters give, made by other code than the present; `audit -level=2` says whether "+
				"that matters")
		default:
			fmt.Fprintln(out, "it is what the present parameters and code give")
		}
		return
	}
	quote.Fprintf(out, "the present parameters have no %s; if it is a profile's, give -profile\n", made.Node)
}

// checkChain hashes everything that a result was made from.
func (w *workspace) checkChain(ctx context.Context, out io.Writer, chain []*pipeline.Made,
	missing []pipeline.MadeFrom) (sound bool, err error) {
	checker := w.store.NewChecker()
	files, bytes := 0, int64(0)
	sound = len(missing) == 0
	for _, in := range missing {
		quote.Fprintf(out, "the store does not say what made %s of %s\n", in.Output, in.Node)
	}
	for _, m := range chain {
		for _, o := range m.Outputs {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			files, bytes = files+1, bytes+o.Size
			err := checker.Blob(o.Content, o.Size, store.TrustNothing)
			if o.Away && errors.Is(err, fs.ErrNotExist) {
				err = w.engine.Bring(ctx, o, os.DevNull) // Bring hashes the bytes as it copies them
			}
			if err != nil {
				sound = false
				quote.Fprintf(out, "%s of %s: %v\n", o.Name, m.Node, err)
			}
		}
	}
	if len(chain) == 0 {
		return false, errors.New("audit file: the chain is empty")
	}
	if sound {
		quote.Fprintf(out, "all %d files of the %d results in this chain were hashed just now, %.1f MB: every one is what its record says\n",
			files, len(chain), float64(bytes)/1e6)
	}
	return sound, nil
}
