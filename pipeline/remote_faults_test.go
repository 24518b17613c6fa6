package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
	"sparsel/pipeline/store/remote/remotetest"
)

// honest checks the second level: the content of every object matches its name,
// and no record lacks its bytes.
func (l *lab) honest(when string) {
	l.t.Helper()
	c, _ := l.remote()
	ctx := context.Background()
	all, err := c.All(ctx, "")
	if err != nil {
		l.t.Fatal(err)
	}
	have := map[string]int64{}
	for _, e := range all {
		have[e.Key] = e.Size
	}
	for _, e := range all {
		text, err := c.Read(ctx, e.Key, 1<<20)
		if err != nil {
			l.t.Errorf("%s: %s: %v", when, e.Key, err)
		}
		switch kind, name, _ := strings.Cut(e.Key, "/"); kind {
		case "blobs":
			if sum := sha256.Sum256(text); fmt.Sprintf("%x", sum) != filepath.Base(name) {
				l.t.Errorf("%s: %s holds other bytes", when, e.Key)
			}
		case "actions":
			r, err := store.ParseRecord(text)
			if err != nil {
				l.t.Errorf("%s: %s: %v", when, e.Key, err)
				continue
			}
			for _, o := range r.Outputs {
				if size, ok := have[store.IDPath("blobs", o.Content)]; !o.Away && (!ok || size != o.Size) {
					l.t.Errorf("%s: the record of %s is there, and its %s is not", when, r.Node, o.Name)
				}
			}
		}
	}
}

// Through a second level that refuses, cuts, flips, stalls and lies at random,
// two machines get the same results as one machine without it. No node fails,
// no wrong byte is used, and afterwards the content of every object matches its
// name.
func TestT34RemoteFaults(t *testing.T) {
	remotetest.Credentials(t)
	alone := newLab(t)
	alone.run(basic())
	want := outputs(alone.plan(basic()))
	server := remotetest.Versity(t)
	all := []remotetest.Fault{remotetest.Cut, remotetest.Flip, remotetest.Lie, remotetest.FlipSent, remotetest.LoseAfter,
		remotetest.S404, remotetest.S500, remotetest.S503, remotetest.S403}
	for round := range rounds(4, 100) {
		rng := rand.New(rand.NewPCG(7, uint64(round)))
		var mu sync.Mutex
		share := []float64{0.02, 0.1, 0.3, 0.9}[round%4]
		faulty := remotetest.NewFaulty(t, server.Endpoint, func(*http.Request) remotetest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if rng.Float64() > share {
				return remotetest.None
			}
			return all[rng.IntN(len(all))]
		})
		prefix := fmt.Sprintf("round-%d", round)
		url := strings.Replace(server.URL(prefix), server.Endpoint, faulty.URL, 1)
		first := newLab(t)
		first.far = url
		second := first.beside(t)
		for i, l := range []*lab{first, second, first, second} {
			l.report(basic())
			if got := outputs(l.plan(basic())); got != want {
				t.Fatalf("round %d, run %d: other results", round, i)
			}
			if l.figure() != alone.figure() {
				t.Fatalf("round %d, run %d: another figure", round, i)
			}
			l.wholeOrAway(prefix)
		}
		first.far = server.URL(prefix)
		first.honest(prefix)
		// Without faults the owed results are pushed, and a third machine trains
		// nothing.
		first.report(basic())
		second.far = first.far
		second.report(basic())
		third := first.beside(t)
		third.want(prefix+", a third machine", third.run(basic()))
		third.honest(prefix)
	}
}

// A second level with only one kind of fault costs no node, and the notes about
// it are few.
func TestT34OneKindOfTrouble(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	full := newLab(t)
	full.far = server.URL("full")
	full.run(basic())
	for name, fault := range map[string]remotetest.Fault{
		"cut": remotetest.Cut, "flip": remotetest.Flip, "lie": remotetest.Lie, "flip sent": remotetest.FlipSent, "lose": remotetest.LoseAfter,
		"stall": remotetest.Stall, "403": remotetest.S403, "404": remotetest.S404, "500": remotetest.S500, "503": remotetest.S503,
	} {
		t.Run(name, func(t *testing.T) {
			for _, only := range []string{"", http.MethodGet, http.MethodPut, http.MethodHead} {
				faulty := remotetest.NewFaulty(t, server.Endpoint, func(r *http.Request) remotetest.Fault {
					if only == "" || r.Method == only {
						return fault
					}
					return remotetest.None
				})
				l := newLab(t)
				l.patience = hasty
				l.patience.Stall, l.patience.Greet, l.patience.Tries = 20*time.Millisecond, 200*time.Millisecond, 3
				l.far = strings.Replace(full.far, server.Endpoint, faulty.URL, 1)
				l.report(basic())
				if l.figure() != full.figure() {
					t.Errorf("%s: another figure", only)
				}
				if len(l.notes) > 20 {
					t.Errorf("%s: %d notes, the first %q", only, len(l.notes), l.notes[0])
				}
			}
		})
	}
	full.honest("afterwards")
}

