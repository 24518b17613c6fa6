package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// The usual ways in which a stage is not a function of its inputs. When its
// lost result is made again, it has other bytes: an error names the node and
// the output, and keeps both. An audit can tell which step of a training
// differs first.
func TestT27PlantedNonDeterminism(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]func() string{
		"clock":         func() string { return time.Now().String() },
		"map order":     mapOrder,
		"goroutine sum": racingSum,
		"random":        func() string { return fmt.Sprint(rand.Uint64()) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := bigLab(t)
			stage := &pipeline.Stage{Name: "planted", Package: "planted", Outputs: []string{"steady", "shaky"},
				Run: func(_ context.Context, job *pipeline.Job) error {
					return errors.Join(os.WriteFile(job.Output("steady"), []byte("always this"), 0o644),
						os.WriteFile(job.Output("shaky"), []byte(text()), 0o644))
				}}
			g, err := pipeline.NewGraph([]*pipeline.Node{{Name: "suspect", Stage: stage}})
			if err != nil {
				t.Fatal(err)
			}
			l.runGraph(g, 1)
			// Chance may repeat itself once or twice, not fifty times.
			for range 50 {
				e := l.engine()
				p, err := e.Plan(context.Background(), g, nil)
				if err != nil {
					t.Fatal(err)
				}
				s := p.Step("suspect")
				os.Remove(l.store().BlobPath(s.Outputs[0].Content))
				if p, err = e.Plan(context.Background(), g, nil); err != nil {
					t.Fatal(err)
				}
				_, err = e.Run(context.Background(), p, pipeline.Options{})
				if err == nil {
					continue
				}
				if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "suspect: output shaky") {
					t.Errorf("run: %v, want a conflict of suspect's output shaky", err)
				}
				if p, err = e.Plan(context.Background(), g, nil); err != nil || p.Step("suspect").State != pipeline.Broken {
					t.Errorf("afterwards: %v, %s", err, p.Step("suspect").State)
				}
				return
			}
			t.Error("it went unnoticed")
		})
	}
}

func mapOrder() string {
	m := map[int]bool{}
	for i := range 1000 {
		m[i] = true
	}
	text := ""
	for i := range m {
		text += fmt.Sprint(i, " ")
	}
	return text
}

// racingSum adds numbers of very different size in the order in which they
// arrive.
func racingSum() string {
	var mu sync.Mutex
	var wg sync.WaitGroup
	sum, order := float32(0), ""
	for i := range 200 {
		wg.Go(func() {
			time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
			mu.Lock()
			defer mu.Unlock()
			sum += 1 / float32(1+i*i*i)
			order += fmt.Sprint(sum)
		})
	}
	wg.Wait()
	return order
}
