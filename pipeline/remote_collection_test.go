package pipeline_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
)

// A collection of the second level removes what its dry run lists: objects that
// are neither reached nor young. A push beside it loses nothing.
func TestT40RemoteCollection(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := newLab(t)
		l.far = url
		l.run(basic())
		red := basic()
		red.Colour = "red"
		l.run(red)
		less := red
		less.Seeds = []int{1}
		l.run(less)
		roots := pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(less)}}

		if c, err := l.engine().FarGarbage(ctx, roots, pipeline.Grace); err != nil || len(c.Garbage) != 0 {
			t.Fatalf("young: %+v, %v", c, err)
		}
		l.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		dry, err := l.engine().FarGarbage(ctx, roots, pipeline.Grace)
		if err != nil {
			t.Fatal(err)
		}
		// 4 trainings and metrics of two seeds and rates, 2 figures, 1 aggregate.
		records := 0
		for i, g := range dry.Garbage {
			if g.Action != (pipeline.ActionID{}) {
				records++
				if i >= records {
					t.Errorf("record %s goes after bytes", g.Path)
				}
			}
		}
		if records != 11 || dry.Kept != 7 {
			t.Errorf("%d records go and %d stay, want 11 and 7", records, dry.Kept)
		}
		l.honest("after the dry run")

		// Another machine pushes what is about to be removed, which renews it.
		other := l.beside(t)
		other.far = ""
		other.run(red)
		other.far, other.now = url, l.now
		if _, err := l.engine().CollectFar(ctx, pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(less), l.graph(red)}},
			pipeline.Grace); err != nil {
			t.Fatal(err)
		}
		l.honest("after a collection that keeps red")
		other.report(red)
		l.now = nil // by the clock of the server, what was just pushed is young
		gone, err := l.engine().CollectFar(ctx, roots, pipeline.Grace)
		if err != nil || len(gone.Garbage) != 0 {
			t.Errorf("what was renewed: %+v, %v", gone, err)
		}
		l.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		if gone, err = l.engine().CollectFar(ctx, roots, pipeline.Grace); err != nil {
			t.Fatal(err)
		}
		for _, g := range gone.Garbage {
			c, _ := l.remote()
			if _, err := c.Stat(ctx, g.Path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", g.Path, err)
			}
		}
		l.honest("at last")
		l.now = nil
		second := l.beside(t)
		second.want("what was kept", second.run(less))
	})
}

// Pushes and collections at the same time: whatever is removed too early is
// made again, and nothing wrong comes of it.
func TestT40PushBesideCollection(t *testing.T) {
	t.Parallel()
	for round := range rounds(5, 100) {
		url := "file://" + t.TempDir()
		old := newLab(t)
		old.far = url
		old.run(basic())
		later := func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		// By the clock of both machines everything is old. One pushes the same again,
		// the other wants none of it.
		pusher := old.beside(t)
		pusher.far = ""
		pusher.run(basic())
		pusher.far, pusher.now = url, later
		collector := old.beside(t)
		collector.now = later
		var wg sync.WaitGroup
		wg.Go(func() { pusher.report(basic()) })
		wg.Go(func() {
			time.Sleep(time.Duration(round) * time.Millisecond)
			if _, err := collector.engine().CollectFar(context.Background(), pipeline.Roots{}, pipeline.Grace); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		pusher.far = url
		second := old.beside(t)
		second.report(basic())
		if second.figure() != old.figure() {
			t.Errorf("round %d: another figure", round)
		}
	}
}

// What a killed push leaves in a folder is collected once it is old. A file of
// somebody else's stays, wherever it lies.
func TestCollectionOfUnfinishedPushes(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	l := newLab(t)
	l.far = "file://" + dir
	l.run(basic())
	left, theirs := filepath.Join(dir, "tmp", "0123456789abcdef01234567"), filepath.Join(dir, "tmp", "notes.txt")
	for _, path := range []string{left, theirs} {
		if err := os.WriteFile(path, []byte("half of it"), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	roots := pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(basic())}}
	if c, err := l.engine().CollectFar(ctx, roots, pipeline.Grace); err != nil || len(c.Garbage) != 0 {
		t.Fatalf("young: %+v, %v", c, err)
	}
	l.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
	c, err := l.engine().CollectFar(ctx, roots, pipeline.Grace)
	if err != nil || len(c.Garbage) != 1 || !strings.Contains(c.Garbage[0].What, "unfinished") || c.Bytes() != 10 {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Error(err)
	}
	l.honest("afterwards")
}
