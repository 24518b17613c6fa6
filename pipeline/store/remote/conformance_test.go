package remote_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"sparsel/pipeline/store/remote"
	"sparsel/pipeline/store/remote/remotetest"
)

// everywhere runs a test on each kind of second level, at an empty place.
func everywhere(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("folder", func(t *testing.T) { test(t, "file://"+t.TempDir()) })
	for name, start := range map[string]func(*testing.T) *remotetest.Server{"versitygw": remotetest.Versity, "rclone": remotetest.Rclone} {
		t.Run(name, func(t *testing.T) {
			remotetest.Credentials(t)
			test(t, start(t).URL("some/where"))
		})
	}
}

func open(t *testing.T, url string) remote.Remote {
	t.Helper()
	p, err := remote.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func object(text string) remote.Object {
	return remote.Object{Bytes: strings.NewReader(text), Size: int64(len(text)), Sum: sha256.Sum256([]byte(text))}
}

func get(t *testing.T, r remote.Remote, key string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Get(context.Background(), key, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func put(t *testing.T, r remote.Remote, key, text string) {
	t.Helper()
	if err := r.Put(context.Background(), key, object(text), false); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, r remote.Remote, prefix string) (keys []string) {
	t.Helper()
	for e, err := range r.List(context.Background(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

func TestConformance(t *testing.T) {
	everywhere(t, func(t *testing.T, url string) {
		ctx := context.Background()
		r := open(t, url)
		t.Run("absent", func(t *testing.T) {
			if err := r.Get(ctx, "blobs/aa/aa", new(bytes.Buffer)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("get: %v", err)
			}
			if _, err := r.Stat(ctx, "blobs/aa/aa"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat: %v", err)
			}
			if keys := list(t, r, "blobs/"); keys != nil {
				t.Errorf("list: %q", keys)
			}
			if err := r.Delete(ctx, []string{"blobs/aa/aa"}); err != nil {
				t.Errorf("delete: %v", err)
			}
		})
		t.Run("put", func(t *testing.T) {
			long := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
			for key, text := range map[string]string{"blobs/ab/ab1": "x", "blobs/ab/ab2": long, "format": "sparsel store 1\n"} {
				before := time.Now().Add(-2 * time.Second) // S3 counts whole seconds
				put(t, r, key, text)
				if got := get(t, r, key); got != text {
					t.Errorf("%s: %d bytes came back", key, len(got))
				}
				e, err := r.Stat(ctx, key)
				if err != nil || e.Key != key || e.Size != int64(len(text)) || e.Changed.Before(before) ||
					e.Changed.After(time.Now().Add(2*time.Second)) {
					t.Errorf("%s: stat: %+v, %v", key, e, err)
				}
			}
		})
		t.Run("what is there stays", func(t *testing.T) {
			put(t, r, "actions/aa/aa", "one")
			if err := r.Put(ctx, "actions/aa/aa", object("two"), false); !errors.Is(err, fs.ErrExist) {
				t.Errorf("put again: %v", err)
			}
			if got := get(t, r, "actions/aa/aa"); got != "one" {
				t.Errorf("after it: %q", got)
			}
			if err := r.Put(ctx, "actions/aa/aa", object("three"), true); err != nil {
				t.Errorf("overwrite: %v", err)
			}
			if got := get(t, r, "actions/aa/aa"); got != "three" {
				t.Errorf("after it: %q", got)
			}
		})
		t.Run("damaged on the way there", func(t *testing.T) {
			o := object("what was meant")
			o.Bytes = strings.NewReader("what was Meant")
			for _, overwrite := range []bool{false, true} {
				if err := r.Put(ctx, "blobs/bb/bb", o, overwrite); err == nil || errors.Is(err, fs.ErrExist) {
					t.Errorf("other bytes than announced: %v", err)
				}
				if _, err := r.Stat(ctx, "blobs/bb/bb"); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("they are there: %v", err)
				}
			}
		})
		t.Run("race", func(t *testing.T) {
			var won atomic.Int64
			var winner atomic.Value
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					text := fmt.Sprintf("from %2d", i)
					// A server may ask a loser to try again.
					c := &remote.Client{Remote: r, Patience: remote.Patient}
					err := c.Put(ctx, "actions/cc/cc", object(text), false)
					switch {
					case err == nil:
						won.Add(1)
						winner.Store(text)
					case !errors.Is(err, fs.ErrExist):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || get(t, r, "actions/cc/cc") != winner.Load() {
				t.Errorf("%d won, %q is there, %q won", won.Load(), get(t, r, "actions/cc/cc"), winner.Load())
			}
		})
		t.Run("cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			if err := r.Put(ctx, "blobs/dd/dd", object("late"), false); err == nil {
				t.Error("put after the end")
			}
			if _, err := r.Stat(context.Background(), "blobs/dd/dd"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it is there: %v", err)
			}
		})
		t.Run("many", func(t *testing.T) {
			other := open(t, url) // the same place through another client
			const n = 1200
			var g errgroup.Group
			g.SetLimit(16)
			var all []string
			for i := range n {
				key := fmt.Sprintf("blobs/%02x/%04d", i%256, i)
				all = append(all, key)
				g.Go(func() error { return r.Put(ctx, key, object(key), false) })
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			listed := list(t, other, "blobs/")
			have := map[string]bool{}
			for i, key := range listed {
				have[key] = true
				if i > 0 && listed[i-1] >= key {
					t.Fatalf("%s comes after %s", key, listed[i-1])
				}
			}
			for _, key := range all {
				if !have[key] {
					t.Fatalf("%s is not listed", key)
				}
			}
			if got := list(t, other, "blobs/07/"); len(got) != 5 {
				t.Errorf("below blobs/07/: %q", got)
			}
			if err := r.Delete(ctx, append(all, "blobs/none")); err != nil {
				t.Fatal(err)
			}
			for _, key := range list(t, other, "blobs/") {
				if !strings.HasPrefix(key, "blobs/ab/ab") {
					t.Errorf("%s is left", key)
				}
			}
		})
	})
}
