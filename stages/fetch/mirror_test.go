package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cut sends the first n bytes of a longer body, and breaks the connection.
func cut(w http.ResponseWriter, body []byte, n int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestResume(t *testing.T) {
	f := images(t)
	const first = 40000
	rest := fmt.Sprintf("bytes=%d-", first)
	for _, c := range []struct {
		name   string
		handle func(w http.ResponseWriter, r *http.Request, n int)
		asked  []string
	}{
		{"after a cut", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				cut(w, f.packed, first)
			}
			whole(f)(w, r, n)
		}, []string{"", rest}},
		{"after a cut and an overload", func(w http.ResponseWriter, r *http.Request, n int) {
			switch n {
			case 0:
				cut(w, f.packed, first)
			case 1:
				http.Error(w, "busy", http.StatusServiceUnavailable)
			default:
				whole(f)(w, r, n)
			}
		}, []string{"", rest, rest}},
		{"server without ranges sends the whole", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				cut(w, f.packed, first)
			}
			w.Write(f.packed)
		}, []string{"", rest}},
		{"range of unknown total", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				cut(w, f.packed, first)
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", first, len(f.packed)-1))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(f.packed[first:])
		}, []string{"", rest}},
		{"another range than asked for", func(w http.ResponseWriter, r *http.Request, n int) {
			switch n {
			case 0:
				cut(w, f.packed, first)
			case 1:
				r.Header.Set("Range", "bytes=10-")
				whole(f)(w, r, n)
			default:
				whole(f)(w, r, n)
			}
		}, []string{"", rest, ""}},
		{"206 without Content-Range", func(w http.ResponseWriter, r *http.Request, n int) {
			switch n {
			case 0:
				cut(w, f.packed, first)
			case 1:
				w.WriteHeader(http.StatusPartialContent)
				w.Write(f.packed[first:])
			default:
				whole(f)(w, r, n)
			}
		}, []string{"", rest, ""}},
		{"only the end of the answer lost", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 { // all bytes, but without a length
				w.Write(f.packed)
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			whole(f)(w, r, n)
		}, []string{"", fmt.Sprintf("bytes=%d-", len(f.packed))}},
		{"file that became shorter", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				cut(w, f.packed, first)
			}
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			whole(f)(w, r, n)
		}, []string{"", rest, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := serve(t, c.handle)
			b := newBench(t)
			if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f); err != nil {
				t.Fatal(err)
			}
			b.has(t, f)
			if got := m.asked(); !slices.Equal(got, c.asked) {
				t.Errorf("asked for %q, want %q", got, c.asked)
			}
			if p := b.parts(t); len(p) > 0 {
				t.Errorf("left %q", p)
			}
			last := b.progress[len(b.progress)-1]
			if n := int64(len(f.packed)); last.Done != n || last.Total != n && last.Total != 0 {
				t.Errorf("last progress %+v, want %d bytes", last, n)
			}
		})
	}
}

