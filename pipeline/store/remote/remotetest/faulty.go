package remotetest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A Fault says what a faulty server does with a request.
type Fault int

// The faults. Those that change an answer keep its status and length.
const (
	None      Fault = iota
	Cut             // the answer ends in the middle of its body
	Flip            // a bit of the answer's body is flipped
	Lie             // the answer has another body of the same length
	FlipSent        // a bit of the request's body is flipped
	LoseAfter       // the request is carried out, but the answer is lost
	Stall           // there is no answer
	S403
	S404
	S500
	S503
)

// Faulty is a proxy for a server. It asks decide for the fault of each request.
// Its URL replaces the server's endpoint.
type Faulty struct {
	*httptest.Server
	// Seen counts the requests.
	Seen atomic.Int64
}

// NewFaulty starts a Faulty.
func NewFaulty(t *testing.T, endpoint string, decide func(r *http.Request) Fault) *Faulty {
	t.Helper()
	f := &Faulty{}
	gone := make(chan struct{})
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.Seen.Add(1)
		fault := decide(r)
		switch fault {
		case S403, S404, S500, S503:
			refuse(w, fault)
			return
		case Stall:
			select {
			case <-r.Context().Done():
			case <-gone:
			case <-time.After(time.Minute):
			}
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if fault == FlipSent && len(body) > 0 {
			body[len(body)/2] ^= 4
		}
		// The signature covers Host, so Host stays the one that the client knows.
		out, err := http.NewRequestWithContext(r.Context(), r.Method, endpoint+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		out.Header, out.Host, out.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
		answer, err := http.DefaultTransport.RoundTrip(out)
		if err != nil || fault == LoseAfter {
			panic(http.ErrAbortHandler) // closes the connection
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		switch {
		case fault == Cut && len(text) > 0:
			w.Write(text[:len(text)/2])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case fault == Flip && len(text) > 0:
			text[len(text)/2] ^= 4
		case fault == Lie:
			text = []byte(strings.Repeat("?", len(text)))
		}
		w.Write(text)
	}))
	t.Cleanup(func() { close(gone); f.Close() })
	return f
}

func refuse(w http.ResponseWriter, fault Fault) {
	status := map[Fault]int{S403: 403, S404: 404, S500: 500, S503: 503}[fault]
	code := map[Fault]string{S403: "AccessDenied", S404: "NoSuchKey", S500: "InternalError", S503: "SlowDown"}[fault]
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, "<?xml version=\"1.0\"?><Error><Code>"+code+"</Code><Message>as planned</Message></Error>")
}
