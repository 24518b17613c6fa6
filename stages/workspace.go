package stages

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/progress"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
	"sparsel/stages/agreement"
	"sparsel/stages/params"
	"sparsel/stages/study"
	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// Options are the flags of the targets. A nil flag was not given.
type Options struct {
	Params  *string // the parameter file; params.toml if nil
	Profile *string // of the parameter file; the whole study if nil
	Set     *string // values beside those of the parameter file, one per line, such as optimizers.SGD.lr=0.3
	Out     *string // the folder of everything produced; out if nil
	Data    *string // a folder to look for MNIST in, before all others
	Jobs    *int    // runs at a time; one per core if nil
	Workers *string // a command that starts workers on other machines; the environment's if nil, none if empty
	DryRun  *bool   // say what would run, but run nothing
	JSON    *bool   // print JSON for programs
	Verbose *bool   // print details instead of a summary

	// Paranoid rehashes every stored byte that is used, whatever its file's
	// size and times say.
	Paranoid *bool

	Remote         *string // a second level; the environment's if nil, none if empty
	RemoteReadOnly *bool   // do not write to the second level
	Yes            *bool   // do what can't be undone without asking

	Stdout io.Writer // os.Stdout if nil
}

func orDefault[T any](flag *T, value T) T {
	if flag != nil {
		return *flag
	}
	return value
}

// stdout returns a writer that makes printed text safe to show, so that it
// cannot control the terminal.
func (o Options) stdout() io.Writer {
	if o.Stdout != nil {
		return quote.Writer(o.Stdout)
	}
	return quote.Writer(os.Stdout)
}

// request returns what was asked for in the form that the journal keeps. The
// requests of a profile are its own.
func (o Options) request(what string) string {
	if o.prefix() == "" {
		return what
	}
	return o.prefix() + ": " + what
}

// prefix returns the folder below out where a profile or a try publishes, which
// is also the beginning of its nodes' names. It is empty for the whole study.
func (o Options) prefix() string {
	profile := orDefault(o.Profile, "")
	if profile == params.Paper {
		profile = ""
	}
	return path.Join(profile, params.Try(o.set()))
}

// set lists the values that are set beside the parameter file.
func (o Options) set() []string {
	if orDefault(o.Set, "") == "" {
		return nil
	}
	return strings.Split(*o.Set, "\n")
}

// command returns the command with which a person asks for a target in a shell,
// including the flags that identify the study and its stores, as far as the
// target has them.
func (o Options) command(target string) string {
	switch name, _, _ := strings.Cut(target, " "); name {
	case "diff":
		o.Set, o.Remote, o.RemoteReadOnly = nil, nil, nil
	case "report":
		o.RemoteReadOnly = nil
	}
	text := "go tool mage " + target
	for _, flag := range []struct {
		name, preset string
		value        *string
	}{{"params", "params.toml", o.Params}, {"profile", "", o.Profile}, {"out", "out", o.Out}, {"data", "", o.Data}, {"remote", "", o.Remote}} {
		if value := orDefault(flag.value, flag.preset); value != flag.preset {
			text += " " + word("-"+flag.name+"="+value)
		}
	}
	if orDefault(o.RemoteReadOnly, false) {
		text += " -remote-readonly"
	}
	for _, assignment := range o.set() {
		text += " " + word("-set="+assignment)
	}
	return text
}

// word quotes text for a shell if a shell would not take it as one word as it
// is.
func word(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./:,+@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (o Options) params() string { return orDefault(o.Params, "params.toml") }

func (o Options) out() string { return orDefault(o.Out, "out") }

// checkOut returns an error if out cannot be a folder.
func (o Options) checkOut() error {
	if o.out() == "" {
		return errors.New("-out= is empty; name a folder, or leave the flag out for ./out")
	}
	if info, err := os.Stat(o.out()); err == nil && !info.IsDir() {
		return fmt.Errorf("-out=%s: it is not a folder; name another, or move away what is there", o.out())
	}
	return nil
}

func (o Options) jobs() (int, error) {
	jobs := orDefault(o.Jobs, runtime.GOMAXPROCS(0))
	if jobs < 1 {
		return 0, fmt.Errorf("-jobs=%d: must be 1 or more", jobs)
	}
	return jobs, nil
}

// workspace is a study with the engine that carries it out.
type workspace struct {
	*study.Study
	o      Options
	setup  study.Setup
	engine *pipeline.Engine
	store  *store.Store
}

// open reads the parameters and binds them to the store. It writes nothing. A
// mistake that would make every training fail in the same way is an error here.
func (o Options) open(events pipeline.Events) (*workspace, error) { return o.openOnly(events, nil) }

// openOnly is open for some of the study's runs; see study.Setup.
func (o Options) openOnly(events pipeline.Events, recorded []agreement.Run) (*workspace, error) {
	if err := o.checkOut(); err != nil {
		return nil, err
	}
	if err := checkBuilt(); err != nil {
		return nil, err
	}
	if _, err := kernel.Active(); err != nil {
		return nil, err
	}
	file := o.params()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read parameters: %w; name the file with -params=FILE or run in the project's folder", err)
	}
	setup := study.Setup{Params: file, Text: string(text), Profile: orDefault(o.Profile, ""), Set: o.set(), Out: o.out(),
		Data: orDefault(o.Data, ""), Recorded: recorded}
	s, err := setup.Study()
	if err != nil {
		return nil, err
	}
	st, err := pipeline.OpenStore(filepath.Join(o.out(), "store"))
	if err != nil {
		return nil, err
	}
	config := pipeline.Config{
		Store: st, Out: o.out(), Code: codeOf(st), Events: events, Paranoid: orDefault(o.Paranoid, false), Field: fieldName, Calibrate: s.Rate,
	}
	if config.Remote, config.RemoteReadOnly, err = o.remote(); err != nil {
		return nil, err
	}
	if events == nil && config.Remote != nil {
		config.Events = notes{}
	}
	if os.Getenv("SPARSEL_PREIMAGES") != "" {
		config.Preimages = os.Stderr
	}
	return &workspace{Study: s, o: o, setup: setup, engine: pipeline.New(config), store: st}, nil
}

// codeOf returns the code of the stages. What the kernels and the products
// built on them compute is versioned by hand; see kernel.Contract and
// gemm.Contract.
func codeOf(st *store.Store) pipeline.CodeSource {
	return pipeline.Code("", st, map[string]string{kernel.Package: kernel.Contract, gemm.Package: gemm.Contract})
}

// events shows the progress of a run on standard error, because standard output
// is for results.
func events() pipeline.Events {
	return progress.New(os.Stderr, slog.New(slog.NewTextHandler(os.Stderr, nil)))
}

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	error
}

// Shown makes an error's text safe to print, whatever it contains.
func Shown(err error) error {
	if err == nil {
		return nil
	}
	return shown{err}
}

type shown struct{ error }

func (s shown) Error() string { return quote.Lines(s.error.Error()) }
func (s shown) Unwrap() error { return s.error }

// ExitCode returns the exit code that an error asks for: 0 for none, 1 for most
// errors, 2 if something is stale.
func ExitCode(err error) int {
	var e exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	}
	return 1
}