// A connection may break more often than requests are repeated. The download
// continues as long as each attempt makes progress.
func TestManyCuts(t *testing.T) {
	f := images(t)
	const piece = 10000
	m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		from := n * piece
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(f.packed)-1, len(f.packed)))
			w.WriteHeader(http.StatusPartialContent)
		}
		cut(w, f.packed[from:], min(piece, len(f.packed)-from))
	})
	b := newBench(t)
	if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f); err != nil {
		t.Fatal(err)
	}
	b.has(t, f)
	var want []string
	for from := 0; from < len(f.packed); from += piece {
		want = append(want, fmt.Sprintf("bytes=%d-", from))
	}
	want[0] = ""
	if got := m.asked(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestT08RefusedAnswers(t *testing.T) {
	f := images(t)
	flipped := bytes.Clone(f.raw)
	flipped[len(flipped)-1] ^= 0x80
	other := bytes.Clone(f.raw)
	other[7] = 119 // the count in the header
	send := func(b []byte) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, n int) { w.Write(b) }
	}
	status := func(code int) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, n int) {
			http.Error(w, "<html>"+http.StatusText(code), code)
		}
	}
	for _, c := range []struct {
		name     string
		handle   func(http.ResponseWriter, *http.Request, int)
		want     string
		requests int
	}{
		{"web page with 200", send([]byte("<!DOCTYPE html>\n<title>Sign in to the network</title>")),
			`it is a web page and neither gzip nor IDX: it starts with "<!DOCTYPE html>\n<title>Sign in to the ne"`, 1},
		{"text with 200", send([]byte("version https://git-lfs.github.com/spec/v1\n")), `it is text and neither gzip nor IDX`, 1},
		{"empty with 200", send(nil), "its answer is empty", 1},
		{"truncated gz with 200", send(f.packed[:50000]), "its gzip stream is cut off after", 1},
		{"gz without its last byte", send(f.packed[:len(f.packed)-1]), "its gzip stream is cut off after 94096 of 94096", 1},
		{"bytes after the gz", send(append(bytes.Clone(f.packed), "extra"...)), "other bytes follow the end of its gzip stream", 1},
		{"damaged gz", send(slices.Concat(f.packed[:30000], []byte("damage"), f.packed[30006:])), "its gzip stream is damaged", 1},
		{"damaged gz header", send(slices.Concat([]byte{0x1f, 0x8b, 99}, f.packed[3:])), "its gzip stream is damaged after 0 of", 1},
		{"shorter content", send(pack(t, f.raw[:90000])), "it decompresses to 90000 bytes, expected 94096", 1},
		{"longer content", send(pack(t, append(bytes.Clone(f.raw), 0))), "it holds more than the 94096 bytes expected", 1},
		{"bomb", send(pack(t, append(bytes.Clone(f.raw), make([]byte, 4<<20)...))), "it holds more than the 94096 bytes expected", 1},
		{"other count", send(pack(t, other)), "its header says 119×28×28, expected 120×28×28", 1},
		{"other magic", send(pack(t, append([]byte{0, 0, 9}, f.raw[3:]...))), "element type 0x09 (signed byte)", 1},
		{"gz in gz", send(pack(t, f.packed)), "this is a gzip file", 1},
		{"other content", send(pack(t, flipped)), "wrong content: its SHA-256 is " + identity(flipped), 1},
		{"endless body", func(w http.ResponseWriter, r *http.Request, n int) {
			w.Write(f.packed)
			for junk := make([]byte, 32<<10); ; {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}, fmt.Sprintf("it sends more than the %d bytes that the file can have", f.maxPacked()), 1},
		{"huge length", func(w http.ResponseWriter, r *http.Request, n int) {
			cut(w, make([]byte, 1<<20), 0)
		}, "it announces 1048576 bytes, more than the file can have", 1},
		{"not found", status(404), "status 404 Not Found", 1},
		{"forbidden", status(403), "status 403 Forbidden", 1},
		{"not implemented", status(501), "status 501 Not Implemented", 1},
		{"unavailable for good", status(503), "status 503 Service Unavailable (4 attempts)", 4},
		{"too many requests", status(429), "status 429 Too Many Requests (4 attempts)", 4},
		{"asks to wait", func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(503)
		}, "status 503 Service Unavailable: it asks to wait 1h0m0s", 1},
		{"cut at once, each time", func(w http.ResponseWriter, r *http.Request, n int) { panic(http.ErrAbortHandler) }, "EOF (4 attempts)", 4},
		{"redirect in circles", func(w http.ResponseWriter, r *http.Request, n int) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "it redirects more than 10 times", 10},
		{"redirect to plain http", func(w http.ResponseWriter, r *http.Request, n int) {
			http.Redirect(w, r, "http://example.org/x.gz", http.StatusFound)
		}, "it redirects to http://example.org/x.gz, which is not https", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad, good := serve(t, c.handle), serve(t, whole(f))
			b := newBench(t)
			if err := b.fetch(t.Context(), Sources{Mirrors: []string{bad.URL, good.URL}}, f); err != nil {
				t.Fatal(err)
			}
			b.has(t, f)
			if len(b.refused) != 1 || !strings.Contains(b.refused[0], bad.URL+"/train-images-idx3-ubyte.gz: ") ||
				!strings.Contains(b.refused[0], c.want) {
				t.Errorf("refused %q, want %q", b.refused, c.want)
			}
			if n := len(bad.asked()); n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			if p := b.parts(t); len(p) > 0 {
				t.Errorf("left %q", p)
			}
		})
	}
}

func TestPassingFailures(t *testing.T) {
	f := images(t)
	elsewhere := serve(t, whole(f))
	for _, c := range []struct {
		name     string
		handle   func(http.ResponseWriter, *http.Request, int)
		requests int
	}{
		{"503, then right", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				w.WriteHeader(503)
				return
			}
			whole(f)(w, r, n)
		}, 2},
		{"429 with a short wait, then right", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(429)
				return
			}
			whole(f)(w, r, n)
		}, 2},
		{"connection dropped, then right", func(w http.ResponseWriter, r *http.Request, n int) {
			if n < 3 {
				panic(http.ErrAbortHandler)
			}
			whole(f)(w, r, n)
		}, 4},
		{"redirect", func(w http.ResponseWriter, r *http.Request, n int) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusFound)
		}, 1},
		{"uncompressed under the .gz name", func(w http.ResponseWriter, r *http.Request, n int) { w.Write(f.raw) }, 1},
		// Some servers declare the file's own compression as that of the
		// transport.
		{"Content-Encoding: gzip", func(w http.ResponseWriter, r *http.Request, n int) {
			if got := r.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("Accept-Encoding %q", got)
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(f.packed)
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := serve(t, c.handle)
			b := newBench(t)
			if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL + "/"}}, f); err != nil {
				t.Fatal(err)
			}
			b.has(t, f)
			if len(b.refused) > 0 || len(m.asked()) != c.requests {
				t.Errorf("refused %q, %d requests, want %d", b.refused, len(m.asked()), c.requests)
			}
		})
	}
}

