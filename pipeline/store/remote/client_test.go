package remote_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline/store/remote"
	"sparsel/pipeline/store/remote/remotetest"
)

// quick is Patient with shorter times.
var quick = remote.Patience{Tries: 8, Damaged: 3, Pause: time.Millisecond, Most: 10 * time.Millisecond, Stall: 500 * time.Millisecond,
	Greet: 2 * time.Second}

// fetch gets an object that must have the content of text.
func fetch(c *remote.Client, key, text string) (string, error) {
	var b bytes.Buffer
	err := c.Fetch(context.Background(), key, func(get func(io.Writer) error) error {
		b.Reset()
		if err := get(&b); err != nil {
			return err
		}
		if sha256.Sum256(b.Bytes()) != sha256.Sum256([]byte(text)) {
			return fmt.Errorf("other bytes: %w", remote.ErrDamaged)
		}
		return nil
	})
	return b.String(), err
}

// What fails for a while is tried again until it succeeds. What keeps failing
// is distinguished from what was refused.
func TestPatience(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	const key = "blobs/aa/aa"
	text := strings.Repeat("some bytes ", 10000)
	for _, c := range []struct {
		name  string
		fault remotetest.Fault
		times int64 // number of first requests that fail
		calls int64 // number of requests in all
		err   error // nil if it succeeds in the end
		put   bool
	}{
		{"500 twice", remotetest.S500, 2, 3, nil, false},
		{"503 seven times", remotetest.S503, 7, 8, nil, false},
		{"500 for ever", remotetest.S500, 99, 8, errAny, false},
		{"403", remotetest.S403, 99, 1, remote.ErrRefused, false},
		{"404", remotetest.S404, 99, 1, fs.ErrNotExist, false},
		{"cut three times", remotetest.Cut, 3, 4, nil, false},
		{"flipped twice", remotetest.Flip, 2, 3, nil, false},
		{"lies for ever", remotetest.Lie, 99, 3, remote.ErrDamaged, false},
		{"stalled once", remotetest.Stall, 1, 2, nil, false},
		{"put: 500 twice", remotetest.S500, 2, 3, nil, true},
		{"put: flipped under way", remotetest.FlipSent, 2, 3, nil, true},
		{"put: stalled", remotetest.Stall, 1, 2, nil, true},
		{"put: 403", remotetest.S403, 99, 1, remote.ErrRefused, true},
		{"put: answer lost", remotetest.LoseAfter, 1, 2, fs.ErrExist, true}, // the second put finds it there
	} {
		t.Run(c.name, func(t *testing.T) {
			var n atomic.Int64
			faulty := remotetest.NewFaulty(t, server.Endpoint, func(*http.Request) remotetest.Fault {
				if n.Add(1) <= c.times {
					return c.fault
				}
				return remotetest.None
			})
			prefix := strings.ReplaceAll(t.Name(), " ", "-")
			through := &remote.Client{Remote: open(t, "s3://"+remotetest.Bucket+"/"+prefix+"?endpoint="+faulty.URL), Patience: quick}
			honest := open(t, server.URL(prefix))
			var err error
			if c.put {
				err = through.Put(context.Background(), key, object(text), false)
			} else {
				put(t, honest, key, text)
				_, err = fetch(through, key, text)
			}
			if (c.err == nil) != (err == nil) || c.err != nil && c.err != errAny && !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			if n.Load() != c.calls {
				t.Errorf("%d requests, want %d", n.Load(), c.calls)
			}
			if c.put && (err == nil || errors.Is(err, fs.ErrExist)) {
				if got := get(t, honest, key); got != text {
					t.Errorf("other bytes are there: %d", len(got))
				}
			}
		})
	}
}

var errAny = errors.New("any error")

