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

// Patience says how long a Client keeps trying.
type Patience struct {
	Tries   int           // tries of one call while the second level does not answer or answers badly
	Damaged int           // tries of one call whose bytes arrive but are wrong
	Pause   time.Duration // pause before the second try; it doubles from try to try
	Most    time.Duration // longest pause
	Stall   time.Duration // time without a byte moving after which a try is given up
	Greet   time.Duration // time for the first call of all
}

// Patient is suited to real servers and networks. It waits for a server that is
// restarting, while a server that does not exist costs a command two seconds.
var Patient = Patience{Tries: 8, Damaged: 3, Pause: 100 * time.Millisecond, Most: 10 * time.Second,
	Stall: 30 * time.Second, Greet: 2 * time.Second}

// A Client asks a Remote until it answers, within reason. It repeats every call
// that was not refused, even if bytes arrive damaged or cut short at either
// end, which libraries consider final.
type Client struct {
	Remote
	Patience

	greeting bool // an answer is all that is asked for: a busy server is there
}

// errStalled says that no byte moved for too long.
var errStalled = errors.New("no answer")

// errBusy says that the second level answers, but cannot do now what was asked.
var errBusy = errors.New("the server is busy")

// Reach reads a small object in the first call of all. It finds out within
// Greet whether the second level answers. One that answers that it is busy is
// asked as patiently as in any other call.
func (c *Client) Reach(ctx context.Context, key string, limit int64) ([]byte, error) {
	if p, ok := c.Remote.(interface{ Prepare(context.Context) error }); ok {
		prepare, cancel := context.WithTimeout(ctx, 5*c.Greet) // signing in may involve another server
		defer cancel()
		if err := p.Prepare(prepare); err != nil {
			return nil, err
		}
	}
	first, cancel := context.WithTimeoutCause(ctx, c.Greet, errStalled)
	defer cancel()
	greeter := &Client{c.Remote, c.Patience, true}
	text, err := greeter.Read(first, key, limit)
	if errors.Is(err, errBusy) {
		return c.Read(ctx, key, limit)
	}
	return text, err
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

// limited rejects more bytes than a reader expects, because a server that lies
// about contents may also send them without end.
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

// Fetch gets an object. Each try calls do, which starts from the beginning,
// calls get with a writer for the bytes, and returns ErrDamaged if they are
// wrong.
func (c *Client) Fetch(ctx context.Context, key string, do func(get func(io.Writer) error) error) error {
	return c.try(ctx, func(ctx context.Context, moved func()) error {
		return do(func(w io.Writer) error { return c.Remote.Get(ctx, key, &moving{w, moved}) })
	})
}

// moving is a writer that reports every write.
type moving struct {
	io.Writer
	moved func()
}

func (m *moving) Write(p []byte) (int, error) {
	m.moved()
	return m.Writer.Write(p)
}

// sending is a body that reports every read.
type sending struct {
	io.ReadSeeker
	moved func()
}

func (s *sending) Read(p []byte) (int, error) {
	s.moved()
	return s.ReadSeeker.Read(p)
}

// Put stores the bytes of o under key.
func (c *Client) Put(ctx context.Context, key string, o Object, overwrite bool) error {
	return c.try(ctx, func(ctx context.Context, moved func()) error {
		o.moved = moved
		return c.Remote.Put(ctx, key, o, overwrite)
	})
}

// Stat returns what is known about key.
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
// again and continues after the last key that it has.
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
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist), errors.Is(err, ErrRefused),
			c.greeting && errors.Is(err, errBusy):
			return err
		case errors.Is(err, ErrDamaged):
			damaged++
		}
		if n >= c.Tries || damaged >= c.Damaged {
			return fmt.Errorf("%w (tried %d times)", err, n)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)): // clients that failed together should not retry together
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		pause = min(2*pause, c.Most)
	}
}

// once makes one try, which ends if no byte moves for too long.
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