func TestSilentServers(t *testing.T) {
	f := images(t)
	for _, c := range []struct{ name, want string }{
		{"before the answer", "timeout awaiting response headers (2 attempts)"},
		{"within the body", "silent for 500ms after 40000 bytes (2 attempts)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			release := make(chan struct{})
			m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
				if c.name == "within the body" {
					w.Header().Set("Content-Length", strconv.Itoa(len(f.packed)))
					// Each attempt sends the same beginning, which is no
					// progress.
					w.Write(f.packed[:40000])
					w.(http.Flusher).Flush()
				}
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
			defer close(release)
			b := newBench(t)
			n := quick()
			n.Stall, n.Retries = 500*time.Millisecond, 1
			err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}, Network: n}, f)
			if !errors.As(err, new(*Unavailable)) || len(b.refused) != 1 || !strings.Contains(b.refused[0], c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

// A server that is never silent for long and never finishes runs into the
// timeout of the whole download. What it sent is kept for the next time.
func TestSlowServer(t *testing.T) {
	f := images(t)
	slow := true
	m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if !slow {
			whole(f)(w, r, n)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(f.packed)))
		for i := range f.packed {
			if _, err := w.Write(f.packed[i : i+1]); err != nil || r.Context().Err() != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	b := newBench(t)
	n := quick()
	n.Timeout = time.Second
	err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}, Network: n}, f)
	if err == nil || !strings.Contains(err.Error(), "not complete within 1s; the next attempt continues after") {
		t.Fatalf("%v; want the timeout", err)
	}
	parts := b.parts(t)
	if len(parts) != 1 {
		t.Fatalf("partial files %q, want one", parts)
	}
	info, err := os.Stat(filepath.Join(b.partial, parts[0]))
	if err != nil {
		t.Fatal(err)
	}
	slow = false
	if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f); err != nil {
		t.Fatal(err)
	}
	b.has(t, f)
	if got, want := m.asked()[1], fmt.Sprintf("bytes=%d-", info.Size()); got != want {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestTLS(t *testing.T) {
	f := images(t)
	plain := serve(t, whole(f))
	var down bool
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			http.Redirect(w, r, plain.URL+r.URL.Path, http.StatusFound)
			return
		}
		whole(f)(w, r, 0)
	}))
	defer secure.Close()
	n := quick()
	n.tls = secure.Client().Transport.(*http.Transport).TLSClientConfig

	b := newBench(t)
	if err := b.fetch(t.Context(), Sources{Mirrors: []string{secure.URL}, Network: n}, f); err != nil {
		t.Error(err)
	}
	b.has(t, f)

	// The server's certificate is not trusted, so there is no second attempt.
	b = newBench(t)
	untrusted := quick()
	untrusted.tls = &tls.Config{}
	err := b.fetch(t.Context(), Sources{Mirrors: []string{secure.URL}, Network: untrusted}, f)
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "attempts") {
		t.Errorf("%v; want one refusal of the certificate", err)
	}

	// A redirect must not leave https, not even to this machine.
	down = true
	b = newBench(t)
	err = b.fetch(t.Context(), Sources{Mirrors: []string{secure.URL}, Network: n}, f)
	if err == nil || !strings.Contains(err.Error(), "which is not https") || len(plain.asked()) > 0 {
		t.Errorf("%v; want the redirect refused", err)
	}
}

// leaks fails if there are more goroutines than before, after those that are
// ending had time to do so.
func leaks(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestCancel(t *testing.T) {
	f := images(t)
	before := runtime.NumGoroutine()
	hang := true
	m := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if !hang {
			whole(f)(w, r, n)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(f.packed)))
		w.Write(f.packed[:40000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	never := serve(t, whole(f))
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.received = cancel
	err := b.fetch(ctx, Sources{Mirrors: []string{m.URL, never.URL}}, f)
	if !errors.Is(err, context.Canceled) || errors.As(err, new(*Unavailable)) {
		t.Errorf("%v; want context.Canceled", err)
	}
	if len(never.asked()) > 0 || len(b.refused) > 0 {
		t.Errorf("went on after the cancellation: %q", b.refused)
	}
	b.has(t) // nothing was obtained

	// The next run continues the download.
	parts := b.parts(t)
	if len(parts) != 1 {
		t.Fatalf("partial files %q, want one", parts)
	}
	part, err := os.ReadFile(filepath.Join(b.partial, parts[0]))
	if err != nil || !bytes.HasPrefix(f.packed, part) {
		t.Fatalf("partial file is no beginning of the file, or %v", err)
	}
	hang, b.received = false, nil
	if err := b.fetch(t.Context(), Sources{Mirrors: []string{m.URL}}, f); err != nil {
		t.Fatal(err)
	}
	b.has(t, f)
	if got := m.asked()[1]; got != fmt.Sprintf("bytes=%d-", len(part)) {
		t.Errorf("asked for %q after %d bytes", got, len(part))
	}
	m.Close()
	never.Close()
	leaks(t, before)
}
