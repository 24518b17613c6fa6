package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A transfer brings one file from one URL into a partial file.
//
// Repeating is go-retryablehttp's: its response handler reads the body inside
// the retry loop, so that a connection cut half-way counts as a failed attempt
// and the next one asks for the rest. Continuing is done here and not by
// grab/v3, which appends whatever answers a request for a range, a whole file
// with status 200 included, without a look at Content-Range; needs an answer
// to HEAD first; and bounds neither a silent connection nor a body of unknown
// length.
//
// No If-Range is sent: a validator would have to be kept beside the partial
// file, and cannot replace the check of the whole that decides anyway. A file
// that changed on the server costs one download more.
type transfer struct {
	file     File
	url      string
	part     *os.File
	network  Network
	client   *http.Client
	progress func(Progress)

	offset  int64 // length of part
	earlier bool  // part holds bytes from before this transfer
}

// permanentError is a failure that the same request would meet again.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func permanent(format string, args ...any) error {
	return permanentError{fmt.Errorf(format, args...)}
}

// transientError is a failure that may pass; what was received is kept.
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
		// The fault may lie in the bytes of an earlier run: once more, afresh.
		complete = false
		err = errors.Join(t.reset(), rewind(dst))
	}
	return err
}

// inspect looks at what an earlier run left. A beginning that may still grow
// into the file is kept, anything else is dropped.
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
// answer is complete.
func (t *transfer) receive(ctx context.Context) error {
	client := &retryablehttp.Client{
		HTTPClient:   t.client,
		Logger:       nil, // the caller is told by the error and by Observer
		RetryWaitMin: t.network.WaitMin,
		RetryWaitMax: t.network.WaitMax,
		RetryMax:     t.network.Retries,
		Backoff:      retryablehttp.DefaultBackoff,
		CheckRetry:   t.checkRetry,
		ErrorHandler: giveUp,
		PrepareRetry: func(req *http.Request) error {
			// The header map is shared with the attempt before, whose writing
			// may not have ended.
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
		// Otherwise the transport would ask for gzip on its own and unpack it,
		// and offsets would no longer be those of the file.
		req.Header.Set("Accept-Encoding", "identity")
		t.setRange(req.Header)
		req.SetResponseHandler(t.handle)
		resp, err := client.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		// A line that keeps breaking but brings something each time is worth
		// new attempts; ctx bounds them.
		if ctx.Err() != nil || !errors.As(err, new(transientError)) || t.offset <= best {
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

// checkRetry decides on errors alone: handle has turned every status that is
// not the wanted one into an error.
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
	// From the client itself: the library knows those that never pass, such as
	// an untrusted certificate.
	again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	if again {
		return true, transientError{err}
	}
	return false, err
}

// giveUp words the last error of a request.
func giveUp(resp *http.Response, err error, attempts int) (*http.Response, error) {
	if resp != nil {
		resp.Body.Close()
	}
	transient := errors.As(err, new(transientError))
	// The URL is the source's name; the error need not repeat it.
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

// handle judges one answer and appends its body to the partial file.
func (t *transfer) handle(resp *http.Response) error {
	defer resp.Body.Close()
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = resp.ContentLength
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		// Asked for the rest or not, this is the whole.
		if err := t.reset(); err != nil {
			return err
		}
	case code == http.StatusPartialContent:
		start, all, err := contentRange(resp.Header.Get("Content-Range"))
		if err == nil && start != t.offset {
			err = fmt.Errorf("asked for the bytes from %d it sent those from %d", t.offset, start)
		}
		if err != nil {
			return errors.Join(transientError{err}, t.reset())
		}
		total = all
	case code == http.StatusRequestedRangeNotSatisfiable:
		if t.offset > 0 && resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", t.offset) {
			return nil // all of it had come, only the end of the answer had not
		}
		err := fmt.Errorf("status %s: nothing follows the %d bytes that were there", resp.Status, t.offset)
		return errors.Join(transientError{err}, t.reset())
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500 && code != http.StatusNotImplemented:
		if wait := retryablehttp.DefaultBackoff(0, 0, 0, resp); wait > t.network.WaitMax {
			return permanent("status %s: it asks to wait %v", resp.Status, wait.Round(time.Second))
		}
		return transientError{fmt.Errorf("status %s", resp.Status)}
	default:
		return permanent("status %s", resp.Status)
	}
	if total > t.file.maxPacked() {
		return permanent("it announces %d bytes, more than the file can have (%d)", total, t.file.maxPacked())
	}
	return t.append(resp.Body, total)
}

// append copies body to the end of the partial file.
func (t *transfer) append(body io.ReadCloser, total int64) error {
	watched := newStallReader(body, t.network.Stall)
	defer watched.stop()
	src := bufio.NewReaderSize(io.LimitReader(watched, t.file.maxPacked()-t.offset+1), 32<<10)
	if t.offset == 0 {
		// A page in place of a file is refused before anything is kept of it.
		start, _ := src.Peek(512)
		if err := sniff(start); err != nil {
			return permanentError{err}
		}
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if _, err := t.part.WriteAt(buf[:n], t.offset); err != nil {
				return writeError{err}
			}
			t.offset += int64(n)
			t.progress(Progress{File: t.file.Name, Source: t.url, Done: t.offset, Total: total})
		}
		switch {
		case t.offset > t.file.maxPacked():
			return permanent("it sends more than the %d bytes that the file can have", t.file.maxPacked())
		case err == io.EOF && t.offset == 0:
			return permanent("its answer is empty")
		case err == io.EOF, err != nil && t.offset == total:
			return nil
		case watched.stalled.Load():
			return transientError{fmt.Errorf("silent for %v after %d bytes", t.network.Stall, t.offset)}
		case err != nil:
			return transientError{fmt.Errorf("connection lost after %d bytes: %w", t.offset, err)}
		}
	}
}

// contentRange reads "bytes 100-199/200"; all is 0 for an unknown total.
func contentRange(s string) (start, all int64, err error) {
	spec, ok := strings.CutPrefix(s, "bytes ")
	bounds, size, ok2 := strings.Cut(spec, "/")
	first, _, ok3 := strings.Cut(bounds, "-")
	if start, err = strconv.ParseInt(first, 10, 64); err != nil || !ok || !ok2 || !ok3 {
		return 0, 0, fmt.Errorf("status 206 with the unusable Content-Range %q", s)
	}
	if size != "*" {
		if all, err = strconv.ParseInt(size, 10, 64); err != nil || all <= start {
			return 0, 0, fmt.Errorf("status 206 with the unusable Content-Range %q", s)
		}
	}
	return start, all, nil
}

// A stallReader closes its body when no byte has come for a while, which ends
// a blocked Read.
type stallReader struct {
	body    io.ReadCloser
	limit   time.Duration
	timer   *time.Timer
	stalled atomic.Bool
}

func newStallReader(body io.ReadCloser, limit time.Duration) *stallReader {
	r := &stallReader{body: body, limit: limit}
	r.timer = time.AfterFunc(limit, func() {
		r.stalled.Store(true)
		body.Close()
	})
	return r
}

func (r *stallReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if n > 0 {
		r.timer.Reset(r.limit)
	}
	return n, err
}

func (r *stallReader) stop() { r.timer.Stop() }
