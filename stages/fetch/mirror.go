package fetch

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Network says how mirrors are used. Each comment gives the default for a zero
// field.
type Network struct {
	// Timeout limits the download of one file from one mirror. The default, 30
	// minutes, is enough for the largest file, 10 MB, at 6 kB/s.
	Timeout time.Duration
	// Stall limits each wait, for a connection, for the response's header or
	// for the next bytes. The default is 30 seconds.
	Stall time.Duration
	// Retries is how often a request is repeated after failures that may be
	// temporary, without any progress in between. The default is 3. A negative
	// value means no repetition.
	Retries int
	// WaitMin is the pause before the first repetition. It doubles with each
	// repetition, up to WaitMax. The defaults are 1 and 15 seconds.
	WaitMin, WaitMax time.Duration

	// For tests, whose servers are on this machine: the certificate of a local
	// server, and whether a mirror may redirect to any address.
	tls        *tls.Config
	anyAddress bool
}

func (n Network) withDefaults() Network {
	def := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	def(&n.Timeout, 30*time.Minute)
	def(&n.Stall, 30*time.Second)
	def(&n.WaitMin, time.Second)
	def(&n.WaitMax, 15*time.Second)
	if n.Retries == 0 {
		n.Retries = 3
	}
	n.Retries = max(n.Retries, 0)
	return n
}

// client returns an HTTP client for one mirror. Its waits are limited. It
// follows no redirect to a URL that could not be a mirror or to an address that
// is not public, and it uses the proxy of HTTPS_PROXY and similar variables.
// Mirrors share no client, because one mirror may be allowed to connect where
// another is not.
func (n Network) client(mirror string) (*http.Client, error) {
	n = n.withDefaults()
	u, err := url.Parse(mirror)
	if err != nil {
		return nil, err
	}
	g := newGuard(u)
	dialer := net.Dialer{Timeout: n.Stall}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return g.dial(ctx, dialer, network, address)
	}
	if n.anyAddress {
		dial = dialer.DialContext
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 g.proxy,
			DialContext:           dial,
			TLSClientConfig:       n.tls,
			TLSHandshakeTimeout:   n.Stall,
			ResponseHeaderTimeout: n.Stall,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= 10 {
				return permanent("it redirects more than %d times", len(via))
			}
			if err := checkURL(req.URL); err != nil || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
				return permanent("it redirects to %s, which is not https", req.URL.Redacted())
			}
			if req.URL.User != nil {
				return permanent("it redirects to %s with a name and password", req.URL.Host)
			}
			if !n.anyAddress {
				return g.redirect(req.URL)
			}
			return nil
		},
	}, nil
}

// CheckMirror returns an error unless a mirror's URL can be used, which means
// https, or http on this machine itself. It refuses a name and password in the
// URL, because they would end up in parameters, logs and reports. No error
// repeats them.
func CheckMirror(mirror string) error {
	u, err := url.Parse(mirror)
	switch {
	case err != nil && strings.Contains(mirror, "@"):
		err = errors.New("it is no URL") // the error of package url repeats parts of it
	case err != nil:
	case u.User != nil || strings.Contains(u.Host, "@"):
		err = errors.New("it has a name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(mirror, "#"):
		err = errors.New("it has a query or a fragment")
	default:
		err = checkURL(u)
	}
	if err != nil {
		return fmt.Errorf("mirror %q: %w; give the https:// URL of a directory that serves the .gz files", withoutUser(mirror), err)
	}
	return nil
}

// withoutUser removes anything that could be a name and password from a text
// that stands in place of a URL.
func withoutUser(mirror string) string {
	if at := strings.LastIndexByte(mirror, '@'); at >= 0 {
		return "…" + mirror[at:]
	}
	return mirror
}

func checkURL(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case host == "":
		return errors.New("it names no host")
	case u.Scheme == "https", u.Scheme == "http" && local:
		return nil
	}
	return fmt.Errorf("its scheme is %q, expected https", u.Scheme)
}

// mirrorURL returns the URL of f on a mirror that has passed CheckMirror.
func mirrorURL(mirror string, f File) string {
	return strings.TrimRight(mirror, "/") + "/" + f.stems()[0] + ".gz"
}

// download gets f from url into dst with the mirror's client, by way of a
// partial file. A refused partial file is removed here, and a used one by
// finish. Otherwise it outlives this process.
func (s *session) download(ctx context.Context, f File, client *http.Client, url string, dst *os.File) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	// There is one partial file for each source and identity. Bytes of two
	// sources are never mixed, because two compressors make two different files
	// from one content.
	id := sha256.Sum256([]byte(url + "\n" + f.SHA256))
	part, err := os.OpenFile(filepath.Join(s.Partial, fmt.Sprintf("%s-%x.part", f.Name, id[:8])), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return writeError{err}
	}
	defer part.Close()

	n := s.Network.withDefaults()
	limited, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	t := &transfer{file: f, url: url, part: part, network: n, client: client, progress: s.progress}
	err = t.run(limited, dst)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		err = transientError{fmt.Errorf("not complete within %v; the next attempt continues after %d bytes", n.Timeout, t.offset)}
	}
	wrong := err != nil && ctx.Err() == nil && !errors.As(err, new(transientError)) && !errors.As(err, new(writeError))
	if wrong || t.offset == 0 {
		os.Remove(part.Name())
	} else if err == nil {
		s.used(part.Name())
	}
	return err
}

// lock makes sure that only this process works in the directory of partial
// files. It waits for another one, which may be fetching the same files.
func (s *session) lock(ctx context.Context) error {
	s.lockOnce.Do(func() {
		if err := os.MkdirAll(s.Partial, 0o755); err != nil {
			s.lockErr = writeError{err}
			return
		}
		l := flock.New(filepath.Join(s.Partial, "lock"))
		if _, err := l.TryLockContext(ctx, 100*time.Millisecond); err != nil {
			s.lockErr = writeError{fmt.Errorf("lock %s: %w", s.Partial, err)}
			return
		}
		s.unlockFn = l.Unlock
	})
	return s.lockErr
}

func (s *session) used(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, part)
}

// finish ends the work with partial files. It removes those of obtained files
// only if all files were obtained. Otherwise the caller may fail as a whole and
// discard its outputs, and the next call should not have to download them
// again.
func (s *session) finish(all bool) {
	if all {
		for _, part := range s.parts {
			os.Remove(part)
		}
	}
	if s.unlockFn != nil {
		s.unlockFn()
	}
}
