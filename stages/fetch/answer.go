package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// handle checks one response and appends its body to the partial file.
func (t *transfer) handle(resp *http.Response) error {
	defer resp.Body.Close()
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = resp.ContentLength
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		// The response is the whole file, whether or not only the rest was
		// requested.
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
			return nil // all of the file had arrived, and only the end of the response was missing
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
		// A web page instead of a file is refused before any of it is kept.
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

// contentRange parses "bytes 100-199/200". all is 0 if the total is unknown.
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

// A stallReader closes its body if no byte arrives for a while, which ends a
// blocked Read.
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
