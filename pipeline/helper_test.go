package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// absent skips a test because the machine lacks something, or fails it if
// SPARSEL_REQUIRE names that.
func absent(t testing.TB, what, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), what) {
		t.Fatalf("SPARSEL_REQUIRE names %s: %s", what, why)
	}
	t.Skip(why)
}

// The test binary also serves as the processes that its tests start: with
// SPARSEL_TEST_LAB as a driver, with SPARSEL_TEST_WORKER as a worker.
func TestMain(m *testing.M) {
	if os.Getenv("SPARSEL_TEST_WORKER") != "" {
		os.Exit(pipeline.Serve(serveLab))
	}
	if text := os.Getenv("SPARSEL_TEST_LAB"); text != "" {
		os.Exit(drive(text))
	}
	os.Exit(m.Run())
}

// labSetup is what a process needs to build the lab's graph.
type labSetup struct {
	Dir      string
	Settings settings
	Code     versions
	Trouble  map[string]string // by node, what its stage does instead of its work
	Silence  time.Duration
	Pause    time.Duration // pause in every stage
	Release  bool
	Vague    bool
}

// driveSetup says what a driver process should do.
type driveSetup struct {
	labSetup
	Jobs    int
	Targets []string
	Workers bool
	Launch  string // the command that starts workers on other machines
	// KillAt, if not zero, ends the process with SIGKILL before that step of the
	// file layer.
	KillAt int64
	// FileLimit, if not zero, is the longest that a file may become, in bytes.
	FileLimit uint64
	// Ask makes the process ask every query and run nothing.
	Ask bool
	// Umask, if not zero, is the umask of the process.
	Umask int
	// Paranoid rehashes and repairs everything.
	Paranoid bool
}

// driver returns a process that runs the lab's study. It prints what it starts
// on standard output, and ends with status 1 and the error if something fails.
func (l *lab) driver(d driveSetup) *exec.Cmd {
	l.t.Helper()
	d.Dir, d.Code = l.dir, l.code
	if d.Settings.Seeds == nil {
		d.Settings = basic()
	}
	text, err := json.Marshal(d)
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPARSEL_TEST_LAB="+string(text))
	return cmd
}

