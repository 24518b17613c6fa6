package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"time"
)

// Patience is how long a Client goes on trying.
type Patience struct {
	Tries   int           // of one call, as long as the second level does not answer or answers badly
	Damaged int           // of one call whose bytes arrive and are not the right ones
	Pause   time.Duration // before the second try; it doubles from try to try
	Most    time.Duration // of the pause
	Stall   time.Duration // without a byte moving, after which a try is given up
	Greet   time.Duration // for the first call of all
}

// Patient is what suits servers and networks as they are: a server that starts
// again is waited for, one that is not there costs a command two seconds.
var Patient = Patience{Tries: 8, Damaged: 3, Pause: 100 * time.Millisecond, Most: 10 * time.Second, Stall: 30 * time.Second, Greet: 2 * time.Second}

// A Client asks a Remote until it answers, within reason. It repeats whatever
// was not refused: also bytes that arrive damaged or cut short, here or there,
// which libraries take for final.
type Client struct {
	Remote
	Patience
}

// errStalled says that no byte moved for too long.
var errStalled = errors.New("no answer")

// Reach asks for a small object for the first time. It tells within Greet
// whether there is anybody.
func (c *Client) Reach(ctx context.Context, key string, limit int64) ([]byte, error) {
	if p, ok := c.Remote.(interface{ Prepare(context.Context) error }); ok {
		prepare, cancel := context.WithTimeout(ctx, 5*c.Greet) // signing in may ask a server of its own
		defer cancel()
		if err := p.Prepare(prepare); err != nil {
			return nil, err
		}
	}
	first, cancel := context.WithTimeoutCause(ctx, c.Greet, errStalled)
	defer cancel()
	return c.Read(first, key, limit)
}

// Read returns the bytes of a small object.
func (c *Client) Read(ctx context.Context, key string, limit int64) ([]byte, error) {
	var text bytes.Buffer
	err := c.Fetch(ctx, key, func(get func(io.Writer) error) error {
		text.Reset()
		return get(&limited{&text, limit})
	})
	return text.Bytes(), err
}

// limited refuses more bytes than a reader expects: who lies about contents may
// also send them without end.
type limited struct {
	io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, fmt.Errorf("more bytes than expected: %w", ErrDamaged)
	}
	return l.Writer.Write(p)
}

// Fetch gets an object: each try calls do, which begins anew, calls get with
// where the bytes go, and returns ErrDamaged if they are not the right ones.
func (c *Client) Fetch(ctx context.Context, key string, do func(get func(io.Writer) error) error) error {
	return c.try(ctx, func(ctx context.Context, moved func()) error {
		return do(func(w io.Writer) error { return c.Remote.Get(ctx, key, &moving{w, moved}) })
	})
}

// moving is a writer that tells of every byte.
type moving struct {
	io.Writer
	moved func()
}

func (m *moving) Write(p []byte) (int, error) {
	m.moved()
	return m.Writer.Write(p)
}

// sending is a body that tells of every byte.
type sending struct {
	io.ReadSeeker
	moved func()
}

func (s *sending) Read(p []byte) (int, error) {
	s.moved()
	return s.ReadSeeker.Read(p)
}

// Put gives key the bytes of o.
func (c *Client) Put(ctx context.Context, key string, o Object, overwrite bool) error {
	body := o.Body
	return c.try(ctx, func(ctx context.Context, moved func()) error {
		o.Body = &sending{body, moved}
		return c.Remote.Put(ctx, key, o, overwrite)
	})
}

// Stat returns what is known of key.
func (c *Client) Stat(ctx context.Context, key string) (e Entry, err error) {
	err = c.try(ctx, func(ctx context.Context, _ func()) (err error) {
		e, err = c.Remote.Stat(ctx, key)
		return err
	})
	return e, err
}

// Delete removes keys.
func (c *Client) Delete(ctx context.Context, keys []string) error {
	return c.try(ctx, func(ctx context.Context, _ func()) error { return c.Remote.Delete(ctx, keys) })
}

// All returns what List yields. After an interruption it lists from the start
// and goes on with what comes after the last key.
func (c *Client) All(ctx context.Context, prefix string) (list []Entry, err error) {
	err = c.try(ctx, func(ctx context.Context, moved func()) error {
		for e, err := range c.Remote.List(ctx, prefix) {
			moved()
			if err != nil {
				return err
			}
			if len(list) == 0 || e.Key > list[len(list)-1].Key {
				list = append(list, e)
			}
		}
		return nil
	})
	return list, err
}

// try calls do until it succeeds, is refused, or has failed too often.
func (c *Client) try(ctx context.Context, do func(ctx context.Context, moved func()) error) error {
	damaged, pause := 0, c.Pause
	for n := 1; ; n++ {
		err := c.once(ctx, do)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist), errors.Is(err, ErrRefused):
			return err
		case errors.Is(err, ErrDamaged):
			damaged++
		}
		if n >= c.Tries || damaged >= c.Damaged {
			return fmt.Errorf("%w (tried %d times)", err, n)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)): // those that failed together should not come back together
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		pause = min(2*pause, c.Most)
	}
}

// once makes one try, which ends when nothing moves.
func (c *Client) once(ctx context.Context, do func(ctx context.Context, moved func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(c.Stall, func() { cancel(fmt.Errorf("%w for %v", errStalled, c.Stall)) })
	defer timer.Stop()
	err := do(ctx, func() { timer.Reset(c.Stall) })
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errStalled) {
		return cause
	}
	return err
}
