package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/hashicorp/go-retryablehttp"
)

// A transfer downloads one file from one URL into a partial file.
//
// Package go-retryablehttp repeats requests. Its response handler reads the
// body inside the retry loop, so that a connection that breaks half-way counts
// as a failed attempt and the next attempt asks for the rest. Continuing a
// download is implemented here. The package grab/v3 appends any response to a
// request for a range, even a whole file with status 200, without checking
// Content-Range. It also needs a response to HEAD first, and limits neither a
// silent connection nor a body of unknown length.
//
// No If-Range header is sent. A validator would have to be kept beside the
// partial file, and it cannot replace the check of the whole file, which
// decides in any case. A file that changed on the server costs one more
// download.
type transfer struct {
	file     File
	url      string
	part     *os.File
	network  Network
	client   *http.Client
	progress func(Progress)

	offset  int64 // length of the partial file
	earlier bool  // part has bytes from before this transfer
}

// permanentError is a failure that repeating the request would not avoid.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func permanent(format string, args ...any) error {
	return permanentError{fmt.Errorf(format, args...)}
}

// transientError is a failure that may be temporary. What was received is kept.
type transientError struct{ error }

func (e transientError) Unwrap() error { return e.error }

// run completes the partial file and decodes it into dst.
func (t *transfer) run(ctx context.Context, dst *os.File) error {
	complete, err := t.inspect()
	for err == nil {
		if !complete {
			if err := t.receive(ctx); err != nil {
				return err
			}
		}
		err = t.decode(dst)
		if err == nil || errors.As(err, new(writeError)) || !t.earlier {
			return err
		}
		// The fault may be in the bytes of an earlier run, so try once more
		// from the start.
		complete = false
		err = errors.Join(t.reset(), rewind(dst))
	}
	return err
}

// inspect looks at what an earlier run left. It keeps a beginning that may
// still become the file, and drops anything else.
func (t *transfer) inspect() (complete bool, err error) {
	info, err := t.part.Stat()
	if err != nil {
		return false, writeError{err}
	}
	t.offset = info.Size()
	if t.offset == 0 {
		return false, nil
	}
	t.earlier = true
	err = t.decode(io.Discard)
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, new(truncatedError)):
		return false, nil
	}
	return false, t.reset()
}

func (t *transfer) decode(dst io.Writer) error {
	return t.file.decode(dst, io.NewSectionReader(t.part, 0, t.offset))
}

// reset drops what was received.
func (t *transfer) reset() error {
	t.offset, t.earlier = 0, false
	return rewind(t.part)
}

// rewind empties f.
func rewind(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return writeError{err}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return writeError{err}
	}
	return nil
}

// receive requests what is missing, with repetitions, until the server's
// response is complete.
func (t *transfer) receive(ctx context.Context) error {
	client := &retryablehttp.Client{
		HTTPClient:   t.client,
		Logger:       nil, // the error and the Observer tell the caller
		RetryWaitMin: t.network.WaitMin,
		RetryWaitMax: t.network.WaitMax,
		RetryMax:     t.network.Retries,
		Backoff:      retryablehttp.DefaultBackoff,
		CheckRetry:   t.checkRetry,
		ErrorHandler: giveUp,
		PrepareRetry: func(req *http.Request) error {
			// The header map is shared with the previous attempt, which may
			// still be writing it.
			req.Header = req.Header.Clone()
			t.setRange(req.Header)
			return nil
		},
	}
	for best := t.offset; ; best = t.offset {
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, t.url, nil)
		if err != nil {
			return permanentError{err}
		}
		req.Header.Set("User-Agent", "sparsel")
		// Otherwise the transport would ask for gzip and unpack it, and offsets
		// would no longer be those of the file.
		req.Header.Set("Accept-Encoding", "identity")
		t.setRange(req.Header)
		req.SetResponseHandler(t.handle)
		resp, err := client.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		// A connection that keeps breaking but makes progress each time is
		// worth new attempts. ctx limits them.
		if !errors.As(err, new(transientError)) || t.offset <= best {
			return err
		}
	}
}

func (t *transfer) setRange(h http.Header) {
	h.Del("Range")
	if t.offset > 0 {
		h.Set("Range", fmt.Sprintf("bytes=%d-", t.offset))
	}
}

// checkRetry looks at errors alone, because handle turns every unwanted status
// into an error.
func (t *transfer) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if err == nil || ctx.Err() != nil {
		return false, ctx.Err()
	}
	if errors.As(err, new(permanentError)) || errors.As(err, new(writeError)) {
		return false, err
	}
	if dns := new(net.DNSError); errors.As(err, &dns) && dns.IsNotFound {
		return false, err
	}
	if errors.As(err, new(transientError)) {
		return true, err
	}
	// This error is from the client itself. The library knows which of these
	// are permanent, such as an untrusted certificate.
	again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	if again {
		return true, transientError{err}
	}
	return false, err
}

// giveUp describes the last error of a request.
func giveUp(resp *http.Response, err error, attempts int) (*http.Response, error) {
	if resp != nil {
		resp.Body.Close()
	}
	transient := errors.As(err, new(transientError))
	// The error need not repeat the URL, which is the source's name.
	if ue := new(url.Error); errors.As(err, &ue) {
		err = ue.Err
	}
	if attempts > 1 {
		err = fmt.Errorf("%w (%d attempts)", err, attempts)
	}
	if transient {
		err = transientError{err}
	}
	return nil, err
}