// drive is the main function of a driver process.
func drive(text string) int {
	os.Unsetenv("SPARSEL_TEST_LAB") // workers are not drivers
	var d driveSetup
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		fmt.Println(err)
		return 1
	}
	if d.FileLimit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // the error of the write is enough
		limit := syscall.Rlimit{Cur: d.FileLimit, Max: d.FileLimit}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	if d.Umask > 0 {
		// This process gets its directories from here on, but package disk has read
		// the umask at the start of the process, so start it again.
		syscall.Umask(d.Umask)
		d.Umask = 0
		again, err := json.Marshal(d)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		err = syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), "SPARSEL_TEST_LAB="+string(again)))
		fmt.Println(err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := d.run(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (d driveSetup) run(ctx context.Context) error {
	l := d.lab(func(node string) { fmt.Println("started", node) })
	s, err := pipeline.OpenStore(filepath.Join(d.Dir, "store"))
	if err != nil {
		return err
	}
	if d.KillAt > 0 {
		var step atomic.Int64
		s.Disk.Hook = func(disk.Step) error {
			if step.Add(1) == d.KillAt {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			return nil
		}
	}
	e := pipeline.New(pipeline.Config{Store: s, Out: d.Dir, Code: l.code, Paranoid: d.Paranoid})
	g := l.graph(d.Settings)
	if d.Ask {
		return ask(ctx, e, g)
	}
	p, err := e.Plan(ctx, g, d.Targets)
	if err != nil {
		return err
	}
	o := pipeline.Options{Jobs: max(1, d.Jobs)}
	if d.Workers {
		l.launch = d.Launch
		o.Workers = l.workers(d.Settings, d.Trouble)
	}
	_, err = e.Run(ctx, p, o)
	return err
}

// ask asks every query that runs nothing.
func ask(ctx context.Context, e *pipeline.Engine, g *pipeline.Graph) error {
	if _, err := e.Status(ctx, g, nil); err != nil {
		return err
	}
	p, err := e.Plan(ctx, g, nil)
	if err != nil {
		return err
	}
	if _, err := pipeline.DOT(g, p); err != nil {
		return err
	}
	if _, err := e.Rehash(ctx, g, store.ScanOptions{}); err != nil {
		return err
	}
	for _, n := range g.Nodes() {
		if _, err := e.Why(ctx, g, n.Name, true); err != nil {
			return err
		}
	}
	return nil
}

// lab returns the lab of a process other than the test's own.
func (s labSetup) lab(started func(node string)) *lab {
	l := &lab{t: &testing.T{}, dir: s.Dir, code: s.Code, silence: s.Silence, pause: s.Pause, release: s.Release, vague: s.Vague}
	if l.code == nil {
		l.code = versions{}
	}
	l.gate = func(ctx context.Context, node string) error {
		started(node)
		time.Sleep(s.Pause)
		return misbehave(ctx, s.Trouble[node])
	}
	return l
}

func serveLab(setup json.RawMessage) (*pipeline.Graph, error) {
	var s labSetup
	if err := json.Unmarshal(setup, &s); err != nil {
		return nil, err
	}
	if why := s.Trouble["setup"]; why != "" {
		return nil, fmt.Errorf("%s", why)
	}
	l := s.lab(func(string) {
		pids := filepath.Join(s.Dir, "pids")
		os.MkdirAll(pids, 0o755)
		os.WriteFile(filepath.Join(pids, fmt.Sprint(os.Getpid())), nil, 0o644)
	})
	return l.graph(s.Settings), nil
}

// workers returns the lab's worker processes.
func (l *lab) workers(s settings, trouble map[string]string) *pipeline.Workers {
	w := &pipeline.Workers{
		Command: func() (*exec.Cmd, error) { return pipeline.Again("SPARSEL_TEST_WORKER=1") },
		Setup:   labSetup{Dir: l.dir, Settings: s, Code: l.code, Trouble: trouble, Silence: l.silence, Pause: l.pause, Vague: l.vague},
	}
	if l.launch != "" {
		var err error
		if w.Launch, err = pipeline.Launch(l.launch, "SPARSEL_TEST_WORKER=1"); err != nil {
			l.t.Fatal(err)
		}
	}
	return w
}

// misbehave is what a misbehaving stage does.
func misbehave(ctx context.Context, how string) error {
	switch how {
	case "panic":
		panic("index out of range")
	case "panic elsewhere":
		done := make(chan struct{})
		go func() {
			defer close(done)
			panic("index out of range, in a goroutine")
		}()
		<-done
		time.Sleep(time.Minute)
	case "exit":
		os.Exit(3)
	case "exit well":
		os.Exit(0)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "hang":
		select {}
	case "deaf": // also ignores the end of its context
		time.Sleep(time.Hour)
	case "memory": // fails as if there were no memory left
		var limit syscall.Rlimit
		syscall.Getrlimit(syscall.RLIMIT_AS, &limit)
		limit.Cur = 1 << 20
		syscall.Setrlimit(syscall.RLIMIT_AS, &limit)
		for size := 64 << 20; ; size *= 2 {
			hoard = make([]byte, size)
		}
	case "print":
		fmt.Println("to standard output")
		fmt.Fprintln(os.Stderr, "to standard error")
		syscall.Write(1, []byte("past the package os\n"))
	case "children": // leaves a child that holds the pipes open
		cmd := exec.Command("sleep", "3600")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		os.Exit(4)
	case "":
	default:
		return fmt.Errorf("%s", how)
	}
	return nil
}

// finish runs a driver process that must succeed.
func (l *lab) finish(d driveSetup) {
	l.t.Helper()
	if out, err := l.driver(d).CombinedOutput(); err != nil {
		l.t.Fatalf("%v: %s", err, out)
	}
}

// wholeRecords checks that every readable record is true: the bytes that it
// names exist and have the right content.
func (l *lab) wholeRecords(what string) {
	l.t.Helper()
	s := l.store()
	paths, _ := filepath.Glob(filepath.Join(l.dir, "store", "actions", "*", "*"))
	for _, path := range paths {
		id, err := store.ParseActionID(filepath.Base(path))
		if err != nil {
			l.t.Errorf("%s: %s lies among the records", what, path)
			continue
		}
		r, err := s.Record(id)
		if err != nil {
			continue // known to be damaged, and therefore a miss
		}
		for _, o := range r.Outputs {
			if err := s.NewChecker().Blob(o.Content, o.Size, store.TrustNothing); err != nil {
				l.t.Errorf("%s: the record of %s is valid, but %v", what, r.Node, err)
			}
		}
	}
}

// lastLine returns the last line that a process wrote.
func lastLine(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return string(lines[len(lines)-1])
}

// hoard keeps the memory that a planted stage takes until none is left.
var hoard []byte