// A listing that breaks off is completed, and lists nothing twice.
func TestBrokenListing(t *testing.T) {
	dir := t.TempDir()
	r := open(t, "file://"+dir)
	for i := range 20 {
		put(t, r, fmt.Sprintf("blobs/aa/%02d", i), "x")
	}
	c := &remote.Client{Remote: breaking{r, new(atomic.Int64)}, Patience: quick}
	all, err := c.All(context.Background(), "blobs/")
	if err != nil || len(all) != 20 {
		t.Fatalf("%d of 20 keys, %v", len(all), err)
	}
	for i, e := range all {
		if e.Key != fmt.Sprintf("blobs/aa/%02d", i) {
			t.Errorf("key %d is %s", i, e.Key)
		}
	}
}

// breaking breaks off every listing but the fourth after a few more keys.
type breaking struct {
	remote.Remote
	n *atomic.Int64
}

func (b breaking) List(ctx context.Context, prefix string) iter.Seq2[remote.Entry, error] {
	most := 6 * b.n.Add(1)
	return func(yield func(remote.Entry, error) bool) {
		for e, err := range b.Remote.List(ctx, prefix) {
			if most--; most < 0 {
				yield(remote.Entry{}, errors.New("connection reset"))
				return
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// If nobody is there, or somebody who does not answer, that costs two seconds.
func TestReachIsBounded(t *testing.T) {
	remotetest.Credentials(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // far more than two, because the machine may be busy
	defer cancel()
	for _, endpoint := range []string{"http://127.0.0.1:1", "http://" + l.Addr().String()} {
		c := &remote.Client{Remote: open(t, "s3://b/p?endpoint="+endpoint), Patience: remote.Patient}
		if _, err := c.Reach(ctx, "format", 100); err == nil || ctx.Err() != nil {
			t.Errorf("%s: %v, %v", endpoint, err, ctx.Err())
		}
	}
}

// A directory that is not there, perhaps because it is not mounted, is not
// created.
func TestFolderIsNotMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "mounted")
	r := open(t, "file://"+dir)
	ctx := context.Background()
	for what, err := range map[string]error{
		"get": r.Get(ctx, "format", io.Discard), "put": r.Put(ctx, "format", object("x"), false),
	} {
		if !errors.Is(err, remote.ErrRefused) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "mount it") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it is there now")
	}
}

// What is not a file is damage, and nobody waits for it.
func TestFolderHasOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	r := open(t, "file://"+dir)
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "aa", "aa"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "blobs", "aa", "bb"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"blobs/aa/aa", "blobs/aa/bb"} {
		if err := r.Get(t.Context(), key, io.Discard); !errors.Is(err, remote.ErrDamaged) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// A link to a folder is the folder.
func TestFolderBehindALink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	r := open(t, "file://"+link)
	put(t, r, "blobs/ab/ab1", "x")
	put(t, r, "format", "y")
	if got, want := list(t, r, ""), []string{"blobs/ab/ab1", "format"}; !slices.Equal(got, want) {
		t.Errorf("all: got %q, want %q", got, want)
	}
	if got, want := list(t, r, "blobs/"), []string{"blobs/ab/ab1"}; !slices.Equal(got, want) {
		t.Errorf("blobs: got %q, want %q", got, want)
	}
}

// A half-written file has no name among the others, however the writer ends.
func TestFolderIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	r := open(t, "file://"+dir)
	o := object("all of it")
	o.Bytes = failing{strings.NewReader("all")}
	if err := r.Put(context.Background(), "blobs/aa/aa", o, false); err == nil {
		t.Error("half a body was taken")
	}
	if keys := list(t, r, ""); keys != nil {
		t.Errorf("there is %q", keys)
	}
}

type failing struct{ io.ReaderAt }

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.ReaderAt.ReadAt(p, off)
	if err == io.EOF {
		err = errors.New("the disk failed")
	}
	return n, err
}

// A request that was given up may read on while the next one sends the same
// bytes.
func TestTriesDoNotShareTheirPlace(t *testing.T) {
	const text = "the whole of it"
	r := &restless{}
	c := &remote.Client{Remote: r, Patience: quick}
	if err := c.Put(t.Context(), "blobs/aa/aa", object(text), false); err != nil {
		t.Fatal(err)
	}
	if r.arrived != text {
		t.Errorf("%q arrived, want %q", r.arrived, text)
	}
}