// A run waits for a server that is killed and comes back.
func TestT34KilledServer(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	l := newLab(t)
	l.far = server.URL("killed")
	l.patience = hasty
	l.patience.Pause, l.patience.Most = 50*time.Millisecond, time.Second
	var n atomic.Int64
	l.gate = func(context.Context, string) error {
		if n.Add(1) == 6 {
			server.Kill()
			server.Restart()
		}
		return nil
	}
	l.report(basic())
	l.report(basic()) // pushes what was given up
	l.honest("afterwards")
	second := l.beside(t)
	second.want("second machine", second.run(basic()))
}

// emptied is a second level that has lost some bytes. When as many nodes as all
// have asked for them, it answers one of them at once, and the others when the
// bytes are in a store again.
type emptied struct {
	remote.Remote
	key, path string // of the bytes, and where the store has them
	asked     *atomic.Int64
	all       int64
}

func (e emptied) Get(ctx context.Context, key string, w io.Writer) error {
	if key != e.key {
		return e.Remote.Get(ctx, key, w)
	}
	first := e.asked.Add(1) == 1
	wait := func(until func() bool) {
		for ctx.Err() == nil && !until() {
			time.Sleep(time.Millisecond)
		}
	}
	wait(func() bool { return e.asked.Load() >= e.all })
	if !first {
		wait(func() bool { _, err := os.Stat(e.path); return err == nil })
		time.Sleep(100 * time.Millisecond) // until the run knows, too
	}
	return fs.ErrNotExist
}