// restless gives up its first Put, whose body it reads on during the second.
type restless struct {
	remote.Remote
	old     io.Reader
	arrived string
}

func (r *restless) Put(_ context.Context, _ string, o remote.Object, _ bool) error {
	body := o.Body()
	start := make([]byte, 4)
	if _, err := io.ReadFull(body, start); err != nil {
		return err
	}
	if r.old == nil {
		r.old = body
		return errors.New("given up")
	}
	if _, err := io.ReadFull(r.old, make([]byte, 4)); err != nil {
		return err
	}
	rest, err := io.ReadAll(body)
	r.arrived = string(start) + string(rest)
	return err
}

func TestParse(t *testing.T) {
	for text, want := range map[string]remote.Place{
		"s3://b":             {Bucket: "b"},
		"s3://b/p/q/":        {Bucket: "b", Prefix: "p/q"},
		"s3://b/p?mode=read": {Bucket: "b", Prefix: "p", ReadOnly: true},
		"s3://b/p?endpoint=http://127.0.0.1:7070&region=eu-1&mode=write": {Bucket: "b", Prefix: "p", Endpoint: "http://127.0.0.1:7070",
			Region: "eu-1"},
		"file:///a/b/":          {Folder: "/a/b"},
		"file:///a%20b":         {Folder: "/a b"},
		"file:///a/b?mode=read": {Folder: "/a/b", ReadOnly: true},
		"file:///a/b.zip":       {Archive: "/a/b.zip", ReadOnly: true},
	} {
		if got, err := remote.Parse(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, hint := range map[string]string{
		"":                         "s3://BUCKET/PREFIX",
		"bucket/prefix":            "s3://BUCKET/PREFIX",
		"gs://b/p":                 "s3://BUCKET/PREFIX",
		"s3:///p":                  "names no bucket",
		"s3://b/p#x":               "fragment",
		"file://folder/x":          "three slashes",
		"file:folder":              "three slashes",
		"file:///":                 "names no folder",
		"s3://b/p?mode=reed":       "must be read or write",
		"s3://b/p?mode=":           "",
		"s3://b/p?endpiont=x":      `"endpiont"`,
		"s3://b?mode=read&mode=":   "once",
		"file:///a?endpoint=x":     `"endpoint"`,
		"file:///a.zip?mode=write": "can only be read",
		"s3://b?endpoint=host":     "http://HOST:PORT",
	} {
		if _, err := remote.Parse(text); hint != "" && (err == nil || !strings.Contains(err.Error(), hint)) {
			t.Errorf("%q: %v, want a word about %q", text, err, hint)
		}
	}
	for _, text := range []string{"s3://AKID:hunter2@b/p", "s3://b/p?endpoint=http://AKID:hunter2@h", "s3://AKID:hunter2@b:%zz/"} {
		if _, err := remote.Parse(text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Settings without which nothing can be done are named at once.
func TestNoRegion(t *testing.T) {
	remotetest.Credentials(t)
	p, err := remote.Parse("s3://b/p")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(context.Background()); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("%v", err)
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
	if _, err := p.Open(context.Background()); err != nil {
		t.Errorf("with an endpoint: %v", err)
	}
}

// Without credentials the first call says what to set, without contacting
// anybody.
func TestNoCredentials(t *testing.T) {
	remotetest.Credentials(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	c := &remote.Client{Remote: open(t, "s3://b/p?endpoint=http://127.0.0.1:1"), Patience: quick}
	if _, err := c.Reach(context.Background(), "format", 100); !errors.Is(err, remote.ErrRefused) ||
		!strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("%v", err)
	}
}

// refusing answers every request with the given status and code.
func refusing(t *testing.T, status int, code string, seen *atomic.Int64) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>as planned</Message></Error>", code)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// An answer that will stay the same is asked for once, and the error says what
// to do about it.
func TestRemedies(t *testing.T) {
	remotetest.Credentials(t)
	for _, c := range []struct {
		status int
		code   string
		say    string
	}{
		{400, "ExpiredToken", "have expired"},
		{400, "TokenRefreshRequired", "have expired"},
		{400, "InvalidToken", "session token"},
		{400, "InvalidBucketName", "name another"},
		{403, "RequestTimeTooSkewed", "clock of this machine"},
		{403, "SignatureDoesNotMatch", "the right ones"},
		{404, "NoSuchBucket", "make it"},
		{301, "PermanentRedirect", "?region=REGION"},
		{501, "NotImplemented", "cannot do this"},
	} {
		var seen atomic.Int64
		client := &remote.Client{Remote: open(t, "s3://bucket/p?endpoint="+refusing(t, c.status, c.code, &seen)), Patience: quick}
		_, err := client.Reach(context.Background(), "format", 100)
		if !errors.Is(err, remote.ErrRefused) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want a word about %q", c.code, err, c.say)
		}
		if seen.Load() != 1 {
			t.Errorf("%s: %d requests, want 1", c.code, seen.Load())
		}
	}
}

// An object that was moved to an archive counts as damaged, so that it is made
// again and replaced, and the other objects are still used.
func TestArchivedObject(t *testing.T) {
	remotetest.Credentials(t)
	var seen atomic.Int64
	c := &remote.Client{Remote: open(t, "s3://bucket/p?endpoint="+refusing(t, 403, "InvalidObjectState", &seen)), Patience: quick}
	if _, err := c.Read(context.Background(), "blobs/aa/aa", 100); !errors.Is(err, remote.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// A server that answers that it is busy is there. It is asked again as patiently
// as in any other call, which may take longer than the time for the first one.
func TestBusyIsNotAway(t *testing.T) {
	remotetest.Credentials(t)
	for _, status := range []int{429, 502, 503} {
		var seen atomic.Int64
		c := &remote.Client{Remote: open(t, "s3://bucket/p?endpoint="+refusing(t, status, "SlowDown", &seen)), Patience: quick}
		_, err := c.Reach(context.Background(), "format", 100)
		if err == nil || !strings.Contains(err.Error(), "SlowDown") {
			t.Errorf("%d: %v", status, err)
		}
		if want := int64(1 + quick.Tries); seen.Load() != want {
			t.Errorf("%d: %d requests, want %d: the first one and those of a call", status, seen.Load(), want)
		}
	}
}

// Where credentials should have come from and why they did not is said.
func TestCauseOfNoCredentials(t *testing.T) {
	remotetest.Credentials(t)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile lab]\ncredential_process = sh -c 'echo the session has ended >&2; exit 1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_PROFILE", "lab")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	c := &remote.Client{Remote: open(t, "s3://b/p?endpoint=http://127.0.0.1:1"), Patience: quick}
	if _, err := c.Reach(context.Background(), "format", 100); !errors.Is(err, remote.ErrRefused) ||
		!strings.Contains(err.Error(), "process") {
		t.Errorf("%v", err)
	}
}

// The name of a place tells servers apart, whatever names the server, and
// repeats no password.
func TestNamesOfPlaces(t *testing.T) {
	remotetest.Credentials(t)
	for _, c := range []struct{ url, environment, want string }{
		{"s3://b/p?region=eu-1", "", "s3://b/p"},
		{"s3://b/p?endpoint=http://h:1&region=eu-1&mode=read", "", "s3://b/p?endpoint=http://h:1"},
		{"s3://b/p", "http://h:2", "s3://b/p?endpoint=http://h:2"},
		{"s3://b/p?endpoint=http://h:1", "http://h:2", "s3://b/p?endpoint=http://h:1"},
		{"s3://b/p", "http://user:hunter2@h:2/x", "s3://b/p?endpoint=http://h:2/x"},
		{"file:///a%20b", "", "file:///a%20b"},
	} {
		t.Setenv("AWS_ENDPOINT_URL", c.environment)
		if got := open(t, c.url).String(); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.url, c.environment, got, c.want)
		}
	}
}