// Nodes that look for the same lost bytes at the same time, and hear at
// different times that they are lost, have them made once.
func TestT34LostBytesAreMadeOnce(t *testing.T) {
	t.Parallel()
	first := newLab(t)
	first.far = "file://" + t.TempDir()
	first.run(basic())
	data, err := filepath.Rel(first.store().Dir(), first.blob(basic(), "fetch", "data"))
	if err != nil {
		t.Fatal(err)
	}

	second := first.beside(t)
	c, _ := second.remote()
	asked := new(atomic.Int64)
	c.Remote = emptied{c.Remote, filepath.ToSlash(data), filepath.Join(second.store().Dir(), data), asked, 6}
	e := pipeline.New(pipeline.Config{Store: second.store(), Out: second.dir, Code: second.code, Remote: c})
	other := basic()
	other.Rates = []float64{0.1, 0.2} // the data is known, and six trainings read it
	p, err := e.Plan(context.Background(), second.graph(other), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := e.Run(ctx, p, pipeline.Options{Jobs: 6}); err != nil {
		t.Fatalf("%v, and %d of 6 nodes looked for the data", err, asked.Load())
	}
	made := 0
	for _, name := range second.executions(store.NodeStart) {
		if name == "fetch" {
			made++
		}
	}
	if made != 1 {
		t.Errorf("the data was made %d times", made)
	}
}

// A directory whose files were damaged, cut short or exchanged never gives
// wrong results, and whoever makes the results again repairs it.
func TestT34DamagedFolder(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"blobs", "actions", "manifests"} {
		for name, damage := range map[string]func(text []byte) []byte{
			"flipped": func(text []byte) []byte { text[len(text)/3] ^= 1; return text },
			"cut":     func(text []byte) []byte { return text[:len(text)/2] },
			"empty":   func([]byte) []byte { return nil },
			"longer":  func(text []byte) []byte { return append(text, text...) },
			"other":   func(text []byte) []byte { return bytes.Repeat([]byte("?"), len(text)) },
		} {
			dir := t.TempDir()
			first := newLab(t)
			first.far = "file://" + dir
			first.run(basic())
			files, _ := filepath.Glob(filepath.Join(dir, kind, "*", "*"))
			for _, path := range files {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				os.Chmod(path, 0o644)
				if err := os.WriteFile(path, damage(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			second := first.beside(t)
			red := basic()
			red.Colour = "red"
			second.report(red)
			alone := newLab(t)
			alone.run(red)
			if second.figure() != alone.figure() {
				t.Errorf("%s of %s: another figure", name, kind)
			}
			if kind == "manifests" {
				continue // these files only explain
			}
			// The chain of the summary was made again and is whole there.
			third := first.beside(t)
			third.want(name+" "+kind+", a third machine", third.run(red))
			if third.figure() != alone.figure() {
				t.Errorf("%s of %s: another figure at last", name, kind)
			}
		}
	}
}

// A record that is about another action, or whose description does not give its
// id, is not believed.
func TestT34FalseRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newLab(t)
	first.far = "file://" + dir
	first.run(basic())
	files, _ := filepath.Glob(filepath.Join(dir, "actions", "*", "*"))
	texts := make([][]byte, len(files))
	for i, path := range files {
		texts[i], _ = os.ReadFile(path)
	}
	for i, path := range files { // each has the place of the next one
		os.Chmod(path, 0o644)
		if err := os.WriteFile(path, texts[(i+1)%len(files)], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	second := first.beside(t)
	r := second.report(basic())
	if r.Counts[pipeline.Executed] != 15 || second.figure() != first.figure() {
		t.Errorf("%v", r.Counts)
	}
	// The heads are exchanged for true ones about the right action, and the
	// details are left as they were.
	for i, path := range files {
		id, _ := store.ParseActionID(filepath.Base(path))
		other, err := store.ParseRecord(texts[(i+1)%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		other.Action = id
		text, err := other.Text()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	third := first.beside(t)
	if r := third.report(basic()); r.Counts[pipeline.Executed] != 15 || third.figure() != first.figure() {
		t.Errorf("%v", r.Counts)
	}
	first.honest("afterwards")
}

// A run that outlives a server's outage pushes afterwards what the server did
// not take, and says when it begins and when it is over.
func TestT34Outage(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	for name, methods := range map[string]string{"does not answer": "GET HEAD PUT", "takes nothing": "PUT"} {
		t.Run(name, func(t *testing.T) {
			var down atomic.Bool
			var refused atomic.Int64
			faulty := remotetest.NewFaulty(t, server.Endpoint, func(r *http.Request) remotetest.Fault {
				if !down.Load() || !strings.Contains(methods, r.Method) {
					return remotetest.None
				}
				if r.Method == http.MethodPut {
					refused.Add(1)
				}
				return remotetest.S500
			})
			l := newLab(t)
			l.patience = hasty
			l.patience.Tries = 1
			prefix := strings.ReplaceAll(name, " ", "-")
			l.far = strings.Replace(server.URL(prefix), server.Endpoint, faulty.URL, 1)
			var asked atomic.Int64 // each look at the clock finds it an hour later
			l.now = func() time.Time { return time.Unix(1e9, 0).Add(time.Duration(asked.Add(1)) * time.Hour) }
			var started atomic.Int64
			l.gate = func(ctx context.Context, _ string) error {
				switch started.Add(1) {
				case 4:
					down.Store(true)
				case 10:
					for refused.Load() == 0 && ctx.Err() == nil {
						time.Sleep(time.Millisecond)
					}
					down.Store(false)
				}
				return nil
			}
			r := l.report(basic())
			if r.Remote == nil || r.Remote.Owed != 0 || r.Remote.Pushed != 15 {
				t.Errorf("%+v, want 15 results pushed and none owed", r.Remote)
			}
			// Reading and pushing may each find out by themselves.
			notes := l.said()
			if n := len(notes); n < 2 || n > 3 || !strings.HasSuffix(notes[n-1], "it takes results again") {
				t.Errorf("notes %q, want what went wrong and that it is over", notes)
			}
			l.gate = nil
			l.far = server.URL(prefix)
			l.honest(name)
			second := l.beside(t)
			second.want("second machine", second.run(basic()))
		})
	}
}

// While a server takes nothing, a run asks it ever more rarely.
func TestT34LongOutage(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	var refused atomic.Int64
	faulty := remotetest.NewFaulty(t, server.Endpoint, func(r *http.Request) remotetest.Fault {
		if r.Method != http.MethodPut {
			return remotetest.None
		}
		refused.Add(1)
		return remotetest.S500
	})
	l := newLab(t)
	l.patience = hasty
	l.patience.Tries = 1
	l.far = strings.Replace(server.URL("long"), server.Endpoint, faulty.URL, 1)
	r := l.report(basic()) // within a minute
	if r.Remote == nil || r.Remote.Owed != 15 || r.Remote.Pushed != 0 {
		t.Errorf("%+v, want 15 results owed", r.Remote)
	}
	if n := refused.Load(); n > 8 { // those that were being sent at the same time
		t.Errorf("%d requests refused, want at most 8", n)
	}
	if notes := l.said(); len(notes) != 1 || !strings.Contains(notes[0], "until it takes results again") {
		t.Errorf("notes %q, want one", notes)
	}
}
